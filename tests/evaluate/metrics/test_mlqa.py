"""MLQA's exact match and F1: literals per language, and a slow computation written out step by step."""

import string
import unicodedata
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.errors import UserError
from mtl.evaluate.metrics.answers import SpanAnswer
from mtl.evaluate.metrics.mlqa import mlqa

ARTICLES = {
    "en": "a an the",
    "es": "un una unos unas el la los las",
    "de": "ein eine einen einem eines einer der die das den dem des",
    "vi": "của là cái chiếc những",
    "ar": "",
    "hi": "",
    "zh": "",
}
PIECES = [
    "a", "the", "El", "las", "Der", "dem", "của", "Những", "ال", "البيت", "بال", "casa", "Haus", "nhà", "घर",
    "中", "国人", "龦", "\u4e00", "\u9fa5", "\u9fa6", "\u3002", "\uff1f", "¿", "·", "«", "-", "$", "+",
    "\uff11", "\U0001f600", "\u200f", "\u3000", " ", "\n",
]  # fmt: skip
texts = st.lists(st.sampled_from(PIECES), max_size=6).map("".join) | st.text(max_size=8)


def slow_tokens(text: str, language: str) -> list[str]:
    kept = ""
    for c in text.lower():
        if not unicodedata.category(c).startswith("P") and c not in string.punctuation:
            kept += c
    if language == "ar":
        kept = " ".join(kept.split("ال"))
    result = ""
    for is_word, run in groupby(kept, key=lambda c: c.isalnum() or c == "_"):
        piece = "".join(run)
        result += " " if is_word and piece in ARTICLES[language].split() else piece
    if language == "zh":
        result = "".join(f" {c} " if 0x4E00 <= ord(c) <= 0x9FA5 else c for c in result)
    return result.split()


def slow_f1(said: list[str], wanted: list[str]) -> float:
    common = sum(min(said.count(word), wanted.count(word)) for word in set(said))
    return 2 * common / (len(said) + len(wanted)) if common else 0.0


@settings(deadline=None)
@given(st.sampled_from(sorted(ARTICLES)), texts, st.lists(texts, min_size=1, max_size=3))
def test_mlqa_equals_the_slow_way(language: str, said: str, answers: list[str]) -> None:
    numbers = mlqa([SpanAnswer(said)], [tuple(answers)], language=language)
    words = slow_tokens(said, language)
    assert numbers["exact_match"] == 100.0 * any(words == slow_tokens(answer, language) for answer in answers)
    f1 = max(slow_f1(words, slow_tokens(answer, language)) for answer in answers)
    assert numbers["f1"] == pytest.approx(100.0 * f1)


@pytest.mark.parametrize(
    ("language", "said", "answer", "exact_match", "f1"),
    [
        ("en", "The “cat”", "cat", 100.0, 100.0),
        ("es", "¿la casa?", "una casa", 100.0, 100.0),
        ("de", "das Haus", "the Haus", 0.0, 100 * 2 / 3),
        ("de", "dem Haus", "ein Haus", 100.0, 100.0),
        ("vi", "những ngôi nhà", "ngôi nhà", 100.0, 100.0),
        ("ar", "البيت", "بيت", 100.0, 100.0),
        ("ar", "بالبيت", "ب بيت", 100.0, 100.0),  # inside words too
        ("hi", "घर।", "घर", 100.0, 100.0),
        ("zh", "中国人", "中国", 0.0, 80.0),
        ("zh", "「中国」", "中 国", 100.0, 100.0),
        ("zh", "1998年", "1998 年", 100.0, 100.0),
        ("en", "中国人", "中国", 0.0, 0.0),
        ("en", "", "the", 100.0, 0.0),
        ("en", "$5+", "5", 100.0, 100.0),  # ASCII's signs, though no punctuation in Unicode's eyes
    ],
)
def test_single_answers(language: str, said: str, answer: str, exact_match: float, f1: float) -> None:
    numbers = mlqa([SpanAnswer(said)], [(answer,)], language=language)
    assert numbers["exact_match"] == exact_match
    assert numbers["f1"] == pytest.approx(f1)


def test_an_unknown_language_is_the_users_error_and_the_known_ones_are_named() -> None:
    with pytest.raises(UserError, match=r"no rules for language 'fi'; it knows en, es, de, vi, ar, hi, zh"):
        mlqa([SpanAnswer("x")], [("x",)], language="fi")


@pytest.mark.parametrize("language", ARTICLES)
def test_a_language_drops_its_own_articles_and_no_others(language: str) -> None:
    for other, articles in ARTICLES.items():
        for article in articles.split():
            dropped = mlqa([SpanAnswer(f"{article} 7")], [("7",)], language=language)["exact_match"] == 100.0
            assert dropped == (article in ARTICLES[language].split()), (other, article)
