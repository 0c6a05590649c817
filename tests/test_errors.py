"""What goes wrong ends in one line and the exit code that it deserves; a bug of ours keeps its traceback."""

import errno
from collections.abc import Callable
from typing import NoReturn

import pytest
import torch

from mtl.errors import PreemptedError, UserError, file_trouble, run_verb


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "full", "a.json"), "a.json: cannot be written: No space left on device; mend"),
        (OSError(errno.EIO, "broken"), "cannot be read or written: Input/output error; mend the disk"),
        (RuntimeError("I/O error: Read-only file system (os error 30)"), "cannot be written: Read-only file"),
        (PermissionError(errno.EACCES, "no", b"a.json"), "a.json: Permission denied; mend its rights"),
        (IsADirectoryError(errno.EISDIR, "no", "a"), "a: Is a directory; mend its rights or what lies there"),
        (OSError(errno.ENOTDIR, "no", "a", None, "b"), "b: Not a directory; mend its rights or what lies"),
    ],
)
def test_what_a_disk_or_a_file_refuses_is_one_line(error: Exception, told: str) -> None:
    found = file_trouble(error)
    assert found is not None
    assert found.startswith(told)


@pytest.mark.parametrize(
    "error",
    [
        PermissionError(errno.EACCES, "a port, say"),
        FileNotFoundError(errno.ENOENT, "no", "a"),
        ValueError("x"),
    ],
)
def test_what_may_be_our_own_fault_is_not(error: Exception) -> None:
    assert file_trouble(error) is None


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (None, 0, ""),
        (UserError("a.json: is empty; fetch it"), 2, "error: a.json: is empty; fetch it\n"),
        (IsADirectoryError(errno.EISDIR, "no", "a"), 2, "error: a: Is a directory; "),
        (PreemptedError("step 3"), 75, "stopped: step 3; go on with --resume\n"),
        (PreemptedError("a phase", way_on="call it again"), 75, "stopped: a phase; call it again\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (AssertionError("never"), 1, "Traceback"),
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB. GPU 0 has"),
            2,
            "error: CUDA out of memory: what runs here needs more; set model.recompute=true",
        ),
    ],
)
def test_every_outcome_has_its_exit_code(
    error: BaseException | None, code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def main() -> None:
        if error is not None:
            raise error

    left = _code(main)
    assert left == code
    assert capsys.readouterr().err.startswith(told)


def _code(main: Callable[[], None]) -> int:
    def leave(code: int) -> NoReturn:
        raise SystemExit(code)

    with pytest.raises(SystemExit) as ended:
        run_verb(main, leave=leave)
    return int(str(ended.value.code))
