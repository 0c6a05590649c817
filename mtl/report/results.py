"""The numbers of all runs in one place: by arm, seed, task and language; means and deviations over seeds.

An arm is a row of the tables: what the encoder had learned before it met a target. A measure is any number
that one seed of an arm has; where something that it needs was not scored, the seed has none.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from mtl.report.runs import Numbers, TaskScores

AVERAGE = "avg"
MAIN = ("em_and_f1", "acc_and_f1", "f1", "map@20", "accuracy")
"""A task's main number is the first of these that it was scored by."""
Measure = Callable[[TaskScores], float | None]
Growing = dict[str, dict[int, dict[str, Mapping[str, Numbers]]]]
"""Scores by arm, seed and task, while they are gathered."""


@dataclass(frozen=True)
class Sample:
    """A measure's values, one a seed."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean over seeds."""
        return math.fsum(self.values) / len(self.values)

    @property
    def deviation(self) -> float | None:
        """The standard deviation over seeds (n - 1); None for one seed."""
        if len(self.values) < 2:
            return None
        return math.sqrt(math.fsum((v - self.mean) ** 2 for v in self.values) / (len(self.values) - 1))


@dataclass(frozen=True, kw_only=True)
class Results:
    """Everything that was scored, and what stands in its way."""

    arms: Mapping[str, Mapping[int, TaskScores]]
    """By arm and seed."""
    baseline: str | None
    """The arm that gains are counted from."""
    problems: tuple[str, ...]
    seen: Mapping[str, str] = field(default_factory=dict)
    """Arms that are not zero-shot: what labels in other languages did for them."""

    def with_task(self, task: str) -> "Results":
        """The same without the arms that have no score of a task; the baseline stays in any case."""
        some = {
            arm: seeds
            for arm, seeds in self.arms.items()
            if arm == self.baseline or any(task in scores for scores in seeds.values())
        }
        return replace(self, arms=some)

    @property
    def tasks(self) -> Mapping[str, tuple[str, ...]]:
        """The tasks in the order of the runs, and all languages in which any arm was scored."""
        tasks: dict[str, dict[str, None]] = {}
        for scores in chain.from_iterable(seeds.values() for seeds in self.arms.values()):
            for task, by_language in scores.items():
                tasks.setdefault(task, {}).update(dict.fromkeys(by_language))
        return {task: tuple(lang for lang in langs if lang != AVERAGE) for task, langs in tasks.items()}

    def sample(self, arm: str, measure: Measure) -> Sample | None:
        """A measure over the seeds of an arm; None where no seed has it."""
        values = [value for scores in self.arms[arm].values() if (value := measure(scores)) is not None]
        return Sample(tuple(values)) if values else None

    def gain(self, arm: str, measure: Measure) -> float | None:
        """How much the mean over seeds is above the baseline's."""
        if self.baseline is None or arm == self.baseline:
            return None
        ours, theirs = self.sample(arm, measure), self.sample(self.baseline, measure)
        return None if ours is None or theirs is None else ours.mean - theirs.mean

    def main(self, task: str) -> str:
        """The metric of a task's main number."""
        for scores in chain.from_iterable(seeds.values() for seeds in self.arms.values()):
            if task in scores:
                numbers = scores[task][AVERAGE]
                return next((metric for metric in MAIN if metric in numbers), min(numbers))
        raise KeyError(task)

    def of_task(
        self, task: str, languages: Sequence[str] | None = None, metric: str | None = None
    ) -> Measure:
        """A task's mean over languages: those named, or all in which any arm was scored."""
        wanted = set(self.tasks[task] if languages is None else languages)
        metric = metric or self.main(task)

        def measure(scores: TaskScores) -> float | None:
            by_language = scores.get(task, {})
            if not wanted <= set(by_language):
                return None
            if wanted | {AVERAGE} == set(by_language):  # the scorer's own, which may be over examples
                return by_language[AVERAGE].get(metric)
            return _mean([by_language[language].get(metric) for language in wanted])

        return measure

    def of_language(self, task: str, language: str, metric: str | None = None) -> Measure:
        """A task's number in one language."""
        metric = metric or self.main(task)
        return lambda scores: scores.get(task, {}).get(language, {}).get(metric)


def mean_of(measures: Sequence[Measure]) -> Measure:
    """The plain mean of measures; none where one of them is none."""
    return lambda scores: _mean([measure(scores) for measure in measures])


def difference(one: Measure, other: Measure) -> Measure:
    """One measure less another."""

    def measure(scores: TaskScores) -> float | None:
        a, b = one(scores), other(scores)
        return None if a is None or b is None else a - b

    return measure


def _mean(values: Sequence[float | None]) -> float | None:
    numbers = [value for value in values if value is not None]
    return math.fsum(numbers) / len(numbers) if len(numbers) == len(values) and numbers else None
