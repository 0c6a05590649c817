"""The learning curves of a study: charts, a table of slopes and limits, and a sentence or two."""

from collections.abc import Iterator, Sequence

from mtl.report.chart import key_to_lines
from mtl.report.grid import grid
from mtl.report.markup import Markup, tag
from mtl.report.tables import MISSING, Row, Table, each_once, text_columns, text_row
from mtl.study.curves import LearningCurve
from mtl.study.page.curve_chart import curve_chart
from mtl.study.page.words import ALPHA, hundredths, interval, p_value, without_items
from mtl.study.statistics.curves import NEAR, Range
from mtl.study.statistics.summary import LEVEL

FAR = 10
"""How many times the largest size a law may be trusted to look ahead."""


def curves_section(curves: Sequence[LearningCurve]) -> Iterator[Markup]:
    """What the page shows of learning curves; differences are in the table alone."""
    names = dict.fromkeys(curve.name for curve in curves)
    styles = {name: number for number, name in enumerate(names)}
    places = dict.fromkeys(curve.where for curve in curves if not curve.is_difference)
    yield key_to_lines(styles)
    charts = [
        curve_chart(place, [curve for curve in curves if curve.where == place], styles) for place in places
    ]
    yield tag("div", *charts, class_="charts")
    yield tag("div", grid(curves_table(curves)), class_="wide")


def curves_table(curves: Sequence[LearningCurve]) -> Table:
    """A line for each curve on each place."""
    columns = (
        "sizes",
        "points a doubling",
        f"{LEVEL:.0%} interval",
        "p, items and seeds",
        "p after Holm",
        "limit",
        "its interval",
        f"{NEAR:.0%} of the way at",
        "its interval",
        "seeds",
        "curves",
    )
    return Table(
        name="curves",
        title="Slopes and limits",
        caption=(
            "Points a doubling: the slope of the straight line over the size's logarithm. Limit and size: of "
            "a saturating power law, with intervals from resampled items and seeds. A difference has a slope "
            "alone: above 0, the first of the two gains more from each doubling. Where a target has no "
            "items, p and the slope's interval are over seeds alone, and there is no limit."
        ),
        corner="curve",
        columns=text_columns(columns),
        rows=tuple(_row(curve) for curve in curves),
        notes=each_once(curve.note or without_items(curve.evidence, curve.targets) for curve in curves),
    )


def curves_answer(curves: Sequence[LearningCurve]) -> str:
    """How many curves rise, and what the differences say."""
    tested = [curve for curve in curves if curve.adjusted is not None]
    plain = [curve for curve in tested if not curve.is_difference]
    if not plain:
        return ""
    rising = sum(_sure(curve) and curve.slope is not None and curve.slope.gain > 0 for curve in plain)
    falling = sum(_sure(curve) and curve.slope is not None and curve.slope.gain < 0 for curve in plain)
    rise, fall = ("s" * (count == 1) for count in (rising, falling))
    all_of_them = f"{len(plain)} learning curve{'s' * (len(plain) > 1)}"
    first = (
        f"Of {all_of_them}, {rising} rise{rise} with the size of the data and {falling} fall{fall} at the "
        f"{ALPHA:.0%} level."
    )
    return " ".join([first, *(_difference(curve) for curve in tested if curve.is_difference)])


def _difference(curve: LearningCurve) -> str:
    assert curve.slope is not None
    verdict = "which cannot be told from no difference"
    if _sure(curve):
        verdict = "more for the first" if curve.slope.gain > 0 else "less for the first"
    where = f"{curve.where[0].upper()}{curve.where[1:]} ({curve.name})"
    slope = f"{hundredths(curve.slope.gain)} points a doubling ({LEVEL:.0%} interval {interval(curve.slope)})"
    return f"{where}: {slope}, {verdict}."


def _sure(curve: LearningCurve) -> bool:
    return curve.adjusted is not None and curve.adjusted < ALPHA


def _row(curve: LearningCurve) -> Row:
    law, last = None if curve.is_difference else curve.law, curve.sizes[-1]
    texts = (
        ", ".join(f"{size:,}" for size in curve.sizes),
        MISSING if curve.slope is None else hundredths(curve.slope.gain),
        interval(curve.slope) or MISSING,
        p_value(None if curve.slope is None else curve.slope.p),
        p_value(curve.adjusted),
        MISSING if law is None else f"{law.limit.value:.1f}",
        MISSING if law is None else _ends(law.limit, "{:.1f}"),
        MISSING if law is None else _size(law.saturation.value, last),
        MISSING
        if law is None
        else f"{_size(law.saturation.low, last)} to {_size(law.saturation.high, last)}",
        str(len(curve.seeds)),
        str(curve.family),
    )
    return text_row(f"{curve.name}: {curve.where}", texts)


def _ends(found: Range, form: str) -> str:
    return f"{form.format(found.low)} to {form.format(found.high)}"


def _size(size: float, last: int) -> str:
    """A size, or that it is too far beyond the largest for a number."""
    return "beyond" if size > FAR * last else f"{size:,.0f}"
