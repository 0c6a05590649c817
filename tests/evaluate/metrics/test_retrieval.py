"""BUCC's F1 over sets, and mean average precision."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.evaluate.metrics.retrieval import average_precision, bucc_f1, map_at_20

pairs = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("xyz")), max_size=9)
rankings = st.lists(st.sampled_from([f"Q{n}" for n in range(30)]), max_size=40)


@settings(deadline=None)
@given(pairs, pairs.filter(bool))
def test_bucc_f1_equals_the_slow_way_and_ignores_order_and_repetition(
    found: list[tuple[str, str]], wanted: list[tuple[str, str]]
) -> None:
    once_found = [pair for place, pair in enumerate(found) if pair not in found[:place]]
    once_wanted = [pair for place, pair in enumerate(wanted) if pair not in wanted[:place]]
    correct = sum(pair in once_wanted for pair in once_found)
    numbers = bucc_f1(found, wanted)
    assert numbers["precision"] == pytest.approx(100 * correct / len(once_found) if once_found else 0)
    assert numbers["recall"] == pytest.approx(100 * correct / len(once_wanted))
    assert numbers["f1"] == pytest.approx(200 * correct / (len(once_found) + len(once_wanted)))
    assert bucc_f1([*found, *found], wanted[::-1]) == numbers


def test_a_pair_the_wrong_way_round_is_wrong() -> None:
    assert bucc_f1([("en-1", "de-1")], [("de-1", "en-1")])["f1"] == 0.0


@settings(deadline=None)
@given(rankings, st.sampled_from([f"Q{n}" for n in range(30)]))
def test_with_one_target_it_is_the_reciprocal_rank_cut_at_twenty(ranking: list[str], target: str) -> None:
    rank = ranking.index(target) + 1 if target in ranking else 99
    expected = 1 / rank if rank <= 20 else 0.0
    assert map_at_20([ranking], [(target,)]) == {"map@20": pytest.approx(100 * expected)}


@settings(deadline=None)
@given(rankings, rankings.filter(bool), st.integers(1, 25))
def test_average_precision_equals_the_slow_way(ranking: list[str], targets: list[str], depth: int) -> None:
    firsts = sorted(ranking.index(t) + 1 for t in set(targets) if t in ranking[:depth])
    precisions = [sum(other <= rank for other in firsts) / rank for rank in firsts]
    expected = sum(precisions) / min(len(set(targets)), depth)
    assert average_precision(ranking, targets, depth=depth) == pytest.approx(expected)


def test_average_precision_by_hand() -> None:
    assert average_precision(["a", "x", "b"], ["a", "b"]) == (1 + 2 / 3) / 2
    assert average_precision(["a", "a", "b"], ["a", "b"]) == (1 + 2 / 3) / 2  # listed twice, found once
    assert average_precision(["a", "b"], ["a", "b", "c"], depth=2) == 1.0  # no more could have been found
    assert average_precision([], ["a"]) == 0.0


def test_the_mean_is_over_queries() -> None:
    assert map_at_20([["a"], ["x", "b"], []], [["a"], ["b"], ["c"]]) == {"map@20": 50.0}
