"""The answer says what the numbers say, and no more."""

from dataclasses import replace

from mtl.study.analysis import ComparisonResult
from mtl.study.page.words import answer, p_value
from mtl.study.schema import Comparison
from mtl.study.statistics.evidence import Evidence
from mtl.study.statistics.gains import Estimate


def finding(arm: str, gain: float, adjusted: float | None, *, family: int = 2) -> ComparisonResult:
    estimate = None if adjusted is None else Estimate(gain=gain, low=gain - 1, high=gain + 1, p=adjusted)
    return ComparisonResult(
        comparison=Comparison(arm=arm, against="none"),
        targets=("xnli", "xquad"),
        seeds=(0, 1, 2) if adjusted is not None else (0,),
        by_language={},
        evidence=Evidence(
            by_seed=(gain,) * (3 if adjusted is not None else 1),
            estimate=estimate,
            bootstrap=estimate,
            permutation=adjusted,
            num_items=1200,
            num_clusters=300,
        ),
        adjusted=adjusted,
        family=family,
    )


def test_the_first_sentence_has_the_best_arm_with_all_that_its_p_rests_on() -> None:
    first, _ = answer([finding("mnli", 1.25, 0.2), finding("squad", 3.5, 0.001)])
    assert first == (
        "On the mean of 2 targets, the arm “squad” gains most over “none”: +3.5 points (95% interval "
        "+2.5 to +4.5; p = 0.0010 after Holm; 1,200 items in 300 clusters, 3 seeds, 2 comparisons)."
    )


def test_the_second_sentence_counts_what_stands() -> None:
    _, second = answer([finding("a", 3.0, 0.01), finding("b", -3.0, 0.04), finding("c", 0.1, 0.9)])
    assert second.startswith("Of the 3 comparisons, 1 is a gain and 1 is a loss at the 5% level")
    assert second.endswith("1 cannot be told from no difference.")


def test_no_gain_is_not_called_one() -> None:
    first, second = answer([finding("a", -0.5, 0.7, family=1)])
    assert "comes nearest to “none”: \N{MINUS SIGN}0.5 points" in first
    assert second.startswith("Of the 1 comparison, 0 are gains and 0 are losses")


def test_too_few_seeds_claim_nothing() -> None:
    first, second = answer([finding("a", 4.0, None)])
    assert first.endswith(
        "+4.0 points, but there are too few seeds to say anything about training: 1 random seed, 3 are needed."
    )
    assert second.startswith("Nothing is claimed beyond these models: too few seeds")


def test_without_results_there_is_no_answer() -> None:
    assert answer([]) == ("There is no answer yet.", "No comparison has all the results that it needs.")


def test_a_p_value_is_never_zero() -> None:
    assert p_value(0.0) == "< 0.0001"
    assert p_value(0.03125) == "0.0312"
    assert p_value(None) == "not tested"
    tiny = replace(finding("a", 4.0, 0.00001))
    assert "p < 0.0001 after Holm" in answer([tiny])[0]


def test_a_mean_over_fewer_targets_is_not_the_best_however_large() -> None:
    part = replace(finding("easy", 9.0, 0.001), targets=("xnli",))
    first, second = answer([part, finding("mnli", 1.25, 0.2)])
    assert first.startswith("On the mean of 2 targets, the arm “mnli” gains most")
    assert second.startswith("Of the 2 comparisons")
