"""The analysis of variance, as a table."""

from collections.abc import Sequence

from mtl.report.tables import MISSING, Table, text_columns, text_row
from mtl.study.page.words import p_value
from mtl.study.statistics.effects import Effect


def effects_table(effects: Sequence[Effect]) -> Table:
    """The analysis of variance."""
    columns = ("sum of squares", "degrees of freedom", "F", "p", "share of squares")
    return Table(
        name="effects",
        title="Two-way effects",
        caption="Arms and targets as factors of the scores. What arms do is held against how an arm's mean "
        "over targets scatters from seed to seed, all else against what is left. An interaction says that "
        "which arm is best depends on the target. Arms apart are left out, and targets on which an arm is "
        "one model for all seeds.",
        corner="effect",
        columns=text_columns(columns),
        rows=tuple(text_row(effect.name, _texts(effect)) for effect in effects),
    )


def _texts(effect: Effect) -> tuple[str, ...]:
    return (
        f"{effect.squares:.2f}",
        str(effect.freedom),
        MISSING if effect.f is None else f"{effect.f:.2f}",
        MISSING if effect.p is None else p_value(effect.p),
        f"{effect.share:.1%}",
    )
