"""Means over related languages: the right languages, the right weights, English left out."""

from pathlib import Path

from mtl.report.gather import gather
from mtl.report.kinship import kinship_tables
from mtl.report.runs import read_run
from mtl.report.targets import language_table
from tests.kit.runs import column, demo_phases, results_of, scores_of, write_run


def test_languages_are_grouped_by_family_script_and_resource_without_english() -> None:
    scores = {
        **scores_of("xnli", ("en", "de", "sw", "th"), english=90, loss=30),
        **scores_of("xcopa", ("th", "sw"), english=70, loss=10),
    }
    family, script, resource = kinship_tables(results_of(mnli=scores))
    assert [row.label for row in family.rows] == [
        "Atlantic-Congo (1)",
        "Indo-European: Germanic (1)",
        "Tai-Kadai (1)",
    ]
    assert column(family, "mnli")["Tai-Kadai (1)"].text == "65.0"  # (60 + 70) / 2
    assert [row.label for row in script.rows] == ["Latin (2)", "Thai (1)"]
    assert column(script, "mnli")["Latin (2)"].text == "67.5"  # ((80 + 70) / 2 + 60) / 2
    assert [row.label for row in resource.rows] == ["high (2)", "low (1)"]


def test_a_language_that_the_table_does_not_know_is_unknown_and_kept() -> None:
    family, *_ = kinship_tables(results_of(mnli=scores_of("xnli", ("en", "sv", "de"), english=90)))
    assert [row.label for row in family.rows] == ["Indo-European: Germanic (1)", "unknown (1)"]
    assert (
        language_table(results_of(mnli=scores_of("xnli", ("en", "sv"), english=90)), "xnli").rows[-1].title
        == "sv"
    )


def test_one_group_makes_no_table(tmp_path: Path) -> None:
    run = read_run(write_run(tmp_path / "demo", demo_phases()))
    assert list(kinship_tables(gather([run]))) == []
