"""A difference is written with its sign."""

import pytest

from mtl.report.tables import MINUS, signed


@pytest.mark.parametrize(
    ("value", "text"), [(1.25, "+1.2"), (-0.3, f"{MINUS}0.3"), (0.04, "0.0"), (-0.04, "0.0")]
)
def test_a_difference_has_its_sign(value: float, text: str) -> None:
    assert signed(value) == text
