"""From scores to an answer: what each comparison gains, how surely, and what that means in words."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mtl.study.closeness import Closeness, find_closeness
from mtl.study.curves import LearningCurve, find_curves
from mtl.study.interactions import InteractionResult, find_interactions
from mtl.study.models import (
    common_seeds,
    distinct_seeds,
    read_arms,
    scores_of,
    targets_with,
    weights_of,
)
from mtl.study.results import StudyResults
from mtl.study.schema import Comparison
from mtl.study.spread import Spread, find_spreads
from mtl.study.statistics.effects import Effect, two_way
from mtl.study.statistics.evidence import Evidence, evidence_for
from mtl.study.statistics.families import FamilyMember, as_family
from mtl.study.statistics.paired import Place
from mtl.study.statistics.summary import too_few

Leaks = Collection[tuple[str, str]]
"""Arms and targets that share data."""


@dataclass(frozen=True, kw_only=True)
class ComparisonResult(FamilyMember):
    """A comparison on one target, or on the mean of several."""

    comparison: Comparison
    targets: tuple[str, ...]
    seeds: tuple[int, ...]
    by_language: Mapping[Place, float]
    """The gain of each target and language, over seeds."""
    evidence: Evidence
    """The gain."""
    average: str = ""
    """The study's name for the mean over some languages; empty: over all."""

    @property
    def gain(self) -> float:
        """The mean over seeds."""
        return self.evidence.value

    @property
    def note(self) -> str | None:
        """What stands in for a test."""
        return too_few(len(self.seeds))


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """A study's answer."""

    means: tuple[ComparisonResult, ...]
    """By comparison: the mean over all targets."""
    clean: tuple[ComparisonResult, ...]
    """The same without targets that share data with the arm, where there are any."""
    single: tuple[ComparisonResult, ...]
    """By comparison and target."""
    averages: tuple[ComparisonResult, ...]
    """By comparison and average of some languages."""
    aside: tuple[ComparisonResult, ...]
    """Comparisons with arms that are reported apart, on the mean over targets; a family of their own."""
    closeness: tuple[Closeness, ...]
    """Gains and the distances of source languages, where the study names a target language."""
    spreads: tuple[Spread, ...]
    """By target: how much scores vary over seeds and items."""
    interactions: tuple[InteractionResult, ...]
    """What pairs of measures do together beyond each alone."""
    curves: tuple[LearningCurve, ...]
    """Scores by size."""
    effects: tuple[Effect, ...]
    """Of arms and targets on scores; empty where cells are missing or do not vary with the seed."""


def analyse(results: StudyResults, leaks: Leaks = (), *, resamples: int = 2000) -> Analysis:
    """Every comparison, on every target and on average; tests of one kind form a family for Holm."""
    targets = tuple(results.languages)
    means, clean, single, averages = [], [], [], []
    fair, others = _fair_and_aside(results)
    for comparison in fair:
        there = tuple(target for target in targets if common_seeds(results, _labels(comparison), (target,)))
        single += [_find(results, comparison, (target,), resamples) for target in there]
        if len(there) > 1 and common_seeds(results, _labels(comparison), there):
            means.append(_find(results, comparison, there, resamples))
            apart = tuple(target for target in there if not _shares(comparison, target, leaks))
            if 0 < len(apart) < len(there):
                clean.append(_find(results, comparison, apart, resamples))
        averages += list(_averages(results, comparison, there, resamples))
    if not means:
        means, single = single, []
    return Analysis(
        means=_adjusted(means),
        clean=_adjusted(clean),
        single=_adjusted(single),
        averages=tuple(
            finding
            for name in results.matrix.study.averages
            for finding in _adjusted([each for each in averages if each.average == name])
        ),
        aside=_adjusted(
            [
                _find(results, comparison, there, resamples)
                for comparison in others
                if (there := tuple(t for t in targets if common_seeds(results, _labels(comparison), (t,))))
                and common_seeds(results, _labels(comparison), there)
            ]
        ),
        closeness=find_closeness(results),
        spreads=find_spreads(results),
        interactions=find_interactions(results, resamples=resamples),
        curves=find_curves(results, resamples=resamples),
        effects=_effects(results, targets),
    )


def _fair_and_aside(results: StudyResults) -> tuple[list[Comparison], list[Comparison]]:
    """The comparisons, and those with an arm that is reported apart."""
    apart = {row.label for row in results.matrix.rows if row.aside is not None}
    both: tuple[list[Comparison], list[Comparison]] = ([], [])
    for each in results.matrix.comparisons:
        both[bool(apart & {each.arm, each.against})].append(each)
    return both


def _averages(
    results: StudyResults, comparison: Comparison, targets: Sequence[str], resamples: int
) -> Iterator[ComparisonResult]:
    """A comparison on each average, over the targets that have all its languages."""
    for name in results.matrix.study.averages:
        whole = tuple(target for target in targets_with(results, name) if target in targets)
        if whole and common_seeds(results, _labels(comparison), whole):
            yield _find(results, comparison, whole, resamples, name)


def _shares(comparison: Comparison, target: str, leaks: Leaks) -> bool:
    return (comparison.arm, target) in leaks or (comparison.against, target) in leaks


def _find(
    results: StudyResults, comparison: Comparison, targets: tuple[str, ...], resamples: int, average: str = ""
) -> ComparisonResult:
    labels = _labels(comparison)
    common = distinct_seeds(results, labels, targets)
    weights = weights_of(results, targets, average)
    first, second = ([scores_of(results, label, targets, seed) for seed in common] for label in labels)
    gains = [{place: b[place] - a[place] for place in weights} for a, b in zip(first, second, strict=True)]
    names = (comparison.arm, comparison.against, *targets, average)
    return ComparisonResult(
        comparison=comparison,
        targets=targets,
        seeds=common,
        by_language={place: float(np.mean([each[place] for each in gains])) for place in weights},
        evidence=evidence_for(
            tuple(sum(weight * each[place] for place, weight in weights.items()) for each in gains),
            read_arms(results, labels, targets, common),
            (-1.0, 1.0),
            weights,
            names=[name for name in names if name],
            resamples=resamples,
        ),
        average=average,
    )


def _labels(comparison: Comparison) -> tuple[str, str]:
    return comparison.against, comparison.arm


def _adjusted(findings: Sequence[ComparisonResult]) -> tuple[ComparisonResult, ...]:
    return as_family(findings, [finding.evidence.estimate for finding in findings])


def _effects(results: StudyResults, targets: Sequence[str]) -> tuple[Effect, ...]:
    """Arms x targets, seeds within arms; a table with holes has no such analysis.

    Targets on which some arm is one model for all seeds are left out: it has no scatter there.
    """
    every = results.matrix.study.seeds
    labels = [row.label for row in results.matrix.rows if row.aside is None and row.empty is None]
    by_target = [[results.over_seeds(label, target) for label in labels] for target in targets]
    varied = [cells for cells in by_target if all(len(cell) == len(every) for cell in cells)]
    if len(labels) < 2 or len(varied) < 2 or common_seeds(results, labels, targets) != every:
        return ()
    scores = [[[results.score(each) for each in cell] for cell in cells] for cells in varied]
    return two_way(
        [list(cells) for cells in zip(*scores, strict=True)], names=("arm", "seeds of an arm", "target")
    )
