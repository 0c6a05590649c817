"""Seeds of one arm are found and others kept apart; what cannot be compared is not, and is named."""

import math
from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.report.gather import gather
from mtl.report.results import Results, Sample, mean_of
from mtl.report.runs import read_run
from tests.kit.runs import demo_phases, write_run


def gathered(folder: Path, *phase_lists: list[dict[str, object]], baseline: str | None = None) -> Results:
    recipe = {"data": {"root": None}}
    runs = [
        read_run(write_run(folder / f"run{i}", phases, recipe={**recipe, "seed": i}))
        for i, phases in enumerate(phase_lists)
    ]
    return gather(runs, baseline=baseline)


def test_every_arm_has_its_tasks_and_gains_over_the_one_without(tmp_path: Path) -> None:
    results = gathered(tmp_path, demo_phases(better=5.0))
    assert (list(results.arms), results.baseline, results.problems) == (["none", "all nine"], "none", ())
    assert list(results.tasks) == ["xnli", "xcopa", "udpos", "xquad", "tatoeba"]
    assert results.tasks["xnli"] == ("en", "qaa", "qab", "qac", "qad")
    xnli = results.of_task("xnli")
    assert results.sample("all nine", xnli) == Sample((65.0,))
    assert results.gain("all nine", xnli) == 5.0
    assert results.gain("none", xnli) is None
    everything = mean_of([results.of_task(task) for task in results.tasks])
    assert results.gain("all nine", everything) == pytest.approx((4 * 5.0 - 1.0) / 5)


def test_runs_that_differ_in_their_seed_are_seeds_of_the_same_arms(tmp_path: Path) -> None:
    results = gathered(tmp_path, demo_phases(seed=1, better=2.0), demo_phases(seed=2, better=6.0))
    sample = results.sample("all nine", results.of_task("xnli"))
    assert sample is not None
    assert sample.values == (62.0, 66.0)
    assert (sample.mean, sample.deviation) == (64.0, pytest.approx(math.sqrt(8)))
    assert results.gain("all nine", results.of_task("xnli")) == 4.0


def test_runs_that_differ_in_anything_else_are_other_arms(tmp_path: Path) -> None:
    paths = [
        write_run(tmp_path / name, demo_phases(), recipe={"train": {"lr": rate}})
        for name, rate in (("slow", 1e-5), ("fast", 1e-3))
    ]
    results = gather([read_run(path) for path in paths])
    assert list(results.arms) == ["slow: none", "slow: all nine", "fast: none", "fast: all nine"]
    assert results.baseline is None
    chosen = gather([read_run(path) for path in paths], baseline="fast: none")
    assert (chosen.baseline, next(iter(chosen.arms))) == ("fast: none", "fast: none")


def test_the_arm_without_intermediate_training_may_be_a_run_of_its_own(tmp_path: Path) -> None:
    arms = {"xstilts": "all nine", "baseline": "none"}
    paths = [
        write_run(tmp_path / name, [p for p in demo_phases() if p["arm"] == arm], recipe={"x": name})
        for name, arm in arms.items()
    ]
    results = gather([read_run(path) for path in paths])
    assert (list(results.arms), results.baseline) == (["none", "all nine"], "none")
    assert results.gain("all nine", results.of_task("xnli")) == 5.0


def test_the_folder_of_the_data_makes_no_other_arm(tmp_path: Path) -> None:
    paths = [
        write_run(tmp_path / f"seed{seed}", demo_phases(seed=seed), recipe={"data": {"root": f"disk{seed}"}})
        for seed in (1, 2)
    ]
    assert list(gather([read_run(path) for path in paths]).arms) == ["none", "all nine"]


def test_a_number_that_is_there_twice_counts_once_and_is_named(tmp_path: Path) -> None:
    results = gathered(tmp_path, demo_phases(better=5.0), demo_phases(better=9.0))
    assert results.sample("all nine", results.of_task("xnli")) == Sample((65.0,))
    assert any(
        problem.startswith("xnli of arm all nine, seed 7: scored by run0/xnli-nine-test and again by run1/")
        for problem in results.problems
    )


def test_what_one_arm_lacks_gives_it_no_mean_and_is_named(tmp_path: Path) -> None:
    phases = demo_phases()
    test = next(phase for phase in phases if phase["name"] == "xnli-nine-test")
    del test["scores"]["xnli"]["qac"]
    results = gathered(tmp_path, phases)
    assert results.sample("all nine", results.of_task("xnli")) is None
    assert results.sample("all nine", results.of_task("xnli", ("en", "qaa"))) == Sample((72.5,))
    assert results.problems == ("xnli is not scored in qac for arm all nine, seed 7: no mean there",)


def test_an_arm_that_never_meets_a_target_is_no_problem(tmp_path: Path) -> None:
    phases = [phase for phase in demo_phases() if not phase["name"].startswith("xnli-nine")]
    results = gathered(tmp_path, phases)
    assert results.problems == ()
    assert results.sample("all nine", results.of_task("xnli")) is None


def test_a_pooled_average_is_the_scorer_s(tmp_path: Path) -> None:
    phases = demo_phases()
    test = next(phase for phase in phases if phase["name"] == "xnli-nine-test")
    test["scores"]["xnli"]["avg"] = {"accuracy": 1.0}
    results = gathered(tmp_path, phases)
    assert results.sample("all nine", results.of_task("xnli")) == Sample((1.0,))


def test_the_baseline_is_an_arm(tmp_path: Path) -> None:
    assert gathered(tmp_path, demo_phases(), baseline="all nine").baseline == "all nine"
    with pytest.raises(UserError, match="unknown arm 'all mine'; did you mean all nine"):
        gathered(tmp_path, demo_phases(), baseline="all mine")


def test_what_an_arm_grew_out_of_is_held_against_it_whichever_arm_that_was(tmp_path: Path) -> None:
    phases = demo_phases()
    assert gathered(tmp_path / "english", phases).seen == {}
    nine = next(phase for phase in phases if phase["name"] == "nine")
    german = {**nine, "name": "german", "arm": "german", "labels_in": {"panx": ["de"]}}
    nine["after"] = "german"
    seen = gathered(tmp_path / "german", [phases[0], german, *phases[1:]]).seen
    assert seen == {"all nine": "panx learned from labels in de"}
    text = {**phases[0], "labels_in": {"panx": ["fr"]}}
    assert set(gathered(tmp_path / "both", [text, german, *phases[1:]]).seen) == {"none", "all nine"}


def test_phases_that_start_from_each_other_are_gathered_all_the_same(tmp_path: Path) -> None:
    phases = demo_phases()
    phases[0]["after"] = "nine"
    assert list(gathered(tmp_path, phases).arms) == ["none", "all nine"]


def test_an_arm_alone_has_nothing_to_be_measured_by(tmp_path: Path) -> None:
    alone = [phase for phase in demo_phases() if phase["arm"] == "none"]
    results = gathered(tmp_path, alone)
    assert (list(results.arms), results.baseline) == (["none"], None)
