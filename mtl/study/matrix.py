"""A study laid out: arms as they are run, cells that each hold one number, and the recipe that fills them."""

from dataclasses import dataclass

from mtl.run.recipe.schema import Recipe
from mtl.study.schema import Comparison, Study


@dataclass(frozen=True, kw_only=True)
class Row:
    """An arm as it is run: in one of its variants."""

    label: str
    arm: str
    variant: str
    family: str
    aside: str | None
    """Why it is reported apart."""
    empty: str | None
    """Why it has no results."""
    curve: str | None
    """The learning curve that it is a point of."""
    augmentation: str | None
    """That of its fine-tuning."""


@dataclass(frozen=True, kw_only=True)
class StudyCell:
    """A number of the study: an arm on a target with a seed, and the phases that lead to it."""

    row: Row
    target: str
    seed: int
    phases: tuple[str, ...]
    """In running order; the last one leaves the scores."""
    intermediate: str | None
    """The phase of the arm's own training."""


@dataclass(frozen=True, kw_only=True)
class StudyMatrix:
    """A study, laid out."""

    study: Study
    rows: tuple[Row, ...]
    cells: tuple[StudyCell, ...]
    comparisons: tuple[Comparison, ...]
    recipe: Recipe
    gaps: tuple[str, ...]
    """Which cells there are none of, and why."""

    @property
    def fine_tuned(self) -> frozenset[str]:
        """The training phases whose models the study does not keep."""
        if self.study.keep == "all":
            return frozenset()
        kept = {cell.intermediate for cell in self.cells} | set(self.study.before)
        return frozenset(n for n, phase in self.recipe.phases.items() if phase.kind == "train") - kept

    @property
    def num_shared(self) -> int:
        """Phases that would have run again without sharing."""
        return sum(len(cell.phases) for cell in self.cells) - len(self.recipe.phases)
