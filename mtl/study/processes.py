"""Runs the phases of a study as processes of the ordinary launcher; what is done is skipped."""

import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from mtl.errors import DONE, PREEMPTED, PreemptedError, UserError
from mtl.files import make_folder, write_atomic
from mtl.phase_record import PhaseRecord, read_record
from mtl.run.identity import identity_of
from mtl.run.recipe.read import resolved
from mtl.run.recipe.schema import Recipe
from mtl.run.refusal import demand_same
from mtl.run.terminal import Terminal
from mtl.runfolder import StudyFolder
from mtl.study.bar import StudyBar
from mtl.study.jobs import StudyJob, dependents, job, split

POLL_SECONDS = 0.5
GRACE_SECONDS = 120.0
"""A phase that is told to stop may save first."""
PARENT_DEATH = 1
"""Linux's name, PR_SET_PDEATHSIG, for the wish to get a signal when the parent has ended."""


@dataclass(frozen=True, kw_only=True)
class Workers:
    """Where jobs run."""

    launcher: tuple[str, ...]
    """The command that trains a recipe."""
    devices: tuple[str | None, ...]
    """One job each at a time: the number of its GPU, or None for whatever the launcher takes."""


def share_out(count: int, *, visible: str | None) -> tuple[str | None, ...]:
    """Each phase's CUDA_VISIBLE_DEVICES, where this process sees so many GPUs by its own, `visible`."""
    if count < 2:
        return (None,)
    return tuple(map(str, range(count)) if visible is None else visible.split(",")[:count])


@dataclass(frozen=True)
class _Running:
    job: StudyJob
    device: str | None
    process: subprocess.Popen[bytes]


@dataclass
class _State:
    """What is left to do."""

    recipe: Recipe
    folder: StudyFolder
    workers: Workers
    spent: dict[str, float]
    """By phase that is done: its seconds."""
    waiting: list[StudyJob] = field(default_factory=list)
    running: list[_Running] = field(default_factory=list)
    failed: dict[str, Path] = field(default_factory=dict)
    """By phase: where its process said why."""

    @property
    def undone(self) -> list[str]:
        """The phases that are not done, in the recipe's order."""
        return [name for name in self.recipe.phases if name not in self.spent]


def run_study(
    recipe: Recipe, workers: Workers, terminal: Terminal, *, drop: Collection[str] = frozenset()
) -> None:
    """Do every phase that is not done; a UserError at the end where some could not be.

    The models of phases in `drop` are removed when all that starts from them is done.
    """
    folder = StudyFolder(make_folder(recipe.folder, key="out"))
    with _alone(folder), _stoppable():
        state = _State(recipe, folder, workers, seconds_spent(recipe, folder))
        write_atomic(folder.graph, resolved(recipe))
        state.waiting += split(recipe, state.undone, together=len(workers.devices) == 1)
        with StudyBar(terminal, recipe, done=state.spent, workers=len(workers.devices)) as bar:
            try:
                while state.waiting or state.running:
                    _start_ready(state)
                    time.sleep(POLL_SECONDS)
                    _collect(state)
                    bar.update(state.spent, [each.job for each in state.running])
                    drop_models(recipe, folder, state.spent, drop)
            finally:
                _stop(state.running)
    if state.failed:
        name, log = next(iter(state.failed.items()))
        others = len(dependents(recipe, state.failed)) - 1
        trouble = (
            f"phase {name} failed, and {others} more could not be done" if others else f"phase {name} failed"
        )
        raise UserError(f"{trouble}; {log} says why; mend it and start the study again")


def seconds_spent(recipe: Recipe, folder: StudyFolder) -> dict[str, float]:
    """By phase that is done: its seconds. One that was done with other settings is an error."""
    spent: dict[str, float] = {}
    records: dict[str, PhaseRecord] = {}
    for name, phase in recipe.phases.items():
        record = read_record(folder.phase(name))
        if record is not None and record.done:
            start = records[phase.after].identity.digest if phase.after in records else ""
            now = identity_of(phase, data=record.identity.data, start=start)
            demand_same(record, now, folder.phase(name))
            spent[name], records[name] = record.seconds, record
    return spent


def drop_models(recipe: Recipe, folder: StudyFolder, done: Collection[str], drop: Collection[str]) -> None:
    """Remove those models that nothing needs any more; scores, curves and records stay."""
    needed = {phase.after for name, phase in recipe.phases.items() if name not in done}
    for name in drop:
        if name in done and name not in needed:
            for models in (folder.phase(name).checkpoints, folder.phase(name).export):
                shutil.rmtree(models, ignore_errors=True)


def command(launcher: Sequence[str], graph: Path, phases: Sequence[str]) -> list[str]:
    """How a job is started."""
    return [*launcher, str(graph), "--resume", "--only", ",".join(phases)]


def _start_ready(state: _State) -> None:
    """Give every free device a job of which all that it needs is done."""
    undone = set(state.undone)
    busy = [each.device for each in state.running]
    free = list(state.workers.devices)
    for device in busy:
        free.remove(device)
    for ready in [each for each in state.waiting if not each.needs & undone][: len(free)]:
        device = free.pop(0)
        state.waiting.remove(ready)
        state.running.append(_Running(ready, device, _start(ready, device, state)))


def _start(ready: StudyJob, device: str | None, state: _State) -> subprocess.Popen[bytes]:
    log = state.folder.log(ready.name)
    log.parent.mkdir(exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            command(state.workers.launcher, state.folder.graph, ready.phases),
            env=os.environ if device is None else {**os.environ, "CUDA_VISIBLE_DEVICES": device},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=_end_with_parent,
        )


def _end_with_parent() -> None:
    """Nobody writes into a phase after the study was killed, for its next start will."""
    ctypes.CDLL(None).prctl(PARENT_DEATH, signal.SIGKILL)


def _collect(state: _State) -> None:
    """Take in what has been done; what can still be done of a failed job waits anew."""
    ended = [each for each in state.running if each.process.poll() is not None]
    done = {name: read_record(state.folder.phase(name)) for name in _begun(state)}
    state.spent |= {
        name: record.seconds for name, record in done.items() if record is not None and record.done
    }
    if any(each.process.returncode == PREEMPTED for each in ended):
        raise PreemptedError("a phase was preempted, and saved", way_on="start the study again")
    for each in ended:
        state.running.remove(each)
        left = [name for name in each.job.phases if name not in state.spent]
        assert not left or each.process.returncode != DONE, f"{left[0]} is not done"
        if left:
            state.failed[left[0]] = state.folder.log(each.job.name)
            lost = dependents(state.recipe, state.failed)
            again = [name for name in left if name not in lost]
            state.waiting = [other for other in state.waiting if not lost & set(other.phases)]
            state.waiting += [job(state.recipe, again)] if again else []


def _begun(state: _State) -> list[str]:
    return [name for each in state.running for name in each.job.phases if name not in state.spent]


def _stop(running: Sequence[_Running]) -> None:
    """Ask what still runs to end, and see to it that it does."""
    for each in running:
        each.process.terminate()
    end = time.monotonic() + GRACE_SECONDS
    for each in running:
        try:
            each.process.wait(max(end - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            each.process.kill()
            each.process.wait()


@contextmanager
def _alone(folder: StudyFolder) -> Iterator[None]:
    """One process at a time runs a study."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder.root / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(f"{folder.root}: this study is being run already; wait for it, or end it") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGTERM ends a study as Ctrl-C does: its phases are told, and may save."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
