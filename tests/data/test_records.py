"""Records come in order with their places; what cannot be read is answered with file, line and trouble."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.checks import check_record, is_told
from mtl.data.records import Located, read_records
from mtl.errors import UserError
from mtl.tasks import shapes
from mtl.tasks.records import Drop, PairRecord, Record
from mtl.tasks.task import Row, Shape, Source, Task

PAIR = shapes.pair(text_a="a", text_b=None, drop=("-",))


def task(record: Shape = PAIR, *, kind: Any = "pair", format: str = "jsonl", **settings: Any) -> Task:
    sources = (Source(files=("*.jsonl",), format=format, record=record),)
    labels = ("no", "yes") if kind == "pair" else None
    return Task(
        name="t",
        kind=kind,
        splits={"train": sources, "test": sources},
        metric="accuracy",
        labels=labels,
        **settings,
    )


def write(root: Path, name: str, *rows: dict[str, Any]) -> None:
    (root / name).write_text("".join(json.dumps(row) + "\n" for row in rows))


def read(task: Task, root: Path, split: str = "train") -> list[Located]:
    return list(read_records(task, split, root=root, drops=Counter()))


def test_records_come_file_by_file_with_their_places(tmp_path: Path) -> None:
    write(tmp_path, "b.jsonl", {"a": "x", "label": "yes"})
    write(tmp_path, "a.jsonl", {"a": "y", "label": "no"}, {"a": "z", "label": "no"})
    assert [one.where for one in read(task(), tmp_path)] == ["a.jsonl:1", "a.jsonl:2", "b.jsonl:1"]


def test_a_record_without_an_id_is_named_by_its_place(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", {"a": "x", "label": "yes"})
    expected = PairRecord(id="a.jsonl:1", text_a="x", text_b=None, label="yes")
    assert read(task(), tmp_path) == [Located(expected, "a.jsonl:1")]


def test_drops_are_added_up_by_reason(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", *[{"a": "x", "label": label} for label in ("-", "yes", "-")])
    drops = Counter({"earlier": 1})
    assert len(list(read_records(task(), "train", root=tmp_path, drops=drops))) == 1
    assert drops == {"earlier": 1, "rows whose label is '-'": 2}


def test_a_reader_may_drop_a_row_too(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("a\tlabel\nx\tyes\ttorn\ny\tno\n")
    drops: Counter[str] = Counter()
    records = list(read_records(task(format="tsv_ragged"), "train", root=tmp_path, drops=drops))
    assert [one.where for one in records] == ["a.jsonl:3"]
    assert drops == {"rows with a wrong number of columns": 1}


@pytest.mark.parametrize("gold", [{}, {"label": None}, {"label": ""}])
def test_only_the_test_split_may_keep_its_gold_to_itself(tmp_path: Path, gold: dict[str, Any]) -> None:
    write(tmp_path, "a.jsonl", {"a": "x", **gold})
    (located,) = read(task(), tmp_path, "test")
    assert isinstance(located.record, PairRecord)
    assert located.record.label is None
    with pytest.raises(
        UserError, match=r"a.jsonl:1: task t: the label is empty or its column is missing, and train needs"
    ):
        read(task(), tmp_path)


def test_of_a_test_split_all_rows_tell_their_gold_or_none_does(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", {"a": "x", "label": "yes"}, {"a": "y", "label": ""})
    with pytest.raises(
        UserError, match=r"a.jsonl:2: task t: the label is empty, where a.jsonl:1 has one, .*fill"
    ):
        read(task(), tmp_path, "test")


@pytest.mark.parametrize("rows", [(), ({"a": "x", "label": "-"},)])
def test_a_split_without_records_is_refused(tmp_path: Path, rows: tuple[dict[str, Any], ...]) -> None:
    write(tmp_path, "a.jsonl", *rows)
    lost = "left out 1 rows whose label is '-'" if rows else "nothing is in them"
    with pytest.raises(UserError, match=rf"task t: no train records are in .*a.jsonl \({lost}\); mend these"):
        read(task(), tmp_path)


@pytest.mark.parametrize("rows", [(), ({"a": "x", "label": "yes", "lang": "en"},)])
def test_a_split_one_of_whose_sources_has_no_records_is_refused(
    tmp_path: Path, rows: tuple[dict[str, Any], ...]
) -> None:
    write(tmp_path, "en.jsonl", {"a": "x", "label": "-"}, {"a": "x", "label": "yes"})
    write(tmp_path, "more.jsonl", *rows)
    own, japanese = (
        Source(
            files=(file,), format="jsonl", record=PAIR, language=code, language_of=lambda row: row.get("lang")
        )
        for file, code in (("en.jsonl", None), ("more.jsonl", "ja"))
    )
    both = replace(task(), splits={"train": (own, japanese)})
    lost = "left out 1 rows in another language" if rows else "nothing is in them"
    trouble = rf"task t: no ja train records are in {tmp_path}/more.jsonl \({lost}\); mend"
    with pytest.raises(UserError, match=trouble):
        read(both, tmp_path)


def test_an_empty_file_among_several_is_refused_and_one_whose_rows_are_left_out_is_not(
    tmp_path: Path,
) -> None:
    write(tmp_path, "a.jsonl", {"a": "x", "label": "yes"})
    write(tmp_path, "b.jsonl", {"a": "x", "label": "-"})
    assert len(read(task(), tmp_path)) == 1
    write(tmp_path, "b.jsonl")
    with pytest.raises(
        UserError, match=r"b.jsonl: task t: has no rows, one of the 2 files of train; fetch it"
    ):
        read(task(), tmp_path)


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", {"a": "x", "label": "yes"}, {"text": "x", "label": "yes"})
    with pytest.raises(UserError, match=r"a.jsonl:2: task t: no column 'a'; the row has: text, label"):
        read(task(), tmp_path)


def test_a_label_outside_the_tasks_is_named_with_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", {"a": "x", "label": "maybe"})
    with pytest.raises(
        UserError, match=rf"{tmp_path}/a.jsonl:1: task t: the label 'maybe' is none of: no, yes; mend"
    ):
        read(task(), tmp_path)


def test_a_wrong_number_of_choices_is_named_with_file_and_line(tmp_path: Path) -> None:
    shape = shapes.choice(prompt="p", choices="c")
    write(tmp_path, "a.jsonl", {"p": "x", "c": ["a", "b", "c"], "label": 0})
    with pytest.raises(UserError, match=r"a.jsonl:1: task t: the row has 3 choices, the task 4; mend"):
        read(task(shape, kind="choice", num_choices=4), tmp_path)


def test_a_span_that_is_not_at_its_offset_is_named_with_all_that_is_known(tmp_path: Path) -> None:
    row = {
        "id": "q9",
        "question": "?",
        "context": "Ann sang.",
        "answers": [{"text": "sang", "answer_start": 3}],
    }
    write(tmp_path, "a.jsonl", row)
    trouble = "question 'q9': offset 3 of the context should read 'sang', it reads ' san'"
    with pytest.raises(UserError, match=rf"a.jsonl:1: task t: {trouble}; mend"):
        read(task(shapes.span(), kind="span"), tmp_path)


def test_a_tag_too_few_is_named_with_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", {"words": ["a", "b"], "tags": ["X"]})
    with pytest.raises(UserError, match=r"a.jsonl:1: task t: the sentence has 2 words and 1 tags; mend"):
        read(task(shapes.tag(), kind="tag"), tmp_path)


def _deep(row: Row) -> Record | Drop:
    return PairRecord(id="", text_a=row["question"]["stem"][0]["text"], text_b=None, label="yes")


@pytest.mark.parametrize("question", ["flat", {"stem": []}, {"stem": None}, {"stem": [{"text": "x"}]}, {}])
def test_rubbish_in_a_row_never_ends_in_a_traceback_of_ours(tmp_path: Path, question: object) -> None:
    write(tmp_path, "a.jsonl", {"question": question})
    if question == {"stem": [{"text": "x"}]}:
        assert len(read(task(_deep), tmp_path)) == 1
    else:
        with pytest.raises(UserError, match=r"a.jsonl:1: task t: .+"):
            read(task(_deep), tmp_path)


def test_records_are_read_as_they_are_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "a.jsonl", {"a": "x", "label": "yes"}, {"a": "x", "label": "rubbish"})
    records = read_records(task(), "train", root=tmp_path, drops=Counter())
    assert next(records).where == "a.jsonl:1"
    with pytest.raises(UserError, match=r"a.jsonl:2"):
        next(records)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "answer_start"]), inner)
    ),
    max_leaves=5,
)
SHAPES: dict[str, Shape] = {
    "pair": PAIR,
    "choice": shapes.choice(prompt=("a", "b"), choices="c"),
    "span": shapes.span(question="a", context="b", answers="c", id="d"),
    "tag": shapes.tag(words="a", tags="c"),
    "mlm": shapes.text(text=("a", "b")),
}


@pytest.mark.parametrize("kind", SHAPES)
@settings(deadline=None, max_examples=60)
@given(row=st.fixed_dictionaries({}, optional=dict.fromkeys(("a", "b", "c", "d", "label"), JSON)))
def test_any_row_becomes_a_sound_record_or_an_error_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, kind: str, row: dict[str, Any]
) -> None:
    root = tmp_path_factory.mktemp("rubbish")
    write(root, "a.jsonl", row)
    num_choices = 2 if kind == "choice" else None
    try:
        (located,) = read(task(SHAPES[kind], kind=kind, num_choices=num_choices), root)
    except UserError as error:
        assert str(error).startswith(f"{root}/a.jsonl:1: task t: ")
        assert "\n" not in str(error)
    else:
        check_record(task(SHAPES[kind], kind=kind, num_choices=num_choices), located.record)
        assert is_told(located.record)


def test_two_questions_with_one_id_are_refused_where_answers_are_kept_by_id(tmp_path: Path) -> None:
    row = {
        "id": "q1",
        "question": "where?",
        "context": "in Rome",
        "answers": {"text": ["Rome"], "answer_start": [3]},
    }
    write(tmp_path, "a.jsonl", row, {**row, "id": "q2"}, row)
    spans = task(shapes.span(), kind="span")
    with pytest.raises(UserError, match=r"a.jsonl:3: the id 'q1' stands in a.jsonl:1 too"):
        read(spans, tmp_path, "test")
    assert len(read(spans, tmp_path)) == 3, "training asks for no ids"
