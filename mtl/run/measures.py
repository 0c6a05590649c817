"""The numbers of a step: from what the loop yields to the scalars that TensorBoard and metrics.jsonl hold."""

import resource
from collections.abc import Sequence

import numpy as np
import torch

from mtl.data.layout import Layout
from mtl.data.strip import FILLER_TOKENS
from mtl.engine.loop import StepResult
from mtl.run.prepare import Prepared


class Measures:
    """Collects step results between two lines of metrics."""

    def __init__(self, prepared: Prepared, *, matmul_flops: float, ranks: int) -> None:
        """Utilisation is a share of `matmul_flops` of each of the ranks."""
        self._prepared = prepared
        self._names = prepared.mixture.names
        self._peak = matmul_flops * ranks
        self._weights = np.array(prepared.loss_weights)
        self._drawn = np.zeros(len(self._names), dtype=np.int64)
        self._since: list[StepResult] = []
        self.total_tokens = 0
        self.total_seconds = 0.0
        self.total_waited = 0.0

    def add(self, result: StepResult) -> None:
        """Take in a step."""
        self._since.append(result)
        self._drawn += np.bincount(result.work.plan.draw.task, minlength=len(self._names))
        self.total_tokens += int(result.work.plan.layout.tokens.sum())
        self.total_seconds += result.seconds
        self.total_waited += result.waited

    def scalars(self) -> dict[str, float]:
        """The numbers since the last call; means over the steps in between."""
        results, self._since = self._since, []
        last = results[-1].outcome
        seconds = sum(result.seconds for result in results)
        tokens = sum(int(result.work.plan.layout.tokens.sum()) for result in results)
        layouts = [result.work.plan.layout for result in results]
        flops = sum(self._flops(result) for result in results)
        values = {
            **self._losses(results),
            "rate": last.rate,
            "grad_norm": last.grad_norm,
            "tokens_per_second": tokens / seconds,
            "flop_utilisation": flops / seconds / self._peak,
            "packing/efficiency": float(np.mean([efficiency(layout) for layout in layouts])),
            "packing/fill": float(np.mean([layout.efficiency for layout in layouts])),
            "packing/imbalance": float(np.mean([layout.imbalance for layout in layouts])),
            "packing/bins": float(np.mean([len(layout.bins) for layout in layouts])),
            "data_wait": sum(result.waited for result in results) / seconds,
            "step_seconds": seconds / len(results),
            "memory_gib": memory_gib(),
            **self._mixture(last.step),
        }
        if last.loss_scale is not None:
            values["loss_scale"] = last.loss_scale
            values["skipped"] = float(sum(not result.outcome.applied for result in results))
        return values

    def _losses(self, results: Sequence[StepResult]) -> dict[str, float]:
        sums = np.sum([result.outcome.agreement.loss_sums for result in results], axis=0)
        counts = np.sum([result.outcome.agreement.counts for result in results], axis=0)
        by_task = {f"loss/{name}": s / c for name, s, c in zip(self._names, sums, counts, strict=True) if c}
        return {"loss": float((sums * self._weights).sum() / counts.sum()), **by_task}

    def _mixture(self, step: int) -> dict[str, float]:
        """What was drawn so far against what is wanted now, and how often each task's data was seen."""
        wanted = self._prepared.mixture.shares(step)
        values = {}
        for i, size in enumerate(self._prepared.mixture.sizes):
            values[f"mixture/sampled/{size.name}"] = float(self._drawn[i] / self._drawn.sum())
            values[f"mixture/wanted/{size.name}"] = wanted[size.name]
            values[f"epochs/{size.name}"] = float(self._drawn[i] / size.num_examples)
        return values

    def _flops(self, result: StepResult) -> float:
        """Operations of a step over all ranks: forward, and twice that backward."""
        return 3.0 * float(result.work.plan.layout.cost.sum())


def efficiency(layout: Layout) -> float:
    """The share of a step's computed tokens that belong to examples; the rest fills bins without examples."""
    real = int(layout.tokens.sum())
    return real / (real + FILLER_TOKENS * int((layout.tokens == 0).sum()))


def memory_gib() -> float:
    """The most memory that this rank has held: the GPU's, or the process's where there is none."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**30
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
