"""Training a phase: steps, evaluations, diary and bar, around the engine's loop, which knows none of them."""

import json
from collections.abc import Mapping, Sequence
from functools import partial

from mtl.data.prefetch import prefetch
from mtl.engine.engine import Engine, NonFiniteError
from mtl.engine.launch import any_rank
from mtl.engine.loop import train
from mtl.errors import PreemptedError
from mtl.evaluate.dev import DevScores, EarlyStopping, score_dev
from mtl.evaluate.metrics import METRICS
from mtl.files import write_atomic
from mtl.journal import Journal
from mtl.run.bar import Bar
from mtl.run.collapse import CollapseGuard, entropy_of
from mtl.run.collapse_report import CollapseReport
from mtl.run.failure import report_failure
from mtl.run.keeping import Keeper
from mtl.run.measures import Measures
from mtl.run.prepare import Prepared
from mtl.run.training_state import TrainingState
from mtl.run.training_summary import dev_line, summary_table
from mtl.run.work import Run
from mtl.runfolder import PhaseFolder
from mtl.together import on_first


class Training:
    """A phase while it trains."""

    def __init__(
        self,
        engine: Engine,
        prepared: Prepared,
        folder: PhaseFolder,
        journal: Journal,
        keeper: Keeper,
        run: Run,
        *,
        matmul_flops: float,
        restarts_left: int,
    ) -> None:
        """Nothing happens before `train`; utilisation is a share of `matmul_flops` of each rank."""
        self._engine = engine
        self._prepared = prepared
        self._folder = folder
        self._journal = journal
        self._keeper = keeper
        self._run = run
        self._stopping = EarlyStopping(prepared.phase.train.patience)
        self._first: dict[str, float] = {}
        self._last: dict[str, float] = {}
        self._scores: DevScores | None = None
        self._evaluation_due = False
        self._measures = Measures(prepared, matmul_flops=matmul_flops, ranks=run.ranks.world)
        self._collapses = CollapseReport(
            guard=CollapseGuard(
                [entropy_of(source.store) for source in prepared.sources],
                warmup_steps=prepared.optimizer.warmup_steps,
            ),
            names=prepared.mixture.names,
            folder=folder,
            journal=journal,
            terminal=run.terminal,
            ranks=run.ranks,
            restarts_left=restarts_left,
        )

    def train(self, state: TrainingState | None) -> None:
        """All steps, or those that are left after `state`; then the summary."""
        if state is not None:
            self._restore(state)
        names, phase, done = self._prepared.mixture.names, self._prepared.phase.name, self._keeper.taken_at
        self._collapses.begin(done)
        self._journal.charts(charts(names))
        steps = self._prepared.mixture.steps
        with Bar(self._run.terminal, phase=phase, steps=steps, tasks=names, done=done) as bar:
            try:
                if self._evaluation_due:
                    self._after(done - 1, stop=False)
                if not self._stopping.exhausted:
                    self._train_steps(bar)
            except NonFiniteError as error:
                raise report_failure(error, self._prepared, self._folder, self._run.ranks) from None
        self._finish()

    def _state(self) -> TrainingState:
        return TrainingState(
            measures=self._measures.state(),
            stopping=self._stopping.state(),
            guard=self._collapses.guard.state(),
            first=self._first,
            last=self._last,
            scores=self._scores,
            evaluation_due=self._evaluation_due,
        )

    def _restore(self, state: TrainingState) -> None:
        self._measures.restore(state.measures)
        self._stopping.restore(state.stopping)
        self._collapses.guard.restore(state.guard)
        self._first, self._last = dict(state.first), dict(state.last)
        self._scores, self._evaluation_due = state.scores, state.evaluation_due

    def _train_steps(self, bar: Bar) -> None:
        ranks, settings, steps = self._run.ranks, self._prepared.phase.train, self._prepared.mixture.steps
        mine = partial(self._prepared.steps.for_rank, rank=ranks.rank, world=ranks.world)
        works = prefetch(mine, range(self._keeper.taken_at, steps))
        try:
            for result in train(self._engine, works, wants_stop=self._run.stop.wanted):
                step, agreement = result.outcome.step, result.outcome.agreement
                self._measures.add(result)
                if is_due(step, settings.log_every, steps):
                    self._log(step, bar)
                self._collapses.add(step, agreement)
                dev = self._prepared.dev_sets
                self._evaluation_due = bool(dev) and is_due(step, settings.eval_every, steps)
                self._after(step, stop=agreement.stop)
                self._keeper.poll()
                if self._stopping.exhausted:
                    since = self._stopping.since
                    self._run.terminal.say(f"step {step}: no better for {since} evaluations; stopping")
                    return
        finally:
            works.close()

    def _after(self, step: int, *, stop: bool) -> None:
        """What follows a step: an evaluation, a checkpoint, and the end where all ranks know of a wish."""
        if self._evaluation_due and not stop:
            stop = not self._evaluate(step)
        is_best = self._stopping.best_step == step
        every = self._prepared.phase.train.checkpoint_every
        if stop or is_best or is_due(step, every, self._prepared.mixture.steps):
            self._save(step)
        if stop:
            self._keeper.settle()
            raise PreemptedError(f"phase {self._prepared.phase.name} after step {step}, which is saved")

    def _save(self, step: int) -> None:
        seconds = self._keeper.save(step + 1, self._state())
        self._journal.scalars(step, {"checkpoint_seconds": seconds})

    def _log(self, step: int, bar: Bar) -> None:
        values = self._measures.scalars()
        self._journal.scalars(step, values)
        bar.update(step, values)
        # A task without examples in these steps has no loss; the summary wants each task's first and last.
        values = {name: value for name, value in values.items() if name.startswith(("loss", "epochs/"))}
        self._first = {**values, **self._first}
        self._last = {**self._last, **values}

    def _evaluate(self, step: int) -> bool:
        """Score the dev splits; gives False where a signal to any rank broke that off."""
        dev_sets, ranks = self._prepared.dev_sets, self._run.ranks
        with self._engine.evaluating():
            scores = score_dev(
                self._engine,
                dev_sets,
                num_records=self._prepared.phase.train.dev_examples,
                budget=self._prepared.budget,
                rank=ranks.rank,
                world=ranks.world,
                on_first=partial(on_first, ranks),
                broken_off=lambda: any_rank(ranks, self._run.stop.wanted()),
            )
        if scores is None:
            return False
        self._evaluation_due = False
        best = self._stopping.update(step, scores.mean)
        if best:
            self._scores = scores
        each = {
            f"dev/{task}/{name}": value
            for task, all_ in scores.by_task.items()
            for name, value in all_.items()
        }
        self._journal.scalars(step, {"dev/mean": scores.mean, **each})
        self._run.terminal.say(dev_line(step, scores, self._mains(scores), best=best))
        return True

    def _mains(self, scores: DevScores) -> dict[str, float]:
        return {
            dev.task: scores.by_task[dev.task][METRICS[dev.metric].main] for dev in self._prepared.dev_sets
        }

    def _finish(self) -> None:
        """The summary for people, the best dev scores and the settings for programs, and the result."""
        measures, done = self._measures, self._measures.steps
        if self._keeper.taken_at < done:
            self._save(done - 1)
        best = self._stopping.best_step
        self._keeper.declare(done if best < 0 else best + 1)
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
            text = json.dumps(facts, indent=1) + "\n"
            on_first(self._run.ranks, partial(write_atomic, self._folder.scores, text))
        self._journal.hparams(flat(self._prepared.phase.model_dump(mode="json")), reached)
        self._run.terminal.table(summary_table(self._prepared.mixture.names, self._first, self._last, mains))
        self._run.terminal.say(
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
