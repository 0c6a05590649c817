"""Parquet rows come in order across batches, with lists and structures as they are."""

from pathlib import Path

import pytest

from mtl.data.formats.parquet import _BATCH, read_parquet
from mtl.errors import UserError


def test_rows_are_numbered_through_all_batches(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    num = _BATCH + 3
    answers = [{"text": ["Ann"], "answer_start": [i]} for i in range(num)]
    parquet.write_table(pa.table({"id": list(range(num)), "answers": answers}), tmp_path / "a.parquet")
    rows = list(read_parquet(tmp_path / "a.parquet"))
    assert [number for number, _ in rows] == list(range(1, num + 1))
    assert rows[-1] == (num, {"id": num - 1, "answers": {"text": ["Ann"], "answer_start": [num - 1]}})


@pytest.mark.parametrize("name", ["rubbish.parquet", "none.parquet"])
def test_what_is_no_parquet_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "rubbish.parquet").write_text("id,text\n")
    with pytest.raises(UserError, match=f"{name}: cannot be read: .*; check the file"):
        list(read_parquet(tmp_path / name))
