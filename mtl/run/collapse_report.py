"""What becomes of a collapse: the user, the diary and the report hear of it, or the phase begins anew."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from mtl.engine.agreement import Agreement
from mtl.engine.launch import Ranks
from mtl.files import write_atomic
from mtl.journal import Journal
from mtl.run.collapse import CollapsedError, CollapseGuard
from mtl.run.terminal import Terminal
from mtl.runfolder import PhaseFolder
from mtl.together import on_first


@dataclass(frozen=True, kw_only=True)
class CollapseReport:
    """Has the guard judge a phase's tasks, and tells what it found."""

    guard: CollapseGuard
    names: Sequence[str]
    """The tasks', in the guard's order."""
    folder: PhaseFolder
    journal: Journal
    terminal: Terminal
    ranks: Ranks
    restarts_left: int
    """None are left at zero or below: a recipe may by now allow fewer than there were."""

    def begin(self, done: int) -> None:
        """Tell the report what the guard holds after so many steps.

        A later state's may lie there, or an attempt's whose checkpoints are gone.
        """
        self._write(self.guard.judged_by(done))

    def add(self, step: int, agreement: Agreement) -> None:
        """Say which tasks have learned nothing by this step; where all have, and may begin anew, raise."""
        before = self.guard.collapsed
        if not self.guard.add(step, agreement.loss_sums, agreement.counts):
            return
        now = self.guard.collapsed
        fresh, recovered = (
            [self.names[task] for task in sorted(some)] for some in (now - before, before - now)
        )
        self.journal.scalars(
            step, {f"collapsed/{name}": float(name in fresh) for name in (*fresh, *recovered)}
        )
        if recovered:
            self.terminal.say(f"step {step}: {', '.join(recovered)}: only slow; learns after all")
        if fresh:
            which = ", ".join(fresh)
            what = f"step {step}: {which}: collapsed: the loss has not left the entropy of the labels"
            if len(now) == len(self.names) and self.restarts_left > 0:
                raise CollapsedError(what)
            self.terminal.say(f"{what}; try another seed, a lower train.lr, or train.restarts=3")
        if now or before:
            self._write(step)

    def _write(self, step: int) -> None:
        steps = {self.names[task]: step for task in sorted(self.guard.collapsed)}
        on_first(self.ranks, partial(write_collapses, self.folder, steps))


def write_collapses(folder: PhaseFolder, steps: Mapping[str, int]) -> None:
    """For the reports: tasks that have learned nothing, and by which step; no file where there are none."""
    if steps:
        write_atomic(folder.collapsed, f"{json.dumps(steps)}\n")
    else:
        folder.collapsed.unlink(missing_ok=True)
