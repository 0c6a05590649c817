"""The tables hold the right numbers in the right places, whatever was scored."""

from pathlib import Path

import pytest

from mtl.report.kinship import kinship_tables
from mtl.report.results import Results, gather
from mtl.report.runs import TaskScores, read_run
from mtl.report.tables import (
    MINUS,
    MISSING,
    OTHER,
    Cell,
    Table,
    answer_table,
    group_tasks,
    language_table,
    signed,
)
from mtl.tasks.benchmarks import BENCHMARKS
from tests.kit.runs import demo_phases, scores_of, write_run

KNOWN = tuple(BENCHMARKS.values())
GAP = f"others {MINUS} en"


@pytest.fixture
def demo(tmp_path: Path) -> Results:
    return gather([read_run(write_run(tmp_path / "demo", demo_phases()))])


def results(**arms: TaskScores) -> Results:
    return Results(
        arms={arm: {0: scores} for arm, scores in arms.items()},
        baseline="none" if "none" in arms and len(arms) > 1 else None,
        problems=(),
    )


def column(table: Table, label: str) -> dict[str, Cell]:
    index = [each.label for each in table.columns].index(label)
    return {row.label: row.cells[index] for row in table.rows}


def test_the_answer_has_every_target_in_its_group_and_the_means(demo: Results) -> None:
    table = answer_table(demo, KNOWN)
    assert [(each.group, each.label) for each in table.columns] == [
        ("classification", "xnli"),
        ("classification", "xcopa"),
        ("classification", "mean"),
        ("tagging", "udpos"),
        ("qa", "xquad"),
        ("retrieval", "tatoeba"),
        ("mean", "all targets"),
    ]
    assert column(table, "xnli") == {"none": Cell(text="60.0"), "all nine": Cell(text="65.0", delta=5.0)}
    assert column(table, "mean")["all nine"] == Cell(text="60.5", delta=2.0)
    assert column(table, "all targets")["all nine"].delta == pytest.approx(3.8)
    assert table.delta == "gain over none"


def test_a_task_stands_in_one_group_and_an_unknown_one_among_others() -> None:
    groups = group_tasks(("reviews", "xcopa", "xnli", "tatoeba"), KNOWN)
    assert groups == {"classification": ["xnli", "xcopa"], "retrieval": ["tatoeba"], OTHER: ["reviews"]}


def test_an_arm_without_a_target_has_no_mean() -> None:
    table = answer_table(
        results(
            none={**scores_of("xnli", ("en",), english=50), **scores_of("xcopa", ("et",), english=60)},
            mnli=scores_of("xnli", ("en",), english=55),
        ),
        KNOWN,
    )
    assert column(table, "xcopa")["mnli"] == Cell(text=MISSING)
    assert column(table, "mean") == {"none": Cell(text="55.0"), "mnli": Cell(text=MISSING)}


def test_a_target_s_table_begins_with_its_mean_and_the_gap_to_english(demo: Results) -> None:
    table = language_table(demo, "xnli")
    assert [row.label for row in table.rows] == ["mean", GAP, "en", "qaa", "qab", "qac", "qad"]
    cells = column(table, "all nine")
    assert cells[GAP].text == f"{MINUS}12.5"
    assert cells["qad"] == Cell(text="55.0", delta=5.0)
    assert table.rows[3].title == "artificial qaa"


def test_a_target_without_english_has_no_gap(demo: Results) -> None:
    assert [row.label for row in language_table(demo, "tatoeba").rows][:2] == ["mean", "qaa"]


def test_a_single_arm_is_compared_to_english() -> None:
    table = language_table(results(mnli=scores_of("xnli", ("en", "fi", "sw"), english=80)), "xnli")
    assert table.delta == "gap to English"
    assert column(table, "mnli")["en"] == Cell(text="80.0")
    assert column(table, "mnli")["sw"] == Cell(text="60.0", delta=-20.0)


def test_several_seeds_have_a_deviation_and_fewer_seeds_say_so() -> None:
    seeds = {seed: scores_of("xnli", ("en",), english=50.0 + seed) for seed in range(3)}
    seeds[2] = {}
    some = Results(arms={"none": seeds}, baseline=None, problems=())
    table = answer_table(some, KNOWN)
    assert table.rows[0].cells[0].text == "50.5 ± 0.7 (2)"
    assert "seeds: none 3" in table.caption


def test_languages_are_grouped_by_family_script_and_resource_without_english() -> None:
    scores = {
        **scores_of("xnli", ("en", "de", "sw", "th"), english=90, loss=30),
        **scores_of("xcopa", ("th", "sw"), english=70, loss=10),
    }
    family, script, resource = kinship_tables(results(mnli=scores))
    assert [row.label for row in family.rows] == [
        "Indo-European: Germanic (1)",
        "Kra-Dai (1)",
        "Niger-Congo (1)",
    ]
    assert column(family, "mnli")["Kra-Dai (1)"].text == "65.0"  # (60 + 70) / 2
    assert [row.label for row in script.rows] == ["Latin (2)", "Thai (1)"]
    assert column(script, "mnli")["Latin (2)"].text == "67.5"  # ((80 + 70) / 2 + 60) / 2
    assert [row.label for row in resource.rows] == ["high (2)", "low (1)"]


def test_a_language_that_the_table_does_not_know_is_unknown_and_kept() -> None:
    family, *_ = kinship_tables(results(mnli=scores_of("xnli", ("en", "sv", "de"), english=90)))
    assert [row.label for row in family.rows] == ["Indo-European: Germanic (1)", "unknown (1)"]
    assert (
        language_table(results(mnli=scores_of("xnli", ("en", "sv"), english=90)), "xnli").rows[-1].title
        == "sv"
    )


def test_one_group_makes_no_table(demo: Results) -> None:
    assert list(kinship_tables(demo)) == []


@pytest.mark.parametrize(
    ("value", "text"), [(1.25, "+1.2"), (-0.3, f"{MINUS}0.3"), (0.04, "0.0"), (-0.04, "0.0")]
)
def test_a_difference_has_its_sign(value: float, text: str) -> None:
    assert signed(value) == text
