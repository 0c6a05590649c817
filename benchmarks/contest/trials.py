"""Several settings of our engine that take turns, for how speed grows with one thing or another."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contest.problem import Problem, Rows

STEPS = 2
"""Of a round."""


class Trials:
    """Settings by name, each trained from its first weights."""

    def __init__(self, *, quick: bool, batch: int) -> None:
        """Nine tasks of made-up rows, `batch` examples a step, as long as a setting does not change that."""
        self._batch, self._rounds = batch, 1 if quick else 5
        self._layers, self._hidden = (1, 64) if quick else (4, 256)
        self.encoder = f"an encoder of {self._layers} x {self._hidden}"
        self.problems: dict[str, Problem] = {}

    def __enter__(self) -> "Trials":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        from contest.made_up import make_rows
        from contest.schedule import POOL

        from mtl.engine.launch import join_run

        self._temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self._temporary.name)
        self.rows = make_rows(self.folder / "nine", POOL * self._batch)
        self.ranks = join_run()
        return self

    def __exit__(self, *_: object) -> None:
        from mtl.engine.launch import leave_run

        leave_run()
        self._temporary.cleanup()

    def add(self, name: str, **changed: Any) -> None:
        """A setting, by what it changes."""
        from contest.problem import Problem

        plain = Problem(
            rows=self.rows,
            layers=self._layers,
            hidden=self._hidden,
            batch=self._batch,
            rounds=self._rounds,
            dropout=0.0,
            zero=1,
        )
        self.problems[name] = replace(plain, **changed)

    def run(self) -> dict[str, list[float]]:
        """Real tokens a second of each setting in each round; the first warms up and does not count."""
        from contest.packed import PackedLoop
        from contest.result import speed
        from contest.schedule import Schedule

        loops: dict[str, PackedLoop] = {}
        for name, problem in self.problems.items():
            mixed = Schedule(problem).mixed()
            loops[name] = PackedLoop(problem, self.ranks, mixed, name=name, lazy_heads=False)
        speeds: dict[str, list[float]] = {name: [] for name in loops}
        for number in range(next(iter(self.problems.values())).all_rounds):
            for name, loop in loops.items():
                done = loop.run(range(number * STEPS, (number + 1) * STEPS))
                if number:
                    speeds[name].append(speed(done))
        for loop in loops.values():
            loop.close()
        return speeds


def many_tasks(rows: "Rows", count: int) -> "Rows":
    """The tasks again and again under other names, each with a head of its own."""
    pairs = [(rows.tasks[i % len(rows.tasks)], rows.sources[i % len(rows.tasks)], i) for i in range(count)]
    return replace(
        rows,
        tasks=tuple(replace(task, name=f"{task.name}_{i}") for task, _, i in pairs),
        sources=tuple(replace(source, head=f"{source.head}_{i}") for _, source, i in pairs),
    )
