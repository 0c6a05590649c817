"""Several numbers as one."""

import pytest

from mtl.study.statistics.summary import summarise, too_few


def test_mean_deviation_and_interval_are_the_textbook_s() -> None:
    # One standard error is 1 / sqrt(3); the table of t gives 4.303 for two degrees of freedom.
    summary = summarise([1.0, 2.0, 3.0])
    assert (summary.count, summary.mean, summary.deviation) == (3, 2.0, 1.0)
    assert summary.low == pytest.approx(2 - 4.3027 / 3**0.5, abs=1e-4)
    assert summary.high == pytest.approx(2 + 4.3027 / 3**0.5, abs=1e-4)


def test_one_number_has_no_interval() -> None:
    summary = summarise([61.5])
    assert (summary.mean, summary.deviation, summary.low, summary.high) == (61.5, None, None, None)


def test_too_few_seeds_are_said_so() -> None:
    assert too_few(3) is None
    assert too_few(1) == "too few seeds to say anything about training: 1 random seed, 3 are needed"
    assert "2 random seeds," in str(too_few(2))
