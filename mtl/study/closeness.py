"""Does a source language help the more, the closer it is to the target? Gains held to distances."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mtl import seeds
from mtl.study.models import common_seeds, distinct_seeds, weighted_score, weights_of
from mtl.study.results import StudyResults
from mtl.study.sources import SourceArm, find_sources
from mtl.study.statistics.ranks import Agreement, rank_correlation


@dataclass(frozen=True, kw_only=True)
class Point:
    """A source: how far away its language is, and what it gains over the control."""

    source: SourceArm
    distance: float
    gains: Mapping[int, float]
    """By seed that both it and the control have, in points."""

    @property
    def gain(self) -> float:
        """The mean over seeds."""
        return float(np.mean(list(self.gains.values())))


@dataclass(frozen=True, kw_only=True)
class Closeness:
    """Arms of the same tasks and variant in several languages, on one target or on the mean of several."""

    trains_on: tuple[str, ...]
    """The tasks, and the variant if it has a name."""
    targets: tuple[str, ...]
    points: tuple[Point, ...]
    """The closest first."""
    agreement: Agreement | None
    """Of the ranks of distance and gain; None: too few sources."""
    by_seed: tuple[float, ...]
    """The same correlation with each seed alone."""


def find_closeness(results: StudyResults) -> tuple[Closeness, ...]:
    """For all targets together, then for each; empty where the study holds nothing to a distance."""
    if results.matrix.study.distance_to is None or not results.languages:
        return ()
    sources = [
        source
        for source in find_sources(results.matrix)
        if source.row.aside is None and source.facts.distance is not None
    ]
    every = tuple(results.languages)
    groups = [every, *((target,) for target in every if len(every) > 1)]
    return tuple(
        found
        for what in dict.fromkeys(map(_trains_on, sources))
        for targets in groups
        for found in _find(results, what, targets, [each for each in sources if _trains_on(each) == what])
    )


def _trains_on(source: SourceArm) -> tuple[str, ...]:
    return (*source.tasks, source.row.variant) if source.row.variant else source.tasks


def _find(
    results: StudyResults, what: tuple[str, ...], targets: tuple[str, ...], sources: Sequence[SourceArm]
) -> Iterator[Closeness]:
    by_language: dict[str, list[SourceArm]] = {}
    for source in sources:
        by_language.setdefault(source.language, []).append(source)
    points = [
        Point(source=arms[0], distance=arms[0].facts.distance, gains=own)
        for arms in by_language.values()
        if arms[0].facts.distance is not None and (own := _gains(results, arms, targets))
    ]
    points.sort(key=lambda point: point.distance)
    if len(points) < 2:
        return
    key, distances = seeds.key("closeness", *what, *targets), [point.distance for point in points]
    common = [seed for seed in results.matrix.study.seeds if all(seed in point.gains for point in points)]
    alone = [rank_correlation(distances, [p.gains[seed] for p in points], key=key) for seed in common]
    yield Closeness(
        trains_on=what,
        targets=targets,
        points=tuple(points),
        agreement=rank_correlation(distances, [point.gain for point in points], key=key),
        by_seed=tuple(each.rho for each in alone if each is not None),
    )


def _gains(results: StudyResults, arms: Sequence[SourceArm], targets: Sequence[str]) -> dict[int, float]:
    """The mean of a language's arms over the control, by seed that has all targets."""
    control = results.matrix.study.control
    # One that has no results leaves the language its other arms.
    labels = [arm.row.label for arm in arms if common_seeds(results, (arm.row.label,), targets)]
    if not labels:
        return {}
    weights = weights_of(results, targets)
    return {
        seed: float(np.mean([weighted_score(results, label, weights, seed) for label in labels]))
        - weighted_score(results, control, weights, seed)
        for seed in distinct_seeds(results, (control, *labels), targets)
    }
