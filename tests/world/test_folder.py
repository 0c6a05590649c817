"""A made folder is complete or not there, is made once, and is never written over."""

import threading
from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.world.folder import MARKER, make_once


def write(folder: Path) -> None:
    assert not (folder / MARKER).exists()
    (folder / "a").write_text("x")


def left_in(folder: Path) -> list[str]:
    """All but the lock, which stays."""
    return [path.name for path in folder.iterdir() if not path.name.endswith(".lock")]


def test_a_folder_is_made_once(tmp_path: Path) -> None:
    assert make_once(tmp_path / "deep/w", {"seed": 1}, write)
    before = (tmp_path / "deep/w/a").stat().st_mtime_ns
    assert not make_once(tmp_path / "deep/w", {"seed": 1}, write)
    assert (tmp_path / "deep/w/a").stat().st_mtime_ns == before
    assert left_in(tmp_path / "deep") == ["w"]


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    assert make_once(tmp_path, {}, write)
    assert (tmp_path / "a").is_file()


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        write(folder)
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match=r"half-way"):
        make_once(tmp_path / "w", {}, fail)
    assert left_in(tmp_path) == []


def test_the_first_of_two_writers_wins(tmp_path: Path) -> None:
    def overtaken(folder: Path) -> None:
        write(folder)
        (tmp_path / "w").mkdir()
        (tmp_path / "w/a").write_text("first")
        (tmp_path / "w" / MARKER).write_text("{}")

    assert not make_once(tmp_path / "w", {}, overtaken)
    assert (tmp_path / "w/a").read_text() == "first"
    assert left_in(tmp_path) == ["w"]


def test_other_parameters_are_refused(tmp_path: Path) -> None:
    make_once(tmp_path / "w", {"seed": 1}, write)
    with pytest.raises(
        UserError, match=r"w: was made from other parameters \({'seed': 1}\); remove it, or .* data\.cache"
    ):
        make_once(tmp_path / "w", {"seed": 2}, write)


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_not_ours_is_refused(tmp_path: Path, kind: str) -> None:
    if kind == "folder":
        (tmp_path / "w").mkdir()
        (tmp_path / "w/thesis.tex").write_text("x")
    else:
        (tmp_path / "w").write_text("x")
    with pytest.raises(UserError, match=r"w: holds something else; remove it, or .* with data\.cache"):
        make_once(tmp_path / "w", {}, write)


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match=r"cannot be written: .*; make room there, or .* with data\.cache"):
        make_once(tmp_path / "file/w", {}, write)


def test_of_two_processes_one_writes_and_the_other_waits(tmp_path: Path) -> None:
    written = []

    def slow(folder: Path) -> None:
        written.append(folder)
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive(), "the other neither writes nor goes on"
        write(folder)

    made = []
    waiting = threading.Thread(target=lambda: made.append(make_once(tmp_path / "w", {}, written.append)))
    assert make_once(tmp_path / "w", {}, slow)
    waiting.join(60)
    assert made == [False] and len(written) == 1
