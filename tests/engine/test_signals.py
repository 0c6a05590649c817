"""A wish to stop: noted, not raised; and it reaches every rank after the same step."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtl.engine.launch import join_run
from mtl.engine.loop import train
from mtl.engine.signals import StopRequest
from mtl.errors import PreemptedError
from tests.kit import cells
from tests.kit.cells import Cell
from tests.kit.ranks import run_on_ranks


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """As in a terminal: what a shell starts in the background ignores Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_held_signals_are_noted_and_a_second_interrupt_is_raised() -> None:
    with StopRequest() as stop, stop.held():
        assert not stop.wanted()
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wanted()
        os.kill(os.getpid(), signal.SIGTERM)  # what a launcher sends after its own Ctrl-C
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT])
def test_where_nothing_is_held_a_signal_ends_the_run_at_once(number: int) -> None:
    with StopRequest() as stop:
        with stop.held():
            pass
        with pytest.raises(PreemptedError, match=signal.Signals(number).name):
            os.kill(os.getpid(), number)


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with StopRequest() as stop, stop.held():
        os.kill(os.getpid(), signal.SIGTERM)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def train_until_rank_1_is_signalled(folder: Path) -> list[int]:
    ranks = join_run()
    cell = Cell(1, steps=10)
    engine, steps = cells.make_engine(cell, ranks), cells.make_steps(cell, folder)
    works = (steps.for_rank(step, ranks.rank, ranks.world) for step in range(cell.steps))
    done = []
    with StopRequest() as stop, stop.held():
        for result in train(engine, works, wants_stop=stop.wanted):
            done.append(result.outcome.step)
            if ranks.rank == 1 and result.outcome.step == 2:
                os.kill(os.getpid(), signal.SIGUSR1)
    engine.close()
    return done


def test_a_signal_to_one_rank_stops_all_after_the_same_step(tmp_path: Path) -> None:
    cells.make_stores(tmp_path)
    assert run_on_ranks(train_until_rank_1_is_signalled, 2, tmp_path) == [[0, 1, 2, 3]] * 2
