"""What a mean weighs: languages that stand in both parts of an average count in both."""

from types import SimpleNamespace
from typing import Any

import pytest

from mtl.study.models import weights_of
from mtl.study.schema import Average


def test_a_language_in_both_parts_of_an_average_has_the_weights_of_both() -> None:
    study = SimpleNamespace(averages={"sw over all": Average(languages=("sw",), less=("en", "sw", "ur"))})
    results: Any = SimpleNamespace(matrix=SimpleNamespace(study=study))
    weights = weights_of(results, ("xnli",), "sw over all")
    assert weights == pytest.approx({("xnli", "sw"): 2 / 3, ("xnli", "en"): -1 / 3, ("xnli", "ur"): -1 / 3})
