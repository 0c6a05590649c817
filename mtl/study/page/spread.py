"""How much scores vary over seeds and items, as a table."""

from collections.abc import Sequence

from mtl.report.tables import MISSING, Table, text_columns, text_row
from mtl.study.spread import MOST_SEEDS, Spread
from mtl.study.statistics.summary import LEVEL


def spread_table(found: Sequence[Spread]) -> Table:
    """How much scores vary over seeds and items."""
    columns = (
        "score, over seeds",
        f"{LEVEL:.0%} interval",
        "gain, over seeds",
        "score, over test items",
        "seeds for \N{PLUS-MINUS SIGN}1 point",
        "arms",
        "seeds",
    )
    return Table(
        name="spread",
        title="Random seeds",
        caption=(
            "Standard deviations in points, pooled over arms: of a score and of a gain from seed to seed, "
            "and of a score from one set of test items to another; then, how many seeds would give the mean "
            "of a gain an interval of one point to either side."
        ),
        corner="target",
        columns=text_columns(columns),
        rows=tuple(text_row(each.target, _texts(each)) for each in found),
    )


def _texts(spread: Spread) -> tuple[str, ...]:
    return (
        f"{spread.seeds:.2f}",
        f"{spread.low:.2f} to {spread.high:.2f}",
        MISSING if spread.gains is None else f"{spread.gains:.2f}",
        MISSING if spread.items is None else f"{spread.items:.2f}",
        _needed(spread),
        str(spread.num_arms),
        str(spread.num_seeds),
    )


def _needed(spread: Spread) -> str:
    if spread.gains is None:
        return MISSING
    needed = spread.needed
    return f"more than {MOST_SEEDS}" if needed is None else str(needed)
