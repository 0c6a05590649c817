"""The real data sets' own rows, where samples of them are at hand: read as published, and all of them."""

import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mtl.data.formats import READERS
from mtl.data.records import read_records
from mtl.data.searches import read_candidates, read_queries, targets
from mtl.data.sources import languages
from mtl.errors import UserError
from mtl.tasks.declared import declare
from mtl.tasks.records import PairRecord, Record, SpanRecord, TagRecord
from mtl.tasks.registry import get_task
from mtl.tasks.task import Task

SAMPLES = Path(
    os.environ.get("MTL_SHARED_DATA") or Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
)

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no samples of the real data at {SAMPLES}")


def moved(task: Task, split: str, *patterns: str) -> Task:
    """The task with its sources as they are, but the files where the samples lie."""
    given = iter(patterns)
    sources = [
        replace(source, files=tuple(pattern for pattern in (next(given) for _ in source.files) if pattern))
        for source in task.splits[split]
    ]
    return replace(task, splits={split: tuple(source for source in sources if source.files)})


def read(task: Task, split: str, lang: str | None = None) -> tuple[list[Record], Counter[str]]:
    drops: Counter[str] = Counter()
    return [one.record for one in read_records(task, split, root=SAMPLES, lang=lang, drops=drops)], drops


@pytest.mark.parametrize(
    ("name", "split", "patterns", "num"),
    [
        ("mnli", "train", ["mnli/original/multinli_1.0/multinli_1.0_train.jsonl"], 5),
        ("mnli", "dev", ["mnli/original/multinli_1.0/multinli_1.0_dev_matched.jsonl"], 5),
        ("qqp", "train", ["qqp/k-shot/16-42/train.tsv"], 32),
        ("qqp", "dev", ["qqp/dev.sample9.tsv"], 9),
        ("squad_v1", "dev", ["squad/dev-v1.1.derived.json"], 2910),
        ("squad_v2", "dev", ["squad/dev-v2.0.cs224n.json"], 6078),
        ("squad_v2", "train", ["squad/small-v2.0.haystack.json"], 626),
        ("hellaswag", "train", ["hellaswag/original/hellaswag_train.jsonl"], 2),
        ("hellaswag", "dev", ["hellaswag/original/hellaswag_val.jsonl"], 2),
        ("hellaswag", "test", ["hellaswag/original/hellaswag_test.jsonl"], 2),
        ("cosmosqa", "train", ["cosmosqa/original/train.csv"], 2),
        ("cosmosqa", "dev", ["cosmosqa/valid.csv"], 2985),
        ("cosmosqa", "test", ["cosmosqa/original/test.jsonl"], 2),
        ("commonsenseqa", "train", ["commonsenseqa/train_rand_split.first2000.jsonl"], 2000),
        ("commonsenseqa", "dev", ["commonsenseqa/dev_rand_split.jsonl"], 1221),
        ("commonsenseqa", "test", ["commonsenseqa/test_rand_split_no_answers.jsonl"], 1140),
        (
            "anli",
            "dev",
            ["snli/snli.allennlp-fixture.jsonl", "", *(f"anli/R{n}/dev.derived.jsonl" for n in (1, 2, 3))],
            3201,
        ),
        ("anli", "train", ["", "", *(f"anli/original/anli_v0.1/R{n}/train.jsonl" for n in (1, 2, 3))], 9),
    ],
)
def test_published_rows_are_read_by_the_declarations(
    name: str, split: str, patterns: list[str], num: int
) -> None:
    records, drops = read(moved(get_task(name), split, *patterns), split)
    assert len(records) == num
    assert not drops


def test_squad_v2_keeps_the_questions_without_an_answer() -> None:
    records, _ = read(moved(get_task("squad_v2"), "dev", "squad/dev-v2.0.cs224n.json"), "dev")
    assert sum(isinstance(one, SpanRecord) and one.answers == () for one in records) == 3168


def test_squad_v1_refuses_version_2s_file() -> None:
    task = moved(get_task("squad_v1"), "dev", "squad/dev-v2.0.cs224n.json")
    with pytest.raises(
        UserError, match=r"dev-v2.0.cs224n.json:[0-9]+: task squad_v1: the question has no answer"
    ):
        read(task, "dev")


def test_ccgbanks_words_and_supertags_are_read() -> None:
    task = replace(get_task("ccg"), splits={"train": get_task("ccg").splits["train"][:1]})
    task = moved(
        replace(task, splits={"train": (replace(task.splits["train"][0], files=("",)),)}),
        "train",
        "ccg/ccgbank.*.txt",
    )
    (first, second), _ = read(task, "train")
    assert isinstance(first, TagRecord)
    assert isinstance(second, TagRecord)
    assert first.words[:4] == ("Pierre", "Vinken", ",", "61")
    assert first.tags is not None
    assert (len(first.words), first.tags[:2], first.tags[7]) == (18, ("N/N", "N"), "(S[dcl]\\NP)/(S[b]\\NP)")
    known = set((SAMPLES / "ccg/supertag_vocabulary.ccgbank02-21.txt").read_text().split())
    assert {*first.tags, *(second.tags or ())} <= known


DECLARED: dict[str, tuple[dict[str, Any], str, str | None, int]] = {
    "GLUE's MNLI, TSV without quotes": (
        {
            "kind": "pair",
            "files": {"train": "mnli/original/MNLI/train.tsv"},
            "columns": {"label": "gold_label"},
        },
        "train",
        None,
        3,
    ),
    "SNLI's text table": (
        {
            "kind": "pair",
            "files": {"train": "snli/original/snli_1.0/snli_1.0_dev.txt"},
            "format": "tsv",
            "columns": {"label": "gold_label"},
        },
        "train",
        None,
        2,
    ),
    "XNLI in XTREME's layout": (
        {
            "kind": "pair",
            "files": {"train": "xnli/xtreme/dev-{lang}.tsv"},
            "format": "tsv_headless",
            "columns": {"text_a": "c0", "text_b": "c1", "label": "c2"},
        },
        "train",
        "sw",
        2490,
    ),
    "the Parallel Meaning Bank": (
        {"kind": "tag", "files": {"train": "ccg/pmb/4.0.0/en/gold/train.conll"}, "columns": {"tags": "c4"}},
        "train",
        None,
        7745,
    ),
    "PAN-X in XTREME's layout": (
        {"kind": "tag", "files": {"train": "panx/xtreme/train-{lang}.tsv"}, "format": "conll"},
        "train",
        "en",
        20000,
    ),
    "UD-POS in XTREME's layout": (
        {"kind": "tag", "files": {"train": "udpos/v2.5/dev-{lang}.tsv"}, "format": "conll"},
        "train",
        "te",
        131,
    ),
    "XQuAD": ({"kind": "span", "files": {"train": "xquad/xquad.{lang}.json"}}, "train", "th", 1190),
    "MLQA": (
        {"kind": "span", "files": {"train": "mlqa/MLQA_V1/dev/dev-context-{lang}-question-{lang}.json"}},
        "train",
        "hi",
        507,
    ),
    "COPA": (
        {
            "kind": "choice",
            "files": {"train": "xcopa/copa_en/train-en.jsonl"},
            "columns": {"prompt": ["premise", "question"], "choices": ["choice1", "choice2"]},
        },
        "train",
        None,
        400,
    ),
}


@pytest.mark.parametrize("case", DECLARED)
def test_published_rows_are_read_by_tasks_without_python(case: str) -> None:
    spec, split, lang, num = DECLARED[case]
    labels = {"labels": ["entailment", "neutral", "contradiction"]} if spec["kind"] == "pair" else {}
    records, _ = read(declare("mine", {**spec, **labels}), split, lang)
    assert len(records) == num


def test_the_languages_of_a_target_are_those_whose_files_are_there() -> None:
    spec = {"kind": "span", "files": {"test": "xquad/xquad.{lang}.json"}, "train_on": "squad_v1"}
    assert languages(declare("xquad", spec), "test", SAMPLES) == ("ar", "de", "en", "th", "zh")


def test_a_quote_is_a_letter_in_glue() -> None:
    rows = [row for _, row in READERS["tsv"](SAMPLES / "qqp/k-shot/16-42/train.tsv")]
    lines = (SAMPLES / "qqp/k-shot/16-42/train.tsv").read_text().splitlines()[1:]
    assert ["\t".join(row.values()) for row in rows if isinstance(row, dict)] == lines


def test_a_table_that_leaves_out_trailing_cells_is_refused_for_a_torn_row_looks_the_same() -> None:
    with pytest.raises(UserError, match=r"snli_1.0_train.txt:2: another number of columns"):
        list(READERS["tsv"](SAMPLES / "snli/original/snli_1.0/snli_1.0_train.txt"))


def test_labels_of_published_rows_are_the_tasks_own() -> None:
    for n in (1, 2, 3):
        task = moved(
            get_task("anli"),
            "dev",
            "",
            "",
            *(f"anli/R{m}/dev.derived.jsonl" if m == n else "" for m in (1, 2, 3)),
        )
        records, _ = read(task, "dev")
        labels = Counter(one.label for one in records if isinstance(one, PairRecord))
        assert set(labels) == {"entailment", "neutral", "contradiction"}
        assert min(labels.values()) > 300


def test_xquad_r_has_every_question_and_every_sentence() -> None:
    """The published counts, and for every question its sentence in each of the two languages."""
    task, drops = get_task("lareqa"), Counter[str]()
    pool = read_candidates(task, "test", root=SAMPLES, drops=drops)
    languages_of = Counter(id.split("_")[0] for id in pool.ids)
    assert languages_of == {"en": 1180, "de": 1276}
    for lang in ("en", "de"):
        queries = read_queries(task, "test", lang, root=SAMPLES, drops=drops)
        assert len(queries) == 1190
        right = [targets(query, pool, lang) for query in queries]
        assert all([id.split("_")[0] for id in ids] == ["de", "en"] for ids in right)
    assert not drops


def test_a_candidate_of_xquad_r_is_the_sentence_and_its_paragraph() -> None:
    pool = read_candidates(get_task("lareqa"), "test", root=SAMPLES, drops=Counter())
    first = "The Panthers defense gave up just 308 points, ranking sixth in the league, while also leading the NFL"
    text = pool.texts[pool.ids.index("en_1_0")]
    assert text.startswith(first) and text.count(first) == 2


def test_squads_questions_have_a_sentence_each() -> None:
    records, drops = read(moved(get_task("lareqa"), "dev", "squad/dev-v1.1.derived.json"), "dev")
    assert len(records) + drops.total() == 2910
    assert drops.total() < 30


def test_mentions_of_mewsli_x_are_shown_in_their_sentences() -> None:
    task = get_task("mewslix")
    test = task.searches["test"]
    queries = replace(test.queries, files=("mewslix/example_mentions.jsonl",), otherwise=None)
    task = replace(task, searches={"test": replace(test, queries=queries)})
    (helsinki,) = read_queries(task, "test", "en", root=SAMPLES, drops=Counter())
    assert helsinki.keys == ("Q1757",)
    assert helsinki.text == (
        "Helsinki: In { Helsinki } , the Finnish trade union for bus and truck drivers has gone on strike on "
        "Sunday evening, mainly over the use of part-time labor."
    )
    assert len(read_queries(task, "test", "ar", root=SAMPLES, drops=Counter())) == 2
