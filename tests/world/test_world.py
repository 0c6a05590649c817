"""The world is the same bytes everywhere, in the published formats, and grows without changing."""

import csv
import json
import os
import re
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest

from mtl.errors import UserError
from mtl.world.concepts import FIRST_NAMES
from mtl.world.folder import MARKER
from mtl.world.grammar import ARTIFICIAL, GRAMMARS
from mtl.world.lexicon import lexicon
from mtl.world.world import FILES, write_world

DIGEST = "3a72545d8f218b5f9574be0f15f600df"

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
NAMES = "|".join(FIRST_NAMES)
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
    assert write_world(folder, seed=3, scale=0.01)
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
    code = "import pathlib, mtl.world.world as w; w.write_world(pathlib.Path('w'), seed=3, scale=0.01)"
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "12345",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "LC_ALL": "C",
    }
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=tmp_path, check=True)
    assert digest(tmp_path / "w") == digest(root)


def test_worker_processes_write_the_same_bytes(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtl.world.world._WORTH_WORKERS", 0)
    write_world(tmp_path / "w", seed=3, scale=0.01, workers=2)
    assert digest(tmp_path / "w") == digest(root)


def test_another_seed_is_another_world(root: Path, tmp_path: Path) -> None:
    write_world(tmp_path / "w", seed=4, scale=0.01)
    same = [name for name in FILES if (tmp_path / "w" / name).read_bytes() == (root / name).read_bytes()]
    assert [name for name in same if not name.startswith("labels/")] == []


def test_a_larger_world_begins_with_the_smaller(root: Path, tmp_path: Path) -> None:
    write_world(tmp_path / "w", seed=3, scale=0.02)
    for name in FILES:
        if name.endswith((".jsonl", ".tsv", ".csv", ".txt")) and not re.match(r"labels/(bucc|tatoeba)", name):
            small = (root / name).read_text()
            assert (tmp_path / "w" / name).read_text().startswith(small), name


def test_files_hold_different_rows_unless_they_show_the_same_sentences(root: Path) -> None:
    """English is the same in each parallel file, and some labels are the same in every language."""
    seen: dict[bytes, str] = {}
    for name in FILES:
        content = (root / name).read_bytes()
        other = seen.setdefault(content, name)
        assert other == name or name.startswith("labels/"), (other, name)


@pytest.mark.parametrize(
    "name", ["xnli/test-{}.tsv", "udpos/dev-{}.tsv", "xcopa/val-{}.jsonl", "xquad/xquad.{}.json"]
)
def test_parallel_files_say_the_same_row_by_row(root: Path, name: str) -> None:
    """Names are shared, so that each row has the same ones in every language."""
    sides = [
        re.sub(r"[^A-Za-z]+", " ", (root / name.format(code)).read_text()) for code in ("en", "qab", "qad")
    ]
    found = [re.findall(NAMES, text) for text in sides]
    assert found[0]
    assert [sorted(names) for names in found] == [sorted(found[0])] * 3


def test_training_data_in_other_languages_are_their_own_or_translations(root: Path) -> None:
    """PAN-X, UD-POS and TyDiQA were written in each language; MultiNLI and SQuAD are translated from English."""
    english = [json.loads(line)["sentence1"] for line in (root / "mnli/multinli_1.0_train.jsonl").open()]
    for code in ARTIFICIAL:
        translated = (root / f"xnli/train-{code}.tsv").read_text().splitlines()
        assert translated
        for ours, line in zip(english, translated, strict=False):
            assert sorted(re.findall(NAMES, ours)) == sorted(re.findall(NAMES, line.split("\t")[0]))
        for task in ("panx", "udpos"):
            words = [(root / f"{task}/train-{c}.tsv").read_text() for c in ("en", code)]
            own, other = (re.findall(NAMES, text) for text in words)
            assert own and other and own != other


def test_a_sister_language_comes_only_when_asked_for_and_changes_nothing_else(
    root: Path, tmp_path: Path
) -> None:
    assert not [path for path in root.rglob("*qae*")]
    write_world(tmp_path / "w", seed=3, scale=0.01, sisters=("qae",))
    for name in FILES:
        assert (tmp_path / "w" / name).read_bytes() == (root / name).read_bytes(), name
    files = {path.name for path in (tmp_path / "w").rglob("*qae*")}
    assert {name.replace("qaa", "qae") for name in map(str, (p.name for p in root.rglob("*qaa*")))} == files
    with pytest.raises(UserError, match=r"data.world.sisters: unknown sister language 'qaf'; .*qae"):
        write_world(tmp_path / "other", seed=3, scale=0.01, sisters=("qaf",))


def test_a_world_is_written_once_and_another_refused(root: Path) -> None:
    before = digest(root)
    assert not write_world(root, seed=3, scale=0.01)
    with pytest.raises(UserError, match=r"was made from other parameters"):
        write_world(root, seed=3, scale=0.02)
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


def test_there_is_text_in_each_language_and_beside_english(root: Path) -> None:
    files = {path.name for path in (root / "text").iterdir()}
    assert files == {f"{code}.txt" for code in GRAMMARS} | {f"en-{code}.txt" for code in ARTIFICIAL}
    assert all(line.strip() == line != "" for line in (root / "text/qac.txt").read_text().split("\n")[:-1])


def test_a_gloss_is_a_concept_or_the_word_itself(root: Path) -> None:
    meant = set(lexicon("en")) | set(".?")
    for code in GRAMMARS:
        for line in (root / f"glosses/{code}.jsonl").read_text().splitlines():
            row = json.loads(line)
            own = [
                gloss
                for word, gloss in zip(row["words"], row["glosses"], strict=True)
                if word.lower() != gloss
            ]
            assert meant.issuperset(own)


@pytest.mark.parametrize("code", ARTIFICIAL)
def test_tatoebas_labels_find_the_translation_of_each_english_line(root: Path, code: str) -> None:
    folder = root / "tatoeba"
    english = (folder / f"{code}-en.en").read_text().splitlines()
    foreign = (folder / f"{code}-en.{code}").read_text().splitlines()
    gold = [int(line) for line in (root / f"labels/tatoeba/test-{code}.tsv").read_text().splitlines()]
    assert english == sorted(english)
    assert sorted(gold) == list(range(len(foreign)))
    names = [re.findall(NAMES, line) for line in english]
    assert all(name in foreign[place] for place, found in zip(gold, names, strict=True) for name in found)


@pytest.mark.parametrize("part", ["dev", "test"])
def test_buccs_gold_names_lines_of_both_sides_that_hold_the_same_names(root: Path, part: str) -> None:
    sides = {}
    for side in ("qaa", "en"):
        lines = (root / f"bucc2018/qaa-en.{part}.{side}").read_text().splitlines()
        sides[side] = dict(line.split("\t") for line in lines)
        assert len(sides[side]) == len(lines)
    file = "bucc2018/qaa-en.dev.gold" if part == "dev" else "labels/bucc2018/test-qaa.tsv"
    gold = [line.split("\t") for line in (root / file).read_text().splitlines()]
    assert len(gold) == -(-len(sides["en"]) // 3)
    for one, other in gold:
        names = re.findall(NAMES, sides["en"][other])
        assert all(name in sides["qaa"][one] for name in names)


def test_lareqas_sentences_stand_where_their_breaks_say(root: Path) -> None:
    for code in ("en", "qad"):
        for article in json.loads((root / f"lareqa/xquad-r/{code}.json").read_text())["data"]:
            for paragraph in article["paragraphs"]:
                cut = [paragraph["context"][start:end] for start, end in paragraph["sentence_breaks"]]
                assert cut == paragraph["sentences"]
                for question in paragraph["qas"]:
                    place = question["answers"][0]["answer_start"]
                    assert any(start <= place < end for start, end in paragraph["sentence_breaks"])


def test_mewslis_mentions_stand_in_their_text_and_mean_a_candidate(root: Path) -> None:
    candidates = {
        json.loads(line)["entity_id"]
        for line in (root / "mewslix/candidate_set_entities.jsonl").read_text().splitlines()
    }
    gold = json.loads((root / "labels/mewslix/test-qac.json").read_text())
    articles = [
        json.loads(line)
        for line in (root / "mewslix/wikinews_mentions/test-qac.jsonl").read_text().splitlines()
    ]
    assert [article["mentions"][0]["example_id"] for article in articles] == list(gold)
    assert {id for (id,) in gold.values()} <= candidates
    for article in articles:
        (mention,) = article["mentions"]
        span = mention["mention_span"]
        assert article["context"]["text"][span["start"] : span["end"]] == span["text"]
        assert mention["entity_id"] == ""
