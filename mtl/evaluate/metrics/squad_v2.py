"""SQuAD v2.0: answers where "there is none" may be right, scored at a threshold and at the best one.

A question counts as unanswered where its no-answer score is above the threshold; a prediction without such a
score is taken as it stands, its empty text saying "none".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, nextafter

from mtl.evaluate.metrics.answers import SpanAnswer, em_and_f1, squad_tokens, token_f1
from mtl.evaluate.metrics.arithmetic import check_aligned, percentage, total


@dataclass(frozen=True, slots=True)
class _Question:
    answerable: bool
    doubt: float | None
    exact_match: float
    f1: float


def squad_v2(
    predictions: Sequence[SpanAnswer],
    golds: Sequence[tuple[str, ...]],
    *,
    language: str = "en",
    threshold: float = 0.0,
) -> dict[str, float]:
    """Exact match and F1 at the threshold, for questions with and without an answer, and at the best one."""
    check_aligned(predictions, golds)
    questions = [_judge(p, answers) for p, answers in zip(predictions, golds, strict=True)]
    exact = [_at(threshold, q, q.exact_match) for q in questions]
    f1 = [_at(threshold, q, q.f1) for q in questions]
    result = em_and_f1(percentage(exact), percentage(f1))
    for name, wanted in (("has_answer", True), ("no_answer", False)):
        chosen = [i for i, question in enumerate(questions) if question.answerable == wanted]
        if chosen:
            result[f"{name}_exact_match"] = percentage([exact[i] for i in chosen])
            result[f"{name}_f1"] = percentage([f1[i] for i in chosen])
    for name in ("exact_match", "f1"):
        values: list[float] = [getattr(question, name) for question in questions]
        result[f"best_{name}"], result[f"best_{name}_threshold"] = _best(questions, values, default=threshold)
    return result


def _judge(prediction: SpanAnswer, answers: tuple[str, ...]) -> _Question:
    said = squad_tokens(prediction.text)
    # A gold text of nothing but articles and punctuation counts as no gold; without any, silence is right.
    wanted = [words for words in map(squad_tokens, answers) if words] or [[]]
    return _Question(
        answerable=bool(answers),
        doubt=prediction.no_answer_score,
        exact_match=float(said in wanted),
        f1=max(token_f1(said, words) if said and words else float(said == words) for words in wanted),
    )


def _at(threshold: float, question: _Question, answered: float) -> float:
    if question.doubt is not None and question.doubt > threshold:
        return float(not question.answerable)
    return answered


def _best(questions: list[_Question], values: list[float], *, default: float) -> tuple[float, float]:
    """The best percentage that any threshold reaches, and a threshold that reaches it."""
    ranked = sorted(
        (q.doubt, value - float(not q.answerable))
        for q, value in zip(questions, values, strict=True)
        if q.doubt is not None and isfinite(q.doubt)  # other doubts say the same at any threshold
    )
    threshold = nextafter(ranked[0][0], -inf) if ranked else default
    current = best = total(_at(threshold, q, value) for q, value in zip(questions, values, strict=True))
    for doubt, gain in ranked:  # of equal doubts the losses come first: no best lies halfway between them
        current += gain
        if current > best:
            best, threshold = current, doubt
    return 100.0 * best / len(questions), threshold
