"""What tells one model's folder from another."""

import os
from pathlib import Path

import pytest

from mtl.model.identity import folder_key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model's folder, so far as keys go."""
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "tokenizer.json").write_text("[]")
    (tmp_path / "model.safetensors").write_text("first")
    return tmp_path


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_other_bytes_of_the_same_size_and_time_are_another_model(folder: Path, name: str) -> None:
    before, times = folder_key(folder), (folder / name).stat()
    (folder / name).write_text((folder / name).read_text()[::-1].upper())
    os.utime(folder / name, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert folder_key(folder) != before


def test_what_nobody_reads_and_when_it_was_written_count_for_nothing(folder: Path) -> None:
    before = folder_key(folder)
    (folder / "README.md").write_text("read by nobody")
    (folder / "all_results.json").write_text("{}")
    (folder / "pytorch_model.bin").write_text("older weights beside those that are read")
    os.utime(folder / "model.safetensors", (1, 1))
    assert folder_key(folder) == before
    (folder / "model.safetensors").unlink()
    assert folder_key(folder) != before
