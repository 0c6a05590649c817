"""The forest plot: a dot for each comparison, an interval where there is one, and the same in words."""

import re

import pytest

from mtl.study.page.forest import LETTER, PLOT, WIDTH, Mark, forest

MARKS = (
    Mark(label="mnli against none", gain=2.0, low=0.5, high=3.5, sure=True),
    Mark(label="a <b> against none", gain=-1.0, low=-3.0, high=1.0, sure=False),
    Mark(label="qqp against none", gain=0.5, low=None, high=None, sure=False),
)


def test_every_mark_is_there_within_the_picture() -> None:
    svg = forest("Gains", MARKS)
    places = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', svg)]
    assert len(places) == 3 and svg.count('class="range"') == 2
    assert places[1] < places[2] < places[0]
    zero = float(re.findall(r'<line x1="([\d.]+)"[^>]*class="zero"', svg)[0])
    assert places[1] < zero < places[2]
    xs = [float(x) for x in re.findall(r'x[12]?="([\d.]+)"', svg)]
    assert min(xs) >= 0 and max(xs) <= 720


def test_what_is_sure_is_filled_and_text_from_outside_stays_text() -> None:
    svg = forest("Gains", MARKS)
    assert svg.count('class="gain"') == 1 and svg.count('class="gain unsure"') == 2
    assert "<b>" not in svg and "a &lt;b&gt; against none" in svg


def test_it_is_said_in_words() -> None:
    svg = forest("Gains", MARKS)
    assert "mnli against none +2.0, from +0.5 to +3.5" in svg
    assert "qqp against none +0.5, not tested" in svg


@pytest.mark.parametrize("letters", [40, 90, 150])
def test_however_long_the_labels_the_axis_has_room_within_the_picture(letters: int) -> None:
    svg = forest("Gains", (*MARKS, Mark(label="a" * letters, gain=1.0, low=0.0, high=2.0, sure=True)))
    width = float(re.findall(r'viewBox="0 0 (\d+) ', svg)[0])
    levels = [float(x) for x in re.findall(r'<line x1="([\d.]+)"[^>]*class="(?:grid|zero)"', svg)]
    assert max(levels) - min(levels) >= PLOT and max(levels) < width
    starts = [float(x) for x in re.findall(r'<text x="([\d.]+)" [^>]*class="row end">a', svg)]
    assert min(starts) >= LETTER * letters
    assert (width == WIDTH) == ("min-width" not in svg)
