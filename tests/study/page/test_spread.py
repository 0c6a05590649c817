"""How many seeds a gain needs, as a number or as too many for one."""

from dataclasses import replace

from mtl.report.tables import MISSING
from mtl.study.page.spread import spread_table
from mtl.study.spread import MOST_SEEDS, Spread
from mtl.study.statistics.summary import t_quantile

SPREAD = Spread(target="xnli", num_arms=2, num_seeds=3, seeds=1.0, low=0.5, high=2.0, gains=2.0, items=None)


def shown(spread: Spread) -> str:
    (row,) = spread_table([spread]).rows
    return row.cells[4].text


def test_the_needed_seeds_are_the_fewest_that_suffice() -> None:
    needed = SPREAD.needed
    assert needed is not None and shown(SPREAD) == str(needed)
    assert (
        t_quantile(needed - 1) * 2.0 / needed**0.5 <= 1 < t_quantile(needed - 2) * 2.0 / (needed - 1) ** 0.5
    )


def test_more_seeds_than_anybody_trains_are_no_number() -> None:
    wild = replace(SPREAD, gains=50.0)
    assert wild.needed is None and shown(wild) == f"more than {MOST_SEEDS}"


def test_without_gains_nothing_is_said() -> None:
    assert shown(replace(SPREAD, gains=None)) == MISSING
