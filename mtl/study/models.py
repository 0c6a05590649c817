"""Several arms side by side, as the statistics want them: scores and items by seed, target and language."""

from collections.abc import Iterable, Mapping, Sequence

from mtl.study.results import StudyResults
from mtl.study.statistics.paired import ItemScores, Models, Place, even_weights


def common_seeds(results: StudyResults, labels: Sequence[str], targets: Sequence[str]) -> tuple[int, ...]:
    """The seeds that all arms have on all targets."""
    return tuple(
        seed
        for seed in results.matrix.study.seeds
        if all(results.get(label, target, seed) for label in labels for target in targets)
    )


def distinct_seeds(results: StudyResults, labels: Sequence[str], targets: Sequence[str]) -> tuple[int, ...]:
    """Of the common seeds, one for each set of models: a seed that trains nothing anew is no other sample."""
    found: dict[tuple[str, ...], int] = {}
    for seed in common_seeds(results, labels, targets):
        cells = [results.by_cell[label, target, seed].cell for label in labels for target in targets]
        found.setdefault(tuple(cell.phases[-1] for cell in cells), seed)
    return tuple(found.values())


def targets_with(results: StudyResults, average: str) -> tuple[str, ...]:
    """The targets that have all the languages of an average."""
    parts = results.matrix.study.averages[average]
    wanted = {*parts.languages, *parts.less}
    return tuple(target for target, codes in results.languages.items() if wanted <= set(codes))


def targets_of(places: Iterable[Place]) -> tuple[str, ...]:
    """The targets that have a part in a sum over places, in order."""
    return tuple(dict.fromkeys(target for target, _ in places))


def weights_of(results: StudyResults, targets: Sequence[str], average: str = "") -> dict[Place, float]:
    """By how much each language of each target counts."""
    if not average:
        return even_weights((target, code) for target in targets for code in results.languages[target])
    parts = results.matrix.study.averages[average]
    weights: dict[Place, float] = {}
    for codes, sign in ((parts.languages, 1), (parts.less, -1)):
        for target in targets:
            for code in codes:
                place = (target, code)  # which may be in both parts
                weights[place] = weights.get(place, 0.0) + sign / (len(codes) * len(targets))
    return weights


def scores_of(results: StudyResults, label: str, targets: Sequence[str], seed: int) -> dict[Place, float]:
    """A model's scores, which are there."""
    scores: dict[Place, float] = {}
    for target in targets:
        result = results.get(label, target, seed)
        assert result is not None, (label, target, seed)
        scores |= {(target, code): result.by_language[code] for code in results.languages[target]}
    return scores


def weighted_score(results: StudyResults, label: str, weights: Mapping[Place, float], seed: int) -> float:
    """A model's scores as one number."""
    scores = scores_of(results, label, targets_of(weights), seed)
    return sum(weight * scores[place] for place, weight in weights.items())


def read_arms(
    results: StudyResults, labels: Sequence[str], targets: Sequence[str], seeds: Sequence[int]
) -> tuple[Models, ...] | None:
    """Item scores by arm, seed and place; None where a metric has none."""
    arms: list[Models] = []
    for label in labels:
        if (models := _read_models(results, label, targets, seeds)) is None:
            return None
        arms.append(models)
    return tuple(arms)


def _read_models(
    results: StudyResults, label: str, targets: Sequence[str], seeds: Sequence[int]
) -> Models | None:
    models: list[dict[Place, ItemScores]] = []
    for seed in seeds:
        places: dict[Place, ItemScores] = {}
        for target in targets:
            result = results.get(label, target, seed)
            items = None if result is None else result.items()
            if items is None:
                return None
            places |= {(target, language): items[language] for language in results.languages[target]}
        models.append(places)
    return models
