"""Our side of the contest: the engine, fed as a run feeds it, on one process."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from contest.problem import SEED, Problem, Step
from contest.schedule import WrittenDraw

from mtl.data.draw import StepDraw
from mtl.data.prefetch import prefetch
from mtl.data.steps import Steps
from mtl.data.store import used_tokens_of
from mtl.engine.ds_config import resolve_ds_config
from mtl.engine.engine import Engine
from mtl.engine.heap import keep_freed_memory
from mtl.engine.launch import Ranks
from mtl.engine.loop import StepResult, train
from mtl.model.config import EncoderConfig
from mtl.model.documents import fill, grain

DS_CONFIGS = Path(__file__).resolve().parents[2] / "ds_configs"
BUDGET = 16384


def strips_of(problem: Problem, config: EncoderConfig, steps: Sequence[StepDraw], ranks: Ranks) -> Steps:
    """The steps as each rank computes them."""
    draw = WrittenDraw(problem, steps)
    return Steps(
        problem.sources, draw, budget=BUDGET, bins_multiple=ranks.world, costs=config.costs, seed=SEED
    )


class PackedLoop:
    """The loop of a training phase, without its logs."""

    def __init__(
        self, problem: Problem, ranks: Ranks, steps: Sequence[StepDraw], *, name: str, lazy_heads: bool
    ) -> None:
        """Train on `steps`; heads that are idle stand still where a step is of one task."""
        self.name = name
        self._ranks = ranks
        model, ds_config = problem.model(), DS_CONFIGS / f"zero{problem.zero}.json"
        self._steps = strips_of(problem, model.config, steps, ranks)
        self.num_parameters = sum(parameter.numel() for parameter in model.parameters())
        self.engine = Engine(
            model,
            ds_config=resolve_ds_config(ds_config, precision=problem.precision, clip=1.0),
            settings=problem.optimizer(lazy_heads=lazy_heads),
            loss_weights=[1.0] * len(problem.tasks),
            examples_per_step=problem.batch,
            seed=SEED,
            ranks=ranks,
            used_tokens=used_tokens_of([source.store for source in problem.sources]),
        )

    def run(self, steps: range) -> list[Step]:
        """Train for these steps."""
        keep_freed_memory()
        works = prefetch(partial(self._steps.for_rank, rank=self._ranks.rank, world=self._ranks.world), steps)
        try:
            return [self._seen(result) for result in train(self.engine, works, wants_stop=lambda: False)]
        finally:
            works.close()

    def _seen(self, result: StepResult) -> Step:
        counts = result.outcome.agreement.counts
        rows = grain(self._ranks.device, self.engine.dtype).rows
        present = [head for head, count in zip(self.engine.heads, counts, strict=True) if count]
        return Step(
            task=present[0] if len(present) == 1 else None,
            examples=sum(counts),
            tokens=int(result.work.plan.packing.tokens.sum()),
            computed=sum(fill(strip.tokens, rows).size for _, strip in result.work.bins),
            loss=sum(result.outcome.agreement.loss_sums) / sum(counts),
            seconds=result.seconds,
            waited=result.waited,
            flops=3.0 * float(result.work.plan.packing.cost.sum()),
        )

    def close(self) -> None:
        """Free what DeepSpeed holds."""
        self.engine.close()
