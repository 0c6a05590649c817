"""All numbers as CSV, unrounded, for whatever comes next."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import StringIO
from typing import NamedTuple, TypeVar

from mtl.languages import ENGLISH
from mtl.study.analysis import Analysis, ComparisonResult
from mtl.study.curves import LearningCurve
from mtl.study.interactions import InteractionResult
from mtl.study.matrix import StudyCell
from mtl.study.results import StudyResults

Line = TypeVar("Line")
Columns = Mapping[str, Callable[[Line], object]]
"""By the name of a column: what a line has there; None is an empty cell."""


class Score(NamedTuple):
    """A line of `scores.csv`."""

    cell: StudyCell
    language: str
    percent: float
    is_zero_shot: bool


class CurvePoint(NamedTuple):
    """A line of `curves.csv`."""

    curve: LearningCurve
    arm: str
    records: int
    seed: int
    percent: float


SCORES: Columns[Score] = {
    "arm": lambda line: line.cell.row.label,
    "family": lambda line: line.cell.row.family,
    "target": lambda line: line.cell.target,
    "language": lambda line: line.language,
    "seed": lambda line: line.cell.seed,
    "percent": lambda line: line.percent,
    "zero_shot": lambda line: "yes" if line.is_zero_shot else "no",
}
TESTS: Columns[ComparisonResult | InteractionResult] = {
    "low": lambda line: line.evidence.estimate and line.evidence.estimate.low,
    "high": lambda line: line.evidence.estimate and line.evidence.estimate.high,
    "p": lambda line: line.evidence.estimate and line.evidence.estimate.p,
    "p_holm": lambda line: line.adjusted,
    "bootstrap_low": lambda line: line.evidence.bootstrap and line.evidence.bootstrap.low,
    "bootstrap_high": lambda line: line.evidence.bootstrap and line.evidence.bootstrap.high,
}
GAINS: Columns[ComparisonResult] = {
    "arm": lambda line: line.comparison.arm,
    "against": lambda line: line.comparison.against,
    "targets": lambda line: " ".join(line.targets),
    "average": lambda line: line.average,
    "seeds": lambda line: " ".join(map(str, line.seeds)),
    "gain": lambda line: line.gain,
    **TESTS,
    "p_bootstrap": lambda line: line.evidence.bootstrap and line.evidence.bootstrap.p,
    "p_permutation": lambda line: line.evidence.permutation,
    "items": lambda line: line.evidence.num_items,
    "clusters": lambda line: line.evidence.num_clusters,
    "comparisons": lambda line: line.family,
    "note": lambda line: line.note,
}
INTERACTIONS: Columns[InteractionResult] = {
    "both": lambda line: line.interaction.both,
    "one": lambda line: line.interaction.one,
    "other": lambda line: line.interaction.other,
    "neither": lambda line: line.interaction.neither,
    "targets": lambda line: " ".join(line.targets),
    "seeds": lambda line: " ".join(map(str, line.seeds)),
    "one_gain": lambda line: line.gains[1],
    "other_gain": lambda line: line.gains[2],
    "both_gain": lambda line: line.gains[0],
    "interaction": lambda line: line.evidence.value,
    **TESTS,
    "p_permutation": lambda line: line.evidence.permutation,
    "clusters": lambda line: line.evidence.num_clusters,
    "interactions": lambda line: line.family,
}
CURVES: Columns[CurvePoint] = {
    "curve": lambda line: line.curve.name,
    "where": lambda line: line.curve.where,
    "arm": lambda line: line.arm,
    "records": lambda line: line.records,
    "seed": lambda line: line.seed,
    "percent": lambda line: line.percent,
    "slope": lambda line: line.curve.slope and line.curve.slope.gain,
    "slope_low": lambda line: line.curve.slope and line.curve.slope.low,
    "slope_high": lambda line: line.curve.slope and line.curve.slope.high,
    "p": lambda line: line.curve.slope and line.curve.slope.p,
    "p_holm": lambda line: line.curve.adjusted,
    "limit": lambda line: line.curve.law and line.curve.law.limit.value,
    "drop": lambda line: line.curve.law and line.curve.law.drop.value,
    "rate": lambda line: line.curve.law and line.curve.law.rate.value,
    "saturation": lambda line: line.curve.law and line.curve.law.saturation.value,
    "saturation_low": lambda line: line.curve.law and line.curve.law.saturation.low,
    "saturation_high": lambda line: line.curve.law and line.curve.law.saturation.high,
}


def scores_csv(results: StudyResults) -> str:
    """Every score of every seed; the language `avg` is the mean over those that all results of a target have.

    A language is zero-shot where no labels in it were trained on, the mean where none but English were.
    """
    return _csv(SCORES, _scores(results))


def gains_csv(analysis: Analysis) -> str:
    """Every comparison: on the mean, without shared data, by target, by average, with arms apart."""
    findings = (
        *analysis.means,
        *analysis.clean,
        *analysis.single,
        *analysis.averages,
        *analysis.aside,
    )
    return _csv(GAINS, findings)


def interactions_csv(analysis: Analysis) -> str:
    """Every interaction."""
    return _csv(INTERACTIONS, analysis.interactions)


def curves_csv(analysis: Analysis) -> str:
    """Every point of every learning curve, with what was fitted through all of them."""
    points = (
        CurvePoint(curve, label, size, seed, score)
        for curve in analysis.curves
        for label, size, scores in zip(curve.labels, curve.sizes, curve.scores, strict=True)
        for seed, score in zip(curve.seeds, scores, strict=True)
    )
    return _csv(CURVES, points)


def _scores(results: StudyResults) -> Iterator[Score]:
    for (label, target, _), result in results.by_cell.items():
        seen = results.seen[label, target]
        yield Score(result.cell, "avg", results.score(result), not {*seen} - {ENGLISH})
        for language, percent in result.by_language.items():
            yield Score(result.cell, language, percent, language not in seen)


def _csv(columns: Columns[Line], lines: Iterable[Line]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for line in lines:
        values = (column(line) for column in columns.values())
        writer.writerow([repr(value) if isinstance(value, float) else value for value in values])
    return text.getvalue()
