"""The answer in two sentences, drawn from the numbers alone; and numbers as a reader wants them."""

from collections.abc import Sequence

from mtl.report.tables import MINUS, signed
from mtl.study.analysis import ComparisonResult
from mtl.study.statistics.evidence import Evidence
from mtl.study.statistics.gains import Estimate
from mtl.study.statistics.summary import LEVEL

ALPHA = 1 - LEVEL


def answer(findings: Sequence[ComparisonResult]) -> tuple[str, str]:
    """Which arm does best, and how many of the comparisons say anything."""
    if not findings:
        return ("There is no answer yet.", "No comparison has all the results that it needs.")
    # Means over other sets of targets cannot be ranked.
    widest = max(findings, key=lambda finding: len(finding.targets)).targets
    best = max((each for each in findings if each.targets == widest), key=lambda finding: finding.gain)
    verb = "gains most over" if best.gain > 0 else "comes nearest to"
    arm, against = best.comparison.arm, best.comparison.against
    first = f"{subject(best)}, the arm “{arm}” {verb} “{against}”: {_evidence(best)}."
    tested = [finding for finding in findings if finding.adjusted is not None]
    if not tested:
        return first, f"Nothing is claimed beyond these models: {findings[0].note}."
    sure = [finding for finding in tested if finding.adjusted is not None and finding.adjusted < ALPHA]
    up = sum(finding.gain > 0 for finding in sure)
    return first, (
        f"Of the {len(tested)} comparison{'s' * (len(tested) > 1)}, {up} {_are(up, 'gain')} and "
        f"{len(sure) - up} {_are(len(sure) - up, 'loss')} at the {ALPHA:.0%} level after Holm's adjustment; "
        f"{len(tested) - len(sure)} cannot be told from no difference."
    )


def subject(finding: ComparisonResult) -> str:
    """What a finding is measured by."""
    which = f", {finding.average}" if finding.average else ""
    if len(finding.targets) == 1:
        return f"On {finding.targets[0]}{which}"
    return f"On the mean of {len(finding.targets)} targets{which}"


def without_items(evidence: Evidence | None, targets: Sequence[str]) -> str | None:
    """The note to an estimate that is over seeds alone, for want of items; None: it is not."""
    if evidence is None or not evidence.is_over_seeds_alone:
        return None
    if len(targets) == 1:
        return f"{targets[0]} has no items: over seeds alone"
    return "a mean over targets of which not all have items: over seeds alone"


def p_value(p: float | None) -> str:
    """A probability, never as zero."""
    if p is None:
        return "not tested"
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"


def interval(estimate: Estimate | None) -> str:
    """From where to where."""
    return "" if estimate is None else f"{signed(estimate.low)} to {signed(estimate.high)}"


def size(finding: ComparisonResult) -> str:
    """What a p-value rests on."""
    seeds = f"{len(finding.seeds)} seed{'s' * (len(finding.seeds) != 1)}"
    items = (
        ""
        if finding.evidence.num_items is None
        else f"{finding.evidence.num_items:,} items in {finding.evidence.num_clusters:,} clusters, "
    )
    return f"{items}{seeds}, {finding.family} comparison{'s' * (finding.family != 1)}"


def _evidence(finding: ComparisonResult) -> str:
    points = f"{signed(finding.gain)} points"
    if finding.evidence.estimate is None:
        return f"{points}, but there are {finding.note}"
    return (
        f"{points} ({LEVEL:.0%} interval {interval(finding.evidence.estimate)}; p {equals(finding.adjusted)} "
        f"after Holm; {size(finding)})"
    )


def equals(p: float | None) -> str:
    """A probability after "p", with the sign between."""
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"


def _are(count: int, what: str) -> str:
    plural = {"gain": "gains", "loss": "losses"}[what]
    return f"is a {what}" if count == 1 else f"are {plural}"


def number(value: float) -> str:
    """A score."""
    return f"{value:.1f}".replace("-", MINUS)


def hundredths(value: float) -> str:
    """A difference with its sign, finer than points are written."""
    return f"{value:+.2f}".replace("-", MINUS)
