"""The plot of gains over distance: a dot for each source, and small ones at the gains of its seeds."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from mtl.study.closeness import Point
from mtl.study.page.dots import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, dots


def point(language: str, distance: float, gains: dict[int, float]) -> Point:
    source: Any = SimpleNamespace(language=language)
    return Point(source=source, distance=distance, gains=gains)


POINTS = (
    point("qaa", 0.25, {11: 30.0, 12: 20.0, 13: -10.0}),
    point("qab", 0.75, {11: 0.0, 12: -7.5}),
)
CIRCLE = re.compile(r'<circle cx="([\d.-]+)" cy="([\d.-]+)" r="[\d.]+" class="(\w+)"')


def circles(svg: str, kind: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y, style in CIRCLE.findall(svg) if style == kind]


def test_seeds_lie_within_the_drawing_at_the_height_of_their_gains_and_not_of_their_numbers() -> None:
    svg = dots("Trained on mnli", POINTS, across="distance")
    found = circles(svg, "seed")
    assert all(LEFT <= x <= WIDTH - RIGHT and TOP <= y <= HEIGHT - BOTTOM for x, y in found)
    gains = [gain for each in POINTS for gain in each.gains.values()]
    assert len(found) == len(gains)
    zero = float(re.findall(r'y1="([\d.]+)"[^>]*class="zero"', svg)[0])
    points_high = (zero - found[0][1]) / gains[0]
    assert points_high > 0
    assert [zero - y for _, y in found] == pytest.approx([points_high * gain for gain in gains], abs=0.2)


def test_the_large_dot_is_the_mean_of_its_seeds_and_stands_over_them() -> None:
    svg = dots("Trained on mnli", POINTS, across="distance")
    seeds, means = circles(svg, "seed"), circles(svg, "gain")
    assert len(means) == 2
    for (x, y), own in zip(means, (seeds[:3], seeds[3:]), strict=True):
        assert {place for place, _ in own} == {x}
        assert y == pytest.approx(sum(height for _, height in own) / len(own), abs=0.1)
