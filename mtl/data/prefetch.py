"""Makes ahead, in a thread of its own, what a loop asks for next."""

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from typing import TypeVar

T = TypeVar("T")


class _EndError(Exception):
    """There are no more steps."""


def prefetch(make: Callable[[int], T], steps: Iterable[int], *, depth: int = 2) -> Generator[T, None, None]:
    """`make` of each step, made ahead by one thread; an error arrives where its step would have."""
    ready: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(maxsize=depth)
    closed = threading.Event()

    def put(item: tuple[T | None, BaseException | None]) -> None:
        while not closed.is_set():
            try:
                return ready.put(item, timeout=0.1)
            except queue.Full:
                continue

    def work() -> None:
        try:
            for step in steps:
                if closed.is_set():
                    return
                put((make(step), None))
            put((None, _EndError()))
        except BaseException as error:
            put((None, error))

    thread = threading.Thread(target=work, name="prefetch", daemon=True)
    thread.start()
    try:
        while True:
            item, error = ready.get()
            if isinstance(error, _EndError):
                return
            if error is not None:
                raise error
            assert item is not None
            yield item
    finally:
        closed.set()
        thread.join()
