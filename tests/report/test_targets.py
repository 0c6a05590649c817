"""The tables of targets hold the right numbers in the right places, whatever was scored."""

from pathlib import Path

import pytest

from mtl.report.gather import gather
from mtl.report.results import Results
from mtl.report.runs import read_run
from mtl.report.tables import MINUS, MISSING, Cell
from mtl.report.targets import OTHER, answer_table, group_tasks, language_table
from mtl.tasks.benchmarks import BENCHMARKS
from tests.kit.runs import column, demo_phases, results_of, scores_of, write_run

KNOWN = tuple(BENCHMARKS.values())
GAP = f"others {MINUS} en"


@pytest.fixture
def demo(tmp_path: Path) -> Results:
    return gather([read_run(write_run(tmp_path / "demo", demo_phases()))])


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
        results_of(
            none={**scores_of("xnli", ("en",), english=50), **scores_of("xcopa", ("et",), english=60)},
            mnli=scores_of("xnli", ("en",), english=55),
        ),
        KNOWN,
    )
    assert column(table, "xcopa")["mnli"] == Cell(text=MISSING)
    assert column(table, "mean") == {"none": Cell(text="55.0"), "mnli": Cell(text=MISSING)}


def test_a_target_s_table_leaves_out_the_arms_that_were_not_scored_on_it() -> None:
    both = {**scores_of("xnli", ("en", "fi"), english=50), **scores_of("xcopa", ("et",), english=60)}
    results = results_of(mnli=both, squad=scores_of("xcopa", ("et",), english=55))
    assert [one.label for one in language_table(results, "xnli").columns] == ["mnli"]
    assert [one.label for one in language_table(results, "xcopa").columns] == ["mnli", "squad"]
    assert language_table(results, "xcopa").delta == "", "there is no English to be compared to"


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
    table = language_table(results_of(mnli=scores_of("xnli", ("en", "fi", "sw"), english=80)), "xnli")
    assert table.delta == "gap to English"
    assert column(table, "mnli")["en"] == Cell(text="80.0")
    assert column(table, "mnli")["sw"] == Cell(text="60.0", delta=-20.0)


def test_several_seeds_have_a_deviation_and_fewer_seeds_say_so() -> None:
    seeds = {seed: scores_of("xnli", ("en",), english=50.0 + seed) for seed in range(3)}
    seeds[2] = {}
    some = Results(arms={"none": seeds}, baseline=None, problems=())
    table = answer_table(some, KNOWN)
    assert table.rows[0].cells[0].text == "50.5 ± 0.7 [2]"
    assert "over seeds (none: 3)." in table.caption
