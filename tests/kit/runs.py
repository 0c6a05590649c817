"""Run folders as a run leaves them, written in no time: a graph of phases, scores, and a diary for each training."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from mtl.journal import metrics_line
from mtl.phase_record import Identity, PhaseRecord, write_record
from mtl.report.results import Results
from mtl.report.runs import TaskScores
from mtl.report.tables import Cell, Table
from mtl.runfolder import PhaseFolder, RunFolder

Scores = Mapping[str, Mapping[str, Mapping[str, float]]]
TARGETS = {
    "xnli": ("accuracy",),
    "xcopa": ("accuracy",),
    "udpos": ("f1", "precision", "recall"),
    "xquad": ("exact_match", "f1", "em_and_f1"),
    "tatoeba": ("accuracy",),
}
WORLD = ("en", "qaa", "qab", "qac", "qad")


def write_run(
    root: Path, phases: Sequence[Mapping[str, Any]], *, recipe: Mapping[str, Any] | None = None
) -> Path:
    """A run folder with phases, each a record with its `scores` and the `steps` of its diary."""
    folder = RunFolder(root)
    root.mkdir(parents=True, exist_ok=True)
    planned = {
        phase["name"]: {key: phase[key] for key in ("kind", "after") if key in phase} for phase in phases
    }
    settings = {"name": root.name, "seed": 7, **(recipe or {}), "phases": planned}
    folder.recipe.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    folder.versions.write_text(json.dumps({"python": "3.11.7", "ranks": 2, "device": "CPU x86_64"}))
    for phase in phases:
        if "done" in phase:
            write_phase(folder.phase(phase["name"]), phase)
    return root


def write_phase(folder: PhaseFolder, phase: Mapping[str, Any]) -> None:
    folder.root.mkdir(parents=True, exist_ok=True)
    facts = {key: value for key, value in phase.items() if key not in ("scores", "steps")}
    write_record(folder, PhaseRecord(**facts, identity=Identity(settings={}, data={}, start="")))
    if "scores" in phase:
        folder.scores.write_text(json.dumps(phase["scores"]), encoding="utf-8")
    if "steps" in phase:
        folder.metrics.write_text(
            "".join(diary(phase["tasks"], phase["steps"], pace=3.0 + len(phase["arm"]) / 2)), encoding="utf-8"
        )


def diary(tasks: Sequence[str], steps: int, *, pace: float) -> list[str]:
    """Losses that fall, with some noise, and five evaluations that rise."""
    lines = []
    for step in range(steps):
        loss = {
            f"loss/{task}": (1.1 + i % 4) * (0.3 + math.exp(-pace * step / steps))
            + 0.1 * math.sin(7.0 * step * step + i + pace)
            for i, task in enumerate(tasks)
        }
        lines.append(
            metrics_line(step, {"loss": sum(loss.values()) / len(loss), **loss, "rate": 1e-3}) + "\n"
        )
        if (step + 1) % max(steps // 5, 1) == 0:
            dev = {f"dev/{task}/accuracy": 80 - 40 * math.exp(-pace * step / steps) for task in tasks}
            mean = sum(dev.values()) / len(dev)
            lines.append(metrics_line(step, {"dev/mean": mean, **dev}) + "\n")
    return lines


def scores_of(task: str, languages: Sequence[str], *, english: float, loss: float = 20.0) -> dict[str, Any]:
    """A task's scores: `loss` less than English in the last of the languages, in between for the others."""
    metrics = TARGETS.get(task, ("accuracy",))
    by_language = {
        language: {metric: english - loss * i / max(len(languages) - 1, 1) for metric in metrics}
        for i, language in enumerate(languages)
    }
    avg = {
        metric: sum(numbers[metric] for numbers in by_language.values()) / len(by_language)
        for metric in metrics
    }
    return {task: {"avg": avg, **by_language}}


def demo_phases(*, steps: int = 60, seed: int = 7, better: float = 5.0) -> list[dict[str, Any]]:
    """The demo's graph: text, nine tasks, then every target with and without the nine tasks."""
    nine = ["anli", "mnli", "qqp", "squad_v2", "squad_v1", "hellaswag", "ccg", "cosmosqa", "commonsenseqa"]
    phases = [
        _train("text", None, "none", seed, ["wikipedia"], steps, 95.0),
        _train("nine", "text", "all nine", seed, nine, steps, 80.0),
    ]
    for arm, start, more in (("none", "text", 0.0), ("all nine", "nine", better)):
        for i, task in enumerate(TARGETS):
            name = f"{task}-{start}"
            gain = more if task != "xcopa" else -more / 5
            languages = WORLD[1:] if task == "tatoeba" else WORLD
            scores = scores_of(task, languages, english=70.0 - 3 * i + gain)
            if task == "tatoeba":
                phases.append(_scored(name, "retrieve", start, arm, seed, task, scores))
                continue
            phases.append(_train(name, start, arm, seed, [task], steps, 30.0))
            phases.append(_scored(f"{name}-test", "evaluate", name, arm, seed, task, scores))
    return phases


def _train(
    name: str, after: str | None, arm: str, seed: int, tasks: list[str], steps: int, seconds: float
) -> dict[str, Any]:
    dev = {task: {"accuracy": 61.5} for task in tasks}
    return {
        **{"name": name, "kind": "train", "after": after, "arm": arm, "seed": seed, "tasks": tasks},
        **{"dev_languages": ("en",), "seconds": seconds, "done": True, "steps": steps},
        "scores": {"step": steps - 1, "mean": 61.5, "tasks": dev},
    }


def _scored(
    name: str, kind: str, after: str, arm: str, seed: int, task: str, scores: Scores
) -> dict[str, Any]:
    return {
        **{"name": name, "kind": kind, "after": after, "arm": arm, "seed": seed, "tasks": [task]},
        **{"seconds": 4.0, "done": True, "scores": scores},
    }


def results_of(**arms: TaskScores) -> Results:
    """Results of one seed an arm, without any folder."""
    return Results(
        arms={arm: {0: scores} for arm, scores in arms.items()},
        baseline="none" if "none" in arms and len(arms) > 1 else None,
        problems=(),
    )


def column(table: Table, label: str) -> dict[str, Cell]:
    """The cells of a table's column by the labels of their rows."""
    index = [each.label for each in table.columns].index(label)
    return {row.label: row.cells[index] for row in table.rows}
