"""A plot of gains over distance as inline SVG: a dot for each source, small ones for its seeds."""

from collections.abc import Sequence

from mtl.report.chart import ticks
from mtl.report.markup import Markup, tag
from mtl.report.tables import signed
from mtl.study.closeness import Point
from mtl.study.page.forest import plot

WIDTH, HEIGHT = 720, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 24, 12, 44
Spot = tuple[float, float]
CLOSE = (24.0, 13.0)
"""Labels nearer than this across and down would lie on each other."""


def dots(title: str, points: Sequence[Point], *, across: str) -> Markup:
    """The plot with its title; what it shows is said in words for those who do not see it."""
    gains = [gain for point in points for gain in point.gains.values()]
    levels = ticks(min(0.0, *gains), max(0.0, *gains), most=6)
    places = ticks(0.0, max(point.distance for point in points), most=6)

    def x(distance: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (distance - places[0]) / (places[-1] - places[0])

    def y(gain: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (levels[-1] - gain) / (levels[-1] - levels[0])

    foot = HEIGHT - BOTTOM
    parts = [part for level in levels for part in _level(level, y(level))]
    parts += [
        tag("text", f"{place:.1f}", x=f"{x(place):.1f}", y=foot + 18, class_="tick middle")
        for place in places
    ]
    parts.append(tag("text", across, x=WIDTH - RIGHT, y=HEIGHT - 6, class_="tick end"))
    for point in points:
        parts += [
            tag("circle", cx=f"{x(point.distance):.1f}", cy=f"{y(gain):.1f}", r=2.5, class_="seed")
            for gain in point.gains.values()
        ]
    taken: list[Spot] = []
    others = [(x(point.distance), y(point.gain)) for point in points]
    for point in points:
        place = (x(point.distance), y(point.gain))
        label, style = _beside(place, taken, others)
        taken.append(label)
        parts.append(tag("circle", cx=f"{place[0]:.1f}", cy=f"{place[1]:.1f}", r=5, class_="gain"))
        x1, y1 = label
        parts.append(tag("text", point.source.language, x=f"{x1:.1f}", y=f"{y1:.1f}", class_=style))
    said = "; ".join(f"{p.source.language} at {p.distance:.2f} {signed(p.gain)}" for p in points)
    caption = "Points gained over the control; large: the mean of a source language, small: one random seed."
    return plot(title, parts, size=(WIDTH, HEIGHT), said=said, caption=caption, style="dots")


def _beside(place: Spot, taken: Sequence[Spot], points: Sequence[Spot]) -> tuple[Spot, str]:
    """Where a point's label stands, and how: to the right, left, above or below, whichever is free."""
    across, down = place
    spots = (
        ((across + 9, down), "row"),
        ((across - 9, down), "row end"),
        ((across, down - 16), "row middle"),
        ((across, down + 16), "row middle"),
    )
    busy = [*taken, *(point for point in points if point != place)]
    free = (
        spot
        for spot in spots
        if all(abs(spot[0][0] - a) > CLOSE[0] or abs(spot[0][1] - b) > CLOSE[1] for a, b in busy)
    )
    return next(free, spots[0])


def _level(value: float, y: float) -> tuple[Markup, Markup]:
    style = "zero" if value == 0 else "grid"
    label = signed(value) if value else "0"
    return (
        tag("line", x1=LEFT, y1=f"{y:.1f}", x2=WIDTH - RIGHT, y2=f"{y:.1f}", class_=style),
        tag("text", label, x=LEFT - 8, y=f"{y + 4:.1f}", class_="tick end"),
    )
