"""All numbers as CSV, unrounded, for whatever comes next."""

import csv
from collections.abc import Iterable
from io import StringIO

from mtl.study.analysis import Analysis, Finding
from mtl.study.results import Results

SCORES = ("arm", "family", "target", "language", "seed", "percent")
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


def scores_csv(results: Results) -> str:
    """Every score of every seed; the language `avg` is the mean over languages."""
    lines = []
    for (label, target, seed), result in results.by_cell.items():
        family = result.cell.row.family
        for language, value in {"avg": result.score, **result.by_language}.items():
            lines.append((label, family, target, language, seed, value))
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


def _line(finding: Finding) -> tuple[object, ...]:
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
