"""One run at a time works at a phase: a lock in its folder, free again once its holder has ended, however.

A second run waits a little before it gives up: ranks of a run that was killed may still be on their way out,
and on NFS the lock of a host that died lasts until its lease is over.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from mtl.engine.launch import Ranks
from mtl.errors import UserError
from mtl.run.terminal import Terminal
from mtl.runfolder import PhaseFolder
from mtl.together import on_first

PATIENCE = 120.0
POLL_SECONDS = 0.5


@contextmanager
def locked(folder: PhaseFolder, ranks: Ranks, terminal: Terminal) -> Iterator[None]:
    """Hold a phase for these ranks; a UserError on all of them where another run goes on holding it."""
    with ExitStack() as stack:
        on_first(ranks, partial(_take, folder, terminal, stack))
        yield


def _take(folder: PhaseFolder, terminal: Terminal, stack: ExitStack) -> None:
    """Take the lock, which the stack gives back; on a file system that knows none, do without it."""
    try:
        folder.root.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder.lock, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:  # what is wrong with the folder is told where something must be written into it
        return
    stack.callback(os.close, descriptor)
    end, said = time.monotonic() + PATIENCE, False
    while not _lock(descriptor):
        if time.monotonic() >= end:
            raise UserError(
                f"{folder.root}: another run works at this phase; wait for it, or end it (if its host is "
                f"gone, remove {folder.lock})"
            )
        if not said:
            terminal.say(f"{folder.root}: another run works at this phase; waiting {PATIENCE:.0f} s for it")
        said = True
        time.sleep(POLL_SECONDS)


def _lock(descriptor: int) -> bool:
    """Whether nobody else has the lock, which is ours then; a child would inherit that of flock."""
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # no locks here
        pass
    return True
