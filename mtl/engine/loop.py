"""The training loop: a generator of step results, so that logging and evaluating stay outside of it."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mtl.data.steps import RankStep
from mtl.engine.engine import Engine, Outcome


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """A finished step: what it did, what it was, and what it took."""

    work: RankStep
    outcome: Outcome
    seconds: float
    """From the end of the step before, without what the reader of these results did in between."""
    waited: float
    """Of these, spent waiting for data."""


def train(
    engine: Engine, works: Iterable[RankStep], *, wants_stop: Callable[[], bool]
) -> Iterator[StepResult]:
    """Learn from each step's work; ends early once a rank wants to stop, on all ranks after the same step."""
    arriving = iter(works)
    while True:
        start = time.perf_counter()
        work = next(arriving, None)
        if work is None:
            return
        waited = time.perf_counter() - start
        outcome = engine.step(work, stop=wants_stop())
        yield StepResult(work=work, outcome=outcome, seconds=time.perf_counter() - start, waited=waited)
        if outcome.agreement.stop:
            return
