"""A bare PyTorch loop over our model and our strips: what sharding is measured against; DDP where ranks are several."""

import time
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial

import numpy as np
import torch
from contest.packed import strips_of
from contest.problem import Problem, Step
from torch import distributed, nn

from mtl.data.draw import StepDraw
from mtl.data.prefetch import prefetch
from mtl.data.steps import RankStep
from mtl.data.strip import Strip
from mtl.engine.launch import Ranks
from mtl.model.batch import to_device
from mtl.model.multihead import MultiHead


class PlainLoop:
    """The same steps as our engine's, in fp32."""

    def __init__(self, problem: Problem, ranks: Ranks, steps: Sequence[StepDraw], *, name: str) -> None:
        """Start from the weights that all rivals start from."""
        assert problem.precision == "fp32"
        self.name = name
        self._problem, self._ranks = problem, ranks
        model = problem.model().to(ranks.device).train()
        self._heads, self._width = model.head_names, model.config.head_width
        self._steps = strips_of(problem, model.config, steps, ranks)
        settings = problem.optimizer(lazy_heads=False)
        parameters = list(model.parameters())
        self._optimizer = torch.optim.AdamW(
            [
                {"params": [p for p in parameters if p.ndim > 1], "weight_decay": settings.weight_decay},
                {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
            ],
            lr=settings.lr,
            betas=settings.betas,
            eps=settings.eps,
            fused=True,
        )
        self._model: MultiHead | nn.parallel.DistributedDataParallel = model
        if ranks.world > 1:
            self._model = nn.parallel.DistributedDataParallel(model)

    def run(self, steps: range) -> list[Step]:
        """Train for these steps."""
        works = prefetch(partial(self._steps.for_rank, rank=self._ranks.rank, world=self._ranks.world), steps)
        try:
            return [self._step(work) for work in works]
        finally:
            works.close()

    def _step(self, work: RankStep) -> Step:
        start = time.perf_counter()
        self._optimizer.zero_grad(set_to_none=True)
        total = torch.zeros((), device=self._ranks.device)
        for number, strip in work.bins:
            total += self._backward(strip, last=number == work.bins[-1][0])
        nn.utils.clip_grad_norm_(self._model.parameters(), 1.0)
        self._optimizer.step()
        if self._ranks.world > 1:
            distributed.all_reduce(total)
        loss = total.item() / self._problem.batch
        return Step(
            task=None,
            examples=self._problem.batch,
            tokens=int(work.plan.packing.tokens.sum()),
            computed=int(np.sum([strip.tokens.size for _, strip in work.bins])),
            loss=loss,
            seconds=time.perf_counter() - start,
            flops=3.0 * float(work.plan.packing.cost.sum()),
        )

    def _backward(self, strip: Strip, *, last: bool) -> torch.Tensor:
        waits = self._ranks.world > 1 and not last
        with self._model.no_sync() if waits else nullcontext():  # type: ignore[operator]
            batch = to_device(
                strip, self._heads, device=self._ranks.device, dtype=torch.float32, width=self._width
            )
            losses: torch.Tensor = self._model(batch)
            (losses.sum() * self._ranks.world / self._problem.batch).backward()
        return losses.detach().sum()

    def close(self) -> None:
        """Free the weights."""
        del self._model, self._optimizer
