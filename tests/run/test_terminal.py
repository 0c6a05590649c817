"""The first rank alone speaks, and says what it is given."""

import pytest
from rich.table import Table

from mtl.run.terminal import Terminal


def test_the_first_rank_alone_speaks_and_what_it_says_is_no_markup(
    capsys: pytest.CaptureFixture[str],
) -> None:
    long = "x" * 300
    Terminal(enabled=True).say(f"[bold]{long}[/bold]")
    Terminal(enabled=False).say("silent")
    Terminal(enabled=False).table(Table("silent"))
    assert capsys.readouterr().out == f"[bold]{long}[/bold]\n"
