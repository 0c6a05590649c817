"""Bars for long work, one a stage; silent where the output is no terminal, and on all ranks but the first."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mtl.retrieval.ranks import here

Stage = Callable[[str, int], Callable[[int], None]]
"""Opens a bar of so many units and gives what moves it."""


@contextmanager
def bars() -> Iterator[Stage]:
    """The bars of one command."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    shown = sys.stderr.isatty() and here().first
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as progress:

        def stage(name: str, total: int) -> Callable[[int], None]:
            task = progress.add_task(name, total=total)
            return lambda done: progress.advance(task, done)

        yield stage
