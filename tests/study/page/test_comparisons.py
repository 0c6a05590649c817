"""A comparison's label says over which targets it is where these are not all, a note where it has no items."""

from dataclasses import replace

from mtl.report import latex, markdown
from mtl.report.grid import grid
from mtl.study.interactions import InteractionResult
from mtl.study.page.comparisons import comparison_marks, comparisons_table
from mtl.study.page.interactions import interactions_table
from mtl.study.schema import Interaction
from mtl.study.statistics.evidence import Evidence
from tests.study.page.test_words import finding

WHOLE = {"": 3, "near": 2}
ALL = replace(finding("mnli", 1.0, 0.01), targets=("xnli", "xquad", "bucc2018"))
SOME = finding("squad", 2.0, 0.01)
ONE = replace(finding("ccg", 3.0, 0.01), targets=("xquad",))
SEEDS_ALONE = Evidence(by_seed=ALL.evidence.by_seed, estimate=ALL.evidence.estimate)
NO_ITEMS = replace(ALL, evidence=SEEDS_ALONE)


def test_a_mean_that_leaves_targets_out_says_so_in_the_plot_and_stands_behind_the_whole_ones() -> None:
    labels = [mark.label for mark in comparison_marks([ALL, SOME, ONE], WHOLE)]
    assert labels == ["mnli against none", "squad against none: 2 of 3 targets", "ccg against none: xquad"]


def test_and_in_every_form_of_the_table() -> None:
    table = comparisons_table("tests", "Comparisons", [ALL, SOME], WHOLE)
    assert [row.label for row in table.rows] == ["mnli against none", "squad against none: 2 of 3 targets"]
    for text in (grid(table), markdown.render("study", [table], []), latex.render([table])):
        assert "squad against none: 2 of 3 targets" in text


def test_an_average_is_held_against_the_targets_that_have_its_languages() -> None:
    near = replace(SOME, average="near")
    table = comparisons_table(
        "tests-averages", "Comparisons by average", [near, replace(ALL, average="near")], WHOLE
    )
    assert [row.label for row in table.rows] == ["squad against none, near", "mnli against none, near"]


def test_a_plot_of_one_target_names_it_in_its_title_alone() -> None:
    (mark,) = comparison_marks([ONE], {"": 1})
    assert mark.label == "ccg against none"


def test_without_items_a_test_over_seeds_alone_is_said_to_be_one() -> None:
    single = replace(NO_ITEMS, targets=("bucc2018",))
    table = comparisons_table("tests", "Comparisons", [ALL, NO_ITEMS, single, single], WHOLE)
    assert table.notes == (
        "a mean over targets of which not all have items: over seeds alone",
        "bucc2018 has no items: over seeds alone",
    )
    assert comparisons_table("tests", "Comparisons", [ALL], WHOLE).notes == ()


def test_what_was_not_tested_has_the_reason_for_that_alone() -> None:
    untested = replace(ALL, seeds=(0,), evidence=Evidence(by_seed=(1.0,), estimate=None))
    (note,) = comparisons_table("tests", "Comparisons", [untested], WHOLE).notes
    assert note.startswith("too few seeds")


def test_interactions_without_items_have_the_note_too() -> None:
    together = InteractionResult(
        interaction=Interaction(both="both", one="one", other="other", neither="none"),
        targets=("bucc2018",),
        seeds=(1, 2, 3),
        gains=(3.0, 2.0, 1.0),
        evidence=SEEDS_ALONE,
    )
    assert interactions_table([together]).notes == ("bucc2018 has no items: over seeds alone",)
    assert interactions_table([replace(together, evidence=ALL.evidence)]).notes == ()
