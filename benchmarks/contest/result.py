"""What a contest found: speeds, their spread, and that the work was the same."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from contest.problem import Problem, Step
from contest.record import Lines, Ratio, Table, median_and_range
from contest.schedule import SAMPLINGS

TRAINER, SAME, OURS = "Trainer, padded", "ours, the same steps", "ours, mixed steps"
COMPILED = "Trainer, padded, compiled"

Part = Mapping[str, Sequence[Step]]
"""The steps that each rival did, by its name."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """All rounds of a contest, each with a part for each sampling."""

    problem: Problem
    rounds: tuple[Mapping[str, Part], ...]
    same: Sequence[Step]
    """Ours on the Trainer's very steps of the first round; may be left out."""
    best: Mapping[str, int]
    """The size of the baseline's batches, for each sampling."""
    start: Mapping[str, float]
    """Seconds by which each rival's first round was longer than its median one: compiling, and warming up."""
    memory: Mapping[str, int]
    """The most bytes of a GPU that each rival held."""

    @property
    def rivals(self) -> tuple[str, ...]:
        """Their names, in the order of their turns."""
        return tuple(self.rounds[0][SAMPLINGS[0]])

    @property
    def timed(self) -> tuple[Mapping[str, Part], ...]:
        """The rounds that count."""
        return self.rounds[-self.problem.rounds :]

    @property
    def difference(self) -> float:
        """The largest difference between the losses of one step of the Trainer and of ours, as a share."""
        return max(
            abs(a.loss - b.loss) / abs(a.loss) for a, b in zip(self._first_round, self.same, strict=True)
        )

    @property
    def _first_round(self) -> list[Step]:
        """The Trainer's steps which ours did as well."""
        return [step for sampling in SAMPLINGS for step in self.rounds[0][sampling][TRAINER]]

    def ratios(self, rival: str, sampling: str) -> list[float]:
        """How many times as fast as the Trainer, in each round."""
        return [speed(round_[sampling][rival]) / speed(round_[sampling][TRAINER]) for round_ in self.timed]

    def plots(self) -> list[Lines]:
        """The loss curves, laid over each other."""
        parts = [part for round_ in self.rounds for part in round_.values()]
        means = {rival: [fmean(s.loss for s in part[rival]) for part in parts] for rival in self.rivals}
        plots = [Lines(title="mean loss of each part of a round", across="part", curves=means)]
        if self.same:
            curves = {TRAINER: self._first_round, SAME: self.same}
            losses = {name: [step.loss for step in steps] for name, steps in curves.items()}
            plots.insert(0, Lines(title="loss of each step of the first round", across="step", curves=losses))
        return plots

    def summary(self, name: str, *, wanted: Mapping[str, float]) -> list[Ratio]:
        """Ours against the Trainer, for each sampling."""
        said = {"random": "default sampling", "grouped": "length grouping"}
        return [
            Ratio.of(
                f"training, {name}: real tokens/s against the Trainer with {said[sampling]}",
                self.ratios(OURS, sampling),
                at_least=wanted[sampling],
            )
            for sampling in SAMPLINGS
        ]

    def speeds(self) -> Table:
        """How fast each rival was on the examples of each sampling."""
        rows = []
        for sampling in SAMPLINGS:
            for rival in self.rivals:
                steps = [step for round_ in self.timed for step in round_[sampling][rival]]
                seconds = sum(step.seconds for step in steps)
                ratios = self.ratios(rival, sampling)
                rows.append(
                    (
                        f"{rival}; {sampling} examples",
                        median_and_range([speed(round_[sampling][rival]) for round_ in self.timed], ",.0f"),
                        f"{sum(step.examples for step in steps) / seconds:,.1f}",
                        f"{seconds / len(steps):.3f}",
                        f"{sum(step.computed for step in steps) / sum(step.tokens for step in steps):.2f}",
                        f"{sum(step.flops for step in steps) / sum(step.tokens for step in steps) / 1e6:,.1f}",
                        f"{sum(step.waited for step in steps) / seconds:.2%}",
                        median_and_range(ratios, ".2f"),
                    )
                )
        columns = (
            "",
            "real tokens/s",
            "examples/s",
            "s/step",
            "computed/real",
            "MFLOP/token",
            "waiting for data",
            "times the Trainer",
        )
        return Table(title="", columns=columns, rows=rows)


def speed(steps: Iterable[Step]) -> float:
    """Real tokens a second."""
    steps = list(steps)
    return sum(step.tokens for step in steps) / sum(step.seconds for step in steps)
