"""What a phase will do, as tables: the mixture that it draws, and the memory that it takes."""

from collections.abc import Mapping

from rich.table import Table

from mtl.data.mixture import Mixture, MixtureRow
from mtl.run.plan import PhasePlan

MIXTURE_COLUMNS = ("task", "kind", "records", "examples", "p", "draws", "epochs")


def mixture_table(mixture: Mixture, kinds: Mapping[str, str]) -> Table:
    """The tasks, their kinds, sizes, shares, draws and epochs."""
    table = Table(title="mixture", title_justify="left")
    for column in MIXTURE_COLUMNS:
        table.add_column(column, justify="left" if column in ("task", "kind") else "right")
    for row in mixture.rows():
        table.add_row(*mixture_cells(row, kinds[row.task]))
    return table


def mixture_cells(row: MixtureRow, kind: str) -> tuple[str, ...]:
    """A row of the mixture table, as text."""
    return (
        row.task,
        kind,
        f"{row.records:,}",
        f"{row.examples:,}",
        f"{row.share:.4f}",
        f"{row.draws:,}",
        f"{row.epochs:.2f}",
    )


def memory_table(plan: PhasePlan, *, ranks: int, stage: int) -> Table:
    """Memory of a rank by ZeRO stage; the run's own stage is marked."""
    table = Table(title=f"memory of each of {ranks} ranks, GiB (computed)", title_justify="left")
    offloads = any(memory.computer for memory in plan.memory.values())
    columns = ("stage", "weights", "gradients", "optimizer", "buffers", "activations", "total")
    for column in (*columns, *(("offloaded",) if offloads else ())):
        table.add_column(column, justify="right")
    for number, memory in plan.memory.items():
        parts = (
            *(memory.weights, memory.gradients, memory.optimizer),
            *(memory.buffers, memory.activations, memory.total),
            *((memory.computer,) if offloads else ()),
        )
        table.add_row(
            f"{'* ' if number == stage else ''}{number}", *(f"{part / 2**30:.3f}" for part in parts)
        )
    return table
