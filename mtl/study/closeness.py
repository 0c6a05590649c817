"""Does a source language help the more, the closer it is to the target? Gains held to distances."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mtl import seeds
from mtl.study.results import Results
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
    """Arms of the same tasks in several languages, on one target or on the mean of several."""

    tasks: tuple[str, ...]
    targets: tuple[str, ...]
    points: tuple[Point, ...]
    """The closest first."""
    agreement: Agreement | None
    """Of the ranks of distance and gain; None: too few sources."""
    by_seed: tuple[float, ...]
    """The same correlation with each seed alone."""


def find_closeness(results: Results) -> tuple[Closeness, ...]:
    """For all targets together, then for each; empty where the study holds nothing to a distance."""
    if results.matrix.study.distance_to is None:
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
        for tasks in dict.fromkeys(source.tasks for source in sources)
        for targets in groups
        for found in _find(results, tasks, targets, [each for each in sources if each.tasks == tasks])
    )


def _find(
    results: Results, tasks: tuple[str, ...], targets: tuple[str, ...], sources: Sequence[SourceArm]
) -> Iterator[Closeness]:
    gains = {source: _gains(results, source.row.label, targets) for source in sources}
    points = [
        Point(source=source, distance=source.facts.distance, gains=own)
        for source, own in gains.items()
        if source.facts.distance is not None and own
    ]
    points.sort(key=lambda point: point.distance)
    if len(points) < 2:
        return
    key, distances = seeds.key("closeness", *tasks, *targets), [point.distance for point in points]
    common = [seed for seed in results.matrix.study.seeds if all(seed in point.gains for point in points)]
    alone = [rank_correlation(distances, [p.gains[seed] for p in points], key=key) for seed in common]
    yield Closeness(
        tasks=tasks,
        targets=targets,
        points=tuple(points),
        agreement=rank_correlation(distances, [point.gain for point in points], key=key),
        by_seed=tuple(each.rho for each in alone if each is not None),
    )


def _gains(results: Results, label: str, targets: Sequence[str]) -> dict[int, float]:
    """Over the control, by seed that has all targets."""
    found = {}
    for seed in results.matrix.study.seeds:
        pairs = [
            (results.get(label, target, seed), results.get(results.matrix.study.control, target, seed))
            for target in targets
        ]
        whole = [(one.score, base.score) for one, base in pairs if one is not None and base is not None]
        if targets and len(whole) == len(targets):
            found[seed] = float(np.mean([score - base for score, base in whole]))
    return found
