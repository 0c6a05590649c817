"""Dev scores during training: each task's metrics on some records of its dev split, and their mean."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from mtl.data.strip import HeadStore
from mtl.evaluate.decode import DECODERS, Scores
from mtl.evaluate.metrics import METRICS
from mtl.evaluate.predict import Predictor, examples_of, predict, records_of

Numbers = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class DevSet:
    """A task's dev split."""

    task: str
    metric: str
    language: str
    source: HeadStore


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
    on_first: Callable[[Callable[[], Numbers]], Numbers],
    broken_off: Callable[[], bool],
) -> DevScores | None:
    """Score all dev sets, or none where all ranks find it `broken_off`; every rank gets the answer.

    `on_first` calls a function on the first rank and gives all ranks its result.
    """
    by_task: dict[str, Numbers] = {}
    for dev in dev_sets:
        if broken_off():
            return None
        examples = examples_of(dev.source, num_records)
        scores = predict(predictor, dev.source, examples, budget=budget, rank=rank, world=world)
        by_task[dev.task] = on_first(partial(_score, dev, num_records, scores))
    mains = [by_task[dev.task][METRICS[dev.metric].main] for dev in dev_sets]
    return DevScores(by_task=by_task, mean=sum(mains) / len(mains))


def _score(dev: DevSet, num_records: int | None, scores: Scores | None) -> Numbers:
    assert scores is not None, "the first rank has them all"
    decoder = DECODERS[dev.source.store.header.kind]
    predictions, golds = decoder.decode(dev.source.store, records_of(dev.source, num_records), scores)
    return METRICS[dev.metric].compute(predictions, golds, language=dev.language)


@dataclass(frozen=True, kw_only=True)
class StoppingState:
    """What early stopping remembers: the best mean, its step, and the evaluations since; nothing at first."""

    best: float | None = None
    best_step: int = -1
    since: int = 0


class EarlyStopping:
    """Remembers the best mean, and says when too many evaluations in a row were no better."""

    def __init__(self, patience: int | None) -> None:
        """Never stop where `patience` is None."""
        self.patience = patience
        self.best = float("-inf")
        self.best_step = -1
        self.since = 0

    def state(self) -> StoppingState:
        """What it remembers."""
        best = None if self.best_step < 0 else self.best
        return StoppingState(best=best, best_step=self.best_step, since=self.since)

    def restore(self, state: StoppingState) -> None:
        """Remember what `state` gave."""
        self.best = float("-inf") if state.best is None else state.best
        self.best_step, self.since = state.best_step, state.since

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
