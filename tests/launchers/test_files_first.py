"""Launchers find what is wrong with their files before they look for a model, let alone load it."""

import runpy
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import mtl.errors
from mtl.engine import launch
from mtl.engine.launch import Ranks

ROOT = Path(__file__).resolve().parents[2]
NO_MODEL = "no/such/model"
Say = Callable[..., str]


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a launcher in this process, on one rank; it must end with code 2, and what it says is the answer."""
    alone = Ranks.alone()
    monkeypatch.setattr(launch, "join_run", lambda **_: alone)
    monkeypatch.setattr(mtl.errors, "leave_at_once", sys.exit)
    for owner in ("mtl.retrieval.embed.Embedder.__init__", "mtl.run.predicting.load_export"):
        monkeypatch.setattr(owner, lambda *_, **__: pytest.fail("a model is loaded"))

    def run(verb: str, *words: object) -> str:
        monkeypatch.setattr(sys, "argv", [verb, *map(str, words)])
        with pytest.raises(SystemExit) as caught:
            runpy.run_path(str(ROOT / "launchers" / f"{verb}.py"), run_name="__main__")
        assert caught.value.code == 2
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and said.startswith("error: "), said
        return said

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.txt").write_text("a fox\n", encoding="utf-8")
    (tmp_path / "good.jsonl").write_text('{"text": "a fox"}\n', encoding="utf-8")
    (tmp_path / "empty").touch()
    (tmp_path / "latin").write_bytes(b"fine\nna\xefve\n")
    (tmp_path / "folder").mkdir()
    return tmp_path


BAD_FILES = [
    ("nowhere", "nowhere: no such file"),
    ("folder", "folder: no such file"),
    ("empty", "empty: holds no "),
    ("latin", "latin:2: byte 0xef is not UTF-8"),
]
BAD_PLACES = [("folder", "folder: is a folder"), ("empty/out", "empty: cannot be written: ")]


@pytest.mark.parametrize(("name", "trouble"), BAD_FILES)
@pytest.mark.parametrize("side", ["source", "target"])
def test_mining_names_a_bad_text(refused: Say, folder: Path, side: str, name: str, trouble: str) -> None:
    texts = {"source": folder / "good.txt", "target": folder / "good.txt", side: folder / name}
    words = ["--source", texts["source"], "--target", texts["target"], "--out", folder / "pairs.tsv"]
    assert trouble in refused("mine", "--model", NO_MODEL, *words)


@pytest.mark.parametrize(("name", "trouble"), BAD_FILES)
def test_embedding_names_a_bad_text(refused: Say, folder: Path, name: str, trouble: str) -> None:
    assert trouble in refused(
        "embed", "--model", NO_MODEL, "--text", folder / name, "--out", folder / "a.npy"
    )


@pytest.mark.parametrize(("name", "trouble"), BAD_FILES)
def test_predicting_names_a_bad_input(refused: Say, folder: Path, name: str, trouble: str) -> None:
    words = ["--input", folder / name, "--out", folder / "answers.jsonl"]
    assert trouble in refused("predict", "--model", NO_MODEL, *words)


@pytest.mark.parametrize(("name", "trouble"), BAD_PLACES)
def test_a_place_that_cannot_be_written_is_named(refused: Say, folder: Path, name: str, trouble: str) -> None:
    text, rows, out = folder / "good.txt", folder / "good.jsonl", folder / name
    for verb, *words in (
        ("mine", "--source", text, "--target", text),
        ("embed", "--text", text),
        ("predict", "--input", rows),
    ):
        assert trouble in refused(verb, "--model", NO_MODEL, *words, "--out", out)


def test_a_folder_for_another_library_is_not_written_over(refused: Say, folder: Path) -> None:
    said = refused("embed", "--model", NO_MODEL, "--sentence-transformers", folder / "folder")
    assert "folder: exists already" in said


def test_an_export_takes_no_other_folder_s_place(refused: Say, folder: Path) -> None:
    said = refused("export", NO_MODEL, "--out", folder / "folder")
    assert "folder: exists already; name a new folder" in said


def test_a_model_that_is_not_there_is_named_once_the_files_are_right(refused: Say, folder: Path) -> None:
    words = ["--input", folder / "good.jsonl", "--out", folder / "answers.jsonl"]
    assert f"{NO_MODEL}: holds no trained phase" in refused("predict", "--model", NO_MODEL, *words)
