"""SQuAD v2.0: the threshold, the two kinds of questions, and a best threshold that no other one beats."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.evaluate.metrics.answers import SpanAnswer, squad
from mtl.evaluate.metrics.squad_v2 import squad_v2

texts = st.sampled_from(["", "the", "Paris", "in Paris", "Rome", "?"])
rows = st.lists(
    st.tuples(
        texts,
        st.none() | st.sampled_from([-math.inf, -2.0, -0.5, 0.0, 0.5, 3.0, math.inf]),
        st.lists(texts, max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=7,
)


def split(
    data: list[tuple[str, float | None, tuple[str, ...]]],
) -> tuple[list[SpanAnswer], list[tuple[str, ...]]]:
    return [SpanAnswer(text, doubt) for text, doubt, _ in data], [golds for _, _, golds in data]


def test_by_hand() -> None:
    predictions = [
        SpanAnswer("Paris", -4.0),  # right
        SpanAnswer("in Rome", 1.0),  # half right, but in doubt
        SpanAnswer("Oslo", -1.0),  # there is no answer
        SpanAnswer("Bonn", 2.0),  # there is none, and in doubt
    ]
    numbers = squad_v2(predictions, [("Paris",), ("Rome",), (), ()])
    assert numbers == {
        "exact_match": 50.0,
        "f1": 50.0,
        "em_and_f1": 50.0,
        "has_answer_exact_match": 50.0,
        "has_answer_f1": 50.0,
        "no_answer_exact_match": 50.0,
        "no_answer_f1": 50.0,
        "best_exact_match": 75.0,
        "best_exact_match_threshold": -4.0,
        "best_f1": 75.0,
        "best_f1_threshold": -4.0,
    }
    at_one = squad_v2(predictions, [("Paris",), ("Rome",), (), ()], threshold=1.0)
    assert at_one["f1"] == pytest.approx(100 * (1 + 2 / 3 + 0 + 1) / 4)


def test_a_doubt_that_equals_the_threshold_is_no_reason_for_silence() -> None:
    assert squad_v2([SpanAnswer("Paris", 0.0)], [("Paris",)])["f1"] == 100.0
    assert squad_v2([SpanAnswer("Paris", 0.1)], [("Paris",)])["f1"] == 0.0


def test_a_prediction_without_a_score_stands_as_it_is() -> None:
    numbers = squad_v2([SpanAnswer(""), SpanAnswer("Rome")], [(), ()])
    assert (numbers["f1"], numbers["best_f1"], numbers["best_f1_threshold"]) == (50.0, 50.0, 0.0)
    assert "has_answer_f1" not in numbers


def test_silence_is_right_only_where_no_gold_text_has_a_word() -> None:
    assert squad_v2([SpanAnswer("")], [("the",)])["f1"] == 100.0
    assert squad_v2([SpanAnswer("")], [("the", "Paris")])["f1"] == 0.0


@settings(deadline=None)
@given(rows, st.sampled_from([-1.0, 0.0, 0.5]))
def test_the_best_threshold_reaches_its_score_and_no_threshold_beats_it(
    data: list[tuple[str, float | None, tuple[str, ...]]], threshold: float
) -> None:
    predictions, golds = split(data)
    numbers = squad_v2(predictions, golds, threshold=threshold)
    doubts = (p.no_answer_score for p in predictions if p.no_answer_score is not None)
    tries = [-9.0, *filter(math.isfinite, doubts)]
    for key in ("exact_match", "f1"):
        reached = squad_v2(predictions, golds, threshold=numbers[f"best_{key}_threshold"])[key]
        assert reached == pytest.approx(numbers[f"best_{key}"])
        assert max(squad_v2(predictions, golds, threshold=t)[key] for t in tries) == pytest.approx(reached)


@settings(deadline=None)
@given(rows)
def test_both_kinds_of_questions_add_up(data: list[tuple[str, float | None, tuple[str, ...]]]) -> None:
    predictions, golds = split(data)
    numbers = squad_v2(predictions, golds)
    num_answerable = sum(bool(answers) for answers in golds)
    both = numbers.get("has_answer_f1", 0.0) * num_answerable + numbers.get("no_answer_f1", 0.0) * (
        len(golds) - num_answerable
    )
    assert numbers["f1"] == pytest.approx(both / len(golds))


@settings(deadline=None)
@given(st.lists(st.tuples(texts, st.lists(texts.filter(str.isalpha), min_size=1).map(tuple)), min_size=1))
def test_where_every_question_has_an_answer_and_none_is_in_doubt_it_is_squad(
    data: list[tuple[str, tuple[str, ...]]],
) -> None:
    golds = [tuple(a for a in answers if a != "the") or ("Rome",) for _, answers in data]
    predictions = [SpanAnswer(text, -1.0) for text, _ in data]
    old, new = squad(predictions, golds), squad_v2(predictions, golds)
    assert {key: new[key] for key in old} == pytest.approx(old)
