"""The page of results says what the records say, and is composed from nothing else."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.kit.ranks import ROOT

BENCHMARKS = ROOT / "benchmarks"


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the page and its pictures were composed from the repository's records."""
    folder: Path = tmp_path_factory.mktemp("composed")
    subprocess.run([sys.executable, BENCHMARKS / "results.py", "--into", folder], check=True, cwd=ROOT)
    return folder


def test_the_page_is_the_one_composed_from_the_records(composed: Path) -> None:
    there = (BENCHMARKS / "RESULTS.md").read_text(encoding="utf-8")
    assert (composed / "RESULTS.md").read_text(encoding="utf-8") == there, "run python benchmarks/results.py"


def test_every_picture_is_there_drawn_from_its_record_and_no_other(composed: Path) -> None:
    drawn = {file.name: file.read_text(encoding="utf-8") for file in (composed / "results").glob("*.svg")}
    kept = {file.name: file.read_text(encoding="utf-8") for file in (BENCHMARKS / "results").glob("*.svg")}
    assert drawn == kept
    for text in drawn.values():
        ElementTree.fromstring(text)
