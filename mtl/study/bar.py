"""One bar over all phases of a study, with the time that is left."""

import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from mtl.run.recipe.schema import Recipe
from mtl.run.terminal import Terminal
from mtl.study.forecast import seconds_left, time_left
from mtl.study.jobs import StudyJob


class StudyBar:
    """Phases done, what runs now, time left; a line for each phase where the output is no terminal."""

    def __init__(
        self, terminal: Terminal, recipe: Recipe, *, done: Mapping[str, float], workers: int
    ) -> None:
        self._terminal = terminal
        self._recipe = recipe
        self._workers = workers
        self._done = dict(done)
        self._begun = time.monotonic()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.fields[now]}", style="dim"),
            console=terminal.console,
        )
        self._task = self._progress.add_task(
            recipe.name, total=len(recipe.phases), completed=len(done), left="", now=""
        )
        self._animated = terminal.console.is_terminal and not terminal.console.quiet

    def __enter__(self) -> Self:
        self._terminal.say(
            f"{self._recipe.name}: {len(self._done)} of {len(self._recipe.phases)} phases are done"
        )
        if self._animated:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._animated:
            self._progress.stop()

    def update(self, spent: Mapping[str, float], running: Sequence[StudyJob]) -> None:
        """Show which phases are done now, and of which jobs some are not."""
        left = time_left(seconds_left(self._recipe, spent, self._workers))
        now = ", ".join(next((p for p in job.phases if p not in spent), job.name) for job in running)
        self._progress.update(self._task, completed=len(spent), left=left, now=now)
        fresh = [name for name in spent if name not in self._done]
        self._done.update({name: spent[name] for name in fresh})
        if fresh and not self._animated:
            count = f"{len(spent)}/{len(self._recipe.phases)}"
            self._terminal.say(f"{count} phases done: {', '.join(fresh)}; {left}")
