"""Rows of tables from measures: a mean over seeds, its deviation, and what it is compared to.

Arms are compared to the baseline arm. Where there is none, languages are compared to English.
"""

from collections.abc import Sequence
from typing import Literal

from mtl.report.results import Measure, Results, difference
from mtl.report.tables import MINUS, MISSING, Cell, Row


def arm_row(results: Results, arm: str, measures: Sequence[Measure]) -> Row:
    """An arm's measures, and their gains."""
    return Row(label=arm, cells=tuple(_cell(results, arm, measure) for measure in measures))


def measure_row(
    results: Results,
    label: str,
    measure: Measure,
    *,
    kind: Literal["summary", "language"],
    title: str,
    less: Measure | None = None,
    interval: Measure | None = None,
) -> Row:
    """A measure of every arm."""
    cells = tuple(_cell(results, arm, measure, less=less, interval=interval) for arm in results.arms)
    return Row(label=label, cells=cells, kind=kind, title=title)


def _cell(
    results: Results,
    arm: str,
    measure: Measure,
    *,
    less: Measure | None = None,
    interval: Measure | None = None,
) -> Cell:
    """A measure of an arm, beside its gain over the baseline or, where `less` is given, over that measure.

    Of several seeds it has their deviation, of one half of the interval of its items.
    """
    sample = results.sample(arm, measure)
    if sample is None:
        return Cell(text=MISSING)
    text = f"{sample.mean:.1f}".replace("-", MINUS)
    if sample.deviation is not None:
        text += f" ± {sample.deviation:.1f}"
    elif interval is not None and (within := results.sample(arm, interval)) is not None:
        text += f" ± {within.mean:.1f}"
    if 1 < len(results.arms[arm]) != len(sample.values):
        text += f" [{len(sample.values)}]"
    if less is None:
        return Cell(text=text, delta=results.gain(arm, measure))
    compared = results.sample(arm, difference(measure, less))
    return Cell(text=text, delta=None if compared is None else compared.mean)


def gain_words(results: Results) -> str:
    """What the deltas of arms are."""
    return f"gain over {results.baseline}" if results.baseline else ""


def seeds_note(results: Results) -> str:
    """How many seeds each arm has, and what that means."""
    counts = {arm: len(seeds) for arm, seeds in results.arms.items()}
    if set(counts.values()) == {1}:
        return "One seed an arm: no deviation can be given."
    each = "; ".join(f"{arm}: {count}" for arm, count in counts.items())
    return f"Mean ± standard deviation over seeds ({each}). Fewer, where not all could be used: [n]."


def zero_shot_notes(results: Results) -> tuple[str, ...]:
    """A line for each arm that may not be called zero-shot."""
    return tuple(f"{arm} is not zero-shot: {how}." for arm, how in results.seen.items())
