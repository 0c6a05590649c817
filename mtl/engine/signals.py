"""Ctrl-C and SIGTERM as a wish that all ranks learn of, not an exception in the middle of a collective."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

CAUGHT = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """While open, a signal only notes the wish to stop; a second Ctrl-C does what it always did.

    A launcher that is interrupted itself follows up with SIGTERM: that is the same wish, not a second one.
    """

    def __init__(self) -> None:
        self._signal: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in CAUGHT:
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def wanted(self) -> bool:
        """Whether this process was asked to stop."""
        return self._signal is not None

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signal = number
        if number == signal.SIGINT:
            signal.signal(number, self._before[number])

    def _restore(self) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before = {}
