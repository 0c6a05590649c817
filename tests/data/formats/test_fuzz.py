"""A thousand mutated files for each reader: parsed, counted, or refused with the file's name, nothing else."""

import pytest

from mtl.data.formats import READERS
from tests.kit.fuzz import fuzz


@pytest.mark.parametrize("format", sorted(READERS))
def test_a_mutated_file_is_parsed_or_counted_or_refused(format: str) -> None:
    outcomes, wrong = fuzz(format, 1000)
    assert wrong == []
    assert outcomes["refused"] > 0 or format == "text"
    assert outcomes["parsed"] > 0
