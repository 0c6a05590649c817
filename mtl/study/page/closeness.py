"""Distance and gain of source languages: a table of correlations, and a sentence for each kind of tasks."""

from collections.abc import Sequence

from mtl.report.tables import MISSING, Table, signed, text_columns, text_row
from mtl.study.closeness import Closeness
from mtl.study.page.words import equals, hundredths, p_value
from mtl.study.statistics.summary import LEVEL

COLUMNS = (
    "correlation",
    f"{LEVEL:.0%} interval",
    "p, all orders",
    "seed by seed",
    "sources",
    "largest gain",
    "closest",
)


def closeness_table(found: Sequence[Closeness]) -> Table:
    """Rank correlations of distance and gain."""
    rows = []
    for each in found:
        agreement = each.agreement
        texts = (
            "not enough sources" if agreement is None else hundredths(agreement.rho),
            MISSING if agreement is None else f"{hundredths(agreement.low)} to {hundredths(agreement.high)}",
            MISSING if agreement is None else p_value(agreement.p),
            f"{hundredths(min(each.by_seed))} to {hundredths(max(each.by_seed))}"
            if each.by_seed
            else MISSING,
            str(len(each.points)),
            max(each.points, key=lambda point: point.gain).source.language,
            each.points[0].source.language,
        )
        where = "mean" if len(each.targets) > 1 else each.targets[0]
        rows.append(text_row(f"{', '.join(each.trains_on)}: {where}", texts))
    return Table(
        name="closeness",
        title="Distance and gain",
        caption=(
            "Spearman's rank correlation over source languages: \N{MINUS SIGN}1 says that the closer the "
            "source, the larger the gain. Sources are the sample: the interval is wide where they are few. "
            "Each p stands alone, unadjusted for the other lines."
        ),
        corner="trains on: target",
        columns=text_columns(COLUMNS),
        rows=tuple(rows),
    )


def closeness_answer(found: Sequence[Closeness], target: str) -> list[str]:
    """A sentence for each kind of training: whether gains fall with distance, on the mean over targets."""
    wide = max((len(each.targets) for each in found), default=0)
    sentences = []
    for each in found:
        if len(each.targets) < wide or each.agreement is None:
            continue
        agreement, closest = each.agreement, each.points[0]
        best = max(each.points, key=lambda point: point.gain)
        near = f"{closest.source.language}, the closest to {target}, gains {signed(closest.gain)} points"
        far = (
            "more than any other"
            if best is closest
            else f"less than {best.source.language} ({signed(best.gain)})"
        )
        numbers = (
            f"{hundredths(agreement.rho)} ({LEVEL:.0%} interval {hundredths(agreement.low)} to "
            f"{hundredths(agreement.high)}; p {equals(agreement.p)} over all orders)"
        )
        sentences.append(
            f"Of the {len(each.points)} source languages of {', '.join(each.trains_on)}, {near}, {far}; the "
            f"rank correlation of distance and gain is {numbers}."
        )
    return sentences
