"""A disk that fails: the n-th file that is opened for writing cannot be opened, or not be written."""

import errno
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock


class Disk:
    """Counts files opened for writing; what is done to one of them fails."""

    def __init__(self, *, nth: int, number: int, at_open: bool) -> None:
        self.seen = 0
        self._nth, self._number, self._at_open = nth, number, at_open
        self._open = io.open

    def open(self, file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if not set(mode) & set("wax+") or "tfevents" in str(file):  # those are written by a thread of its own
            return self._open(file, mode, *args, **kwargs)
        self.seen += 1
        if self.seen - 1 != self._nth:
            return self._open(file, mode, *args, **kwargs)
        if self._at_open:
            raise OSError(self._number, os.strerror(self._number), str(file))
        made = self._open(file, mode, *args, **kwargs)
        return mock.Mock(wraps=made, spec=made, name="file", **self._failing(made))

    def _failing(self, made: Any) -> dict[str, Any]:
        error = OSError(self._number, os.strerror(self._number))

        def enter(*_: Any) -> Any:
            return mock.Mock(wraps=made, write=mock.Mock(side_effect=error))

        def leave(*_: Any) -> None:
            made.close()

        return {"write.side_effect": error, "__enter__": enter, "__exit__": leave}


@contextmanager
def failing(*, nth: int, number: int = errno.ENOSPC, at_open: bool = False) -> Iterator[Disk]:
    """While open, the n-th file opened for writing fails."""
    disk = Disk(nth=nth, number=number, at_open=at_open)
    with mock.patch("io.open", disk.open):
        yield disk
