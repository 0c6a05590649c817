"""Dice give the same draws for the same key, everywhere and for ever, and every draw within its bounds."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.world.dice import Dice


def test_the_draws_of_a_key_never_change() -> None:
    dice = Dice(0, "a file", 7)
    assert [dice.below(1000) for _ in range(6)] == [921, 764, 291, 19, 977, 793]


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**63), high=st.integers(1, 10**6))
def test_a_draw_stays_below_its_bound(seed: int, high: int) -> None:
    dice = Dice(seed)
    assert all(0 <= dice.below(high) < high for _ in range(40))


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**63), items=st.lists(st.integers(), unique=True, min_size=1), data=st.data())
def test_a_sample_holds_different_items_of_the_given(
    seed: int, items: list[int], data: st.DataObject
) -> None:
    num = data.draw(st.integers(0, len(items)))
    sample = Dice(seed).sample(items, num)
    assert len(set(sample)) == num
    assert set(sample) <= set(items)


def test_draws_are_spread_evenly() -> None:
    counts = Counter(Dice("even", i).pick("abcd") for i in range(4000))
    assert all(900 < counts[letter] < 1100 for letter in "abcd")


def test_draws_go_on_beyond_a_block_of_words() -> None:
    dice = Dice("long")
    draws = [dice.below(2**60) for _ in range(200)]
    assert len(set(draws)) == 200
