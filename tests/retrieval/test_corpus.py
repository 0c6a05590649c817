"""Mining between two files: the table, what is counted, what is refused."""

import gzip
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
import pytest

from mtl.errors import UserError
from mtl.retrieval.corpus import Job, mine_files, read_corpora, read_corpus, read_sentences
from mtl.retrieval.embed import Embedder, EmbedSettings
from mtl.retrieval.vectors import check_vectors, cosines

SOURCE = ["the quick fox", " a red tower ", "", "a red tower", "nobody\tknows", "北京", "tower " * 99]
TARGET = ["a red tower", "the quick brown fox", "nobody knows", "x"]


def stage(name: str, total: int):
    return lambda done: None


def mined(folder: Path, model: Path, **changes) -> tuple[list[list[str]], object]:
    with gzip.open(folder / "a.txt.gz", "wt", encoding="utf-8") as file:
        file.write("\n".join(SOURCE) + "\n")
    (folder / "b.txt").write_text("\n".join(TARGET), encoding="utf-8")
    job = Job(source=folder / "a.txt.gz", target=folder / "b.txt", out=folder / "pairs.tsv", **changes)
    outcome = mine_files(job, read_corpora(job), Embedder.of_encoder(str(model), EmbedSettings()), stage)
    return [line.split("\t") for line in job.out.read_text(encoding="utf-8").splitlines()], outcome


def test_a_line_is_a_score_and_two_sentences(model_folder, tmp_path) -> None:
    lines, outcome = mined(tmp_path, model_folder)
    assert all(len(line) == 3 for line in lines)
    scores = [float(line[0]) for line in lines]
    assert scores == sorted(scores, reverse=True)
    assert outcome.num_pairs == len(lines) == 4
    corpus = read_corpus(tmp_path / "a.txt.gz")
    assert (corpus.num_blank, corpus.num_repeated, outcome.num_cut) == (1, 1, 1)
    assert ["a red tower", "a red tower"] in [line[1:] for line in lines]
    assert ["nobody knows", "nobody knows"] in [line[1:] for line in lines]
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt.gz", "b.txt", "pairs.tsv"}


def test_a_threshold_and_a_number_cut_the_table(model_folder, tmp_path) -> None:
    lines, _ = mined(tmp_path, model_folder)
    middle = float(lines[1][0]) - 1e-6
    assert mined(tmp_path, model_folder, threshold=middle)[0] == lines[:2]
    assert mined(tmp_path, model_folder, top=3)[0] == lines[:3]
    assert mined(tmp_path, model_folder, threshold=99.0)[0] == []


def test_vectors_of_a_killed_start_are_used_again(model_folder, tmp_path, monkeypatch) -> None:
    class KilledError(Exception):
        pass

    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("mtl.retrieval.corpus._write", killed)
        with pytest.raises(KilledError):
            mined(tmp_path, model_folder)
    with monkeypatch.context() as patch:
        patch.setattr(Embedder, "embed", killed)
        lines, outcome = mined(tmp_path, model_folder)
    assert len(lines) == 4
    assert outcome.num_cut == 1


BAD = [
    (b"fine\nnot \xff so\n", r"x.txt:2: byte 0xff is not UTF-8"),
    (b"\n \n", "x.txt: holds no sentence"),
    (b"", "x.txt: holds no sentence"),
]


@pytest.mark.parametrize(("content", "trouble"), BAD)
def test_a_file_without_sentences_is_an_error_in_a_line(tmp_path, content: bytes, trouble: str) -> None:
    (tmp_path / "x.txt").write_bytes(content)
    with pytest.raises(UserError, match=trouble):
        read_sentences(tmp_path / "x.txt")


def test_a_missing_file_is_named(tmp_path) -> None:
    with pytest.raises(UserError, match=r"y.txt: no such file"):
        read_corpus(tmp_path / "y.txt")


def test_sentences_are_distinct_in_the_order_of_the_file(tmp_path) -> None:
    (tmp_path / "x.txt").write_text("b\n a\n\nb \nc\n", encoding="utf-8")
    corpus = read_corpus(tmp_path / "x.txt")
    assert corpus.texts == ["b", "a", "c"]
    assert (corpus.num_blank, corpus.num_repeated) == (1, 1)


def test_cosines_of_stored_vectors_are_those_of_their_sentences(model_folder) -> None:
    rows = Embedder.of_encoder(str(model_folder), EmbedSettings()).embed(["the fox", "the fox"])
    vectors = check_vectors(rows.astype(np.float16), name="rows")
    assert cosines(vectors, vectors, np.array([0]), np.array([1]))[0] == pytest.approx(1)


def test_no_vectors_are_mapped_when_their_files_go(model_folder, tmp_path, monkeypatch) -> None:
    seen: list[str] = []

    def watched(folder: Path, **how: Any) -> None:
        seen.append(Path("/proc/self/maps").read_text())
        rmtree(folder, **how)

    monkeypatch.setattr("mtl.retrieval.corpus.shutil.rmtree", watched)
    mined(tmp_path, model_folder)
    assert len(seen) == 1
    assert ".pairs.tsv.work" not in seen[0]
