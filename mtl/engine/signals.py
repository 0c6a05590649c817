"""SIGTERM, SIGUSR1 and Ctrl-C as a wish that all ranks learn of, not an exception inside a collective."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Self

from mtl.errors import PreemptedError

CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)
"""SIGUSR1 is what Slurm can be asked to send some time before the end."""


class StopRequest:
    """While open, a signal ends the process in good order: at once, or, while held, when somebody asks.

    A launcher that is interrupted itself follows up with SIGTERM: that is the same wish, not a second one. A
    second Ctrl-C does what it always did.
    """

    def __init__(self) -> None:
        self._signal: int | None = None
        self._held = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in CAUGHT:
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before = {}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let signals wait: whoever works here looks at `wanted` between its steps, and saves."""
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def wanted(self) -> bool:
        """Whether this process was asked to stop."""
        return self._signal is not None

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._signal = number
        if number == signal.SIGINT:
            signal.signal(number, self._before[number])
        if not self._held:
            name = signal.Signals(number).name
            raise PreemptedError(f"by {name}, before there was anything to save", alone=True)
