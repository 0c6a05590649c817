"""The numbers of a step: from what the loop yields to the scalars that TensorBoard and metrics.jsonl hold."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from mtl.data.packing import Packing
from mtl.data.strip import FILLER_TOKENS
from mtl.engine.loop import StepResult
from mtl.footprint import peak_bytes
from mtl.run.prepare import Prepared


@dataclass(frozen=True, kw_only=True)
class Step:
    """What is kept of a step until it is logged: plain numbers, which a checkpoint can hold."""

    number: int
    rate: float
    grad_norm: float | None
    """None where it was not finite."""
    loss_sums: Sequence[float]
    counts: Sequence[int]
    seconds: float
    waited: float
    tokens: int
    flops: float
    real_share: float
    fill: float
    imbalance: float
    bins: int
    loss_scale: float | None
    applied: bool


class Measures:
    """Collects steps between two lines of metrics."""

    def __init__(self, prepared: Prepared, *, matmul_flops: float, ranks: int) -> None:
        """Utilisation is a share of `matmul_flops` of each of the ranks."""
        self._prepared = prepared
        self._names = prepared.mixture.names
        self._peak = matmul_flops * ranks
        self._weights = np.array(prepared.loss_weights)
        self._drawn = np.zeros(len(self._names), dtype=np.int64)
        self._since: list[Step] = []
        self._ready: list[tuple[float, ...]] = []
        self.steps = 0
        self.total_tokens = 0
        self.total_seconds = 0.0
        self.total_waited = 0.0

    def add(self, result: StepResult) -> None:
        """Take in a step."""
        self._since.append(_step(result))
        self._ready.append(result.outcome.agreement.ready)
        self._drawn += np.bincount(result.work.plan.draw.task, minlength=len(self._names))
        self.steps += 1
        self.total_tokens += int(result.work.plan.packing.tokens.sum())
        self.total_seconds += result.seconds
        self.total_waited += result.waited

    def state(self) -> dict[str, Any]:
        """All that it remembers, for JSON."""
        return {
            "since": [asdict(step) for step in self._since],
            "drawn": self._drawn.tolist(),
            "steps": self.steps,
            "tokens": self.total_tokens,
            "seconds": self.total_seconds,
            "waited": self.total_waited,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Remember what `state` gave."""
        self._since = [Step(**step) for step in state["since"]]
        self._drawn = np.array(state["drawn"], dtype=np.int64)
        self.steps = state["steps"]
        self.total_tokens, self.total_seconds = state["tokens"], state["seconds"]
        self.total_waited = state["waited"]

    def scalars(self) -> dict[str, float]:
        """The numbers since the last call; means over the steps in between."""
        steps, self._since = self._since, []
        last = steps[-1]
        seconds = sum(each.seconds for each in steps)
        values = {
            **self._losses(steps),
            "rate": last.rate,
            "grad_norm": math.nan if last.grad_norm is None else last.grad_norm,
            "tokens_per_second": sum(each.tokens for each in steps) / seconds,
            "flop_utilisation": sum(each.flops for each in steps) / seconds / self._peak,
            "packing/efficiency": float(np.mean([each.real_share for each in steps])),
            "packing/fill": float(np.mean([each.fill for each in steps])),
            "packing/imbalance": float(np.mean([each.imbalance for each in steps])),
            "packing/bins": float(np.mean([each.bins for each in steps])),
            "data_wait": sum(each.waited for each in steps) / seconds,
            "step_seconds": seconds / len(steps),
            "memory_gib": memory_gib(),
            **self._mixture(last.number),
            **self._lag(),
        }
        if last.loss_scale is not None:
            values["loss_scale"] = last.loss_scale
            values["skipped"] = float(sum(not each.applied for each in steps))
        return values

    def _losses(self, steps: Sequence[Step]) -> dict[str, float]:
        sums = np.sum([each.loss_sums for each in steps], axis=0)
        counts = np.sum([each.counts for each in steps], axis=0)
        by_task = {f"loss/{name}": s / c for name, s, c in zip(self._names, sums, counts, strict=True) if c}
        return {"loss": float((sums * self._weights).sum() / counts.sum()), **by_task}

    def _lag(self) -> dict[str, float]:
        """The rank that the others wait for, and how much later than the middle one it is ready."""
        ready, self._ready = self._ready, []
        delays = np.mean(ready, axis=0) if ready else np.zeros(0)
        if delays.size < 2:
            return {}
        return {
            "lag/rank": float(delays.argmax()),
            "lag/seconds": float(delays.max() - np.sort(delays)[(delays.size - 1) // 2]),
        }

    def _mixture(self, step: int) -> dict[str, float]:
        """What was drawn so far against what is wanted now, and how often each task's data was seen."""
        wanted = self._prepared.mixture.shares(step)
        values = {}
        for i, size in enumerate(self._prepared.mixture.sizes):
            values[f"mixture/sampled/{size.name}"] = float(self._drawn[i] / self._drawn.sum())
            values[f"mixture/wanted/{size.name}"] = wanted[size.name]
            values[f"epochs/{size.name}"] = float(self._drawn[i] / size.num_examples)
        return values


def _step(result: StepResult) -> Step:
    outcome, packing = result.outcome, result.work.plan.packing
    return Step(
        number=outcome.step,
        rate=outcome.rate,
        grad_norm=outcome.grad_norm if math.isfinite(outcome.grad_norm) else None,
        loss_sums=outcome.agreement.loss_sums,
        counts=outcome.agreement.counts,
        seconds=result.seconds,
        waited=result.waited,
        tokens=int(packing.tokens.sum()),
        flops=3.0 * float(packing.cost.sum()),  # of all ranks: forward, and twice that backward
        real_share=real_share(packing),
        fill=packing.fill,
        imbalance=packing.imbalance,
        bins=len(packing.bins),
        loss_scale=outcome.loss_scale,
        applied=outcome.applied,
    )


def real_share(packing: Packing) -> float:
    """The share of a step's computed tokens that belong to examples; the rest fills bins without examples."""
    real = int(packing.tokens.sum())
    return real / (real + FILLER_TOKENS * int((packing.tokens == 0).sum()))


def memory_gib() -> float:
    """The most memory that this rank has held: the GPU's, or the process's where there is none."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 2**30
    return peak_bytes() / 2**30
