"""A phase is held by one run at a time, for as long as its process lives."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtl.engine.launch import Ranks
from mtl.errors import UserError
from mtl.run import phase_lock
from mtl.run.phase_lock import locked
from mtl.run.terminal import Terminal
from mtl.runfolder import PhaseFolder

ALONE = Ranks.alone()
QUIET = Terminal(enabled=False)


@pytest.fixture
def folder(tmp_path: Path) -> PhaseFolder:
    return PhaseFolder(tmp_path / "phase")


@pytest.fixture
def holder(folder: PhaseFolder) -> Iterator[int]:
    """A process that holds the phase, and has a child of its own that lives on."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.setpgrp()
        with locked(folder, ALONE, QUIET):
            if os.fork():
                os.write(write, b"held")
            time.sleep(60)
        os._exit(1)
    assert os.read(read, 4) == b"held"
    yield child
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(read)
    os.close(write)


def test_a_second_run_is_refused_and_the_first_keeps_the_phase(
    folder: PhaseFolder, holder: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phase_lock, "PATIENCE", 0)
    for _ in range(2):
        with pytest.raises(UserError, match="another run works at this phase"), locked(folder, ALONE, QUIET):
            raise AssertionError("two at a time")
    other = PhaseFolder(folder.root.with_name("other"))
    with locked(other, ALONE, QUIET):
        assert other.lock.exists()


def test_it_is_free_at_once_when_the_first_was_killed_whatever_it_has_started(
    folder: PhaseFolder, holder: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phase_lock, "PATIENCE", 0)
    os.kill(holder, signal.SIGKILL)
    os.waitid(os.P_PID, holder, os.WEXITED | os.WNOWAIT)
    with locked(folder, ALONE, QUIET):
        pass


def test_a_second_run_says_that_it_waits_and_goes_on_once_the_first_has_ended(
    folder: PhaseFolder, holder: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: os.kill(holder, signal.SIGKILL))
    with locked(folder, ALONE, Terminal(enabled=True)):
        assert "another run works at this phase; waiting" in capsys.readouterr().out.replace("\n", " ")


def test_where_locks_are_not_known_a_run_does_without(
    folder: PhaseFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*args: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(phase_lock.fcntl, "lockf", unknown)
    with locked(folder, ALONE, QUIET):
        pass
