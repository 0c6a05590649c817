"""The user's mistake, as an exception: one line that says what is wrong, where, and what to do about it.

Launchers print it and exit with code 2; anything else that is raised is our own fault and keeps its
traceback.
"""

import errno
import os
import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import NoReturn

DONE, OURS, YOURS, PREEMPTED, INTERRUPTED = 0, 1, 2, 75, 130
DISK = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE}
"""What a disk says that is full, over quota, broken, read-only, or no longer there."""
PLACE = {errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR}
"""What a system says of a file that may not be touched, or is a folder; or of a folder that is a file."""
_FROM_RUST = re.compile(r"\(os error (\d+)\)")


class UserError(ValueError):
    """A mistake that only the user can mend; its text is one line that names the way out."""


class PreemptedError(Exception):
    """The run was asked to stop, and did so in good order: it can go on from where it is."""

    def __init__(self, message: str, *, alone: bool = False, way_on: str = "go on with --resume") -> None:
        """Say where it stopped, and how it goes on; `alone`, where the other ranks do not know of it."""
        super().__init__(message)
        self.alone = alone
        self.way_on = way_on


def unknown_name(what: str, name: str, known: Iterable[str], *, where: str = "") -> UserError:
    """The error for a name that does not exist, with the nearest names that do."""
    names = sorted(known)
    near = get_close_matches(name, names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names) or 'none'}"
    return UserError(
        f"{where}: unknown {what} {name!r}; {hint}" if where else f"unknown {what} {name!r}; {hint}"
    )


def reason_of(error: Exception) -> str:
    """What another library's error says: its first line, and the next where that ends in a colon."""
    first, *more = str(error).strip().splitlines() or [type(error).__name__]
    return f"{first} {more[0].strip()}" if more and first.endswith(":") else first


def file_trouble(error: BaseException) -> str | None:
    """One line about a disk or a file that refuses, whichever library met it; None where neither did."""
    number, file = None, None
    if isinstance(error, OSError):
        number, file = error.errno, error.filename2 or error.filename
    elif found := _FROM_RUST.search(str(error)):
        number = int(found[1])
    where = f"{os.fsdecode(file)}: " if isinstance(file, str | bytes | os.PathLike) else ""
    if number in DISK:
        what = "read or written" if number in (errno.EIO, errno.ESTALE) else "written"
        return f"{where}cannot be {what}: {os.strerror(number)}; mend the disk or make room, and start again"
    if number in PLACE and where:
        return f"{where}{os.strerror(number)}; mend its rights or what lies there, or name another place"
    return None


def memory_trouble(error: BaseException) -> str | None:
    """One line about a GPU's memory that is full; PyTorch need not be loaded to know its error."""
    if type(error).__name__ != "OutOfMemoryError":
        return None
    what = str(error).partition(". ")[0]
    return (
        f"{what}: what runs here needs more; set model.recompute=true, a higher ZeRO stage, or a "
        "smaller token budget; or end what else runs on the GPU"
    )


def leave_at_once(code: int) -> NoReturn:
    """End without Python's teardown, in which a communication back end may abort after its work is done."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def run_verb(main: Callable[[], None], *, leave: Callable[[int], NoReturn] = sys.exit) -> NoReturn:
    """Run a launcher's `main` and leave with the exit code that its outcome deserves."""
    threading.excepthook = _in_a_thread
    try:
        main()
        code = DONE
    except UserError as error:
        rank = os.environ.get("RANK", "0")
        sys.stderr.write(f"error: {error}\n" if rank == "0" else f"error (rank {rank}): {error}\n")
        code = YOURS
    except PreemptedError as error:
        if os.environ.get("RANK", "0") == "0":
            sys.stderr.write(f"stopped: {error}; {error.way_on}\n")
        code = PREEMPTED
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        code = INTERRUPTED
    except Exception as error:
        trouble = file_trouble(error) or memory_trouble(error)
        if trouble is None:
            traceback.print_exc()
        else:
            sys.stderr.write(f"error: {trouble}\n")
        code = OURS if trouble is None else YOURS
    leave(code)


def _in_a_thread(args: threading.ExceptHookArgs) -> None:
    """A writing thread's trouble with its file reaches the main thread, which tells it."""
    if not isinstance(args.exc_value, OSError):
        threading.__excepthook__(args)
