"""Phases on their way: what is recorded, what is kept, and what those who insist are told."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from mtl.engine.launch import Ranks
from mtl.errors import PreemptedError, UserError
from mtl.phase_record import PhaseRecord, read_record, write_record
from mtl.run import running
from mtl.run.identity import identity_of, start_of
from mtl.run.new_record import new_record
from mtl.run.recipe.read import load_recipe
from mtl.run.recipe.schema import Phase, Recipe
from mtl.run.running import choose_phases, describe_run, run_phase
from mtl.run.terminal import Terminal
from mtl.run.train_phase import TrainPhase
from mtl.run.work import Run
from mtl.runfolder import RunFolder
from tests.kit import small_run
from tests.kit.graphs import graph

RECIPE = """
model: {config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
data: {world: {}}
train: {steps: 4}
tasks: [mnli]
"""
ALONE = Ranks.alone()


@pytest.mark.parametrize("alone", [False, True])
def test_the_seconds_of_a_start_that_was_stopped_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    now = [0.0]
    starts = iter([(36_000, PreemptedError("in good order", alone=alone)), (360, None)])

    class Hours:
        """Work that takes hours, and is stopped in the first start."""

        def __init__(self, run: Run, phase: Any) -> None: ...

        def announce(self) -> None: ...

        def data(self) -> dict[str, str]:
            return {}

        def do(self, *, begun: bool) -> None:
            seconds, stop = next(starts)
            folder.predictions.mkdir(exist_ok=True)  # it has begun
            now[0] += seconds
            if stop is not None:
                raise stop

    (tmp_path / "long.yaml").write_text(RECIPE)
    recipe = load_recipe(tmp_path / "long.yaml", [f"out={tmp_path}"])
    (phase,) = recipe.phase_list()
    run = Run(
        recipe=recipe,
        folder=RunFolder(recipe.folder),
        ranks=ALONE,
        terminal=Terminal(enabled=False),
        stop=cast("Any", SimpleNamespace(wanted=lambda: False)),
        watch=cast("Any", None),
        dry_run=False,
        insist=False,
    )
    folder = run.folder_of(phase)
    monkeypatch.setattr(running, "KINDS", {"train": Hours})
    monkeypatch.setattr(running, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with pytest.raises(PreemptedError):
        run_phase(run, phase)
    stopped = read_record(folder)
    assert stopped is not None and (stopped.done, stopped.seconds) == (False, 36_000)
    run_phase(run, phase)
    done = read_record(folder)
    assert done is not None and (done.done, done.seconds) == (True, 36_360)


GRAPH = """
model: {config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
data: {world: {}}
train: {steps: 4}
phases:
  base: {tasks: [mnli]}
  nine: {after: base, tasks: [mnli]}
  test: {kind: evaluate, after: nine, tasks: [xnli]}
"""


class Known:
    """Work on known data, done at once."""

    files: ClassVar[dict[str, str]] = {"xnli-test": "0123"}

    def __init__(self, run: Run, phase: Phase) -> None: ...

    def announce(self) -> None: ...

    def data(self) -> dict[str, str]:
        return self.files

    def do(self, *, begun: bool) -> None: ...


def run_of(folder: Path, *overrides: str, insist: bool = False) -> Run:
    """A run that says what it does."""
    (folder / "graph.yaml").write_text(GRAPH)
    return run_with(load_recipe(folder / "graph.yaml", [f"out={folder}", *overrides]), insist=insist)


def run_with(recipe: Recipe, ranks: Ranks = ALONE, *, insist: bool = False) -> Run:
    return Run(
        recipe=recipe,
        folder=RunFolder(recipe.folder),
        ranks=ranks,
        terminal=Terminal(enabled=True),
        stop=cast("Any", SimpleNamespace(wanted=lambda: False)),
        watch=cast("Any", None),
        dry_run=False,
        insist=insist,
    )


def leave(run: Run, name: str, *, done: bool) -> PhaseRecord:
    """The record of a phase of a run on known data, left in its folder."""
    phase = run.recipe.phases[name]
    identity = identity_of(phase, data=Known.files, start=start_of(phase, run.folder))
    record = replace(new_record(run.recipe, phase, identity), done=done, seconds=7.0)
    write_record(run.folder_of(phase), record)
    return record


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "KINDS", {"train": Known, "evaluate": Known})


def test_done_phases_get_the_arms_of_the_recipe_that_goes_on(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    old = [leave(run, name, done=True) for name in ("base", "nine")]
    begun = leave(run, "test", done=False)
    later = run_of(tmp_path, "phases.nine.arm=all nine")
    describe_run(later)
    base, nine, test = (read_record(later.folder.phase(name)) for name in later.recipe.phases)
    assert base == old[0]
    assert nine == replace(old[1], arm="all nine")
    assert test == begun  # another run may be at work there; it is given its arm when it goes on


def test_a_done_phase_that_now_starts_elsewhere_keeps_its_arm(tmp_path: Path) -> None:
    run = run_of(tmp_path, "phases.test.after=base")
    leave(run, "base", done=True)
    old = leave(run, "test", done=True)
    later = run_of(tmp_path, "phases.nine.arm=all nine", insist=True)
    for _ in range(2):
        describe_run(later)
        assert read_record(later.folder.phase("test")) == old
        leave(later, "nine", done=True)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("starts", [False, True])
@pytest.mark.parametrize("error", [UserError, PreemptedError])
def test_training_that_cannot_start_leaves_the_record_of_what_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, starts: bool, error: type[Exception]
) -> None:
    run = run_of(tmp_path)
    old, folder = leave(run, "base", done=False), run.folder.phase("base")
    folder.lineage.write_text("[{}]")

    def fail(work: Known, *, begun: bool) -> None:
        if starts:
            folder.lineage.write_text("[{}, {}]")
        raise error("holds other parameters than this model")

    monkeypatch.setattr(Known, "do", fail)
    later = run_of(tmp_path, "phases.base.tasks=[mnli, qqp]", insist=True)
    with pytest.raises(error, match="other parameters"):
        run_phase(later, later.recipe.phases["base"])
    found = read_record(folder)
    assert found is not None and (found == old) != starts
    assert found.tasks == (("mnli", "qqp") if starts else ("mnli",))


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("done", [False, True])
def test_a_phase_is_refused_where_the_weights_that_it_starts_from_are_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    monkeypatch.setattr(running, "data_of_done", lambda *_: Known.files)
    weights = tmp_path / "encoder" / "model.safetensors"
    weights.parent.mkdir()
    weights.write_text("first")
    changes = [f"model={{name: {weights.parent}, tokenizer: t}}", f"data.cache={tmp_path / 'cache'}"]
    run = run_of(tmp_path, *changes)
    phase, folder = run.recipe.phases["base"], run.folder.phase("base")
    run_phase(run, phase)
    record = read_record(folder)
    assert record is not None
    write_record(folder, replace(record, done=done))
    folder.lineage.write_text("[{}]")
    run_phase(run, phase)
    write_record(folder, replace(record, done=done))
    weights.write_text("trained longer")
    with pytest.raises(UserError, match=r"other data\.model"):
        run_phase(run, phase)


@pytest.mark.usefixtures("known")
def test_a_phase_that_goes_on_is_recorded_as_the_recipe_now_says(tmp_path: Path) -> None:
    run = run_of(tmp_path)
    leave(run, "base", done=False)
    run.folder.phase("base").lineage.write_text("[]")
    later = run_of(tmp_path, "phases.base={arm: one, seed: 5, tasks: [qqp]}", insist=True)
    phase = later.recipe.phases["base"]
    run_phase(later, phase)
    found = read_record(later.folder.phase("base"))
    assert found is not None and found.seconds >= 7
    identity = identity_of(phase, data=Known.files, start="")
    assert found == replace(new_record(later.recipe, phase, identity), done=True, seconds=found.seconds)
    assert (found.arm, found.seed, found.tasks) == ("one", 5, ("qqp",))


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("change", ["evaluate.precision=bf16", "evaluate.token_budget=4096"])
def test_answers_of_another_phase_do_not_stay_among_those_of_this_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    run = run_of(tmp_path)
    for name in ("base", "nine"):
        leave(run, name, done=True)
    leave(run, "test", done=False)
    folder = run.folder.phase("test")
    answers = [place / "xnli" / "test-de.tsv" for place in (folder.predictions, folder.labels, folder.found)]
    for path in answers:
        path.parent.mkdir(parents=True)
        path.write_text("yes\n")
    later = run_of(tmp_path, change, insist=True)
    run_phase(later, later.recipe.phases["test"])
    others = "precision" in change  # a budget changes no answer
    assert [path.exists() for path in answers] == [not others] * 3
    assert ("test: begins anew" in capsys.readouterr().out) == others


@pytest.mark.usefixtures("known")
def test_who_insists_is_told_that_a_done_phase_stays_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *_, old = [leave(run_of(tmp_path), name, done=True) for name in ("base", "nine", "test")]
    run = run_of(tmp_path, "evaluate={precision: bf16, languages: [de]}", insist=True)
    run_phase(run, run.recipe.phases["test"])
    assert read_record(run.folder.phase("test")) == old
    keys = "settings.evaluate.languages, settings.evaluate.precision"
    assert f"test: done already with other {keys}; it stays" in capsys.readouterr().out


def test_training_that_is_done_asks_for_no_ranks_and_no_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = small_run.write(tmp_path)
    there = run_with(load_recipe(path, []))
    (phase,) = there.recipe.phase_list()
    data = TrainPhase(there, phase).data()
    here = run_with(load_recipe(path, ["train.precision=fp16"]), replace(ALONE, world=3))
    (phase,) = here.recipe.phase_list()
    done = new_record(here.recipe, phase, identity_of(phase, data=data, start=""))
    write_record(here.folder_of(phase), replace(done, done=True))
    monkeypatch.setattr(running, "on_first", lambda ranks, make: make())
    monkeypatch.setattr(running, "any_rank", lambda ranks, mine: mine)
    with pytest.raises(UserError, match=r"train\.bins_multiple: 4 is not"):
        TrainPhase(here, phase)
    run_phase(here, phase)
    assert capsys.readouterr().out.endswith(f"phase {phase.name}: done already\n")


def test_phases_are_chosen_by_name_and_keep_their_order(tmp_path: Path) -> None:
    given = graph(tmp_path)
    assert [phase.name for phase in choose_phases(given, ["second", "first"])] == ["first", "second"]
    with pytest.raises(UserError, match="did you mean second"):
        choose_phases(given, ["secnd"])
