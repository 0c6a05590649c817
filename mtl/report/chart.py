"""Line charts as inline SVG: a few lines over steps, their colours those of the page."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mtl.report.curves import Curve, smoothed, thinned
from mtl.report.markup import Markup, tag

WIDTH, HEIGHT = 280, 150
LEFT, RIGHT, TOP, BOTTOM = 38, 8, 8, 22
NUM_COLOURS, NUM_DASHES = 6, 6
SECOND = NUM_COLOURS * 3
"""Added to a style: its colour in another dash, for a second kind of line."""
FEW = 40
"""Up to so many points are dots on their line."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A curve and how it is drawn."""

    label: str
    curve: Curve
    style: int
    """Which of the page's colours and dashes."""
    noisy: bool = False
    """Draw it faintly, and its running mean over it."""
    best: int | None = None
    """A step to mark."""


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The ranges of a chart, and where they lie on paper."""

    last_step: int
    levels: tuple[float, ...]
    """The values with a line across, the first at the foot and the last on top."""

    def x(self, step: int) -> float:
        """Across; a step that a damaged file puts behind the last lies on it."""
        return LEFT + (WIDTH - LEFT - RIGHT) * (min(step, self.last_step) / max(self.last_step, 1))

    def y(self, value: float) -> float:
        """Down."""
        return TOP + (HEIGHT - TOP - BOTTOM) * (self.levels[-1] - value) / (self.levels[-1] - self.levels[0])


def line_chart(title: str, lines: Sequence[Line], *, across: str = "step") -> Markup:
    """A chart with its title; what it shows is said in words for those who do not see it.

    `across` is what the steps of its curves are called.
    """
    said = " ".join(_words(line, across) for line in lines)
    return chart(title, chart_marks(lines, across=across), said=said)


def chart_marks(lines: Sequence[Line], *, across: str = "step") -> list[Markup]:
    """What a chart consists of, WIDTH by HEIGHT, to be put into an SVG element."""
    frame = _frame(lines)
    axes = _axes(frame, f"{across} {frame.last_step:,}")
    return [*axes, *(mark for line in lines for mark in _marks(line, frame))]


def chart(title: str, marks: Sequence[Markup], *, said: str) -> Markup:
    """Marks in a space of WIDTH by HEIGHT as a figure; `said` is what they show, in words."""
    drawing = tag("svg", *marks, viewBox=f"0 0 {WIDTH} {HEIGHT}", role="img", aria_label=f"{title}. {said}")
    return tag("figure", tag("figcaption", title), drawing, class_="chart")


def key_to_lines(styles: Mapping[str, int]) -> Markup:
    """What the colours and dashes of lines mean."""
    keys = [tag("li", _key(style), label) for label, style in styles.items()]
    return tag("ul", *keys, class_="legend")


def style_class(style: int) -> str:
    """The page's classes for a line: a colour, and from the seventh line on another dash."""
    return f"line s{style % NUM_COLOURS} d{style // NUM_COLOURS % NUM_DASHES}"


def ticks(low: float, high: float, *, most: int = 4) -> list[float]:
    """Round numbers from `low` or below to `high` or above, evenly apart."""
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):  # a level line, but for rounding
        low, high = low - 0.5, high + 0.5
    rough = (high - low) / (most - 1)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * unit for factor in (1, 2, 2.5, 5, 10, 20) if factor * unit >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [number * step for number in range(first, last + 1)]


def _key(style: int) -> Markup:
    """A short piece of a line."""
    line = tag("line", x1=0, x2=28, y1=4, y2=4, class_=style_class(style))
    return tag("svg", line, viewBox="0 0 28 8", class_="key", aria_hidden="true")


def _frame(lines: Sequence[Line]) -> Frame:
    values = [value for line in lines for value in _shown(line).values]
    last_step = max(line.curve.steps[-1] for line in lines)
    return Frame(last_step=last_step, levels=tuple(ticks(min(values), max(values))))


def _shown(line: Line) -> Curve:
    """What the eye should follow."""
    return thinned(smoothed(line.curve) if line.noisy else line.curve)


def _axes(frame: Frame, last: str) -> list[Markup]:
    marks = []
    for value in frame.levels:
        y = frame.y(value)
        marks.append(_line(LEFT, y, WIDTH - RIGHT, y, class_="grid"))
        marks.append(tag("text", f"{value:g}", x=LEFT - 5, y=f"{y:.1f}", class_="tick end"))
    below = HEIGHT - BOTTOM + 14
    marks.append(tag("text", "0", x=LEFT, y=below, class_="tick"))
    marks.append(tag("text", last, x=WIDTH - RIGHT, y=below, class_="tick end"))
    return marks


def _marks(line: Line, frame: Frame) -> list[Markup]:
    style = style_class(line.style)
    shown = _shown(line)
    marks = [tag("path", tag("title", line.label), d=_path(shown, frame), class_=style)]
    if line.noisy:
        marks.insert(
            0, tag("path", d=_path(_clipped(thinned(line.curve), frame), frame), class_=f"{style} raw")
        )
    elif len(shown.steps) <= FEW:
        marks += [
            _dot(step, value, frame, style) for step, value in zip(shown.steps, shown.values, strict=True)
        ]
    if line.best in line.curve.steps:
        value = line.curve.values[line.curve.steps.index(line.best)]
        marks.append(
            _dot(line.best, value, frame, f"{style} best", title=f"best, step {line.best:,}: {value:.1f}")
        )
    return marks


def _clipped(curve: Curve, frame: Frame) -> Curve:
    low, high = frame.levels[0], frame.levels[-1]
    return Curve(curve.steps, tuple(min(max(value, low), high) for value in curve.values))


def _path(curve: Curve, frame: Frame) -> str:
    points = (f"{frame.x(s):.1f} {frame.y(v):.1f}" for s, v in zip(curve.steps, curve.values, strict=True))
    return "M" + "L".join(points)


def _dot(step: int, value: float, frame: Frame, style: str, *, title: str = "") -> Markup:
    inside = [tag("title", title)] if title else []
    radius = 4 if title else 2
    return tag(
        "circle", *inside, cx=f"{frame.x(step):.1f}", cy=f"{frame.y(value):.1f}", r=radius, class_=style
    )


def _line(x1: float, y1: float, x2: float, y2: float, *, class_: str) -> Markup:
    return tag("line", x1=f"{x1:.1f}", y1=f"{y1:.1f}", x2=f"{x2:.1f}", y2=f"{y2:.1f}", class_=class_)


def _words(line: Line, across: str) -> str:
    steps, values = line.curve.steps, _shown(line).values
    first, last = f"{across} {steps[0]:,}", f"{across} {steps[-1]:,}"
    said = f"{line.label}: from {values[0]:.3g} at {first} to {values[-1]:.3g} at {last}."
    return f"{said[:-1]}, best at {across} {line.best:,}." if line.best in steps else said
