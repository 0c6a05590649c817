"""Runs a recipe: its phases one after another, each prepared, shown, and done unless it is done already."""

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from mtl.engine.launch import COLLECTIVE_TIMEOUT, Ranks, any_rank, join_run, leave_run
from mtl.engine.signals import StopRequest
from mtl.engine.watch import Watch
from mtl.errors import PreemptedError, unknown_name
from mtl.files import make_folder, write_atomic, write_json
from mtl.phase_record import Identity, PhaseRecord, read_begun, read_record, write_record
from mtl.run.ahead import look_ahead
from mtl.run.evaluate_phase import EvaluatePhase
from mtl.run.identity import identity_of, known_start, model_key, start_of, store_keys
from mtl.run.lineage import read_starts
from mtl.run.new_record import new_record
from mtl.run.phase_lock import locked
from mtl.run.phase_stores import stores_read
from mtl.run.places import prepare_worlds
from mtl.run.read_trained import has_trained
from mtl.run.recipe.read import load_recipe, resolved
from mtl.run.recipe.schema import Phase, Recipe
from mtl.run.recipe.smoke import rehearsal
from mtl.run.refusal import demand_same, demand_same_settings, differing, refuse_begun
from mtl.run.reporting import report_run
from mtl.run.retrieve_phase import RetrievePhase
from mtl.run.terminal import Terminal
from mtl.run.train_phase import TrainPhase
from mtl.run.versions import versions
from mtl.run.work import Run, Work
from mtl.runfolder import RunFolder
from mtl.together import on_first

KINDS: Mapping[str, type[Work]] = {"train": TrainPhase, "evaluate": EvaluatePhase, "retrieve": RetrievePhase}


def run_recipe(
    path: Path,
    overrides: Sequence[str],
    *,
    dry_run: bool = False,
    resume: bool = False,
    insist: bool = False,
    only: Sequence[str] = (),
    smoke: bool = False,
) -> None:
    """Do what the recipe says, or print what it would take.

    To resume is to go on with a run that has begun; to insist, also where its results will be others.
    """
    recipe = load_recipe(path, overrides)
    if smoke:
        recipe = rehearsal(recipe)
    phases = choose_phases(recipe, only)
    ranks = join_run(timeout=_patience(phases))
    run_phases(recipe, phases, ranks, dry_run=dry_run, resume=resume, insist=insist)
    leave_run()


def choose_phases(recipe: Recipe, only: Sequence[str]) -> list[Phase]:
    """All phases in the recipe's order, or those named."""
    for name in only:
        if name not in recipe.phases:
            raise unknown_name("phase", name, recipe.phases, where="--only")
    return [phase for phase in recipe.phase_list() if not only or phase.name in only]


def _patience(phases: Sequence[Phase]) -> timedelta:
    """How long a collective may take: longer than the watch waits, whose word says more."""
    hangs = [phase.train.hang_seconds for phase in phases if phase.kind == "train"]
    return max([COLLECTIVE_TIMEOUT, *(timedelta(seconds=seconds + 60) for seconds in hangs)])


def run_phases(
    recipe: Recipe, phases: Sequence[Phase], ranks: Ranks, *, dry_run: bool, resume: bool, insist: bool
) -> None:
    """Do some phases of a recipe on ranks that have met, or print what it would take."""
    with StopRequest() as stop, Watch(ranks) as watch:
        run = Run(
            recipe=recipe,
            folder=RunFolder(recipe.folder),
            ranks=ranks,
            terminal=Terminal(enabled=ranks.first),
            stop=stop,
            watch=watch,
            dry_run=dry_run,
            insist=insist,
        )
        if dry_run:
            run.terminal.say(resolved(recipe))
            prepare_worlds(recipe, phases)
            for phase in phases:
                KINDS[phase.kind](run, phase).announce()
        else:
            check_start(run, phases, resume=resume)
            on_first(ranks, partial(describe_run, run))
            for phase in phases:
                run_phase(run, phase)
            on_first(ranks, partial(show_report, run))


def check_start(run: Run, phases: Sequence[Phase], *, resume: bool) -> None:
    """Refuse now what would go wrong after hours; make the run's folder."""
    recipe, ranks = run.recipe, run.ranks
    if not resume:
        on_first(ranks, partial(refuse_begun, recipe, run.folder, phases))
    if not run.insist:  # of all phases, for the folder's recipe speaks of all
        on_first(ranks, partial(demand_same_settings, recipe, run.folder))
    on_first(ranks, partial(make_folder, run.folder.root, key="out"))
    prepare_worlds(recipe, phases)
    left = on_first(ranks, partial(undone_phases, run.folder, phases))
    # A first one that trains is prepared, and so checked, at once by `run_phase`.
    later = left[1:] if left and left[0].kind == "train" else left
    look_ahead(recipe, later, device=ranks.device.type, ranks=ranks.world)


def undone_phases(folder: RunFolder, phases: Sequence[Phase]) -> list[Phase]:
    """The phases that are not done."""
    records = [read_record(folder.phase(phase.name)) for phase in phases]
    return [phase for phase, record in zip(phases, records, strict=True) if record is None or not record.done]


def describe_run(run: Run) -> None:
    """Write down what is about to run."""
    write_atomic(run.folder.recipe, resolved(run.recipe))
    write_json(run.folder.versions, versions(ranks=run.ranks.world))
    refresh_arms(run.recipe, run.folder)


def refresh_arms(recipe: Recipe, folder: RunFolder) -> None:
    """Give done phases the arms of the recipe that speaks of them now: an arm is a mark, no part of a result.

    The others get theirs when they go on, under their lock; one that now starts elsewhere is of no other arm.
    """
    for phase in recipe.phase_list():
        record, arm = read_record(folder.phase(phase.name)), recipe.arm_of(phase)
        if record is None or not record.done or record.arm == arm:
            continue
        if known_start(phase, folder) == record.identity.start:
            write_record(folder.phase(phase.name), replace(record, arm=arm))


def run_phase(run: Run, phase: Phase) -> None:
    """Prepare a phase and do it, as the only run that does; one that is done needs neither."""
    if any_rank(run.ranks, run.stop.wanted()):
        raise PreemptedError(f"before phase {phase.name}")
    folder = run.folder_of(phase)
    record = on_first(run.ranks, partial(read_record, folder))
    if record is not None and record.done:
        pass_by(run, phase, record)
        return
    work = KINDS[phase.kind](run, phase)
    start = start_of(phase, run.folder)
    data = {**work.data(), **on_first(run.ranks, partial(model_key, phase))}
    identity = identity_of(phase, data=data, start=start)
    with locked(folder, run.ranks, run.terminal):
        do_locked(run, phase, work, identity)


def pass_by(run: Run, phase: Phase, record: PhaseRecord) -> None:
    """Leave a phase that is done, unless it was done as another one."""
    data = {**data_of_done(run, phase, record), **on_first(run.ranks, partial(model_key, phase))}
    identity = identity_of(phase, data=data, start=start_of(phase, run.folder))
    if not run.insist:
        demand_same(record, identity, run.folder_of(phase))
    tell_done(run, record, identity)


def data_of_done(run: Run, phase: Phase, record: PhaseRecord) -> Mapping[str, str]:
    """What a phase that is done would read; training may have had other ranks and another device.

    A test's stores go by the labels of its heads; where these are gone, the record's word is all there is.
    """
    if phase.kind == "train":
        return store_keys(stores_read(run.recipe, phase))
    if phase.kind == "evaluate" and phase.after and not has_trained(run.folder.phase(phase.after)):
        return record.identity.data
    return KINDS[phase.kind](run, phase).data()


def do_locked(run: Run, phase: Phase, work: Work, identity: Identity) -> None:
    """Do a phase that is prepared, unless its record says that this is done, and keep the record."""
    folder = run.folder_of(phase)
    old = on_first(run.ranks, partial(read_begun, folder))
    if old is not None and not run.insist:
        demand_same(old, identity, folder)
    if old is not None and old.done:
        tell_done(run, old, identity)
        return
    work.announce()
    clock = time.monotonic()
    starts = on_first(run.ranks, partial(read_starts, folder))
    if old is not None:
        on_first(run.ranks, partial(remove_answers, run, old, identity))
    spent = old.seconds if old is not None else 0.0
    record = replace(new_record(run.recipe, phase, identity), seconds=spent)
    on_first(run.ranks, partial(write_record, folder, record))
    try:
        work.do(begun=old is not None)
    except Exception as error:
        if run.ranks.first:  # without the other ranks, which may not have been told
            # Training that has not started has changed nothing of what the old record speaks of.
            if old is not None and starts and read_starts(folder) == starts:
                write_record(folder, old)
            elif isinstance(error, PreemptedError):
                write_record(folder, spent_since(clock, record))
        raise
    done = replace(spent_since(clock, record), done=True)
    on_first(run.ranks, partial(write_record, folder, done))


def tell_done(run: Run, record: PhaseRecord, identity: Identity) -> None:
    """Say that a phase is done, and so stays as it is, also where somebody insists on another one."""
    other = differing(record, identity)
    note = f" with other {', '.join(other)}; it stays as it is" if other else ""
    run.terminal.say(f"phase {record.name}: done already{note}")


def remove_answers(run: Run, record: PhaseRecord, identity: Identity) -> None:
    """Remove what an unfinished phase has answered, if as another one: it would pass for answers of this one.

    The predictions go first: a language without them is answered again, whatever else is left of it.
    """
    other = differing(record, identity)
    folder = run.folder.phase(record.name)
    if not other:
        return
    answers = [path for path in (folder.predictions, folder.labels, folder.found) if path.exists()]
    for path in answers:
        shutil.rmtree(path)
    if answers:
        run.terminal.say(
            f"phase {record.name}: begins anew, for what it had answered was made with other "
            f"{', '.join(other)}"
        )


def spent_since(clock: float, record: PhaseRecord) -> PhaseRecord:
    """The record with the seconds that have passed since then."""
    return replace(record, seconds=round(record.seconds + time.monotonic() - clock, 3))


def show_report(run: Run) -> None:
    """Write the run's report, print its table, and say where it is."""
    report_run(run.folder.root, run.terminal)
    run.terminal.say(f"report: {run.folder.report}")
