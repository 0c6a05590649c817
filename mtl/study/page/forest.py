"""A forest plot as inline SVG: gains as dots on their intervals, around the line of no gain."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mtl.report.chart import ticks
from mtl.report.markup import Markup, tag
from mtl.report.tables import signed
from mtl.study.page.words import ALPHA
from mtl.study.statistics.gains import Estimate

WIDTH, LINE, LETTER = 720, 24, 6.6
LEAST = 34
"""What the page gives a drawing of that width at least, in rem."""
TOP, BOTTOM, RIGHT = 8, 30, 110
PLOT = 320
"""The axis has at least so much, however long the labels are."""
CAPTION = (
    "Points gained, with the interval over seeds and items, or over seeds alone where a target has no items; "
    "filled: sure after Holm's adjustment."
)


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A line of the plot; without an interval where nothing could be tested."""

    label: str
    gain: float
    low: float | None
    high: float | None
    sure: bool
    """Whether it stands after the adjustment for many comparisons."""


def mark_of(label: str, gain: float, estimate: Estimate | None, adjusted: float | None) -> Mark:
    """The line of a gain, with its estimate and the estimate's p after Holm."""
    return Mark(
        label=label,
        gain=gain,
        low=None if estimate is None else estimate.low,
        high=None if estimate is None else estimate.high,
        sure=adjusted is not None and adjusted < ALPHA,
    )


def forest(title: str, marks: Sequence[Mark]) -> Markup:
    """The plot with its title; what it shows is said in words for those who do not see it."""
    left = 16 + LETTER * max(len(mark.label) for mark in marks)
    width = max(WIDTH, math.ceil(left) + PLOT + RIGHT)
    ends = [end for mark in marks for end in (mark.gain, mark.low, mark.high) if end is not None]
    levels = ticks(min(0.0, *ends), max(0.0, *ends), most=6)
    height = TOP + LINE * len(marks) + BOTTOM

    def x(value: float) -> float:
        return left + (width - left - RIGHT) * (value - levels[0]) / (levels[-1] - levels[0])

    parts = [part for level in levels for part in _level(level, x(level), height)]
    for place, mark in enumerate(marks):
        y = TOP + LINE * (place + 0.5)
        parts.append(tag("text", mark.label, x=f"{left - 12:.1f}", y=f"{y:.1f}", class_="row end"))
        if mark.low is not None and mark.high is not None:
            parts.append(_line(x(mark.low), y, x(mark.high), y, "range"))
        style = "gain" if mark.sure else "gain unsure"
        parts.append(tag("circle", cx=f"{x(mark.gain):.1f}", cy=f"{y:.1f}", r=4.5, class_=style))
        parts.append(tag("text", signed(mark.gain), x=width - 4, y=f"{y:.1f}", class_="row end"))
    return plot(
        title,
        parts,
        size=(width, height),
        said="; ".join(map(_words, marks)),
        caption=CAPTION,
    )


def plot(
    title: str, parts: Sequence[Markup], *, size: tuple[int, int], said: str, caption: str, style: str = ""
) -> Markup:
    """A drawing of gains as a figure, which scrolls by itself where the page is narrow."""
    box = f"0 0 {size[0]} {size[1]}"
    # A wider drawing scrolls rather than shrink its letters.
    least = f"min-width:{LEAST * size[0] / WIDTH:.0f}rem" if size[0] > WIDTH else None
    drawing = tag("svg", *parts, viewBox=box, role="img", aria_label=f"{title}: {said}.", style=least)
    scrolling = tag("div", drawing, class_="scroll", tabindex=0, role="region", aria_label=title)
    figure = tag("h3", title), scrolling, tag("figcaption", caption)
    return tag("figure", *figure, class_=f"forest {style}".rstrip())


def _level(value: float, x: float, height: float) -> tuple[Markup, Markup]:
    style = "zero" if value == 0 else "grid"
    label = tag("text", signed(value) if value else "0", x=f"{x:.1f}", y=height - 12, class_="tick middle")
    return _line(x, TOP, x, height - BOTTOM + 4, style), label


def _line(x1: float, y1: float, x2: float, y2: float, style: str) -> Markup:
    return tag("line", x1=f"{x1:.1f}", y1=f"{y1:.1f}", x2=f"{x2:.1f}", y2=f"{y2:.1f}", class_=style)


def _words(mark: Mark) -> str:
    if mark.low is None or mark.high is None:
        return f"{mark.label} {signed(mark.gain)}, not tested"
    return f"{mark.label} {signed(mark.gain)}, from {signed(mark.low)} to {signed(mark.high)}"
