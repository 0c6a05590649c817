"""Gathers the scores of runs by arm and seed: what is a seed of what, what is missing, what is twice."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from mtl.errors import unknown_name
from mtl.languages import ENGLISH
from mtl.report.results import Growing, Results
from mtl.report.runs import Run

CONTROL = "none"
"""The arm without intermediate training, where there is one."""
OWN_KEYS = ("name", "out", "seed")
OWN_DATA_KEYS = ("root", "cache", "workers")
"""What two runs may differ in, in the recipe and in its `data`, and still be seeds of the same arms."""


def gather(runs: Sequence[Run], *, baseline: str | None = None) -> Results:
    """The scores of all phases that are done, the baseline's first."""
    arms: Growing = {}
    problems = [
        f"{run.name}: {problem}" if len(runs) > 1 else problem for run in runs for problem in run.problems
    ]
    origin: dict[tuple[str, int, str], str] = {}
    name = arm_names(runs)
    for run in runs:
        for phase in run.done:
            arm, here = name[run.name, phase.arm], f"{run.name}/{phase.name}"
            for task, by_language in phase.scores.items():
                first = origin.setdefault((arm, phase.seed, task), here)
                if first != here:
                    problems.append(
                        f"{task} of arm {arm}, seed {phase.seed}: scored by {first} and again by {here}; "
                        "the first one counts; give one of the phases another arm or seed"
                    )
                    continue
                arms.setdefault(arm, {}).setdefault(phase.seed, {})[task] = by_language
    if baseline is not None and baseline not in arms:
        raise unknown_name("arm", baseline, arms, where="--baseline")
    chosen = baseline or _control(arms)
    ordered = dict(sorted(arms.items(), key=lambda each: each[0] != chosen))
    results = Results(arms=ordered, baseline=chosen, problems=(), seen=_seen(runs, name, ordered))
    return replace(results, problems=(*problems, *_gaps(results)))


def _seen(runs: Sequence[Run], names: Mapping[tuple[str, str], str], arms: Iterable[str]) -> dict[str, str]:
    """The arms with a phase on the way to a score that looked at labels in other languages, and what for."""
    hows: dict[str, dict[str, None]] = {}
    for run in runs:
        for scored in (phase for phase in run.done if phase.scores):
            how = hows.setdefault(names[run.name, scored.arm], {})
            for phase in run.way_to(scored):
                if set(phase.dev_languages or ()) - {ENGLISH}:
                    how[f"{phase.selection} chose its steps"] = None
                for task, codes in phase.labels_in.items():
                    how[f"{task} learned from labels in {', '.join(codes)}"] = None
    return {arm: "; ".join(hows[arm]) for arm in arms if hows.get(arm)}


def arm_names(runs: Sequence[Run]) -> Mapping[tuple[str, str], str]:
    """What the arms are called, by run and own name.

    One name in several runs is one arm where their recipes agree but for the seed: runs of other seeds. Where
    they do not, it is several, and each bears its run's name too.
    """
    recipes: dict[str, set[str]] = {}
    for run in runs:
        for arm in {phase.arm for phase in run.phases if phase.scores}:
            recipes.setdefault(arm, set()).add(_settings(run))
    return {
        (run.name, phase.arm): f"{run.name}: {phase.arm}"
        if len(recipes.get(phase.arm, ())) > 1
        else phase.arm
        for run in runs
        for phase in run.phases
    }


def _settings(run: Run) -> str:
    """All that makes a run's arms what they are, as a text to compare."""
    settings = {key: value for key, value in run.settings.items() if key not in OWN_KEYS}
    data = settings.get("data")
    if isinstance(data, Mapping):
        settings["data"] = {key: value for key, value in data.items() if key not in OWN_DATA_KEYS}
    return json.dumps(settings, sort_keys=True, default=str)


def _control(arms: Mapping[str, object]) -> str | None:
    """The arm without intermediate training; else none, since nothing else is a baseline by itself."""
    controls = [arm for arm in arms if arm.rpartition(": ")[2] == CONTROL]
    return controls[0] if len(controls) == 1 and len(arms) > 1 else None


def _gaps(results: Results) -> Iterator[str]:
    """Where a seed lacks languages that another arm has, or a task that its arm's other seeds have."""
    for arm, seeds in results.arms.items():
        tasks = set(chain.from_iterable(seeds.values()))
        for seed, scores in seeds.items():
            for task in (task for task in results.tasks if task in tasks):
                missing = [lang for lang in results.tasks[task] if lang not in scores.get(task, {})]
                where = f" in {' '.join(missing)}" if task in scores else ""
                if missing:
                    yield f"{task} is not scored{where} for arm {arm}, seed {seed}: no mean there"
