"""What a run says in the terminal, of which only its first rank speaks."""

import sys

from rich.console import Console, RenderableType

from mtl.report.terminal import LOG_WIDTH


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
