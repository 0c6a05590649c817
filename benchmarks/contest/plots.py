"""The plots of records as SVG files that stand by themselves: curves over steps, and bars."""

from contest.record import Bars, Lines

from mtl.report.chart import HEIGHT, WIDTH, Line, chart_marks
from mtl.report.curves import Curve
from mtl.report.markup import Markup, tag
from mtl.report.picture import FONT, Box, Label, Picture, to_svg

COLOURS = ("#0072b2", "#d55e00", "#008060", "#aa4499", "#806000", "#555555")
STYLE = """
.line { stroke-width: 1.5; fill: none; stroke-linejoin: round; }
.grid { stroke: #dcdcd8; stroke-width: 1; }
.tick { fill: #5c5f62; font-size: 10px; dominant-baseline: middle; }
.end { text-anchor: end; }
circle { stroke: none !important; }
""" + "".join(f".s{i} {{ stroke: {c}; --c: {c}; }} circle.s{i}, text.s{i} {{ fill: {c}; stroke: none; }}\n" for i, c in enumerate(COLOURS)) + (
    ".line.s1 { stroke-dasharray: 7 3; } .line.s2 { stroke-dasharray: 2 2; } .line.s3 { stroke-dasharray: 8 2 2 2; }\n"
)  # fmt: skip
TITLE, KEY = 18, 14
"""Heights of the line with the title, and of one that says what a colour means."""
ROW, NAMES, LONGEST = 22, 230, 320


def draw(plot: Lines | Bars) -> str:
    """The plot as a file."""
    return f"{_curves(plot) if isinstance(plot, Lines) else to_svg(_bars(plot))}\n"


def _curves(plot: Lines) -> Markup:
    lines = [
        Line(label=label, curve=Curve(tuple(range(len(values))), tuple(values)), style=i)
        for i, (label, values) in enumerate(plot.curves.items())
    ]
    height = TITLE + HEIGHT + KEY * len(lines)
    keys = [
        tag(
            "text",
            f"\N{EM DASH} {line.label}",
            x=8,
            y=TITLE + HEIGHT + KEY * i + KEY / 2,
            class_=f"tick s{line.style}",
        )
        for i, line in enumerate(lines)
    ]
    return tag(
        "svg",
        tag("title", plot.title),
        tag("style", Markup(STYLE)),
        tag("rect", width=WIDTH, height=height, fill="#ffffff"),
        tag("text", plot.title, x=8, y=TITLE / 2, font_size=11, dominant_baseline="central"),
        tag("g", *chart_marks(lines, across=plot.across), transform=f"translate(0 {TITLE})"),
        *keys,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH} {height}",
        width=2 * WIDTH,
        font_family=FONT,
        role="img",
    )


def _bars(plot: Bars) -> Picture:
    """One under the other, from nothing on, each with its number."""
    most = max(plot.values.values()) or 1.0
    marks: list[Box | Label] = [Label(x=8, y=ROW / 2, text=f"{plot.title} ({plot.unit})", size=13)]
    for row, (name, value) in enumerate(plot.values.items(), 1):
        y, length = row * ROW, LONGEST * value / most
        marks += [
            Label(x=NAMES - 8, y=y + ROW / 2, text=name, anchor="end"),
            Box(x=NAMES, y=y + 3, width=max(length, 0.5), height=ROW - 6, fill=COLOURS[0]),
            Label(
                x=NAMES + length + 6, y=y + ROW / 2, text=f"{value:,.4g}" if value < 1000 else f"{value:,.0f}"
            ),
        ]
    height = ROW * (len(plot.values) + 1) + 6
    return Picture(title=plot.title, width=NAMES + LONGEST + 80, height=height, marks=tuple(marks))
