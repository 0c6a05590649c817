"""Exact match and token F1 of answers to questions, by SQuAD v1.1's rules: English ones in all languages."""

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mtl.evaluate.metrics.arithmetic import check_aligned, precision_recall_f1

Tokens = list[str]

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


@dataclass(frozen=True, slots=True)
class SpanAnswer:
    """An answer: its text ("" says that there is none), and how sure the system is that there is none."""

    text: str
    no_answer_score: float | None = None


def squad(
    predictions: Sequence[SpanAnswer | None], golds: Sequence[tuple[str, ...]], *, language: str = "en"
) -> dict[str, float]:
    """Exact match, F1 and their mean; the best gold answer counts, and a prediction of None counts 0."""
    return answer_scores(predictions, golds, squad_tokens)


def squad_tokens(text: str) -> Tokens:
    """The words of a text in lower case, without ASCII punctuation and English articles."""
    return _ARTICLES.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split()


def answer_scores(
    predictions: Sequence[SpanAnswer | None],
    golds: Sequence[tuple[str, ...]],
    tokens: Callable[[str], Tokens],
) -> dict[str, float]:
    """Exact match, F1 and their mean over all questions, texts being compared as `tokens` cuts them."""
    check_aligned(predictions, golds)
    exact, f1 = 0, 0.0
    for prediction, answers in zip(predictions, golds, strict=True):
        assert answers, "a question without a gold answer"
        if prediction is None:
            continue
        said = tokens(prediction.text)
        wanted = [tokens(answer) for answer in answers]
        exact += said in wanted
        f1 += max(token_f1(said, words) for words in wanted)
    return em_and_f1(100.0 * exact / len(golds), 100.0 * f1 / len(golds))


def em_and_f1(exact_match: float, f1: float) -> dict[str, float]:
    """The two numbers of question answering and their mean, which is the task's score."""
    return {"exact_match": exact_match, "f1": f1, "em_and_f1": (exact_match + f1) / 2}


def token_f1(said: Tokens, wanted: Tokens) -> float:
    """F1 of two bags of words; 0 where either is empty."""
    if said == wanted:
        return 1.0 if said else 0.0
    common = sum((Counter(said) & Counter(wanted)).values())
    return precision_recall_f1(common, predicted=len(said), gold=len(wanted))[2]
