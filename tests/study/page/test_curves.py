"""The table of slopes: what a slope rests on is said below it."""

from dataclasses import replace

from mtl.study.page.curves import curves_table
from mtl.study.statistics.evidence import Evidence
from mtl.study.statistics.gains import Estimate
from tests.study.page.test_curve_chart import curve

SLOPE = Evidence(by_seed=(9.0, 10.0, 11.0), estimate=Estimate(gain=10.0, low=7.5, high=12.5, p=0.003))
CURVE = replace(
    curve("mnli", "bucc2018"),
    labels=("few", "more", "many"),
    sizes=(10, 20, 40),
    seeds=(0, 1, 2),
    scores=((49.0, 50.0, 51.0), (59.0, 60.0, 61.0), (67.0, 70.0, 73.0)),
    evidence=SLOPE,
)


def test_a_slope_over_a_metric_without_items_has_the_note_that_says_so() -> None:
    assert curves_table([CURVE, CURVE]).notes == ("bucc2018 has no items: over seeds alone",)
    with_items = replace(CURVE, evidence=replace(SLOPE, num_items=60, num_clusters=30))
    assert curves_table([with_items]).notes == ()


def test_what_could_not_be_fitted_has_the_reason_for_that_alone() -> None:
    (note,) = curves_table([curve("mnli", "bucc2018")]).notes
    assert note.startswith("too few sizes")
