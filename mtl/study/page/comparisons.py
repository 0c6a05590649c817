"""The comparisons of a study: a table, and the lines of a forest plot."""

from collections.abc import Mapping, Sequence

from mtl.report.tables import MISSING, Row, Table, each_once, text_columns, text_row
from mtl.study.analysis import ComparisonResult
from mtl.study.models import targets_with
from mtl.study.page.forest import Mark, mark_of
from mtl.study.page.words import hundredths, interval, p_value, subject, without_items
from mtl.study.results import StudyResults
from mtl.study.statistics.summary import LEVEL

Whole = Mapping[str, int]
"""By average, the empty one being over all languages: how many targets have results for it."""


def whole_of(results: StudyResults) -> Whole:
    """The targets that could be in a mean."""
    averages = {name: len(targets_with(results, name)) for name in results.matrix.study.averages}
    return {"": len(results.languages), **averages}


def comparison_marks(findings: Sequence[ComparisonResult], whole: Whole) -> list[Mark]:
    """For the forest plot, the largest gain first; means that leave targets out come last."""
    return [
        mark_of(
            _arms(finding) + _part(finding, whole), finding.gain, finding.evidence.estimate, finding.adjusted
        )
        for finding in sorted(findings, key=lambda finding: (-len(finding.targets), -finding.gain))
    ]


def comparisons_table(name: str, title: str, findings: Sequence[ComparisonResult], whole: Whole) -> Table:
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
            "too, or other training runs alone where a target has no items; bootstrap and permutation speak "
            "of these very models on other items. A mean over some of the targets says over how many, and is "
            "not to be ranked with others."
        ),
        corner="comparison",
        columns=text_columns(columns),
        rows=tuple(_test_row(finding, whole) for finding in findings),
        notes=each_once(each.note or without_items(each.evidence, each.targets) for each in findings),
    )


def _test_row(finding: ComparisonResult, whole: Whole) -> Row:
    evidence, estimate, again = finding.evidence, finding.evidence.estimate, finding.evidence.bootstrap
    texts = (
        hundredths(finding.gain),
        interval(estimate) or MISSING,
        p_value(None if estimate is None else estimate.p),
        p_value(finding.adjusted),
        interval(again) or MISSING,
        p_value(None if again is None else again.p),
        p_value(evidence.permutation),
        MISSING if evidence.num_items is None else f"{evidence.num_items:,}",
        MISSING if evidence.num_clusters is None else f"{evidence.num_clusters:,}",
        str(len(finding.seeds)),
        str(finding.family),
    )
    label = _arms(finding)
    label += f": {finding.targets[0]}" if len(finding.targets) == 1 else _part(finding, whole)
    if finding.average:
        label += f", {finding.average}"
    return text_row(label, texts, title=subject(finding))


def _arms(finding: ComparisonResult) -> str:
    return f"{finding.comparison.arm} against {finding.comparison.against}"


def _part(finding: ComparisonResult, whole: Whole) -> str:
    """Over what a mean is that leaves targets out."""
    count, of = len(finding.targets), whole[finding.average]
    if count >= of:
        return ""
    return f": {finding.targets[0]}" if count == 1 else f": {count} of {of} targets"
