"""A cell of the score tables: the mean over targets and seeds, its deviation, the gain over the control."""

from collections.abc import Sequence

from mtl.report.tables import MISSING, Cell
from mtl.study.models import weights_of
from mtl.study.page.words import number
from mtl.study.results import Results
from mtl.study.statistics.summary import Summary, summarise


def score_cell(
    results: Results,
    label: str,
    targets: Sequence[str],
    language: str | None = None,
    *,
    average: str = "",
) -> Cell:
    """The mean over targets and seeds, its deviation, and the gain over the control."""
    scores = _by_seed(results, label, targets, language, average)
    if not scores:
        return Cell(text=MISSING)
    base = _by_seed(results, results.matrix.study.control, targets, language, average)
    common = [seed for seed in scores if seed in base]
    own = label != results.matrix.study.control
    gains = [scores[seed] - base[seed] for seed in common]
    delta = sum(gains) / len(gains) if gains and own else None
    return Cell(text=_shown(summarise(list(scores.values()))), delta=delta)


def _by_seed(
    results: Results,
    label: str,
    targets: Sequence[str],
    language: str | None = None,
    average: str = "",
) -> dict[int, float]:
    """The mean over the targets, for each seed that has them all."""
    found = {}
    for seed in results.matrix.study.seeds:
        there = {target: results.get(label, target, seed) for target in targets}
        scores = {target: each.by_language for target, each in there.items() if each is not None}
        if targets and len(scores) == len(targets):
            found[seed] = (
                sum(own[language] for own in scores.values()) / len(scores)
                if language is not None
                else sum(
                    weight * scores[target][code]
                    for (target, code), weight in weights_of(results, targets, average).items()
                )
            )
    return found


def _shown(summary: Summary) -> str:
    text = number(summary.mean)
    return text if summary.deviation is None else f"{text} ±{summary.deviation:.1f}"


def deviation_words(results: Results) -> str:
    """What a caption says of the numbers behind the means; nothing where there is one seed."""
    return ", and the deviation over seeds" if len(results.matrix.study.seeds) > 1 else ""
