"""The manifest knows of each file what it was, and says what has become of it."""

import json
from pathlib import Path

import pytest

from mtl.data.manifest import Manifest
from mtl.errors import UserError


def test_a_file_is_known_by_size_and_hash_and_outlives_the_process(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("abc")
    Manifest(tmp_path).add("a.txt", rows=1, origin="", licence="MIT")
    again = Manifest.read(tmp_path)
    assert again.is_sound("a.txt")
    entry = json.loads((tmp_path / "manifest.json").read_text())["files"]["a.txt"]
    assert entry == {
        "size": 3,
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "rows": 1,
        "origin": "",
        "licence": "MIT",
    }


def test_what_has_become_of_a_file_is_told(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    for name in ("same", "shorter", "other", "gone"):
        (tmp_path / name).write_text("abc")
        manifest.add(name, rows=None, origin="", licence="")
    (tmp_path / "shorter").write_text("ab")
    (tmp_path / "other").write_text("abd")
    (tmp_path / "gone").unlink()
    assert dict(manifest.troubles()) == {
        "same": "",
        "shorter": "damaged: 2 bytes, not 3",
        "other": "damaged: its hash is another",
        "gone": "missing",
    }


WRONG_TYPE = '{"files": {"a": {"size": "1", "sha256": "", "rows": null, "origin": "", "licence": ""}}}'


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "[" * 100_000, '{"files": {"a": {"size": 1}}}', '{"files": 1}', WRONG_TYPE]
)
def test_a_damaged_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(UserError, match=r"manifest.json: is damaged .*; remove it and prepare again"):
        Manifest.read(tmp_path)


def test_a_manifest_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"version": 2, "files": {}}')
    with pytest.raises(
        UserError, match=r"manifest.json: is of version 2, and this program reads version 1; "
    ):
        Manifest.read(tmp_path)
