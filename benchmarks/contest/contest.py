"""Hold a contest: rivals take turns, part by part, on the steps of one schedule."""

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import median

from contest.footprint import Footprint
from contest.packed import PackedLoop
from contest.problem import Problem, Step
from contest.result import COMPILED, OURS, SAME, TRAINER, Part, Result, speed
from contest.schedule import SAMPLINGS, Schedule
from contest.trainer_loop import TrainerLoop

from mtl.engine.launch import Ranks

MOST_DIFFERENCE = {"fp32": 1e-4, "bf16": 5e-2}
"""Two rivals whose losses of a step differ by a larger share did not do the same work."""


def compete(problem: Problem, ranks: Ranks, *, same_steps: bool, compiled: bool = False) -> Result:
    """The Trainer against ours; with `same_steps` first on the Trainer's very steps, whose losses are compared.

    With `compiled`, the Trainer that groups by length is another one than the other, whose encoder is compiled.
    """
    schedule = Schedule(problem)
    memory = {TRAINER: Footprint(), COMPILED: Footprint(), OURS: Footprint()}
    trainer = memory[TRAINER].of(lambda: TrainerLoop(problem, schedule.batches))
    trainers = dict.fromkeys(SAMPLINGS, (trainer, memory[TRAINER]))
    if compiled:
        other = memory[COMPILED].of(lambda: TrainerLoop(problem, schedule.batches, compiled=True))
        trainers["grouped"] = (other, memory[COMPILED])
    ours = memory[OURS].of(lambda: PackedLoop(problem, ranks, schedule.mixed(), name=OURS, lazy_heads=False))
    rounds: list[Mapping[str, Part]] = []
    tuned: dict[str, dict[int, float]] = {sampling: {} for sampling in SAMPLINGS}
    best = dict.fromkeys(SAMPLINGS, problem.batch)
    for number in range(problem.all_rounds):
        parts: dict[str, Part] = {}
        tuning = problem.tuning[number - 1] if 1 <= number <= len(problem.tuning) else None
        for sampling, (trainer, its_memory) in trainers.items():
            trainer.micro = tuning or best[sampling]
            steps = schedule.steps(number, sampling)
            theirs = its_memory.of(partial(trainer.run, steps))
            parts[sampling] = {TRAINER: theirs, OURS: memory[OURS].of(partial(ours.run, steps))}
            if tuning:
                tuned[sampling][tuning] = speed(theirs)
                best[sampling] = max(tuned[sampling], key=tuned[sampling].__getitem__)
        rounds.append(parts)
    for rival in {id(rival): rival for rival in (ours, *(each for each, _ in trainers.values()))}.values():
        rival.close()
    result = Result(
        problem=problem,
        rounds=tuple(rounds),
        same=_same_steps(problem, ranks, schedule) if same_steps else [],
        best=best,
        start=_starts(rounds, problem),
        memory={name: footprint.peak for name, footprint in memory.items() if footprint.peak},
    )
    assert not same_steps or problem.dropout or result.difference < MOST_DIFFERENCE[problem.precision], (
        f"the Trainer's losses and ours differ by {result.difference:.1e} of their size: not the same work"
    )
    return result


def _same_steps(problem: Problem, ranks: Ranks, schedule: Schedule) -> list[Step]:
    """Ours on the very steps of the first round, heads standing still where they are idle, as the Trainer's do."""
    ours = PackedLoop(problem, ranks, schedule.one_task(), name=SAME, lazy_heads=True)
    steps = [step for sampling in SAMPLINGS for step in ours.run(schedule.steps(0, sampling))]
    ours.close()
    return steps


def _starts(rounds: Sequence[Mapping[str, Part]], problem: Problem) -> dict[str, float]:
    def seconds(round_: Mapping[str, Part], rival: str) -> float:
        return sum(step.seconds for part in round_.values() for step in part[rival])

    return {
        rival: seconds(rounds[0], rival) - median(seconds(r, rival) for r in rounds[-problem.rounds :])
        for rival in (TRAINER, OURS)
    }
