"""Numbers on the command line are read or refused, each in a line."""

import argparse

import pytest

from mtl.arguments import positive_number, whole_number


def test_numbers_are_read() -> None:
    assert (whole_number("3"), positive_number("0.5"), positive_number("3")) == (3, 0.5, 3.0)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "x", ""])
def test_a_count_is_from_1_on(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no whole number from 1 on"):
        whole_number(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "x", ""])
def test_a_quantity_is_finite_and_above_0(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no number above 0"):
        positive_number(text)
