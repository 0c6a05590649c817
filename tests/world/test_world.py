"""The world is the same bytes everywhere, in the published formats, and grows without changing."""

import csv
import json
import os
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from mtl.errors import UserError
from mtl.world.folder import MARKER
from mtl.world.world import FILES, TEXT, write_world

DIGEST = "e96237d5c6c39dc9b2798c043777c02d"

PARSES = {f"sentence{n}{part}" for n in (1, 2) for part in ("", "_parse", "_binary_parse")}
COLUMNS = {
    "snli/snli_1.0_train.jsonl": {"annotator_labels", "captionID", "gold_label", "pairID", *PARSES},
    "mnli/multinli_1.0_dev_matched.jsonl": {
        "annotator_labels",
        "genre",
        "gold_label",
        "pairID",
        "promptID",
        *PARSES,
    },
    "anli/R3/dev.jsonl": {
        "uid",
        "context",
        "hypothesis",
        "label",
        "model_label",
        "emturk",
        "genre",
        "reason",
        "tag",
    },
    "qqp/train.tsv": {"id", "qid1", "qid2", "question1", "question2", "is_duplicate"},
    "hellaswag/hellaswag_train.jsonl": {
        "ind",
        "activity_label",
        "ctx_a",
        "ctx_b",
        "ctx",
        "split",
        "split_type",
        "label",
        "endings",
        "source_id",
    },
    "cosmosqa/train.csv": {"id", "context", "question", "answer0", "answer1", "answer2", "answer3", "label"},
    "commonsenseqa/dev_rand_split.jsonl": {"answerKey", "id", "question"},
}
PUBLISHED = {
    "mnli/multinli_1.0_dev_matched.jsonl": "mnli/original/multinli_1.0/multinli_1.0_dev_matched.jsonl",
    "snli/snli_1.0_train.jsonl": "snli/snli.allennlp-fixture.jsonl",
    "anli/R3/dev.jsonl": "anli/original/anli_v0.1/R3/dev.jsonl",
    "qqp/train.tsv": "qqp/original/QQP/train.tsv",
    "hellaswag/hellaswag_train.jsonl": "hellaswag/original/hellaswag_train.jsonl",
    "cosmosqa/train.csv": "cosmosqa/original/train.csv",
    "commonsenseqa/dev_rand_split.jsonl": "commonsenseqa/dev_rand_split.jsonl",
}
SAMPLES = Path(
    os.environ.get("MTL_SHARED_DATA") or Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "data"
    assert write_world(folder, seed=3, scale=0.02)
    return folder


def digest(folder: Path) -> str:
    total = blake2b(digest_size=16)
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def columns(file: Path) -> set[str]:
    first = file.read_text().splitlines()[0]
    if file.suffix == ".jsonl":
        return set(json.loads(first))
    return set(next(csv.reader([first], delimiter="\t" if file.suffix == ".tsv" else ",")))


def test_the_bytes_of_a_seed_never_change_unnoticed(root: Path) -> None:
    """Where they are meant to: raise the world's VERSION, and put the new digest here."""
    assert digest(root) == DIGEST


def test_another_process_with_another_hash_seed_writes_the_same_bytes(root: Path, tmp_path: Path) -> None:
    code = "import pathlib, mtl.world.world as w; w.write_world(pathlib.Path('w'), seed=3, scale=0.02)"
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "12345",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "LC_ALL": "C",
    }
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, check=True)
    assert digest(tmp_path / "w") == digest(root)


def test_another_seed_is_another_world(root: Path, tmp_path: Path) -> None:
    write_world(tmp_path / "w", seed=4, scale=0.02)
    changed = [name for name in FILES if (tmp_path / "w" / name).read_bytes() != (root / name).read_bytes()]
    assert changed == list(FILES)


def test_a_larger_world_begins_with_the_smaller(root: Path, tmp_path: Path) -> None:
    write_world(tmp_path / "w", seed=3, scale=0.04)
    for name in FILES:
        if name.endswith((".jsonl", ".tsv", ".csv", ".txt")):
            small = (root / name).read_text()
            assert (tmp_path / "w" / name).read_text().startswith(small), name


def test_two_files_hold_different_rows(root: Path) -> None:
    contents = [(root / name).read_bytes() for name in FILES]
    assert len(set(contents)) == len(contents)


def test_a_world_is_written_once_and_another_refused(root: Path) -> None:
    before = digest(root)
    assert not write_world(root, seed=3, scale=0.02)
    with pytest.raises(UserError, match=r"was made from other parameters"):
        write_world(root, seed=3, scale=0.03)
    assert digest(root) == before
    assert json.loads((root / MARKER).read_text())["seed"] == 3


@pytest.mark.parametrize("scale", [0, -1.0, float("nan")])
def test_a_world_of_no_size_is_refused(tmp_path: Path, scale: float) -> None:
    with pytest.raises(UserError, match=r"the world's scale is .*; give a positive number"):
        write_world(tmp_path / "w", seed=3, scale=scale)


@pytest.mark.parametrize("name", COLUMNS)
def test_a_file_has_all_published_columns(root: Path, name: str) -> None:
    assert columns(root / name) == COLUMNS[name]


@pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no samples of the real data at {SAMPLES}")
@pytest.mark.parametrize("name", PUBLISHED)
def test_the_published_columns_are_the_published_ones(name: str) -> None:
    assert columns(SAMPLES / PUBLISHED[name]) == COLUMNS[name]


@pytest.mark.parametrize(
    ("name", "version", "keys"),
    [
        ("squad/train-v1.1.json", "1.1", {"id", "question", "answers"}),
        ("squad/dev-v2.0.json", "v2.0", {"id", "question", "answers", "is_impossible"}),
    ],
)
def test_squads_files_have_its_keys(root: Path, name: str, version: str, keys: set[str]) -> None:
    content: dict[str, Any] = json.loads((root / name).read_text())
    assert content["version"] == version
    for article in content["data"]:
        assert set(article) == {"title", "paragraphs"}
        for paragraph in article["paragraphs"]:
            assert set(paragraph) == {"context", "qas"}
            for question in paragraph["qas"]:
                impossible = question.get("is_impossible", False)
                assert set(question) == keys | ({"plausible_answers"} if impossible else set())


def test_plain_text_comes_in_pieces_with_an_empty_line_between(root: Path) -> None:
    pieces = (root / TEXT).read_text().split("\n\n")
    assert len(pieces) == round(FILES[TEXT][1] * 0.02)
    assert all(piece.strip() for piece in pieces)
