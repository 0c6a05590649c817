"""Whatever stands in a file, a reader gives rows or says what is wrong; nothing else comes out of it."""

import gzip
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.formats import READERS
from mtl.errors import UserError
from mtl.tasks.records import Drop

MARKS = ["\n", "\n\n", "\t", ",", '"', "# ", "{", "}", "[", "]", ":", "\r", "\0", "\ufeff"]
WORDS = [
    "ID=x.1 ",
    "(<L N NN NN a N>)",
    "(<T S 0 1> ",
    ") ",
    '{"a": 1}',
    '"data"',
    "1",
    "é",
    "null",
    "paragraphs",
]
FRAGMENTS = st.sampled_from([*MARKS, *WORDS])
RUBBISH = st.binary() | st.lists(FRAGMENTS).map(lambda parts: "".join(parts).encode())


@pytest.mark.parametrize("name", sorted(READERS))
@settings(deadline=None, max_examples=60)
@given(raw=RUBBISH, packed=st.booleans())
def test_a_reader_gives_rows_or_an_error_that_names_the_file(
    tmp_path_factory: pytest.TempPathFactory, name: str, raw: bytes, packed: bool
) -> None:
    file = tmp_path_factory.mktemp("rubbish") / ("file.gz" if packed else "file")
    file.write_bytes(gzip.compress(raw) if packed else raw)
    try:
        for number, row in READERS[name](file):
            assert number > 0
            assert isinstance(row, Mapping | Drop)
    except UserError as error:
        assert str(error).startswith(str(file))
        assert "\n" not in str(error)
