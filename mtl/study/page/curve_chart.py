"""Learning curves as inline SVG: scores over sizes that double; dots are measured, lines are fitted laws."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from mtl.report.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, chart, style_class, ticks
from mtl.report.markup import Markup, tag
from mtl.report.tables import signed
from mtl.study.curves import LearningCurve

STEPS = 40
"""Pieces of a fitted line."""


def curve_chart(title: str, curves: Sequence[LearningCurve], styles: Mapping[str, int]) -> Markup:
    """Curves on one place, in the styles of their names; the control, which has no such data, is level."""
    first, last = min(c.sizes[0] for c in curves), max(c.sizes[-1] for c in curves)
    bases = [curve.base for curve in curves if curve.base is not None]
    values = [value for curve in curves for value in (*curve.means, *_fitted(curve)[1])] + bases
    levels = ticks(min(values), max(values))

    def x(size: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log(size / first) / max(math.log(last / first), 1e-9)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (levels[-1] - value) / (levels[-1] - levels[0])

    marks = [mark for level in levels for mark in _level(level, y(level))]
    below = HEIGHT - BOTTOM + 14
    marks.append(tag("text", f"{first:,}", x=LEFT, y=below, class_="tick"))
    marks.append(tag("text", f"{last:,} records", x=WIDTH - RIGHT, y=below, class_="tick end"))
    marks += [_line(y(base), "base", "without such data") for base in bases[:1]]
    for curve in curves:
        sizes, fitted = _fitted(curve)
        path = "M" + "L".join(f"{x(n):.1f} {y(v):.1f}" for n, v in zip(sizes, fitted, strict=True))
        own = style_class(styles[curve.name])
        marks.append(tag("path", tag("title", curve.name), d=path, class_=own))
        for size, mean in zip(curve.sizes, curve.means, strict=True):
            hint = tag("title", f"{curve.name}, {size:,}: {mean:.1f}")
            marks.append(tag("circle", hint, cx=f"{x(size):.1f}", cy=f"{y(mean):.1f}", r=2.5, class_=own))
    return chart(title, marks, said=" ".join(map(_words, curves)))


def _fitted(curve: LearningCurve) -> tuple[Sequence[float], Sequence[float]]:
    """The law's line; without a law, from mean to mean."""
    if curve.law is None:
        return curve.sizes, curve.means
    sizes = np.geomspace(curve.sizes[0], curve.sizes[-1], STEPS)
    return sizes.tolist(), curve.law.score(sizes).tolist()


def _level(value: float, y: float) -> tuple[Markup, Markup]:
    return _line(y, "grid"), tag("text", f"{value:g}", x=LEFT - 5, y=f"{y:.1f}", class_="tick end")


def _line(y: float, style: str, title: str = "") -> Markup:
    """Across the whole chart."""
    hint = [tag("title", title)] if title else []
    return tag("line", *hint, x1=LEFT, x2=WIDTH - RIGHT, y1=f"{y:.1f}", y2=f"{y:.1f}", class_=style)


def _words(curve: LearningCurve) -> str:
    ends = f"{curve.means[0]:.1f} at {curve.sizes[0]:,} records, {curve.means[-1]:.1f} at {curve.sizes[-1]:,}"
    slope = "" if curve.slope is None else f", {signed(curve.slope.gain)} a doubling"
    return f"{curve.name}: {ends}{slope}."
