"""The bar that lives in the terminal while a phase trains."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from mtl.run.terminal import Terminal

QUIET_SECONDS = 15.0
"""Between two lines where the output is no terminal."""


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
