"""The nine tasks read the built-in world's files, which are in the published formats, from end to end."""

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from mtl.data.checks import is_told
from mtl.data.records import Located, read_records
from mtl.errors import UserError
from mtl.tasks.records import ChoiceRecord, PairRecord, SpanRecord, TagRecord
from mtl.tasks.registry import find_tasks, get_task
from mtl.world.world import write_world

NINE = ("anli", "ccg", "commonsenseqa", "cosmosqa", "hellaswag", "mnli", "qqp", "squad_v1", "squad_v2")
SPLITS = [(name, split) for name in NINE for split in find_tasks()[name].splits]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "data"
    write_world(folder, seed=1, scale=0.05)
    return folder


def read(root: Path, name: str, split: str) -> tuple[list[Located], Counter[str]]:
    drops: Counter[str] = Counter()
    return list(read_records(get_task(name), split, root=root, drops=drops)), drops


def num_rows(root: Path, *files: str) -> int:
    return sum(len((root / file).read_text().splitlines()) for file in files)


@pytest.mark.parametrize(("name", "split"), SPLITS)
def test_every_split_gives_records_with_gold_and_a_place(root: Path, name: str, split: str) -> None:
    records, _ = read(root, name, split)
    untold = split == "test" and name in ("hellaswag", "cosmosqa", "commonsenseqa")
    assert records
    assert {is_told(one.record) for one in records} == {not untold}
    assert all(one.record.id for one in records)
    file, line = records[-1].where.rsplit(":", 1)
    assert (root / file).is_file()
    assert int(line) > 0


def test_anli_is_snli_and_mnli_and_three_rounds(root: Path) -> None:
    records, drops = read(root, "anli", "train")
    parts = (
        "snli/snli_1.0_train.jsonl",
        "mnli/multinli_1.0_train.jsonl",
        *(f"anli/R{n}/train.jsonl" for n in (1, 2, 3)),
    )
    assert len(records) + drops.total() == num_rows(root, *parts)
    assert list(dict.fromkeys(one.where.split(":")[0] for one in records)) == list(parts)
    assert get_task("anli").labels == ("entailment", "neutral", "contradiction")


def test_a_row_on_which_annotators_disagree_is_dropped_and_counted(root: Path) -> None:
    _, drops = read(root, "anli", "train")
    text = (root / "snli/snli_1.0_train.jsonl").read_text()
    assert drops == {"rows whose gold_label is '-'": text.count('"gold_label": "-"')}
    assert drops.total() > 0


def test_mnli_selects_on_the_matched_genres(root: Path) -> None:
    records, _ = read(root, "mnli", "dev")
    assert {one.where.split(":")[0] for one in records} == {"mnli/multinli_1.0_dev_matched.jsonl"}


def test_a_torn_row_of_qqp_is_dropped_and_counted(root: Path) -> None:
    records, drops = read(root, "qqp", "train")
    assert drops == {"rows with a wrong number of columns": 4}  # two rows in two pieces each
    assert len(records) == num_rows(root, "qqp/train.tsv") - 1 - 4
    assert {one.record.label for one in records if isinstance(one.record, PairRecord)} == set(
        get_task("qqp").labels or ()
    )


def test_qqps_ones_are_the_duplicates(root: Path) -> None:
    lines = [line.split("\t") for line in (root / "qqp/dev.tsv").read_text().splitlines()[1:]]
    told = {cells[0]: ("not_duplicate", "duplicate")[int(cells[5])] for cells in lines if len(cells) == 6}
    records = [one.record for one in read(root, "qqp", "dev")[0]]
    assert {one.id: one.label for one in records if isinstance(one, PairRecord)} == told


def test_anlis_letters_are_its_labels(root: Path) -> None:
    names = {"e": "entailment", "n": "neutral", "c": "contradiction"}
    files = [root / f"anli/R{n}/train.jsonl" for n in (1, 2, 3)]
    rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    records = [one.record for one in read(root, "anli", "train")[0] if one.where.startswith("anli/")]
    assert [one.label for one in records if isinstance(one, PairRecord)] == [
        names[row["label"]] for row in rows
    ]
    assert [one.text_a for one in records if isinstance(one, PairRecord)] == [row["context"] for row in rows]


def test_a_row_of_qqp_with_a_cell_out_of_place_is_never_read_as_a_label(root: Path, tmp_path: Path) -> None:
    header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate"
    (tmp_path / "qqp").mkdir()
    (tmp_path / "qqp/train.tsv").write_text(f"{header}\n1\t2\t3\tWho?\tWhy?\t1\n4\t5\t6\tA?\tB?\t\n")
    with pytest.raises(UserError, match=r"qqp/train.tsv:3: .*the label is empty"):
        read(tmp_path, "qqp", "train")


def test_squad_v2_has_questions_without_an_answer_and_v1_has_none(root: Path) -> None:
    for name, some in (("squad_v2", True), ("squad_v1", False)):
        records = [one.record for one in read(root, name, "train")[0]]
        assert any(isinstance(one, SpanRecord) and one.answers == () for one in records) == some
        assert get_task(name).max_length == 384


def test_squad_v1_refuses_a_question_without_an_answer(tmp_path: Path) -> None:
    question = {"id": "q", "question": "Who?", "answers": []}
    data = [{"title": "T", "paragraphs": [{"context": "Ann sang.", "qas": [question]}]}]
    (tmp_path / "squad").mkdir()
    for version in ("1.1", "2.0"):
        (tmp_path / f"squad/dev-v{version}.json").write_text(json.dumps({"version": version, "data": data}))
    assert len(read(tmp_path, "squad_v2", "dev")[0]) == 1
    with pytest.raises(UserError, match=r"dev-v1.1.json:1: task squad_v1: the question has no answer"):
        read(tmp_path, "squad_v1", "dev")


def test_hellaswag_completes_the_sentence_that_has_begun(root: Path) -> None:
    rows = [json.loads(line) for line in (root / "hellaswag/hellaswag_train.jsonl").read_text().splitlines()]
    assert {bool(row["ctx_b"]) for row in rows} == {True, False}
    for row, located in zip(rows, read(root, "hellaswag", "train")[0], strict=True):
        assert isinstance(located.record, ChoiceRecord)
        assert located.record.prompt == row["ctx_a"]
        assert located.record.choices == tuple(
            f"{row['ctx_b']} {ending}".strip() for ending in row["endings"]
        )
        assert located.record.label == row["label"]


def test_cosmosqa_prompts_with_the_context_and_the_question(root: Path) -> None:
    with (root / "cosmosqa/train.csv").open(newline="") as file:
        row = next(csv.DictReader(file))
    record = read(root, "cosmosqa", "train")[0][0].record
    assert isinstance(record, ChoiceRecord)
    assert record.prompt == f"{row['context']} {row['question']}"
    assert record.choices == tuple(row[f"answer{i}"] for i in range(4))
    assert record.label == int(row["label"])


def test_commonsenseqa_reads_the_letter_of_its_answer(root: Path) -> None:
    row = json.loads((root / "commonsenseqa/dev_rand_split.jsonl").read_text().splitlines()[0])
    record = read(root, "commonsenseqa", "dev")[0][0].record
    assert isinstance(record, ChoiceRecord)
    assert record.label == "ABCDE".index(row["answerKey"])
    assert record.prompt == row["question"]["stem"]


def test_ccg_trains_on_sections_0_to_18(root: Path) -> None:
    for split, sections in (("train", range(19)), ("dev", range(19, 22)), ("test", range(22, 25))):
        records, _ = read(root, "ccg", split)
        assert sorted({int(one.where.split("/")[2]) for one in records}) == list(sections)
    assert isinstance(records[0].record, TagRecord)
    assert get_task("ccg").labels is None
