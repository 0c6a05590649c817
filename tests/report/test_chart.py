"""Charts have round numbers at their sides, every line in its place, and words for who does not see them."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl import report
from mtl.report.chart import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    SECOND,
    TOP,
    WIDTH,
    Line,
    key_to_lines,
    line_chart,
    style_class,
    ticks,
)
from mtl.report.curves import Curve


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_round_even_and_around_the_values(low: float, size: float) -> None:
    marks = ticks(low, low + size)
    assert 2 <= len(marks) <= 6
    step = marks[1] - marks[0]
    slack = 1e-6 * step + 1e-9 * abs(low)
    assert marks[0] <= low + slack and marks[-1] >= low + size - slack
    assert all(
        after - before == pytest.approx(step, rel=1e-3)
        for before, after in zip(marks, marks[1:], strict=False)
    )
    assert f"{step:.1e}"[:3] in {"1.0", "2.0", "2.5", "5.0"}


@pytest.mark.parametrize("high", [3.0, 3.0 + 1e-15])
def test_a_level_line_has_room_above_and_below(high: float) -> None:
    marks = ticks(3.0, high)
    assert marks[0] < 3.0 <= high < marks[-1]


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=300), st.booleans())
def test_every_point_lies_inside_the_frame(values: list[float], noisy: bool) -> None:
    curve = Curve(tuple(range(len(values))), tuple(values))
    chart = line_chart("loss", [Line(label="none", curve=curve, style=0, noisy=noisy)])
    paths = re.findall(r' d="M([^"]+)"', chart)
    assert len(paths) == 1 + noisy
    for point in "L".join(paths).split("L"):
        x, y = map(float, point.split())
        assert LEFT <= x <= WIDTH - RIGHT
        assert TOP - 0.1 <= y <= HEIGHT - BOTTOM + 0.1


def test_the_best_step_is_marked_and_said() -> None:
    line = Line(label="all nine", curve=Curve((9, 19, 29), (50.0, 70.0, 60.0)), style=1, best=19)
    chart = line_chart("dev", [line])
    assert 'class="line s1 d0 best"' in chart
    assert "<title>best, step 19: 70.0</title>" in chart
    assert "dev. all nine: from 50 at step 9 to 60 at step 29, best at step 19." in chart


def test_a_best_step_that_the_curve_does_not_have_is_no_mark() -> None:
    line = Line(label="all nine", curve=Curve((9,), (50.0,)), style=1, best=19)
    assert "best" not in line_chart("dev", [line])


def test_many_lines_and_as_many_of_a_second_kind_all_look_different() -> None:
    styles = [*range(SECOND), *(style + SECOND for style in range(SECOND))]
    assert len({style_class(style) for style in styles}) == len(styles)
    assert style_class(SECOND + 2).split()[:2] == style_class(2).split()[:2], "a second kind keeps its colour"


def test_the_page_knows_every_colour_and_dash() -> None:
    css = (Path(report.__file__).parent / "page.css").read_text(encoding="utf-8")
    names = {name for style in range(2 * SECOND) for name in style_class(style).split()[1:]}
    assert all(f".{name} {{" in css for name in names - {"d0"})
    dashes = re.findall(r"\.line\.\w\d [^}]*dasharray: ([\d. ]+);", css)
    assert len(dashes) == len(set(dashes)) == 7


def test_the_key_draws_a_line_as_the_chart_does() -> None:
    line = Line(label="eighth", curve=Curve((0, 1), (1.0, 2.0)), style=7)
    (drawn,) = re.findall(r'<path [^>]*class="([^"]+)"', line_chart("dev", [line]))
    (keyed,) = re.findall(r'<line [^>]*class="([^"]+)"', key_to_lines({"eighth": 7}))
    assert drawn == keyed == "line s1 d1"
