"""What the graph of phases needs of a phase's work, whatever its kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from mtl.engine.launch import Ranks
from mtl.engine.signals import StopRequest
from mtl.engine.watch import Watch
from mtl.run.recipe.schema import Phase, Recipe
from mtl.run.terminal import Terminal
from mtl.runfolder import PhaseFolder, RunFolder


@dataclass(frozen=True, kw_only=True)
class Run:
    """A recipe on its way: what all phases share."""

    recipe: Recipe
    folder: RunFolder
    ranks: Ranks
    terminal: Terminal
    stop: StopRequest
    watch: Watch
    dry_run: bool
    """Only say what it would take."""
    insist: bool
    """Go on with what has begun also where its results will be others."""

    def folder_of(self, phase: Phase) -> PhaseFolder:
        """The folder of a phase."""
        return self.folder.phase(phase.name)


class Work(Protocol):
    """A phase, prepared."""

    def __init__(self, run: Run, phase: Phase) -> None:
        """Find everything that can be known to be wrong before anything heavy starts."""

    def announce(self) -> None:
        """Say what will be done."""

    def data(self) -> Mapping[str, str]:
        """The keys of all that is read; whatever the phase starts from is there by now."""

    def do(self, *, begun: bool) -> None:
        """Do it; where it had `begun`, going on where an earlier process stopped."""
