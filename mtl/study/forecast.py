"""How long the rest of a study will take, by what phases like those that are left took."""

from collections.abc import Mapping

from mtl.run.recipe.schema import Phase, Recipe


def seconds_left(recipe: Recipe, spent: Mapping[str, float], workers: int) -> float | None:
    """How long what is not in `spent` will take; None: nothing like some of it has been done yet."""
    rates: dict[object, tuple[float, int]] = {}
    for name, seconds in spent.items():
        phase = recipe.phases[name]
        for likeness in _likenesses(phase):
            before, size = rates.get(likeness, (0.0, 0))
            rates[likeness] = (before + seconds, size + _size(phase))
    total = 0.0
    for name, phase in recipe.phases.items():
        if name not in spent:
            alike = next((rates[each] for each in _likenesses(phase) if each in rates), None)
            if alike is None:
                return None
            seconds, size = alike
            total += seconds / size * _size(phase)
    return total / workers


def drawn_examples(phase: Phase) -> int | None:
    """The examples that a phase draws; None where its data decides, or where it trains nothing."""
    if phase.kind != "train" or phase.train.steps is None:
        return None
    return phase.train.steps * phase.train.examples_per_step


def _likenesses(phase: Phase) -> tuple[object, ...]:
    """What makes the times of two phases go with their sizes, the best sign first."""
    measured = (phase.kind, drawn_examples(phase) is not None)
    return (*measured, tuple(phase.tasks)), measured


def _size(phase: Phase) -> int:
    return drawn_examples(phase) or 1


def time_left(seconds: float | None) -> str:
    """A time for people."""
    if seconds is None:
        return "time left not known yet"
    if seconds < 120:
        return f"{seconds:.0f} s left"
    return f"{seconds / 60:.0f} min left" if seconds < 7200 else f"{seconds / 3600:.1f} h left"
