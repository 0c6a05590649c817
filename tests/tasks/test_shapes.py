"""Rows become the records that their columns say, and rubbish in a column is named, not guessed at."""

from typing import Any

import pytest

from mtl.tasks import shapes
from mtl.tasks.records import Answer, ChoiceRecord, Drop, PairRecord, SpanRecord, TagRecord, TextRecord


def test_a_pair_maps_the_spelling_of_its_label() -> None:
    shape = shapes.pair(text_a="a", text_b="b", id="n", names={"e": "entailment"})
    row = {"n": 7, "a": "It rains.", "b": "It is wet.", "label": "e"}
    assert shape(row) == PairRecord(id="7", text_a="It rains.", text_b="It is wet.", label="entailment")


def test_a_pair_refuses_a_spelling_that_the_map_lacks() -> None:
    shape = shapes.pair(text_a="a", text_b=None, names={"e": "entailment"})
    with pytest.raises(ValueError, match=r"'label' holds the label 'x', which is none of: e"):
        shape({"a": "It rains.", "label": "x"})


def test_a_row_with_a_label_to_drop_is_dropped_with_its_reason() -> None:
    shape = shapes.pair(text_a="a", text_b=None, label="gold", drop=("-",))
    assert shape({"a": "It rains.", "gold": "-"}) == Drop("rows whose gold is '-'")


@pytest.mark.parametrize("row", [{"a": "x"}, {"a": "x", "label": None}, {"a": "x", "label": ""}])
def test_a_label_that_is_not_there_is_none_and_never_a_stand_in(row: dict[str, object]) -> None:
    record = shapes.pair(text_a="a", text_b=None, names={"0": "no"})(row)
    assert isinstance(record, PairRecord)
    assert record.label is None


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (0, "0"),
        (1.0, "1"),
        (True, "true"),
        (False, "false"),
        ("B", "B"),
        (" B ", "B"),
        (" ", None),
        (None, None),
    ],
)
def test_a_label_reads_alike_in_every_format(value: object, spelled: str | None) -> None:
    assert shapes.spelled(value, "label") == spelled


@pytest.mark.parametrize("value", [0.5, [1], {"a": 1}, float("nan")])
def test_what_is_no_label_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"'label' holds .* expected a label"):
        shapes.spelled(value, "label")


@pytest.mark.parametrize("value", [None, True, 0.5, ["x"], {}])
def test_what_is_no_text_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"column 'text' holds .*, expected text"):
        shapes.text()({"text": value})


def test_texts_of_several_columns_are_joined_and_empty_ones_leave_no_gap() -> None:
    shape = shapes.text(text=("a", "b", "c"))
    assert shape({"a": "one", "b": "", "c": "three"}) == TextRecord(id="", text="one three")


def test_choices_are_columns_or_a_list() -> None:
    expected = ChoiceRecord(id="", prompt="p", choices=("x", "y"), label=1)
    assert (
        shapes.choice(prompt="p", choices=("a", "b"))({"p": "p", "a": "x", "b": "y", "label": "1"})
        == expected
    )
    assert shapes.choice(prompt="p", choices="c")({"p": "p", "c": ["x", "y"], "label": 1}) == expected


def test_choices_may_be_counted_from_one_or_named_by_letter() -> None:
    shape = shapes.choice(prompt="p", choices="c", spellings=("1", "2"))
    record = shape({"p": "p", "c": ["x", "y"], "label": 2})
    assert isinstance(record, ChoiceRecord)
    assert record.label == 1
    with pytest.raises(ValueError, match=r"the label '0', which is none of: 1, 2"):
        shape({"p": "p", "c": ["x", "y"], "label": 0})


def test_choices_in_one_text_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'c' holds 'x y', expected a list"):
        shapes.choice(prompt="p", choices="c")({"p": "p", "c": "x y", "label": 0})


SPAN = {"id": "q", "question": "Who?", "context": "Ann sang."}
ANN = (Answer(text="Ann", start=0),)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([{"text": "Ann", "answer_start": 0}], ANN),
        ({"text": ["Ann"], "answer_start": [0]}, ANN),
        ([], ()),
        ({"text": [], "answer_start": []}, ()),
        (None, None),
        ([{"text": "", "answer_start": 0}], None),  # blanked, in test files
    ],
)
def test_answers_in_both_of_squads_layouts(answers: object, expected: object) -> None:
    record = shapes.span()({**SPAN, "answers": answers})
    assert isinstance(record, SpanRecord)
    assert record.answers == expected


@pytest.mark.parametrize(("text", "start", "expected"), [("Ann", "0", ANN), ("", "", ()), (None, None, None)])
def test_an_answer_in_two_columns(text: object, start: object, expected: object) -> None:
    record = shapes.span(answers=("answer", "start"))({**SPAN, "answer": text, "start": start})
    assert isinstance(record, SpanRecord)
    assert record.answers == expected


def test_a_question_without_an_answer_is_refused_where_the_task_knows_none() -> None:
    with pytest.raises(ValueError, match=r"the question has no answer"):
        shapes.span(unanswerable=False)({**SPAN, "answers": []})


def test_an_impossible_question_with_an_answer_is_refused() -> None:
    with pytest.raises(ValueError, match=r"is_impossible is true, yet there are answers: 'Ann'"):
        shapes.span()({**SPAN, "answers": [{"text": "Ann", "answer_start": 0}], "is_impossible": True})


@pytest.mark.parametrize("start", ["x", "-1", "", None, True, 0.5, float("inf"), [0]])
def test_an_offset_that_is_none_is_refused(start: object) -> None:
    with pytest.raises(ValueError, match=r"column 'answers' holds .*, expected an offset"):
        shapes.span()({**SPAN, "answers": [{"text": "Ann", "answer_start": start}]})


@pytest.mark.parametrize(
    "answers", [{"text": ["a", "b"], "answer_start": [0]}, [{"text": None, "answer_start": 0}], "Ann", 3]
)
def test_answers_that_are_none_are_refused(answers: object) -> None:
    with pytest.raises(ValueError, match=r"column 'answers' holds"):
        shapes.span()({**SPAN, "answers": answers})


def test_words_and_tags_are_lists_or_texts() -> None:
    expected = TagRecord(id="", words=("a", "b"), tags=("X", "Y"))
    assert shapes.tag()({"words": ["a", "b"], "tags": ["X", "Y"]}) == expected
    assert shapes.tag()({"words": "a b", "tags": "X Y"}) == expected
    assert shapes.tag(names={"0": "X", "1": "Y"})({"words": ["a", "b"], "tags": [0, 1]}) == expected


def test_an_empty_tag_is_refused() -> None:
    with pytest.raises(ValueError, match=r"column 'tags' holds an empty tag"):
        shapes.tag()({"words": "a b", "tags": ["X", None]})


def test_a_missing_column_of_text_is_a_key_error() -> None:
    with pytest.raises(KeyError, match=r"question"):
        shapes.span()({"id": "q", "context": "c"})


@pytest.mark.parametrize(
    ("answers", "kept"),
    [
        ([{"text": "sang", "answer_start": 4}], True),
        ([{"text": "sang", "answer_start": 3}], False),
        ([{"text": "sang", "answer_start": -1}], False),
        ([{"text": "", "answer_start": 0}], False),
        ([], False),
    ],
)
def test_a_question_whose_answer_was_lost_in_translation_can_be_dropped(
    answers: list[Any], kept: bool
) -> None:
    row = {"id": "q", "question": "What?", "context": "Ann sang.", "answers": answers}
    assert isinstance(shapes.span(drop_lost=True)(row), SpanRecord) == kept


BLANK = [{"text": "", "answer_start": -1}]


@pytest.mark.parametrize(
    ("cells", "unanswerable", "expected"),
    [
        ({"answers": [], "is_impossible": True}, True, ()),
        ({"answers": BLANK, "is_impossible": True}, True, ()),
        ({"answers": [], "is_impossible": True}, False, None),
        ({"text": "", "start": ""}, True, ()),
        ({"text": "", "start": ""}, False, None),
        ({"text": "sang", "start": "3"}, True, None),
    ],
)
def test_a_question_that_says_itself_that_it_has_no_answer_is_not_lost(
    cells: dict[str, Any], unanswerable: bool, expected: object
) -> None:
    answers = "answers" if "answers" in cells else ("text", "start")
    shape = shapes.span(answers=answers, unanswerable=unanswerable, drop_lost=True)  # type: ignore[arg-type]
    found = shape({"id": "q", "question": "What?", "context": "Ann sang.", **cells})
    assert found == shapes.LOST if expected is None else getattr(found, "answers", None) == expected


@pytest.mark.parametrize("answers", ["answers", ("text", "start")])
def test_a_question_whose_answer_is_not_told_is_not_lost(answers: Any) -> None:
    row = {"id": "q", "question": "What?", "context": "Ann sang."}
    found = shapes.span(answers=answers, drop_lost=True)(row)
    assert isinstance(found, SpanRecord)
    assert found.answers is None
