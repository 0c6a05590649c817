"""What a contest found, as numbers and as text: speeds, their spread, and that the work was the same."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from contest.problem import Problem, Step


@dataclass(frozen=True, kw_only=True)
class Result:
    """The steps that each rival did, by its name, round by round; the first rival is the one to beat."""

    problem: Problem
    rounds: tuple[Mapping[str, Sequence[Step]], ...]

    @property
    def rivals(self) -> tuple[str, ...]:
        """Their names, in the order of their turns."""
        return tuple(self.rounds[0])

    @property
    def timed(self) -> tuple[Mapping[str, Sequence[Step]], ...]:
        """The rounds without the one that warms up."""
        return self.rounds[1:]

    @property
    def difference(self) -> float:
        """The largest difference between the losses of one step of the first two rivals, as a share."""
        first, second, *_ = self.rivals
        return max(
            abs(a.loss - b.loss) / abs(a.loss)
            for round_ in self.rounds
            for a, b in zip(round_[first], round_[second], strict=True)
        )

    def ratios(self, rival: str) -> list[float]:
        """How many times as fast as the first rival, in each round."""
        first, *_ = self.rivals
        return [speed(round_[rival]) / speed(round_[first]) for round_ in self.timed]


def speed(steps: Iterable[Step]) -> float:
    """Real tokens a second."""
    steps = list(steps)
    return sum(step.tokens for step in steps) / sum(step.seconds for step in steps)


def report(result: Result) -> str:
    """The result as text."""
    parts = [_setting(result.problem), _speeds(result), _tasks(result), _losses(result)]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _setting(problem: Problem) -> list[str]:
    import torch

    return [
        problem.rows.title,
        f"encoder {problem.layers} x {problem.hidden}, {problem.vocabulary:,} pieces, fp32, dropout "
        f"{problem.dropout:g}; {problem.batch} examples a step, all tasks equally often",
        f"{torch.get_num_threads()} threads on {len(os.sched_getaffinity(0))} cores (load {os.getloadavg()[0]:.1f}); "
        f"{problem.rounds} rounds of {problem.round_steps} steps after one to warm up; our engine at ZeRO {problem.zero}",
    ]


def _speeds(result: Result) -> list[str]:
    lines = [
        f"{'':<25}{'tokens/s, median':>17}{'(range)':>18}{'examples/s':>12}{'s/step':>8}{'data wait':>11}"
        f"{'times stock':>13}{'(range)':>14}"
    ]
    for rival in result.rivals:
        speeds = [speed(round_[rival]) for round_ in result.timed]
        steps = [step for round_ in result.timed for step in round_[rival]]
        seconds = sum(step.seconds for step in steps)
        ratios = result.ratios(rival)
        lines.append(
            f"{rival:<25}{median(speeds):>17,.0f}{_range(speeds, ',.0f'):>18}"
            f"{sum(step.examples for step in steps) / seconds:>12,.1f}{seconds / len(steps):>8.3f}"
            f"{sum(step.waited for step in steps) / seconds:>11.2%}"
            f"{median(ratios):>13.2f}{_range(ratios, '.2f'):>14}"
        )
    return lines


def _range(values: Sequence[float], form: str) -> str:
    return f"({min(values):{form}} - {max(values):{form}})"


def _tasks(result: Result) -> list[str]:
    """Speeds by task, of the two rivals whose steps are of one task each."""
    first, second, *_ = result.rivals
    lines = [f"{'task':<16}{'tokens/example':>15}{'padded/real':>13}{'stock':>10}{'packed':>10}{'times':>7}"]
    for task in (*(task.name for task in result.problem.tasks), "all"):
        stock, packed = (
            [step for round_ in result.timed for step in round_[rival] if task in (step.task, "all")]
            for rival in (first, second)
        )
        tokens = sum(step.tokens for step in stock)
        lines.append(
            f"{task:<16}{tokens / sum(step.examples for step in stock):>15.1f}"
            f"{sum(step.computed for step in stock) / tokens:>13.2f}"
            f"{speed(stock):>10,.0f}{speed(packed):>10,.0f}{speed(packed) / speed(stock):>7.2f}"
        )
    return lines


def _losses(result: Result) -> list[str]:
    """The curves, a mean a round, and how far apart the comparable ones ever were."""
    lines = [f"{'mean loss of round':<25}" + "".join(f"{number:>10}" for number in range(len(result.rounds)))]
    for rival in result.rivals:
        means = (fmean(step.loss for step in round_[rival]) for round_ in result.rounds)
        lines.append(f"{rival:<25}" + "".join(f"{mean:>10.5f}" for mean in means))
    if result.problem.dropout:
        return [*lines, "with dropout, losses differ by its draws"]
    first, second, *_ = result.rivals
    return [
        *lines,
        f"{first} against {second}: no step's loss differs by more than {result.difference:.1e} of its size",
    ]
