"""Predictions meet their golds, or the user hears which file does not fit."""

from pathlib import Path
from typing import Any

import pytest

from mtl.errors import UserError
from mtl.evaluate.layouts.align import Aligned, as_sets, by_id, by_line, by_sentence

FILES = (Path("P/x.tsv"), Path("L/x.tsv"))


def test_lines_meet_in_order() -> None:
    assert by_line(["a", "b"], ["b", "b"], *FILES) == Aligned(["a", "b"], ["b", "b"])


@pytest.mark.parametrize("predictions", [["a"], ["a", "b", "c"]])
def test_a_wrong_number_of_lines_is_the_users_error(predictions: list[str]) -> None:
    with pytest.raises(UserError, match=rf"P/x.tsv: {len(predictions)} lines, but L/x.tsv has 2"):
        by_line(predictions, ["a", "b"], *FILES)


def test_a_wrong_number_of_sentences_or_tags_is_the_users_error() -> None:
    with pytest.raises(UserError, match=r"P/x.tsv: 1 sentences, but L/x.tsv has 2"):
        by_sentence([["N", "V"]], [["N"], ["V"]], *FILES)
    with pytest.raises(UserError, match=r"P/x.tsv: sentence 2 has 1 tags, but 2 in L/x.tsv"):
        by_sentence([["N"], ["V"]], [["N"], ["V", "V"]], *FILES)
    with pytest.raises(UserError, match=r"P/x.tsv: sentence 1 has 2 tags, but 1 in L/x.tsv"):
        by_sentence([["N", "V"], ["V"]], [["N"], ["V"]], *FILES)


def test_sets_need_not_be_of_one_size() -> None:
    assert as_sets([("a", "b")], [], *FILES) == Aligned([("a", "b")], [])


def test_ids_meet_in_the_order_of_the_golds() -> None:
    golds = {"q1": 1, "q2": 2}
    assert by_id(None)({"q2": "b", "q1": "a"}, golds, *FILES) == Aligned(["a", "b"], [1, 2])


@pytest.mark.parametrize(
    ("predictions", "aligned", "problem"),
    [
        (
            {"q1": "a"},
            ["a", None],
            "P/x.tsv: no prediction for 1 of the 2 ids of L/x.tsv, such as 'q2'",
        ),
        (
            {"q1": "a", "q2": "b", "q9": "c"},
            ["a", "b"],
            "P/x.tsv: L/x.tsv does not have 1 of its ids, such as 'q9'",
        ),
    ],
)
def test_missing_and_extra_ids_are_named_and_do_not_stop_the_rest(
    predictions: dict[str, str], aligned: list[Any], problem: str
) -> None:
    assert by_id(None)(predictions, {"q1": 1, "q2": 2}, *FILES) == Aligned(aligned, [1, 2], (problem,))


def test_files_without_a_common_id_do_not_belong_together() -> None:
    with pytest.raises(UserError, match=r"P/x.tsv: has none of the 1 ids of L/x.tsv, such as 'q1'"):
        by_id(())({"other": []}, {"q1": ["Q1"]}, *FILES)
