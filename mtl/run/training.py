"""Training a phase: steps, evaluations, diary and bar, around the engine's loop, which knows none of them."""

import json
from collections.abc import Mapping, Sequence
from functools import partial

from mtl.data.steps import prefetch
from mtl.engine.engine import Engine, NonFiniteError
from mtl.engine.launch import Ranks
from mtl.engine.loop import train
from mtl.engine.signals import StopRequest
from mtl.engine.speed import measure_matmul
from mtl.evaluate.dev import DevScores, EarlyStopping, score_dev
from mtl.evaluate.metrics import METRICS
from mtl.journal import Journal
from mtl.run.console import Bar, Terminal, dev_line, summary_table
from mtl.run.failure import report_failure
from mtl.run.measures import Measures
from mtl.run.prepare import Prepared
from mtl.runfolder import PhaseFolder, write_atomic


class Training:
    """A phase while it trains."""

    def __init__(
        self,
        engine: Engine,
        prepared: Prepared,
        folder: PhaseFolder,
        journal: Journal,
        terminal: Terminal,
        ranks: Ranks,
    ) -> None:
        """Nothing happens before `run`."""
        self._engine = engine
        self._prepared = prepared
        self._folder = folder
        self._journal = journal
        self._terminal = terminal
        self._ranks = ranks
        self._train = prepared.phase.train
        self._steps = prepared.mixture.steps
        self._stopping = EarlyStopping(self._train.patience)
        self._first: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._scores: DevScores | None = None
        self._stopped = False

    def run(self) -> None:
        """All steps; then the summary."""
        measures = Measures(self._prepared, matmul_flops=self._measure_matmul(), ranks=self._ranks.world)
        names = self._prepared.mixture.names
        self._journal.charts(charts(names))
        with (
            StopRequest() as stop,
            Bar(self._terminal, phase=self._prepared.phase.name, steps=self._steps, tasks=names) as bar,
        ):
            try:
                self._train_steps(measures, bar, stop)
            except NonFiniteError as error:
                raise report_failure(error, self._prepared, self._folder, self._ranks) from None
        self._finish(measures)
        if self._stopped:  # by a signal to any rank: all of them know
            raise KeyboardInterrupt

    def _train_steps(self, measures: Measures, bar: Bar, stop: StopRequest) -> None:
        mine = partial(self._prepared.steps.for_rank, rank=self._ranks.rank, world=self._ranks.world)
        works = prefetch(mine, range(self._steps))
        try:
            for result in train(self._engine, works, wants_stop=stop.wanted):
                step = result.outcome.step
                self._stopped = result.outcome.agreement.stop
                measures.add(result)
                if is_due(step, self._train.log_every, self._steps):
                    self._log(step, measures, bar)
                if self._prepared.dev_sets and is_due(step, self._train.eval_every, self._steps):
                    self._evaluate(step)
                    if self._stopping.exhausted:
                        self._terminal.say(
                            f"step {step}: no better for {self._stopping.since} evaluations; stopping"
                        )
                        return
        finally:
            works.close()

    def _measure_matmul(self) -> float:
        config = self._prepared.config
        rate = measure_matmul(
            hidden=config.hidden_size,
            intermediate=config.intermediate_size,
            dtype=self._engine.dtype,
            device=self._ranks.device,
        )
        shape = " x ".join(map(str, rate.shape))
        self._terminal.say(
            f"matmul {shape} in {self._train.precision}: {rate.flops / 1e9:,.0f} GFLOP/s a rank, measured"
        )
        return rate.flops

    def _log(self, step: int, measures: Measures, bar: Bar) -> None:
        values = measures.scalars()
        self._journal.scalars(step, values)
        bar.update(step, values)
        # A task without examples in these steps has no loss; the summary wants each task's first and last.
        self._first = {**values, **self._first}
        self._last = {**self._last, **values}

    def _evaluate(self, step: int) -> None:
        dev_sets = self._prepared.dev_sets
        with self._engine.evaluating():
            scores = score_dev(
                self._engine,
                dev_sets,
                num_records=self._train.dev_examples,
                budget=self._train.token_budget,
                rank=self._ranks.rank,
                world=self._ranks.world,
            )
        best = self._stopping.update(step, scores.mean)
        if best:
            self._scores = scores
        each = {
            f"dev/{task}/{name}": value
            for task, all_ in scores.by_task.items()
            for name, value in all_.items()
        }
        self._journal.scalars(step, {"dev/mean": scores.mean, **each})
        self._terminal.say(dev_line(step, scores, self._mains(scores), best=best))

    def _mains(self, scores: DevScores) -> dict[str, float]:
        return {
            dev.task: scores.by_task[dev.task][METRICS[dev.metric].main] for dev in self._prepared.dev_sets
        }

    def _finish(self, measures: Measures) -> None:
        """The summary for people, the best dev scores and the settings for programs."""
        reached = {"final/loss": self._last.get("loss", float("nan"))}
        mains = None
        if self._scores is not None:
            mains = self._mains(self._scores)
            reached["final/dev_mean"] = self._scores.mean
            facts = {
                "step": self._stopping.best_step,
                "mean": self._scores.mean,
                "tasks": self._scores.by_task,
            }
            if self._ranks.first:
                write_atomic(self._folder.scores, json.dumps(facts, indent=1) + "\n")
        self._journal.hparams(flat(self._prepared.phase.model_dump(mode="json")), reached)
        self._terminal.table(summary_table(self._prepared.mixture.names, self._first, self._last, mains))
        self._terminal.say(
            f"{measures.total_tokens:,} tokens in {measures.total_seconds:.1f} s, "
            f"{measures.total_tokens / measures.total_seconds:,.0f} tokens/s, "
            f"data wait {measures.total_waited / measures.total_seconds:.1%}; "
            f"look at {self._folder.root}, or: tensorboard --logdir {self._folder.root.parent.parent}"
        )


def is_due(step: int, every: int | None, steps: int) -> bool:
    """Whether something that happens every so many steps, and after the last one, happens after `step`."""
    return every is not None and ((step + 1) % every == 0 or step + 1 == steps)


def charts(names: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """TensorBoard's page that shows all tasks in one chart each."""
    return {
        "tasks": {
            "loss": [f"loss/{name}" for name in names],
            "epochs": [f"epochs/{name}" for name in names],
            "sampled": [f"mixture/sampled/{name}" for name in names],
            "wanted": [f"mixture/wanted/{name}" for name in names],
        }
    }


def flat(settings: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested settings under dotted names."""
    result: dict[str, object] = {}
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            result.update(flat(value, f"{prefix}{key}."))
        else:
            result[prefix + key] = value
    return result
