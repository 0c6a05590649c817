"""What selection saw: the dev scores of the steps that were kept, beside one another for all arms."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from mtl.report.gather import arm_names
from mtl.report.results import AVERAGE, Growing, Results
from mtl.report.runs import Run
from mtl.report.tables import Table
from mtl.report.targets import Benchmark, answer_table


def dev_table(runs: Sequence[Run], results: Results, benchmarks: Sequence[Benchmark]) -> Table | None:
    """Every arm on the dev split of every task that was trained alone and by two arms; None without any."""
    arms = _dev_scores(runs, results)
    counts = Counter(
        task for seeds in arms.values() for task in {task for scores in seeds.values() for task in scores}
    )
    shared = {
        arm: {
            seed: {task: each for task, each in scores.items() if counts[task] > 1}
            for seed, scores in seeds.items()
        }
        for arm, seeds in arms.items()
    }
    if max(counts.values(), default=0) < 2:
        return None
    table = answer_table(Results(arms=shared, baseline=results.baseline, problems=()), benchmarks)
    return replace(
        table,
        name="dev",
        title="Dev scores of the steps that were kept",
        caption=f"What selection saw while training, not a result. {table.caption}",
    )


def _dev_scores(runs: Sequence[Run], results: Results) -> Growing:
    """By arm and seed: of two phases that trained on the same task, the later one is the target's."""
    names = arm_names(runs)
    arms: Growing = {arm: {} for arm in results.arms}
    for run in runs:
        for phase in run.done:
            arm = names[run.name, phase.arm]
            if phase.dev is not None and len(phase.dev.tasks) == 1 and arm in arms:
                (task,) = phase.dev.tasks
                arms[arm].setdefault(phase.seed, {})[task] = {AVERAGE: phase.dev.tasks[task]}
    return arms
