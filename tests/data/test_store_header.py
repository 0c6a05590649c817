"""A store's header survives its file, tells in a line what the store lost, and refuses too long documents."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from mtl.data.features import Document, Example
from mtl.data.store_header import HEADER, Header, check_positions, read_header, report, write_header
from mtl.errors import UserError
from tests.kit.stores import make_task, write_store

TOKENS = (0, *range(5, 20), 2)
LONG = Example(
    documents=(Document(tokens=TOKENS, second=16),),
    sites=tuple(range(17)),
    gold=(0, 0),
    offsets=tuple((i, i + 1) for i in range(17)),
)


@pytest.fixture
def header(tmp_path: Path) -> Header:
    return write_store(tmp_path / "s", make_task("q", "span"), [LONG]).header


def test_a_header_survives_its_file(header: Header, tmp_path: Path) -> None:
    full = replace(header, labels=("é", "b"), drops={"x": 1}, cuts={"y": 2}, language="fi", num_choices=3)
    write_header(tmp_path, full)
    assert read_header(tmp_path) == full
    assert json.loads((tmp_path / HEADER).read_text())["max_document"] == asdict(full)["max_document"] == 17


def test_the_report_is_one_line_with_every_loss(header: Header) -> None:
    lossy = replace(header, num_records=12345, drops={"rows without a label": 3}, cuts={"texts split": 1200})
    line = report(lossy)
    assert line.startswith("q train: 12,345 records, 1 examples, 17 tokens")
    assert "3 rows without a label" in line
    assert "1,200 texts split" in line
    assert "\n" not in line
    assert ";" not in report(header)


def test_a_document_may_be_as_long_as_the_encoder_has_positions_and_no_longer(header: Header) -> None:
    check_positions(header, 17)
    message = r"^tasks\.q\.max_length: .* 17 tokens, .* 16 positions; set tasks\.q\.max_length=16 or less$"
    with pytest.raises(UserError, match=message):
        check_positions(header, 16)
