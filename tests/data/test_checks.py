"""No record of another shape, label or size than its task's gets through, and no span out of place."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mtl.data.checks import check_record, is_told
from mtl.tasks.records import Answer, ChoiceRecord, PairRecord, Record, SpanRecord, TagRecord, TextRecord
from mtl.tasks.task import Task


def task(kind: Any, **settings: Any) -> Task:
    return Task(name="t", kind=kind, splits={}, metric="accuracy", **settings)


PAIR = task("pair", labels=("no", "yes"))
CHOICE = task("choice", num_choices=2)
SPAN = task("span")
TAG = task("tag")
TEXT = task("mlm")


def pair(label: str | None) -> Record:
    return PairRecord(id="", text_a="a", text_b=None, label=label)


def choice(label: int | None, num: int = 2) -> Record:
    return ChoiceRecord(id="", prompt="p", choices=("c",) * num, label=label)


def span(text: str, start: int) -> Record:
    return SpanRecord(id="q7", question="?", context="Ann sang.", answers=(Answer(text=text, start=start),))


def tags(words: tuple[str, ...], tags: tuple[str, ...] | None) -> Record:
    return TagRecord(id="", words=words, tags=tags)


@pytest.mark.parametrize(
    ("task", "record"),
    [
        (PAIR, pair("yes")),
        (PAIR, pair(None)),
        (CHOICE, choice(1)),
        (CHOICE, choice(None)),
        (SPAN, span("sang", 4)),
        (SPAN, SpanRecord(id="", question="?", context="c", answers=())),
        (TAG, tags(("a", "b"), ("X", "Y"))),
        (TAG, tags(("a",), None)),
        (TEXT, TextRecord(id="", text="a")),
    ],
)
def test_what_is_sound_passes(task: Task, record: Record) -> None:
    check_record(task, record)


@pytest.mark.parametrize(
    ("task", "record", "trouble"),
    [
        (PAIR, pair("maybe"), "the label 'maybe' is none of: no, yes"),
        (CHOICE, choice(0, 3), "the row has 3 choices, the task 2"),
        (CHOICE, choice(2), "the label 2 names none of the 2 choices"),
        (CHOICE, choice(-1), "the label -1 names none"),
        (SPAN, span("sang", 5), "question 'q7': offset 5 of the context should read 'sang', it reads 'ang.'"),
        (SPAN, span("Ann", -9), "offset -9 of the context should read 'Ann'"),
        (SPAN, span("sang. Ben", 4), "should read 'sang. Ben', it reads 'sang.'"),
        (SPAN, span("", 4), "offset 4 of the context should read ''"),
        (TAG, tags((), ()), "the sentence has no words"),
        (TAG, tags(("a", ""), ("X", "Y")), "word 2 of the sentence is empty"),
        (TAG, tags(("a", "b"), ("X",)), "the sentence has 2 words and 1 tags"),
        (task("tag", labels=("O",)), tags(("a",), ("X",)), "the tag 'X' is none of: O"),
        (TEXT, TextRecord(id="", text=" \n"), "the text is empty"),
    ],
)
def test_what_is_not_is_refused(task: Task, record: Record, trouble: str) -> None:
    with pytest.raises(ValueError, match=trouble):
        check_record(task, record)


@pytest.mark.parametrize("task", [PAIR, CHOICE, SPAN, TAG, TEXT])
@pytest.mark.parametrize(
    "record", [pair("yes"), choice(1), span("sang", 4), tags(("a",), None), TextRecord(id="", text="a")]
)
def test_a_shape_of_another_kind_is_our_own_mistake(task: Task, record: Record) -> None:
    own = {PairRecord: PAIR, ChoiceRecord: CHOICE, SpanRecord: SPAN, TagRecord: TAG, TextRecord: TEXT}
    if own[type(record)] is not task:
        with pytest.raises(AssertionError, match=r"its rows are shaped as"):
            check_record(task, record)


@settings(deadline=None, max_examples=60)
@given(context=st.text(min_size=1), data=st.data())
def test_an_answer_passes_exactly_where_it_stands(context: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(context) - 1))
    text = context[start : data.draw(st.integers(start + 1, len(context)))]
    record = SpanRecord(id="q", question="?", context=context, answers=(Answer(text=text, start=start),))
    check_record(SPAN, record)
    moved = data.draw(st.integers(-3, len(context) + 3))
    assume(not context.startswith(text, moved) or moved < 0)
    with pytest.raises(ValueError, match=r"should read"):
        check_record(
            SPAN, SpanRecord(id="q", question="?", context=context, answers=(Answer(text=text, start=moved),))
        )


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (pair("yes"), True),
        (pair(None), False),
        (choice(0), True),
        (choice(None), False),
        (SpanRecord(id="", question="?", context="c", answers=()), True),
        (SpanRecord(id="", question="?", context="c", answers=None), False),
        (tags(("a",), ("X",)), True),
        (tags(("a",), None), False),
        (TextRecord(id="", text="a"), True),
    ],
)
def test_gold_is_told_or_not(record: Record, told: bool) -> None:
    assert is_told(record) == told
