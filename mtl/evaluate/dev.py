"""Dev scores during training: each task's metrics on the first records of its dev split, and their mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import distributed

from mtl.data.strip import Source
from mtl.evaluate.decode import DECODERS
from mtl.evaluate.metrics import METRICS
from mtl.evaluate.predict import Predictor, examples_of, predict, records_of


@dataclass(frozen=True, kw_only=True)
class DevSet:
    """A task's dev split."""

    task: str
    metric: str
    source: Source


@dataclass(frozen=True, kw_only=True)
class DevScores:
    """Percentages by task, and the mean of the tasks' main numbers: what decides which step is best."""

    by_task: Mapping[str, Mapping[str, float]]
    mean: float


def score_dev(
    predictor: Predictor,
    dev_sets: Sequence[DevSet],
    *,
    num_records: int | None,
    budget: int,
    rank: int,
    world: int,
) -> DevScores:
    """Score all dev sets; every rank gets the answer."""
    by_task: dict[str, dict[str, float]] = {}
    for dev in dev_sets:
        examples = examples_of(dev.source, num_records)
        scores = predict(predictor, dev.source, examples, budget=budget, rank=rank, world=world)
        if scores is not None:
            decoder = DECODERS[dev.source.store.header.kind]
            predictions, golds = decoder.decode(dev.source.store, records_of(dev.source, num_records), scores)
            by_task[dev.task] = METRICS[dev.metric].compute(predictions, golds)
    box: list[Any] = [by_task]
    if world > 1:
        distributed.broadcast_object_list(box)
    mains = [box[0][dev.task][METRICS[dev.metric].main] for dev in dev_sets]
    return DevScores(by_task=box[0], mean=sum(mains) / len(mains))


class EarlyStopping:
    """Remembers the best mean, and says when too many evaluations in a row were no better."""

    def __init__(self, patience: int | None) -> None:
        """Never stop where `patience` is None."""
        self.patience = patience
        self.best = float("-inf")
        self.best_step = -1
        self.since = 0

    def update(self, step: int, mean: float) -> bool:
        """Take in an evaluation; gives whether it is the best so far."""
        better = mean > self.best
        if better:
            self.best, self.best_step = mean, step
        self.since = 0 if better else self.since + 1
        return better

    @property
    def exhausted(self) -> bool:
        """Whether patience has run out."""
        return self.patience is not None and self.since >= self.patience
