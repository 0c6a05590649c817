"""From scores to an answer: what each comparison gains, how surely, and what that means in words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mtl import seeds
from mtl.study.results import Result, Results
from mtl.study.schema import Comparison
from mtl.study.statistics.effects import Effect, two_way
from mtl.study.statistics.families import holm
from mtl.study.statistics.gains import Estimate, bootstrap, items_and_seeds, permutation, seeds_alone
from mtl.study.statistics.paired import Models, Place, pair
from mtl.study.statistics.summary import too_few

Leaks = Collection[tuple[str, str]]
"""Arms and targets that share data."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A comparison on one target, or on the mean of several."""

    comparison: Comparison
    targets: tuple[str, ...]
    seeds: tuple[int, ...]
    gains: tuple[float, ...]
    """By seed, in points."""
    by_language: Mapping[Place, float]
    """The gain of each target and language, over seeds."""
    num_items: int | None
    """None: the metric has no items to resample."""
    num_clusters: int | None
    estimate: Estimate | None
    """Of other training runs on other items; None: too few seeds."""
    bootstrap: Estimate | None
    """Of these models on other items."""
    permutation: float | None
    adjusted: float | None = None
    """The estimate's p after Holm, over the family of comparisons that it was made in."""
    family: int = 0
    """How many there are in it."""

    @property
    def gain(self) -> float:
        """The mean over seeds."""
        return float(np.mean(self.gains))

    @property
    def note(self) -> str | None:
        """What stands in for a test."""
        return too_few(len(self.seeds))


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """A study's answer."""

    means: tuple[Finding, ...]
    """By comparison: the mean over all targets."""
    clean: tuple[Finding, ...]
    """The same without targets that share data with the arm, where there are any."""
    single: tuple[Finding, ...]
    """By comparison and target."""
    effects: tuple[Effect, ...]
    """Of arms and targets on scores; empty where cells are missing."""
    resamples: int


def analyse(results: Results, leaks: Leaks = (), *, resamples: int = 2000) -> Analysis:
    """Every comparison, on every target and on average; tests of one kind form a family for Holm."""
    targets = tuple(results.languages)
    means, clean, single = [], [], []
    for comparison in results.matrix.comparisons:
        there = tuple(target for target in targets if _common_seeds(results, comparison, (target,)))
        single += [_find(results, comparison, (target,), resamples) for target in there]
        if len(there) > 1 and _common_seeds(results, comparison, there):
            means.append(_find(results, comparison, there, resamples))
            apart = tuple(target for target in there if not _shares(results, comparison, target, leaks))
            if 0 < len(apart) < len(there):
                clean.append(_find(results, comparison, apart, resamples))
    if not means:
        means, single = single, []
    return Analysis(
        means=_adjusted(means),
        clean=_adjusted(clean),
        single=_adjusted(single),
        effects=_effects(results, targets),
        resamples=resamples,
    )


def _shares(results: Results, comparison: Comparison, target: str, leaks: Leaks) -> bool:
    return (comparison.arm, target) in leaks or (comparison.against, target) in leaks


def _common_seeds(results: Results, comparison: Comparison, targets: Sequence[str]) -> tuple[int, ...]:
    """The seeds that both arms have on all targets."""
    both = (comparison.arm, comparison.against)
    return tuple(
        seed
        for seed in results.matrix.study.seeds
        if all(results.get(label, target, seed) for label in both for target in targets)
    )


def _find(results: Results, comparison: Comparison, targets: tuple[str, ...], resamples: int) -> Finding:
    common = _common_seeds(results, comparison, targets)
    arms = [
        [[_there(results, label, target, seed) for target in targets] for seed in common]
        for label in (comparison.against, comparison.arm)
    ]
    first, second = ([_scores(results, model) for model in arm] for arm in arms)
    gains = tuple(
        float(np.mean([np.mean([b[p] - a[p] for p in a if p[0] == target]) for target in targets]))
        for a, b in zip(first, second, strict=True)
    )
    finding = Finding(
        comparison=comparison,
        targets=targets,
        seeds=common,
        gains=gains,
        by_language={
            place: float(np.mean([b[place] - a[place] for a, b in zip(first, second, strict=True)]))
            for place in first[0]
        },
        num_items=None,
        num_clusters=None,
        estimate=seeds_alone(gains),
        bootstrap=None,
        permutation=None,
    )
    models = [_models(results, arm) for arm in arms]
    return finding if None in models else _tested(finding, models[0] or [], models[1] or [], resamples)


def _tested(finding: Finding, first: Models, second: Models, resamples: int) -> Finding:
    paired = pair(first, second)
    assert np.allclose(paired.gains, finding.gains), (finding.comparison, finding.targets)
    key = seeds.key("study", finding.comparison.arm, finding.comparison.against, *finding.targets)
    return replace(
        finding,
        num_items=paired.num_items,
        num_clusters=paired.num_clusters,
        estimate=items_and_seeds(paired),
        bootstrap=bootstrap(paired, key=key, resamples=resamples),
        permutation=permutation(paired, key=key, resamples=resamples),
    )


def _there(results: Results, label: str, target: str, seed: int) -> Result:
    result = results.get(label, target, seed)
    assert result is not None
    return result


def _scores(results: Results, model: Sequence[Result]) -> dict[Place, float]:
    return {
        (each.cell.target, language): each.by_language[language]
        for each in model
        for language in results.languages[each.cell.target]
    }


def _models(results: Results, arm: Sequence[Sequence[Result]]) -> Models | None:
    """Item scores by seed and place; None where a metric has none."""
    models = []
    for model in arm:
        places = {}
        for each in model:
            items = each.items()
            if items is None:
                return None
            for language in results.languages[each.cell.target]:
                places[each.cell.target, language] = items[language]
        models.append(places)
    return models


def _adjusted(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Holm over all that have a p-value."""
    tested = [finding for finding in findings if finding.estimate is not None]
    adjusted = iter(holm([finding.estimate.p for finding in tested if finding.estimate is not None]))
    return tuple(
        replace(finding, adjusted=next(adjusted), family=len(tested))
        if finding.estimate is not None
        else finding
        for finding in findings
    )


def _effects(results: Results, targets: Sequence[str]) -> tuple[Effect, ...]:
    """Arms x targets, seeds as repetitions; a table with holes has no such analysis."""
    study = results.matrix.study
    labels = [row.label for row in results.matrix.rows]
    found = [[results.over_seeds(label, target) for target in targets] for label in labels]
    whole = all(len(cell) == len(study.seeds) for row in found for cell in row)
    if len(labels) < 2 or len(targets) < 2 or not whole:
        return ()
    return two_way(
        [[[each.score for each in cell] for cell in row] for row in found], names=("arm", "target")
    )
