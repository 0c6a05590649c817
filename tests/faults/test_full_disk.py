"""Every kind of write, on a disk that is full or broken from some call on: one line, and nothing half is left."""

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.writes import WRITES, End, writing_modules
from tests.kit import broken_disk
from tests.kit.ranks import ROOT

KINDS = pytest.mark.parametrize("kind", WRITES)


def try_all(folder: Path, most: int) -> list[End]:
    if broken_disk.compiler() is None:
        pytest.skip("no C compiler on this machine, to build a library that lets a disk break")
    subprocess.run(
        [sys.executable, "-m", "tests.faults.writes", str(folder / "tries"), str(most)],
        cwd=ROOT,
        env={**broken_disk.build(folder), "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=560,
    )
    return [End(**end) for end in json.loads((folder / "tries" / "ends.json").read_text())]


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> list[End]:
    return try_all(tmp_path_factory.mktemp("few"), 4)


def check(ends: list[End], kind: str) -> None:
    """What must hold, whichever call fails."""
    sound, *broken = (end for end in ends if end.kind == kind)
    assert (sound.code, sound.whole) == (0, True), sound.said
    assert broken and any(end.code for end in broken)
    for end in broken:
        if end.code == 0:  # what failed did not matter
            assert end.whole, end
            continue
        assert end.code == 2, end.said
        assert end.said.splitlines()[-1].startswith("error: ") and "Traceback" not in end.said
        assert {errno.ENOSPC: "No space left", errno.EIO: "Input/output error"}[end.error] in end.said
        assert not (end.whole and WRITES[kind].at_once), end
        assert end.left == [], end


def test_every_module_that_writes_is_tried() -> None:
    assert set().union(*(write.modules for write in WRITES.values())) == writing_modules()


@KINDS
def test_a_full_or_broken_disk_is_one_line_and_leaves_nothing_half(few: list[End], kind: str) -> None:
    check(few, kind)


@pytest.mark.slow
def test_at_every_call_but_few(tmp_path: Path) -> None:
    ends = try_all(tmp_path, 40)
    assert len(ends) > 200
    for kind in WRITES:
        check(ends, kind)
