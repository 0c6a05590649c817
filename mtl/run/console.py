"""What a person sees in the terminal: tables, and a bar that lives while a phase trains."""

import sys
import time
from collections.abc import Collection, Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from mtl.data.mixture import Mixture, MixtureRow
from mtl.evaluate.dev import DevScores
from mtl.evaluate.score import TaskScore
from mtl.report.terminal import LOG_WIDTH
from mtl.run.plan import PhasePlan

MIXTURE_COLUMNS = ("task", "kind", "records", "examples", "p", "draws", "epochs")

QUIET_SECONDS = 15.0
"""Between two lines where the output is no terminal."""


class Terminal:
    """Speaks for the run on the first rank, and is silent on the others."""

    def __init__(self, *, enabled: bool) -> None:
        # A log file has no width: wide enough for every table, and lines as long as they are.
        width = None if sys.stdout.isatty() else LOG_WIDTH
        self.console = Console(quiet=not enabled, highlight=False, width=width, soft_wrap=width is not None)

    def say(self, text: str) -> None:
        """A line."""
        self.console.print(text, markup=False)

    def table(self, table: RenderableType) -> None:
        """A table."""
        self.console.print(table)


def mixture_table(mixture: Mixture, kinds: Mapping[str, str]) -> Table:
    """The tasks, their kinds, sizes, shares, draws and epochs."""
    table = Table(title="mixture", title_justify="left")
    for column in MIXTURE_COLUMNS:
        table.add_column(column, justify="left" if column in ("task", "kind") else "right")
    for row in mixture.rows():
        table.add_row(*mixture_cells(row, kinds[row.task]))
    return table


def mixture_cells(row: MixtureRow, kind: str) -> tuple[str, ...]:
    """A row of the mixture table, as text."""
    return (
        row.task,
        kind,
        f"{row.records:,}",
        f"{row.examples:,}",
        f"{row.share:.4f}",
        f"{row.draws:,}",
        f"{row.epochs:.2f}",
    )


def memory_table(plan: PhasePlan, *, ranks: int, stage: int) -> Table:
    """Memory of a rank by ZeRO stage; the run's own stage is marked."""
    table = Table(title=f"memory of each of {ranks} ranks, GiB (computed)", title_justify="left")
    offloads = any(memory.computer for memory in plan.memory.values())
    columns = ("stage", "weights", "gradients", "optimizer", "buffers", "activations", "total")
    for column in (*columns, *(("offloaded",) if offloads else ())):
        table.add_column(column, justify="right")
    for number, memory in plan.memory.items():
        parts = (
            *(memory.weights, memory.gradients, memory.optimizer),
            *(memory.buffers, memory.activations, memory.total),
            *((memory.computer,) if offloads else ()),
        )
        table.add_row(
            f"{'* ' if number == stage else ''}{number}", *(f"{part / 2**30:.3f}" for part in parts)
        )
    return table


def dev_line(step: int, scores: DevScores, mains: Mapping[str, float], *, best: bool) -> str:
    """The dev scores in one line."""
    each = "  ".join(f"{task} {value:.1f}" for task, value in mains.items())
    return f"step {step}: dev mean {scores.mean:.2f}{' (best)' if best else ''}  {each}"


def scores_line(score: TaskScore, shown: Collection[str] = ()) -> str:
    """A task's scores by language, in one line; of some languages or, where none is named, of all.

    A share of right answers has half of its 95 % interval beside it.
    """
    each = "  ".join(
        f"{language} {'/'.join(f'{numbers[key]:.1f}' for key in score.member.main)}"
        + (f"±{score.intervals[language]:.1f}" if language in score.intervals else "")
        for language, numbers in score.languages.items()
        if not shown or language in shown
    )
    return f"{score.member.task} {score.score:.2f}: {each}"


def summary_table(
    names: Sequence[str],
    first: Mapping[str, float],
    last: Mapping[str, float],
    mains: Mapping[str, float] | None,
) -> Table:
    """Each task's first and last loss, its epochs, and its best dev score."""
    table = Table(title="summary", title_justify="left")
    for column in ("task", "first loss", "last loss", "epochs", "dev"):
        table.add_column(column, justify="left" if column == "task" else "right")
    for name in names:
        losses = (
            f"{values[f'loss/{name}']:.3f}" if f"loss/{name}" in values else "-" for values in (first, last)
        )
        dev = f"{mains[name]:.1f}" if mains and name in mains else "-"
        table.add_row(name, *losses, f"{last.get(f'epochs/{name}', 0.0):.2f}", dev)
    return table


class Bar:
    """Steps done, tokens a second, time left, and the tasks' smoothed losses."""

    def __init__(
        self, terminal: Terminal, *, phase: str, steps: int, tasks: Sequence[str], done: int = 0
    ) -> None:
        self._terminal = terminal
        self._animated = terminal.console.is_terminal and not terminal.console.quiet
        self._losses: dict[str, float] = dict.fromkeys(tasks, float("nan"))
        self._steps = steps
        self._step = done
        self._start = self._spoke = time.monotonic()
        self._begun_at = done
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[speed]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        self._task = self._progress.add_task(phase, total=steps, completed=done, speed="")
        self._live = Live(self._render(), console=terminal.console, refresh_per_second=4, transient=False)

    def __enter__(self) -> Self:
        if self._animated:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._animated:
            self._live.stop()

    def update(self, step: int, scalars: Mapping[str, float]) -> None:
        """Show a finished step."""
        self._step = step + 1
        for task, old in self._losses.items():
            new = scalars.get(f"loss/{task}")
            if new is not None:
                self._losses[task] = new if old != old else 0.9 * old + 0.1 * new
        speed = f"loss {scalars['loss']:.3f}  {scalars['tokens_per_second']:,.0f} tokens/s"
        self._progress.update(self._task, completed=self._step, speed=speed)
        if self._animated:
            self._live.update(self._render())
        elif time.monotonic() - self._spoke >= QUIET_SECONDS or self._step == self._steps:
            self._spoke = time.monotonic()
            left = (
                (self._spoke - self._start) / max(self._step - self._begun_at, 1) * (self._steps - self._step)
            )
            self._terminal.say(
                f"step {self._step}/{self._steps}  {speed}  {left:.0f} s left  {self._task_losses()}"
            )

    def _task_losses(self) -> str:
        return "  ".join(f"{task} {loss:.3f}" for task, loss in self._losses.items() if loss == loss)

    def _render(self) -> Group:
        return Group(self._progress, Text(self._task_losses(), style="dim"))
