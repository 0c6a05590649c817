"""What is made ahead arrives in order, errors in their places, and the thread ends with its reader."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mtl.data.prefetch import prefetch


def test_prefetch_gives_each_step_in_order() -> None:
    assert list(prefetch(lambda step: step * step, range(20))) == [step * step for step in range(20)]


def no_prefetch_threads() -> bool:
    return not any(thread.name == "prefetch" for thread in threading.enumerate())


@pytest.mark.parametrize("error", [ValueError("broken"), StopIteration(), KeyboardInterrupt()])
def test_an_error_arrives_where_its_step_would_have(error: BaseException) -> None:
    def make(step: int) -> int:
        if step == 3:
            raise error
        return step

    works = prefetch(make, range(9))
    assert [next(works) for _ in range(3)] == [0, 1, 2]
    with pytest.raises((type(error), RuntimeError)):
        next(works)
    assert no_prefetch_threads()


def test_an_error_of_the_steps_themselves_arrives_too() -> None:
    def numbers() -> Iterator[int]:
        yield 0
        raise ValueError("broken")

    works = prefetch(lambda step: step, numbers())
    assert next(works) == 0
    with pytest.raises(ValueError, match="broken"):
        next(works)


def test_closing_early_ends_the_thread() -> None:
    made: list[int] = []

    def make(step: int) -> int:
        made.append(step)
        return step

    works = prefetch(make, range(10**9), depth=2)
    assert next(works) == 0
    works.close()
    assert no_prefetch_threads()
    assert len(made) <= 5, "no more than is ordered ahead"


def test_steps_are_made_while_the_reader_is_busy() -> None:
    second = threading.Event()

    def make(step: int) -> int:
        if step == 1:
            second.set()
        return step

    works: Any = prefetch(make, range(5))
    assert next(works) == 0
    assert second.wait(timeout=10), "step 1 is made before it is asked for"
    works.close()


def test_nothing_is_made_before_the_first_step_is_asked_for() -> None:
    works: Any = prefetch(time.sleep, [10**6])
    works.close()
    assert no_prefetch_threads()
