"""Do two measures together bring more, or less, than what each brings alone? The answer is one number.

It is what both bring less what the one brings less what the other brings, each over neither: 0 where they add
up, below where they do the same work twice, above where the one needs the other.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mtl.study.models import common_seeds, distinct_seeds, read_arms, weighted_score, weights_of
from mtl.study.results import StudyResults
from mtl.study.schema import Interaction
from mtl.study.statistics.evidence import Evidence, evidence_for
from mtl.study.statistics.families import FamilyMember, as_family

WEIGHTS = (1.0, -1.0, -1.0, 1.0)
"""Of both, the one, the other, neither: the first two differ by the second measure, as do the last two."""


@dataclass(frozen=True, kw_only=True)
class InteractionResult(FamilyMember):
    """An interaction on one target, or on the mean of several."""

    interaction: Interaction
    targets: tuple[str, ...]
    seeds: tuple[int, ...]
    gains: tuple[float, float, float]
    """What both, the one and the other bring over neither, in points."""
    evidence: Evidence
    """The interaction; what swaps is the second measure, in and out."""

    @property
    def kept(self) -> float | None:
        """The share of the two gains' sum that both together bring; None where there is no gain to share."""
        _, one, other = self.gains
        return self.gains[0] / (one + other) if min(one, other) > 0 else None


def find_interactions(results: StudyResults, *, resamples: int = 2000) -> tuple[InteractionResult, ...]:
    """Each interaction of the study on the mean of its targets, then on each target: two families."""
    found = list(_all(results, resamples))
    means = [each for each in found if len(each.targets) > 1]
    single = [each for each in found if len(each.targets) == 1]
    families = (as_family(group, [each.evidence.estimate for each in group]) for group in (means, single))
    return tuple(each for family in families for each in family)


def _all(results: StudyResults, resamples: int) -> Iterator[InteractionResult]:
    for interaction in results.matrix.study.interactions:
        labels = tuple(interaction.model_dump().values())
        there = tuple(target for target in results.languages if common_seeds(results, labels, (target,)))
        for targets in ((there,) if len(there) > 1 else ()) + tuple((target,) for target in there):
            if common_seeds(results, labels, targets):
                yield _find(results, interaction, labels, targets, resamples)


def _find(
    results: StudyResults,
    interaction: Interaction,
    labels: Sequence[str],
    targets: tuple[str, ...],
    resamples: int,
) -> InteractionResult:
    common = distinct_seeds(results, labels, targets)
    weights = weights_of(results, targets)
    scores = np.array(
        [[weighted_score(results, label, weights, seed) for seed in common] for label in labels]
    )
    both, one, other = (scores[:3] - scores[3]).mean(1).tolist()
    return InteractionResult(
        interaction=interaction,
        targets=targets,
        seeds=common,
        gains=(both, one, other),
        evidence=evidence_for(
            tuple((np.array(WEIGHTS) @ scores).tolist()),
            read_arms(results, labels, targets, common),
            WEIGHTS,
            weights,
            names=("together", *labels, *targets),
            resamples=resamples,
        ),
    )
