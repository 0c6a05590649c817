"""Numbers on the command line are read or refused, each in a line."""

import argparse

import pytest

from mtl.arguments import names, positive_number, seconds, whole_number


def test_names_have_commas_between_them_and_an_empty_variable_of_the_shell_is_no_name() -> None:
    assert names("a,b") == ["a", "b"]
    for text in ("", ","):
        with pytest.raises(argparse.ArgumentTypeError, match="names nothing"):
            names(text)


def test_no_time_is_longer_than_clocks_can_count() -> None:
    assert seconds("900") == 900.0
    with pytest.raises(argparse.ArgumentTypeError, match="more than a year"):
        seconds("1e14")


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
