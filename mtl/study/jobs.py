"""Jobs: phases that one process does one after another; what each needs; what goes on after a failure."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from mtl.run.recipe.schema import Recipe


@dataclass(frozen=True)
class StudyJob:
    """Phases for one process."""

    phases: tuple[str, ...]
    needs: frozenset[str]
    """Phases of other jobs from which its own start."""

    @property
    def name(self) -> str:
        """The first of its phases."""
        return self.phases[0]


def split(recipe: Recipe, phases: Sequence[str], *, together: bool) -> tuple[StudyJob, ...]:
    """Jobs for these phases: all in one, or as many as may run side by side.

    A phase joins the one that it starts from where nothing else starts from that.
    """
    if together:
        return (job(recipe, phases),) if phases else ()
    after = {name: phase.after for name, phase in recipe.phases.items()}
    chains: dict[str, list[str]] = {}
    for name in phases:
        start = after[name]
        alone = start in chains and list(after.values()).count(start) == 1
        chain = chains[start] if start is not None and alone else []
        chain.append(name)
        chains[name] = chain
    return tuple(job(recipe, chain) for name, chain in chains.items() if chain[0] == name)


def job(recipe: Recipe, phases: Sequence[str]) -> StudyJob:
    """A job of these phases."""
    starts = {after for name in phases if (after := recipe.phases[name].after) is not None}
    return StudyJob(tuple(phases), frozenset(starts - set(phases)))


def dependents(recipe: Recipe, failed: Collection[str]) -> set[str]:
    """The phases that cannot run any more, those that failed included."""
    lost = set(failed)
    for name, phase in recipe.phases.items():
        if phase.after in lost:
            lost.add(name)
    return lost


def levels(jobs: Iterable[StudyJob]) -> Iterator[tuple[StudyJob, ...]]:
    """Jobs in rounds: each round needs only what earlier ones have done."""
    left, done = list(jobs), set[str]()
    undone = {phase for job in left for phase in job.phases}
    while left:
        ready = [job for job in left if not job.needs & (undone - done)]
        assert ready, "a circle"
        yield tuple(ready)
        done.update(phase for job in ready for phase in job.phases)
        left = [job for job in left if job not in ready]
