"""Content keys follow bytes, not names, and bytes are read once."""

from pathlib import Path

import pytest

from mtl.data import content
from mtl.data.content import FileHashes, code_hash


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files whose bytes were read."""
    seen: list[Path] = []
    original = content.content_hash

    def counted(file: Path) -> str:
        seen.append(file)
        return original(file)

    monkeypatch.setattr(content, "content_hash", counted)
    return seen


def test_a_file_is_read_once_also_by_a_second_start(tmp_path: Path, reads: list[Path]) -> None:
    file = write(tmp_path / "a.txt", "text")
    first = FileHashes(tmp_path / "hashes").of(file)
    assert FileHashes(tmp_path / "hashes").of(file) == first
    assert reads == [file]


def test_equal_bytes_have_one_hash_under_any_name(tmp_path: Path) -> None:
    hashes = FileHashes(tmp_path / "hashes")
    one, other = write(tmp_path / "a.txt", "text"), write(tmp_path / "b.txt", "text")
    assert hashes.of(one) == hashes.of(other) != hashes.of(write(tmp_path / "c.txt", "texts"))


def test_a_changed_file_is_read_again(tmp_path: Path, reads: list[Path]) -> None:
    import os

    hashes = FileHashes(tmp_path / "hashes")
    file = write(tmp_path / "a.txt", "text")
    os.utime(file, ns=(1, 1))
    before = hashes.of(file)
    write(file, "test")
    assert hashes.of(file) != before
    assert len(reads) == 2


@pytest.mark.parametrize("left", [b"", b"0123", b"\xff", b"\0" * 32])
def test_what_a_power_cut_left_in_place_of_a_hash_is_no_hash(
    tmp_path: Path, reads: list[Path], left: bytes
) -> None:
    file = write(tmp_path / "a.txt", "text")
    content = FileHashes(tmp_path / "hashes").of(file)
    (known,) = (tmp_path / "hashes").iterdir()
    known.write_bytes(left)
    assert FileHashes(tmp_path / "hashes").of(file) == content == known.read_text()
    assert reads == [file, file]


def test_two_processes_that_hash_at_once_lose_nothing(tmp_path: Path, reads: list[Path]) -> None:
    one, other = FileHashes(tmp_path / "hashes"), FileHashes(tmp_path / "hashes")
    first, second = write(tmp_path / "a.txt", "a"), write(tmp_path / "b.txt", "b")
    one.of(first)
    other.of(second)
    later = FileHashes(tmp_path / "hashes")
    later.of(first)
    later.of(second)
    assert reads == [first, second]


def test_the_codes_hash_is_of_files_that_exist_and_changes_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "mtl"
    for pattern in content._CODE:
        file = package / pattern.replace("*", "some")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("before")
    assert code_hash.__wrapped__() == code_hash()
    monkeypatch.setattr(content, "__file__", str(package / "data" / "content.py"))
    hashes = set()
    for pattern in content._CODE:
        (package / pattern.replace("*", "some")).write_text("after")
        hashes.add(code_hash.__wrapped__())
    assert len(hashes) == len(content._CODE)
