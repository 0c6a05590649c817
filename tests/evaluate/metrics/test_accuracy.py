"""Accuracy, and the F1 of the label that says yes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.errors import UserError
from mtl.evaluate.metrics.accuracy import accuracy, accuracy_f1, positive_label


def test_accuracy_is_the_share_of_equal_labels() -> None:
    assert accuracy(["a", "b", "c", "c"], ["a", "b", "c", "a"]) == {"accuracy": 75.0}
    assert accuracy([3, 1], [1, 1]) == {"accuracy": 50.0}


def test_words_are_never_compared_with_numbers() -> None:
    with pytest.raises(AssertionError, match="words against numbers"):
        accuracy(["1"], [1])


def test_qqp_by_hand() -> None:
    golds = ["duplicate", "duplicate", "not_duplicate", "not_duplicate", "not_duplicate"]
    said = ["duplicate", "not_duplicate", "duplicate", "not_duplicate", "not_duplicate"]
    assert accuracy_f1(said, golds) == {"accuracy": 60.0, "f1": 50.0, "acc_and_f1": 55.0}


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1))
def test_accuracy_f1_equals_counting_by_hand(rows: list[tuple[int, int]]) -> None:
    both = sum(1 for p, g in rows if p == 1 and g == 1)
    either = sum(1 for p, g in rows if p == 1) + sum(1 for p, g in rows if g == 1)
    f1 = 100 * 2 * both / either if either else 0.0
    right = 100 * sum(1 for p, g in rows if p == g) / len(rows)
    numbers = accuracy_f1([str(p) for p, _ in rows], [str(g) for _, g in rows])
    assert numbers["f1"] == pytest.approx(f1)
    assert numbers["acc_and_f1"] == pytest.approx((f1 + right) / 2)
    assert numbers == accuracy_f1([p for p, _ in rows], [g for _, g in rows])


@pytest.mark.parametrize(
    ("labels", "positive"),
    [
        ({"0", "1"}, "1"),
        ({"0"}, "1"),
        ({0, 1}, 1),
        ({"not_duplicate", "duplicate"}, "duplicate"),
        ({"not_duplicate"}, "duplicate"),
        ({"duplicate"}, "duplicate"),
        ({"equivalent", "not_equivalent"}, "equivalent"),
        ({"yes", "no"}, "yes"),
        ({"true", "false"}, "true"),
    ],
)
def test_the_positive_label_is_the_one_that_says_yes(labels: set[str | int], positive: str | int) -> None:
    assert positive_label(labels) == positive


@pytest.mark.parametrize("labels", [{"a", "b"}, {"entailment", "neutral"}, {1, 2}, {7}, {"0", "1", "2"}])
def test_labels_that_do_not_say_which_is_positive_are_the_users_error(labels: set[str | int]) -> None:
    with pytest.raises(UserError, match=r"accuracy_f1 cannot tell .*use the metric accuracy") as error:
        positive_label(labels)
    assert "\n" not in str(error.value)
