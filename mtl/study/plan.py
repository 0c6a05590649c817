"""What a study will take, before it starts: its matrix, its phases, and how much they train."""

from collections import Counter
from collections.abc import Mapping

from rich.table import Table
from rich.text import Text

from mtl.run.recipe.schema import Phase
from mtl.study.forecast import drawn_examples, seconds_left, time_left
from mtl.study.matrix import Row, StudyMatrix


def matrix_table(matrix: StudyMatrix) -> Table:
    """A line for each arm: what it trains on."""
    study = matrix.study
    seeds = ", ".join(map(str, study.seeds))
    title = f"{study.name}: {len(matrix.rows)} arms x {len(study.targets)} targets x seeds {seeds}"
    targets = Text(f"targets: {' '.join(study.targets)}")
    table = Table(title=Text(title), title_justify="left", caption=targets)
    for column in ("arm", "family", "trains on", "for"):
        table.add_column(column)
    for line in arm_lines(matrix):
        table.add_row(*map(Text, line))
    return table


def arm_lines(matrix: StudyMatrix) -> list[tuple[str, str, str, str]]:
    """By arm: its label, its family, what it trains on, and for how long."""
    phases = matrix.recipe.phases
    own = {cell.row: cell.intermediate for cell in matrix.cells}
    return [
        (row.label, row.family, *_row_training(row, phases.get(own.get(row) or ""))) for row in matrix.rows
    ]


def summary(matrix: StudyMatrix, spent: Mapping[str, float], *, workers: int) -> str:
    """Phases by kind, what sharing saves, and the time, as far as phases that are done tell it."""
    recipe = matrix.recipe
    kinds = Counter(phase.kind for phase in recipe.phases.values())
    counts = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    examples = [drawn for phase in recipe.phases.values() if (drawn := drawn_examples(phase)) is not None]
    trained = f"; {sum(examples):,} examples are trained on" if len(examples) == kinds["train"] else ""
    left = time_left(seconds_left(recipe, spent, workers))
    return (
        f"{len(matrix.cells)} results from {len(recipe.phases)} phases ({counts}); sharing saves "
        f"{matrix.num_shared}{trained}\n{len(spent)} phases are done; {left} on {workers} at a time"
    )


def _row_training(row: Row, phase: Phase | None) -> tuple[str, str]:
    if row.empty is not None:
        return f"no data: {row.empty}", ""
    what, length = _training(phase)
    if row.augmentation is not None:
        what += f"; fine-tuning with {row.augmentation}"
    return (what if row.aside is None else f"{what} ({row.aside})"), length


def _training(phase: Phase | None) -> tuple[str, str]:
    if phase is None:
        return "nothing", ""
    parts = []
    for task, settings in phase.tasks.items():
        amount = settings.records or (f"{settings.fraction:.0%}" if settings.fraction else "")
        rewritten = "+ rewritten copies" if settings.rewrite is not None else ""
        others = (f"+ {other}" for other in settings.also or ())
        words = (task, settings.language or "", *others, rewritten, amount)
        parts.append(" ".join(str(word) for word in words if word))
    length = f"{phase.train.steps:,} steps" if phase.train.steps else f"{phase.train.epochs:g} epochs"
    if not phase.train.steps and phase.mixture.cap:
        length += f" of at most {phase.mixture.cap:,} records a task"
    return ", ".join(parts), length
