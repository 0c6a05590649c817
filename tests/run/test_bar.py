"""The bar lives in a terminal, and becomes few plain lines where there is none."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from mtl.run.bar import QUIET_SECONDS, Bar
from mtl.run.terminal import Terminal

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("mtl.run.bar.time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


def values(loss: float, **by_task: float) -> dict[str, float]:
    tasks = {f"loss/{name}": value for name, value in by_task.items()}
    return {"loss": loss, "tokens_per_second": 12345.6, **tasks}


def test_without_a_terminal_the_bar_is_a_line_now_and_then_and_one_at_the_end(
    clock: list[float], capsys: Capture
) -> None:
    with Bar(Terminal(enabled=True), phase="demo", steps=100, tasks=["a", "b"], done=40) as bar:
        bar.update(49, values(1.0, a=2.0))
        clock[0] += QUIET_SECONDS
        bar.update(59, values(1.5, a=3.0))
        bar.update(60, values(9.0, a=2.1))
        spoken = capsys.readouterr().out
        clock[0] += QUIET_SECONDS / 2
        bar.update(98, values(9.0, b=0.5))
        assert capsys.readouterr().out == ""
        bar.update(99, values(0.25))
    # 20 of the steps from 40 on took 15 seconds; 40 are left. The losses are smoothed.
    assert spoken == "step 60/100  loss 1.500  12,346 tokens/s  30 s left  a 2.100\n"
    assert (
        capsys.readouterr().out == "step 100/100  loss 0.250  12,346 tokens/s  0 s left  a 2.100  b 0.500\n"
    )


def test_a_rank_that_does_not_speak_has_a_silent_bar(capsys: Capture) -> None:
    with Bar(Terminal(enabled=False), phase="demo", steps=1, tasks=["a"]) as bar:
        bar.update(0, values(1.0, a=1.0))
    assert capsys.readouterr().out == ""


def test_in_a_terminal_the_bar_lives_and_what_is_said_stays_above_it() -> None:
    terminal, screen = Terminal(enabled=True), io.StringIO()
    terminal.console = Console(file=screen, force_terminal=True, width=150)
    with Bar(terminal, phase="demo", steps=4, tasks=["a"]) as bar:
        bar.update(2, values(1.0, a=2.0))
        terminal.say("dev mean 50")
    last = screen.getvalue().rpartition("dev mean 50")[2]
    assert "demo" in last and "3/4" in last and "12,346 tokens/s" in last and "a 2.000" in last
