"""All numbers as CSV, unrounded, for whatever comes next."""

import csv
from collections.abc import Iterable
from io import StringIO

from mtl.languages import ENGLISH
from mtl.study.analysis import Analysis, ComparisonResult
from mtl.study.results import StudyResults

SCORES = ("arm", "family", "target", "language", "seed", "percent", "zero_shot")
GAINS = (
    "arm",
    "against",
    "targets",
    "average",
    "seeds",
    "gain",
    "low",
    "high",
    "p",
    "p_holm",
    "bootstrap_low",
    "bootstrap_high",
    "p_bootstrap",
    "p_permutation",
    "items",
    "clusters",
    "comparisons",
    "note",
)
INTERACTIONS = (
    *("both", "one", "other", "neither", "targets", "seeds", "one_gain", "other_gain", "both_gain"),
    *("interaction", "low", "high", "p", "p_holm", "bootstrap_low", "bootstrap_high"),
    *("p_permutation", "clusters", "interactions"),
)
CURVES = (
    *("curve", "where", "arm", "records", "seed", "percent"),
    *("slope", "slope_low", "slope_high", "p", "p_holm"),
    *("limit", "drop", "rate", "saturation", "saturation_low", "saturation_high"),
)


def scores_csv(results: StudyResults) -> str:
    """Every score of every seed; the language `avg` is the mean over those that all results of a target have.

    A language is zero-shot where no labels in it were trained on, the mean where none but English were.
    """
    lines = []
    for (label, target, seed), result in results.by_cell.items():
        family, seen = result.cell.row.family, results.seen[label, target]
        for language, value in {"avg": results.score(result), **result.by_language}.items():
            is_seen = language in seen if language != "avg" else bool({*seen} - {ENGLISH})
            lines.append((label, family, target, language, seed, value, "no" if is_seen else "yes"))
    return _csv(SCORES, lines)


def gains_csv(analysis: Analysis) -> str:
    """Every comparison: on the mean, without shared data, by target, by average, with arms apart."""
    findings = (
        *analysis.means,
        *analysis.clean,
        *analysis.single,
        *analysis.averages,
        *analysis.aside,
    )
    return _csv(GAINS, map(_line, findings))


def interactions_csv(analysis: Analysis) -> str:
    """Every interaction."""
    lines = []
    for each in analysis.interactions:
        both, one, other = each.gains
        first, again = each.estimate, each.bootstrap
        lines.append(
            (
                *each.interaction.model_dump().values(),
                " ".join(each.targets),
                " ".join(map(str, each.seeds)),
                one,
                other,
                both,
                each.value,
                *((None, None, None) if first is None else (first.low, first.high, first.p)),
                each.adjusted,
                *((None, None) if again is None else (again.low, again.high)),
                each.permutation,
                each.num_clusters,
                each.family,
            )
        )
    return _csv(INTERACTIONS, lines)


def curves_csv(analysis: Analysis) -> str:
    """Every point of every learning curve, with what was fitted through all of them."""
    lines = []
    for curve in analysis.curves:
        slope, law = curve.slope, curve.law
        fitted = (
            *((None, None, None, None) if slope is None else (slope.gain, slope.low, slope.high, slope.p)),
            curve.adjusted,
            *((None,) * 3 if law is None else (law.limit.value, law.drop.value, law.rate.value)),
            *(
                (None,) * 3
                if law is None
                else (law.saturation.value, law.saturation.low, law.saturation.high)
            ),
        )
        for label, size, scores in zip(curve.labels, curve.sizes, curve.scores, strict=True):
            for seed, score in zip(curve.seeds, scores, strict=True):
                lines.append((curve.name, curve.where, label, size, seed, score, *fitted))
    return _csv(CURVES, lines)


def _line(finding: ComparisonResult) -> tuple[object, ...]:
    first, again = finding.estimate, finding.bootstrap
    return (
        finding.comparison.arm,
        finding.comparison.against,
        " ".join(finding.targets),
        finding.average,
        " ".join(map(str, finding.seeds)),
        finding.gain,
        *((None, None, None) if first is None else (first.low, first.high, first.p)),
        finding.adjusted,
        *((None, None, None) if again is None else (again.low, again.high, again.p)),
        finding.permutation,
        finding.num_items,
        finding.num_clusters,
        finding.family,
        finding.note,
    )


def _csv(header: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([repr(v) if isinstance(v, float) else v for v in line] for line in lines)
    return text.getvalue()
