"""SQuAD's exact match and F1 against literals, and against a slow computation written out step by step."""

import string
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.evaluate.metrics.answers import SpanAnswer, squad, squad_tokens

PIECES = [
    "a", "an", "the", "The", "A", "cat", "Theodor", "308", "\uff11\uff12", "don't", "e-mail", "x_y", "_",
    "€", "$5", ".", ",", "«", "»", "\u3002", "\uff1f", "\U0001f600", "\U0001f468\u200d\U0001f469",
    "القط", "البيت", "שלום", "नमस्ते", "中国", "İ", "ß", "\u0301", " ", "  ", "\t", "\n", "\u00a0",
    "\u3000", "\u2028",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=6).map("".join) | st.text(max_size=8)
questions = st.lists(
    st.tuples(st.none() | texts, st.lists(texts, min_size=1, max_size=3).map(tuple)), min_size=1, max_size=4
)


def slow_tokens(text: str) -> list[str]:
    kept = "".join(c for c in text.lower() if c not in string.punctuation)
    result = ""
    for is_word, run in groupby(kept, key=lambda c: c.isalnum() or c == "_"):
        piece = "".join(run)
        result += " " if is_word and piece in ("a", "an", "the") else piece
    return result.split()


def slow_f1(said: list[str], wanted: list[str]) -> float:
    left, common = list(wanted), 0
    for word in said:
        if word in left:
            left.remove(word)
            common += 1
    return 2 * common / (len(said) + len(wanted)) if common else 0.0


@settings(deadline=None)
@given(texts)
def test_a_text_is_cut_as_the_slow_way_cuts_it(text: str) -> None:
    assert squad_tokens(text) == slow_tokens(text)


@settings(deadline=None)
@given(questions)
def test_squad_equals_the_slow_way(rows: list[tuple[str | None, tuple[str, ...]]]) -> None:
    exact, f1 = 0.0, 0.0
    for said, answers in rows:
        if said is not None:
            exact += max(" ".join(slow_tokens(said)) == " ".join(slow_tokens(answer)) for answer in answers)
            f1 += max(slow_f1(slow_tokens(said), slow_tokens(answer)) for answer in answers)
    numbers = squad([None if said is None else SpanAnswer(said) for said, _ in rows], [g for _, g in rows])
    assert numbers["exact_match"] == 100.0 * exact / len(rows)
    assert numbers["f1"] == pytest.approx(100.0 * f1 / len(rows))
    assert numbers["em_and_f1"] == (numbers["exact_match"] + numbers["f1"]) / 2


@pytest.mark.parametrize(
    ("said", "answers", "exact_match", "f1"),
    [
        ("The Broncos", ("Broncos", "Denver Broncos"), 100.0, 100.0),
        ("Denver", ("Denver Broncos",), 0.0, 100 * 2 / 3),
        ("Santa Clara California", ("Santa Clara, California",), 100.0, 100.0),
        ("", ("",), 100.0, 0.0),  # the reference's own: equal, but without a common word
        ("the", ("an",), 100.0, 0.0),
        ("", ("Paris",), 0.0, 0.0),
        ("l'homme", ("homme",), 0.0, 0.0),
        ("das Haus", ("Haus",), 0.0, 100 * 2 / 3),  # English articles only
        ("٣٠٨", ("308",), 0.0, 0.0),
        ("\uff13\uff10\uff18", ("308",), 0.0, 0.0),
        ("cat cat cat", ("cat",), 0.0, 50.0),
        ("cat cat", ("cat cat dog",), 0.0, 80.0),
        ("«Paris»", ("Paris",), 0.0, 0.0),  # ASCII punctuation only
    ],
)
def test_single_answers(said: str, answers: tuple[str, ...], exact_match: float, f1: float) -> None:
    numbers = squad([SpanAnswer(said)], [answers])
    assert numbers["exact_match"] == exact_match
    assert numbers["f1"] == pytest.approx(f1)


def test_a_question_without_a_prediction_counts_zero_even_where_silence_would_match() -> None:
    assert squad([None, SpanAnswer("Rome")], [("the",), ("Rome",)])["exact_match"] == 50.0


def test_exact_match_and_f1_may_come_from_different_answers_of_a_question() -> None:
    numbers = squad([SpanAnswer("")], [("the", "Paris")])
    assert (numbers["exact_match"], numbers["f1"]) == (100.0, 0.0)


def test_a_question_without_a_gold_answer_is_refused() -> None:
    with pytest.raises(AssertionError):
        squad([SpanAnswer("x")], [()])
