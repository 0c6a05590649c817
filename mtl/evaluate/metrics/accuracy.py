"""Accuracy of labels, and accuracy with the F1 of the positive one of two labels (QQP)."""

from collections.abc import Sequence
from itertools import chain
from operator import eq

from mtl.errors import UserError
from mtl.evaluate.metrics.arithmetic import check_aligned, precision_recall_f1

Label = str | int

NO_AND_YES: tuple[tuple[Label, Label], ...] = (("0", "1"), (0, 1), ("no", "yes"), ("false", "true"))


def accuracy(
    predictions: Sequence[Label], golds: Sequence[Label], *, language: str = "en"
) -> dict[str, float]:
    """The share of labels that are equal to their gold."""
    check_aligned(predictions, golds)
    assert len({isinstance(label, str) for label in chain(predictions, golds)}) == 1, "words against numbers"
    correct = sum(map(eq, predictions, golds))
    return {"accuracy": correct / len(golds) * 100}


def accuracy_f1(
    predictions: Sequence[Label], golds: Sequence[Label], *, language: str = "en"
) -> dict[str, float]:
    """Accuracy, the F1 of the positive label, and the mean of both."""
    result = accuracy(predictions, golds)
    positive = positive_label({*predictions, *golds})
    correct = sum(p == positive == g for p, g in zip(predictions, golds, strict=True))
    predicted = sum(p == positive for p in predictions)
    gold = sum(g == positive for g in golds)
    f1 = precision_recall_f1(correct, predicted=predicted, gold=gold)[2] * 100
    return {**result, "f1": f1, "acc_and_f1": (result["accuracy"] + f1) / 2}


def positive_label(labels: set[Label]) -> Label:
    """The one of two labels that says yes, by what the names mean: 1 over 0, yes over no, X over not_X."""
    for negative, positive in NO_AND_YES:
        if labels <= {negative, positive}:
            return positive
    stems = {label.removeprefix("not_") for label in labels if isinstance(label, str)}
    if len(stems) == 1:
        return stems.pop()
    shown = ", ".join(sorted(map(repr, labels))[:5])
    raise UserError(
        f"metric accuracy_f1 cannot tell which label is the positive one of {shown}; "
        "name the two labels 0 and 1, no and yes, false and true, or not_X and X, or use the metric accuracy"
    )
