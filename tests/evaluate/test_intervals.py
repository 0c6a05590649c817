"""Wilson's interval against its definition: the shares from which what was found is 1.96 deviations away."""

import math

import pytest

from mtl.evaluate.intervals import Z, half_width


@pytest.mark.parametrize("percent", [0.0, 12.5, 50.0, 100.0])
@pytest.mark.parametrize("items", [1, 8, 600])
def test_at_its_ends_the_share_found_is_just_so_many_deviations_away(percent: float, items: int) -> None:
    found = percent / 100
    centre = (found + Z**2 / (2 * items)) / (1 + Z**2 / items)
    for end in (centre - half_width(percent, items) / 100, centre + half_width(percent, items) / 100):
        assert abs(end - found) == pytest.approx(Z * math.sqrt(max(end * (1 - end), 0) / items), abs=1e-7)


def test_six_hundred_items_leave_four_points_at_the_most() -> None:
    assert 3.9 < half_width(50, 600) < 4.0 and half_width(90, 600) < 2.5
