"""The comparisons of a study: a table, and the lines of a forest plot."""

from collections.abc import Sequence

from mtl.report.tables import MISSING, Row, Table, each_once, text_columns, text_row
from mtl.study.analysis import ComparisonResult
from mtl.study.page.forest import Mark, mark_of
from mtl.study.page.words import hundredths, interval, p_value, subject
from mtl.study.statistics.summary import LEVEL


def comparison_marks(findings: Sequence[ComparisonResult]) -> list[Mark]:
    """For the forest plot, the largest gain first."""
    return [
        mark_of(_arms(finding), finding.gain, finding.estimate, finding.adjusted)
        for finding in sorted(findings, key=lambda finding: -finding.gain)
    ]


def comparisons_table(name: str, title: str, findings: Sequence[ComparisonResult]) -> Table:
    """A line for each comparison: gain, interval, p-values, and what they rest on."""
    columns = (
        "gain",
        f"{LEVEL:.0%} interval",
        "p, items and seeds",
        "p after Holm",
        "bootstrap interval",
        "p, bootstrap",
        "p, permutation",
        "items",
        "clusters",
        "seeds",
        "comparisons",
    )
    return Table(
        name=name,
        title=title,
        caption=(
            "Gains in points. The first p asks whether other training runs on other test items would differ "
            "too; bootstrap and permutation speak of these very models on other items."
        ),
        corner="comparison",
        columns=text_columns(columns),
        rows=tuple(_test_row(finding) for finding in findings),
        notes=each_once(finding.note for finding in findings),
    )


def _test_row(finding: ComparisonResult) -> Row:
    estimate, again = finding.estimate, finding.bootstrap
    texts = (
        hundredths(finding.gain),
        interval(estimate) or MISSING,
        p_value(None if estimate is None else estimate.p),
        p_value(finding.adjusted),
        interval(again) or MISSING,
        p_value(None if again is None else again.p),
        p_value(finding.permutation),
        MISSING if finding.num_items is None else f"{finding.num_items:,}",
        MISSING if finding.num_clusters is None else f"{finding.num_clusters:,}",
        str(len(finding.seeds)),
        str(finding.family),
    )
    label = _arms(finding)
    if len(finding.targets) == 1:
        label += f": {finding.targets[0]}"
    if finding.average:
        label += f", {finding.average}"
    return text_row(label, texts, title=subject(finding))


def _arms(finding: ComparisonResult) -> str:
    return f"{finding.comparison.arm} against {finding.comparison.against}"
