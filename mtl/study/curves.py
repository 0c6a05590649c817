"""The learning curves of a study: arms of one family that differ in the size of their data."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mtl import seeds
from mtl.runfolder import StudyFolder
from mtl.study.matrix import Row
from mtl.study.models import (
    common_seeds,
    distinct_seeds,
    read_arms,
    targets_of,
    targets_with,
    weighted_score,
    weights_of,
)
from mtl.study.results import StudyResults
from mtl.study.statistics.curves import LEAST_FOR_LAW, LEAST_SIZES, Law, fit_law, line_weights
from mtl.study.statistics.evidence import Evidence, evidence_for
from mtl.study.statistics.families import FamilyMember, as_family
from mtl.study.statistics.gains import Estimate, resampled_scores
from mtl.study.statistics.paired import Models, Place, contrast
from mtl.study.statistics.summary import too_few


@dataclass(frozen=True, kw_only=True)
class LearningCurve(FamilyMember):
    """Scores by size, on one target or on the mean of several."""

    name: str
    where: str
    """On what: a target, a group of targets, or languages of them."""
    labels: tuple[str, ...]
    """The arms, from the smallest."""
    sizes: tuple[int, ...]
    """The records that each has seen in training, at least once; a mean over seeds."""
    targets: tuple[str, ...]
    seeds: tuple[int, ...]
    scores: tuple[tuple[float, ...], ...]
    """By size and seed."""
    base: float | None
    """The control's score: no intermediate data at all."""
    evidence: Evidence | None
    """The slope, in points a doubling; None: too few seeds or sizes."""
    law: Law | None
    """None: too few seeds or sizes, or a metric without items."""
    is_difference: bool = False
    """Whether its scores are one part's less another's."""

    @property
    def means(self) -> tuple[float, ...]:
        """By size, over seeds."""
        return tuple(float(np.mean(each)) for each in self.scores)

    @property
    def slope(self) -> Estimate | None:
        """Points a doubling; None: too few seeds or sizes."""
        return None if self.evidence is None else self.evidence.estimate

    @property
    def note(self) -> str | None:
        """What stands in for a fit."""
        if len(self.sizes) < LEAST_SIZES:
            return f"too few sizes for a line: {len(self.sizes)}, {LEAST_SIZES} are needed"
        return too_few(len(self.seeds))


@dataclass(frozen=True)
class Scope:
    """What a curve is drawn over."""

    name: str
    kind: str
    """`all`, `group`, `languages`, `difference` or `target`: places of one kind form a family of tests."""
    weights: Mapping[Place, float]
    """By target and language."""

    @property
    def targets(self) -> tuple[str, ...]:
        """Its targets, in order."""
        return targets_of(self.weights)


def find_curves(results: StudyResults, *, resamples: int = 2000) -> tuple[LearningCurve, ...]:
    """Every curve on every place, with slopes that are tested and laws that are fitted."""
    points = _points(results)
    found = [
        (place.kind, curve)
        for place in _places(results)
        for name, rows in points.items()
        if (curve := _curve(results, name, rows, place, resamples)) is not None
    ]
    curves: list[LearningCurve] = []
    for kind in dict.fromkeys(kind for kind, _ in found):
        family = [curve for other, curve in found if other == kind]
        curves += as_family(family, [curve.slope for curve in family])
    return tuple(curves)


def curve_problems(results: StudyResults) -> tuple[str, ...]:
    """Which arms are no points, for another of the same curve has seen as many records."""
    return tuple(
        f"{' and '.join(row.label for row in rows)} have seen {size:,} records each and are left out of the "
        f"learning curve {name}: name their curves apart"
        for name, by_size in _arms_by_size(results).items()
        for size, rows in sorted(by_size.items())
        if len(rows) > 1
    )


def _points(results: StudyResults) -> dict[str, list[tuple[int, Row]]]:
    """By curve: the sizes and the arms that have been trained, the smallest first; one for each size."""
    return {
        name: [(size, rows[0]) for size, rows in sorted(by_size.items()) if len(rows) == 1]
        for name, by_size in _arms_by_size(results).items()
    }


def _arms_by_size(results: StudyResults) -> dict[str, dict[int, list[Row]]]:
    """By curve and number of records seen, which copies let vary with the seed: the arms that are trained."""
    trained: dict[Row, dict[str, None]] = {}
    for cell in results.matrix.cells:
        if cell.intermediate is not None and cell.intermediate in results.seconds:
            trained.setdefault(cell.row, {})[cell.intermediate] = None
    found: dict[str, dict[int, list[Row]]] = {}
    for row, phases in trained.items():
        if row.curve is not None:
            size = round(sum(_num_seen(results, phase) for phase in phases) / len(phases))
            found.setdefault(row.curve, {}).setdefault(size, []).append(row)
    return found


def _num_seen(results: StudyResults, phase: str) -> float:
    """The records of which training drew anything: all of a task that it went through, else a part."""
    file = StudyFolder(results.matrix.recipe.folder).phase(phase).mixture
    table = json.loads(file.read_text(encoding="utf-8"))
    return sum((row["records"] * min(row["epochs"], 1.0) for row in table), start=0.0)


def _places(results: StudyResults) -> Iterator[Scope]:
    """The mean over all targets, groups of them, classes of languages, and each target."""
    study, targets = results.matrix.study, tuple(results.languages)
    groups: dict[str, list[str]] = {}
    for target in targets:
        groups.setdefault(study.targets[target].group or target, []).append(target)
    if len(targets) > 1:
        yield Scope(f"mean of {len(targets)} targets", "all", weights_of(results, targets))
    if 1 < len(groups) < len(targets):
        for group, members in groups.items():
            if members != [group]:  # which is a place of its own, as a target
                yield Scope(group, "group", weights_of(results, members))
    if len(groups) == 2:
        first, second = (weights_of(results, members) for members in groups.values())
        less = {place: -weight for place, weight in second.items()}
        yield Scope(" less ".join(groups), "difference", {**first, **less})
    for name, average in study.averages.items():
        if whole := targets_with(results, name):
            kind = "difference" if average.less else "languages"
            yield Scope(name, kind, weights_of(results, whole, name))
    for target in targets:
        yield Scope(target, "target", weights_of(results, (target,)))


def _curve(
    results: StudyResults, name: str, rows: Sequence[tuple[int, Row]], place: Scope, resamples: int
) -> LearningCurve | None:
    labels, sizes = tuple(row.label for _, row in rows), tuple(size for size, _ in rows)
    common = distinct_seeds(results, labels, place.targets)
    if not common or len(sizes) < 2:
        return None
    control = results.matrix.study.control
    known = common_seeds(results, (control,), place.targets)
    base = [weighted_score(results, control, place.weights, seed) for seed in common if seed in known]
    curve = LearningCurve(
        name=name,
        where=place.name,
        labels=labels,
        sizes=sizes,
        targets=place.targets,
        seeds=common,
        scores=tuple(
            tuple(weighted_score(results, label, place.weights, seed) for seed in common) for label in labels
        ),
        base=float(np.mean(base)) if base else None,
        evidence=None,
        law=None,
        is_difference=place.kind == "difference",
    )
    if curve.note is not None:
        return curve
    weights = line_weights(sizes)
    arms, names = read_arms(results, labels, place.targets, common), ("curve", name, place.name)
    slope = evidence_for(
        tuple((np.array(weights) @ np.array(curve.scores)).tolist()),
        arms,
        weights,
        place.weights,
        names=names,
        resamples=None,
    )
    law = None
    if arms is not None and len(sizes) >= LEAST_FOR_LAW and not curve.is_difference:
        law = _law(curve, arms, place.weights, seeds.key("study", *names), resamples)
    return replace(curve, evidence=slope, law=law)


def _law(
    curve: LearningCurve, arms: Sequence[Models], weights: Mapping[Place, float], key: int, resamples: int
) -> Law:
    apart = contrast(arms, [1.0] * len(arms), weights)
    return fit_law(curve.sizes, curve.means, resampled_scores(apart, key=key, resamples=resamples))
