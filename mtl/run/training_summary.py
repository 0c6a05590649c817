"""How training goes and went: a line for each evaluation on dev, and a table at the end."""

from collections.abc import Mapping, Sequence

from rich.table import Table

from mtl.evaluate.dev import DevScores


def dev_line(step: int, scores: DevScores, mains: Mapping[str, float], *, best: bool) -> str:
    """The dev scores in one line."""
    each = "  ".join(f"{task} {value:.1f}" for task, value in mains.items())
    return f"step {step}: dev mean {scores.mean:.2f}{' (best)' if best else ''}  {each}"


def summary_table(
    names: Sequence[str],
    first: Mapping[str, float],
    last: Mapping[str, float],
    mains: Mapping[str, float] | None,
) -> Table:
    """Each task's first and last loss, its epochs, and its best dev score."""
    table = Table(title="summary", title_justify="left")
    for column in ("task", "first loss", "last loss", "epochs", "dev"):
        table.add_column(column, justify="left" if column == "task" else "right")
    for name in names:
        losses = (
            f"{values[f'loss/{name}']:.3f}" if f"loss/{name}" in values else "-" for values in (first, last)
        )
        dev = f"{mains[name]:.1f}" if mains and name in mains else "-"
        table.add_row(name, *losses, f"{last.get(f'epochs/{name}', 0.0):.2f}", dev)
    return table
