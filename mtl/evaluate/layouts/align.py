"""Predictions matched with golds: line by line, sentence by sentence, by id, or not at all (sets)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtl.errors import UserError


@dataclass(frozen=True)
class Aligned:
    """Two lists for a metric, and what is wrong with the predictions although they can be scored."""

    predictions: list[Any]
    golds: list[Any]
    problems: tuple[str, ...] = ()


def by_line(predictions: Sequence[Any], golds: Sequence[Any], found: Path, wanted: Path) -> Aligned:
    """Line n of the one belongs to line n of the other."""
    if len(predictions) != len(golds):
        raise UserError(
            f"{found}: {len(predictions)} lines, but {wanted} has {len(golds)}; write one for each"
        )
    return Aligned(list(predictions), list(golds))


def by_sentence(
    predictions: Sequence[Sequence[str]], golds: Sequence[Sequence[str]], found: Path, wanted: Path
) -> Aligned:
    """Sentence n of the one belongs to sentence n of the other, and has as many tags."""
    if len(predictions) != len(golds):
        raise UserError(
            f"{found}: {len(predictions)} sentences, but {wanted} has {len(golds)}; "
            "a blank line ends each sentence"
        )
    for number, (tags, gold) in enumerate(zip(predictions, golds, strict=True), start=1):
        if len(tags) != len(gold):
            raise UserError(
                f"{found}: sentence {number} has {len(tags)} tags, but {len(gold)} in {wanted}; tag each word"
            )
    return Aligned(list(predictions), list(golds))


def as_sets(
    predictions: Sequence[tuple[str, str]], golds: Sequence[tuple[str, str]], found: Path, wanted: Path
) -> Aligned:
    """Nothing to match: the metric compares two sets."""
    return Aligned(list(predictions), list(golds))


def by_id(missing: object) -> Callable[[Mapping[str, Any], Mapping[str, Any], Path, Path], Aligned]:
    """Match by id, in the order of the golds; `missing` is what stands for a prediction that is not there."""

    def align(predictions: Mapping[str, Any], golds: Mapping[str, Any], found: Path, wanted: Path) -> Aligned:
        absent = [key for key in golds if key not in predictions]
        extra = [key for key in predictions if key not in golds]
        if len(absent) == len(golds):
            raise UserError(
                f"{found}: has none of the {len(golds)} ids of {wanted}, such as {absent[0]!r}; is it "
                "another test set's file?"
            )
        problems = []
        if absent:
            problems.append(
                f"{found}: no prediction for {len(absent)} of the {len(golds)} ids of {wanted}, "
                f"such as {absent[0]!r}"
            )
        if extra:
            problems.append(f"{found}: {wanted} does not have {len(extra)} of its ids, such as {extra[0]!r}")
        return Aligned(
            [predictions.get(key, missing) for key in golds], list(golds.values()), tuple(problems)
        )

    return align
