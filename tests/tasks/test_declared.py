"""A recipe declares a task of any kind in a few lines of YAML; a misfit is answered with its key."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml  # type: ignore[import-untyped]

from mtl.data.records import read_records
from mtl.data.sources import languages
from mtl.errors import UserError
from mtl.evaluate.metrics import METRICS
from mtl.tasks.declared import declare
from mtl.tasks.declared_spec import DeclaredTask
from mtl.tasks.records import Answer, ChoiceRecord, PairRecord, Record, SpanRecord, TagRecord, TextRecord
from mtl.tasks.task import FORMATS, LearntKind, Task


def read(task: Task, split: str, root: Path, lang: str | None = None) -> list[Record]:
    return [one.record for one in read_records(task, split, root=root, lang=lang, drops=Counter())]


def declare_yaml(text: str) -> Task:
    return declare("mine", yaml.safe_load(text))


def test_a_pair_task_over_csv_with_a_map_of_labels(tmp_path: Path) -> None:
    task = declare_yaml("""
        kind: pair
        files: {train: nli/train.csv}
        columns: {text_a: premise, text_b: hypothesis, label: gold, id: key}
        labels: {0: entailment, 1: neutral, 2: contradiction, 3: contradiction}
        drop_labels: [-1]
    """)
    (tmp_path / "nli").mkdir()
    (tmp_path / "nli/train.csv").write_text('key,premise,hypothesis,gold\nk1,"A, b",c,3\nk2,d,e,-1\n')
    assert task.labels == ("entailment", "neutral", "contradiction")
    assert read(task, "train", tmp_path) == [
        PairRecord(id="k1", text_a="A, b", text_b="c", label="contradiction")
    ]


def test_a_task_on_single_texts_over_tsv(tmp_path: Path) -> None:
    task = declare_yaml("""
        kind: pair
        files: {train: [a.tsv, "more/*.tsv"], dev: a.tsv}
        columns: {text_a: [title, body], text_b: null}
        labels: [bad, good]
    """)
    (tmp_path / "more").mkdir()
    (tmp_path / "a.tsv").write_text('title\tbody\tlabel\nA\t"b\tgood\n')
    (tmp_path / "more/b.tsv").write_text("title\tbody\tlabel\nC\td\tbad\n")
    assert [one.text_a for one in read(task, "train", tmp_path) if isinstance(one, PairRecord)] == [
        'A "b',
        "C d",
    ]
    assert read(task, "dev", tmp_path) == [PairRecord(id="a.tsv:2", text_a='A "b', text_b=None, label="good")]


def test_a_declared_task_is_in_english_unless_it_says_otherwise() -> None:
    task = "{kind: pair, labels: [a, b], files: {train: t.tsv}"
    assert declare_yaml(f"{task}}}").language == "en"
    assert declare_yaml(f"{task}, language: pt-BR}}").language == "pt-BR"
    with pytest.raises(UserError, match="task mine: language is 'German': String should match"):
        declare_yaml(f"{task}, language: German}}")


def test_a_choice_task_over_jsonl_whose_labels_count_from_one(tmp_path: Path) -> None:
    task = declare_yaml("""
        kind: choice
        files: {train: siqa.jsonl}
        columns: {prompt: [context, question], choices: [answerA, answerB, answerC]}
        labels: [1, 2, 3]
    """)
    row = {
        "context": "Ann fell.",
        "question": "Why?",
        "answerA": "x",
        "answerB": "y",
        "answerC": "z",
        "label": "2",
    }
    (tmp_path / "siqa.jsonl").write_text(json.dumps(row) + "\n")
    expected = ChoiceRecord(id="siqa.jsonl:1", prompt="Ann fell. Why?", choices=("x", "y", "z"), label=1)
    assert read(task, "train", tmp_path) == [expected]
    assert task.num_choices == 3


def test_a_choice_task_over_parquet_with_a_column_of_lists(tmp_path: Path) -> None:
    import pyarrow as pa
    from pyarrow import parquet

    task = declare_yaml("""
        kind: choice
        files: {train: hs.parquet}
        columns: {prompt: ctx, choices: endings}
        num_choices: 2
    """)
    parquet.write_table(
        pa.table({"ctx": ["a"], "endings": [["x", "y"]], "label": ["1"]}), tmp_path / "hs.parquet"
    )
    assert read(task, "train", tmp_path) == [
        ChoiceRecord(id="hs.parquet:1", prompt="a", choices=("x", "y"), label=1)
    ]


SQUAD = {
    "data": [
        {"paragraphs": [{"context": "Ann sang.", "qas": [{"id": "q1", "question": "Who?", "answers": []}]}]}
    ]
}


def test_a_span_task_over_squads_json_is_tested_in_whatever_languages_are_there(tmp_path: Path) -> None:
    task = declare_yaml("""
        kind: span
        files: {test: "xquad/xquad.{lang}.json"}
        train_on: squad_v1
    """)
    (tmp_path / "xquad").mkdir()
    blank = json.loads(json.dumps(SQUAD))
    blank["data"][0]["paragraphs"][0]["qas"][0]["answers"] = [{"text": "Ann", "answer_start": 0}]
    (tmp_path / "xquad/xquad.fi.json").write_text(json.dumps(blank))
    assert languages(task, "test", tmp_path) == ("fi",)
    (tmp_path / "xquad/xquad.sw.json").write_text(json.dumps(blank))
    assert languages(task, "test", tmp_path) == ("fi", "sw")
    assert read(task, "test", tmp_path, "sw") == [
        SpanRecord(id="q1", question="Who?", context="Ann sang.", answers=(Answer(text="Ann", start=0),))
    ]
    assert (task.metric, task.max_length) == ("squad", 384)


def test_a_span_task_over_csv_with_two_columns_of_answers(tmp_path: Path) -> None:
    task = declare_yaml("""
        kind: span
        metric: squad_v2
        files: {train: qa.csv}
        columns: {question: q, context: c, answer_text: a, answer_start: at, id: null}
    """)
    (tmp_path / "qa.csv").write_text("q,c,a,at\nWho?,Ann sang.,Ann,0\nWhy?,Ann sang.,,\n")
    first, second = read(task, "train", tmp_path)
    assert isinstance(first, SpanRecord)
    assert isinstance(second, SpanRecord)
    assert (first.answers, second.answers) == ((Answer(text="Ann", start=0),), ())


@pytest.mark.parametrize(
    ("file", "text", "columns"),
    [
        ("ner.conll", "Ann\tB-PER\nsang\tO\n", ""),
        ("ner.tsv", "words\ttags\nAnn sang\tB-PER O\n", ""),
        ("ner.jsonl", '{"tokens": ["Ann", "sang"], "ner": ["B-PER", "O"]}\n', "{words: tokens, tags: ner}"),
    ],
)
def test_a_tag_task_over_three_formats(tmp_path: Path, file: str, text: str, columns: str) -> None:
    task = declare_yaml(f"{{kind: tag, files: {{train: {file}}}, columns: {columns or '{}'}}}")
    (tmp_path / file).write_text(text)
    (record,) = read(task, "train", tmp_path)
    assert isinstance(record, TagRecord)
    assert (record.words, record.tags) == (("Ann", "sang"), ("B-PER", "O"))
    assert (task.labels, task.metric) == (None, "tag_accuracy")


def test_a_tag_task_may_close_its_labels(tmp_path: Path) -> None:
    task = declare_yaml("{kind: tag, files: {train: ner.conll}, labels: [O, B-PER]}")
    (tmp_path / "ner.conll").write_text("Ann\tB-PER\nRome\tB-LOC\n")
    with pytest.raises(UserError, match=r"ner.conll:1: task mine: the tag 'B-LOC' is none of: O, B-PER"):
        read(task, "train", tmp_path)


def test_plain_text_is_a_task_too(tmp_path: Path) -> None:
    task = declare_yaml("{kind: mlm, files: {train: text/*.txt}}")
    (tmp_path / "text").mkdir()
    (tmp_path / "text/a.txt").write_text("One.\n\nTwo.\n")
    assert read(task, "train", tmp_path) == [
        TextRecord(id="text/a.txt:1", text="One."),
        TextRecord(id="text/a.txt:3", text="Two."),
    ]


def test_compressed_files_need_no_word(tmp_path: Path) -> None:
    import gzip

    task = declare_yaml("{kind: mlm, files: {train: a.jsonl.gz, dev: a.jsonl}}")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"text": "One."}\n'))
    assert read(task, "train", tmp_path) == read(task, "dev", tmp_path)


MISFITS = {
    "an unknown key": ("labells: [a]", "task mine: unknown key 'labells'; did you mean labels"),
    "an unknown kind": ("kind: pear", r"task mine: kind is 'pear': Input should be 'pair', 'choice', .*"),
    "an unknown split": (
        "files: {training: a.csv}",
        r"task mine: files.training is 'training': .*'train', 'dev' or 'test'",
    ),
    "no file": ("files: {}", "task mine: files is {}: .*at least 1 item"),
    "no pattern": ("files: {train: []}", r"task mine: files.train is \[\]: .*at least 1 item"),
    "no training data": ("files: {dev: a.csv}", "task mine: files.train is missing; .*train_on"),
    "two training sets": ("train_on: mnli", "task mine: train_on and files.train are both given"),
    "another placeholder": (
        "files: {train: 'a.{language}.csv'}",
        "files.train holds .*the only placeholder is {lang}",
    ),
    "an unknown suffix": (
        "files: {train: a.dat}",
        "files.train holds 'a.dat', whose suffix tells no format; set format",
    ),
    "an unknown format": (
        "format: jsonlines",
        "task mine: format: unknown format 'jsonlines'; did you mean jsonl",
    ),
    "an unknown column": (
        "columns: {text_c: x}",
        "task mine: columns: unknown key 'text_c'; did you mean text_",
    ),
    "a column that is none": ("columns: {text_a: 3}", "task mine: columns.text_a is 3; name a column"),
    "a text column that is null": (
        "columns: {text_a: null}",
        "task mine: columns.text_a is null; name a column",
    ),
    "no labels": ("labels: null", "task mine: labels is missing; list the labels"),
    "labels that YAML misreads": ("labels: [yes, no]", "task mine: labels holds the label True, .*quotes"),
    "an empty label": ("labels: [a, ' ']", "task mine: labels holds an empty label; leave it out"),
    "a label twice": ("labels: [a, b, a]", "task mine: labels lists a label twice"),
    "labels that are no list": ("labels: a", "task mine: labels is 'a'; write a list"),
    "a length that is no number": ("max_length: long", "task mine: max_length is 'long': "),
    "a choice without a number": ("kind: choice\nlabels: null", "task mine: num_choices is missing"),
    "one choice": ("num_choices: 1", "task mine: num_choices is 1: .*greater than or equal to 2"),
    "a choice with a map": ("kind: choice\nlabels: {a: b}", "task mine: labels of a choice task is a list"),
    "too few spellings": (
        "kind: choice\nnum_choices: 3",
        "task mine: labels lists 2 spellings for 3 choices",
    ),
    "two numbers of choices": (
        "kind: choice\ncolumns: {choices: [a, b]}\nnum_choices: 3",
        "task mine: num_choices is 3, columns.choices lists 2",
    ),
    "labels of a span": ("kind: span", "task mine: labels has no meaning for the kind span"),
    "labels of a text": ("kind: mlm", "task mine: labels has no meaning for the kind mlm"),
    "half an answer": (
        "kind: span\nlabels: null\ncolumns: {answer_text: a}",
        "task mine: columns names one of answer_text and answer_start",
    ),
    "no room for a window": (
        "kind: span\nlabels: null\nstride: 350",
        "task mine: max_length leaves a window no room",
    ),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_a_misfit_names_the_task_and_the_key_and_the_way_out(misfit: str) -> None:
    change, message = MISFITS[misfit]
    sound: dict[str, Any] = {"kind": "pair", "files": {"train": "a.csv"}, "labels": ["a", "b"]}
    declare("mine", sound)
    with pytest.raises(UserError, match=message) as caught:
        declare("mine", {**sound, **yaml.safe_load(change)})
    assert "\n" not in str(caught.value)


def test_every_kind_can_be_declared_and_its_usual_metric_exists() -> None:
    least: dict[str, dict[str, Any]] = {"pair": {"labels": ["a", "b"]}, "choice": {"num_choices": 2}}
    for kind in get_args(LearntKind):
        task = declare("mine", {"kind": kind, "files": {"train": "a.jsonl"}, **least.get(kind, {})})
        assert task.kind == kind
        assert task.metric in METRICS


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_can_be_named(format: str) -> None:
    task = declare("mine", {"kind": "mlm", "files": {"train": "a.dat"}, "format": format})
    assert task.splits["train"][0].format == format


def test_the_fingerprint_tells_declarations_apart() -> None:
    sound: dict[str, Any] = {"kind": "pair", "files": {"train": "a.csv"}, "labels": ["a", "b"]}
    first = declare("mine", sound).origin
    assert declare("mine", DeclaredTask.model_validate(sound)).origin == first
    assert declare("mine", {**sound, "columns": {"label": "gold"}}).origin != first
    assert declare("mine", {**sound, "labels": ["b", "a"]}).origin != first


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("tag", "drop_labels", ["-"]),
        ("pair", "drop_lost", True),
        ("pair", "num_choices", 3),
        ("mlm", "group", 8),
    ],
)
def test_a_key_of_another_kind_is_refused(kind: str, key: str, value: object) -> None:
    with pytest.raises(UserError, match=rf"{key} is for .* tasks, not for {kind}; take it out"):
        declare("mine", {"kind": kind, "files": {"train": "a.jsonl"}, "labels": ["x", "y"], key: value})


def test_windows_may_be_as_short_as_any_tokenizer_allows() -> None:
    spec = {"kind": "span", "files": {"train": "a.json"}, "stride": 64, "max_question": 24, "max_length": 94}
    assert declare("mine", spec).max_length == 94
