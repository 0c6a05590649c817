"""A cell of the score tables: the mean over targets and seeds, its deviation, the gain over the control."""

from collections.abc import Mapping, Sequence

from mtl.report.tables import MISSING, Cell
from mtl.study.models import common_seeds, distinct_seeds, targets_of, weighted_score, weights_of
from mtl.study.page.words import number
from mtl.study.results import StudyResults
from mtl.study.statistics.paired import Place
from mtl.study.statistics.summary import Summary, summarise


def score_cell(
    results: StudyResults,
    label: str,
    targets: Sequence[str],
    language: str | None = None,
    *,
    average: str = "",
) -> Cell:
    """The mean over targets and seeds, its deviation, and the gain over the control."""
    weights = (
        weights_of(results, targets, average)
        if language is None
        else {(target, language): 1 / len(targets) for target in targets}
    )
    scores = _by_seed(results, label, weights)
    if not scores:
        return Cell(text=MISSING)
    control = results.matrix.study.control
    base = _by_seed(results, control, weights)
    gains = [score - base[seed] for seed, score in scores.items() if seed in base]
    delta = sum(gains) / len(gains) if gains and label != control else None
    models = distinct_seeds(results, (label,), targets_of(weights))
    return Cell(text=_shown(summarise([scores[seed] for seed in models])), delta=delta)


def _by_seed(results: StudyResults, label: str, weights: Mapping[Place, float]) -> dict[int, float]:
    """The weighted score of each seed that has all targets."""
    targets = targets_of(weights)
    seeds = common_seeds(results, (label,), targets) if targets else ()
    return {seed: weighted_score(results, label, weights, seed) for seed in seeds}


def _shown(summary: Summary) -> str:
    text = number(summary.mean)
    return text if summary.deviation is None else f"{text} ±{summary.deviation:.1f}"


def deviation_words(results: StudyResults) -> str:
    """What a caption says of the numbers behind the means; nothing where there is one seed."""
    return ", and the deviation over seeds" if len(results.matrix.study.seeds) > 1 else ""
