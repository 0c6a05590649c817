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
    loaders = (
        "retrieval.embed.Embedder.of_encoder",
        "retrieval.embed.Embedder.of_head",
        "run.predicting.load_export",
    )
    for loader in loaders:
        monkeypatch.setattr(f"mtl.{loader}", lambda *_, **__: pytest.fail("a model is loaded"))

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


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("embed", "--text good.txt --out good.txt"),
        ("mine", "--source good.txt --target other.txt --out other.txt"),
        ("predict", "--input good.jsonl --out link.jsonl"),
    ],
)
def test_what_is_read_is_not_written_over(refused: Say, folder: Path, verb: str, words: str) -> None:
    (folder / "other.txt").write_text("a hare\n", encoding="utf-8")
    (folder / "link.jsonl").symlink_to(folder / "good.jsonl")
    said = refused(verb, "--model", NO_MODEL, *(folder / one if "." in one else one for one in words.split()))
    assert "is to be read and to be written; name another file" in said


def test_no_folder_for_sentence_transformers_centres(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--model", NO_MODEL, "--sentence-transformers", str(folder / "new"), "--centre"]
    monkeypatch.setattr(sys, "argv", ["embed", *words])
    with pytest.raises(SystemExit, match="2"):
        runpy.run_path(str(ROOT / "launchers" / "embed.py"), run_name="__main__")
    assert "--centre: sentence-transformers cannot centre" in capsys.readouterr().err


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
