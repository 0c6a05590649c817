"""DeepSpeed, and the one way in which we use it: many micro-batches, one step, nothing automatic.

The loss is scaled here (ranks / N), the rate is set here, the boundary is steered here; DeepSpeed shards,
reduces and steps, and clips where our AdamW does not.
"""

import gc
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtl import seeds
from mtl.data.steps import RankStep
from mtl.data.strip import Strip
from mtl.engine.agreement import Agreement, agree
from mtl.engine.ds_config import DsConfig
from mtl.engine.gradients import install_gradient_paths
from mtl.engine.launch import Ranks
from mtl.engine.optimizer import IdleAwareAdamW, OptimizerSettings, freeze, parameter_groups, scale_of
from mtl.engine.shards import Shards
from mtl.engine.start import forget, start_deepspeed
from mtl.engine.used_rows import TABLE, UsedRows
from mtl.model.batch import Batch, to_device
from mtl.model.multihead import MultiHead
from mtl.model.precision import DTYPES


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a step did."""

    step: int
    rate: float
    agreement: Agreement
    grad_norm: float
    applied: bool
    """False where fp16 found no finite gradient and lowered its loss scale."""
    loss_scale: float | None


class NonFiniteError(RuntimeError):
    """A loss or a gradient is not a number; the optimizer has not moved."""

    def __init__(
        self, message: str, *, work: RankStep, tasks: Sequence[str], slots: Mapping[int, float]
    ) -> None:
        """Name the tasks, and this rank's examples (slots of the step) with their losses."""
        super().__init__(message)
        self.work = work
        self.tasks = tuple(tasks)
        self.slots = dict(slots)


class Engine:
    """A model under DeepSpeed."""

    def __init__(
        self,
        model: MultiHead,
        *,
        ds_config: DsConfig,
        settings: OptimizerSettings,
        loss_weights: Sequence[float],
        examples_per_step: int,
        seed: int,
        ranks: Ranks,
        used_tokens: NDArray[np.int32] | None = None,
    ) -> None:
        """Shard `model` as `ds_config` says; `loss_weights` are the tasks', in the heads' order.

        `used_tokens`, ascending, are all that any strip will hold; the others' rows need no optimizer.
        """
        self._precision = ds_config.precision
        self._all_heads_run = _all_heads_run(ds_config)
        self.dtype = DTYPES[self._precision]
        freeze(model, settings)
        self._used_rows = None if used_tokens is None else UsedRows(model, used_tokens, dtype=self.dtype)
        groups = parameter_groups(model, settings, num_layers=model.config.num_layers)
        self._word_scale = scale_of(TABLE, settings, model.config.num_layers)
        self._weight_decay = settings.weight_decay
        self.optimizer = IdleAwareAdamW(groups, settings, bound=ds_config.clip)
        self.heads = model.head_names
        self.ranks = ranks
        self._loss_weights = np.array(loss_weights)
        self._examples_per_step = examples_per_step
        self._seed = seed
        self.progress = (0, 0)
        """The step at hand, and pieces of work done so far: it changes as long as nothing hangs."""
        self._ready: float | None = None
        self._ended = time.perf_counter()
        self._engine = start_deepspeed(model, self.optimizer, ds_config)
        self._stage = self._engine.zero_optimization_stage()
        self._scaler = self._engine.optimizer.loss_scaler if self._precision == "fp16" else None
        if self._scaler is not None:
            self._scaler.raise_error_at_min_scale = False  # we raise, and say of which step
        self._stage0_gradients = install_gradient_paths(
            self._engine, self.optimizer, world=ranks.world, on_cpu=ranks.device.type == "cpu"
        )

    @property
    def module(self) -> MultiHead:
        """The model; under ZeRO-3 its parameters are partitioned."""
        module: MultiHead = self._engine.module
        return module

    def step(self, work: RankStep, *, stop: bool) -> Outcome:
        """Learn from a step's examples; raises NonFiniteError before anything has moved."""
        self.note_progress(work.plan.step)
        self._engine.train()
        step, tasks, last = work.plan.step, work.plan.draw.task, work.bins[-1][0]
        present = [self.heads[task] for task in np.unique(tasks)]
        losses = torch.cat(
            [self._backward(strip, step, number, present, last=number == last) for number, strip in work.bins]
        )
        slots = np.concatenate([strip.slots for _, strip in work.bins])
        agreement = self._agree(losses, tasks[slots], digest=work.plan.digest, stop=stop)
        self._check(agreement, work, losses, slots)
        rate = self.optimizer.prepare(step, idle=frozenset(self.heads).difference(present))
        can_lower_scale = self._can_lower_scale()
        norm, applied = self._apply()
        self._ready, self._ended = None, time.perf_counter()
        if not applied and not can_lower_scale:
            what = "the gradient is not finite although every loss is"
            if self._scaler is not None:
                what += f", even at the smallest loss scale, fp16.min_loss_scale {self._scaler.min_scale:g}"
            raise NonFiniteError(what, work=work, tasks=sorted(present), slots={})
        if applied and self._used_rows is not None:
            self._used_rows.decay(1 - rate * self._word_scale * self._weight_decay)
        return Outcome(
            step=step,
            rate=rate,
            agreement=agreement,
            grad_norm=norm,
            applied=applied,
            loss_scale=None if self._scaler is None else float(self._scaler.loss_scale),
        )

    def _agree(self, losses: Tensor, owners: NDArray[np.int32], *, digest: int, stop: bool) -> Agreement:
        """Sum the losses by task, over this rank's examples and then over ranks."""
        owner = torch.from_numpy(owners.astype(np.int64)).to(losses.device)
        sums = torch.zeros(len(self.heads), device=losses.device).index_add(0, owner, losses)
        counts = np.bincount(owners, minlength=len(self.heads)).tolist()
        ranks = self.ranks
        return agree(
            sums,
            counts,
            stop=stop,
            mine=digest,
            rank=ranks.rank,
            world=ranks.world,
            ready=self._ready or 0.0,
        )

    def _backward(
        self, strip: Strip, step: int, number: int, present: Sequence[str], *, last: bool
    ) -> Tensor:
        """Forward and backward of one bin; gives the loss of each of its examples."""
        # Dropout belongs to the bin, whichever rank computes it.
        torch.manual_seed(seeds.key(self._seed, "dropout", step, number) >> 1)
        batch = self._to_device(strip, self.heads if self._all_heads_run else present)
        self._engine.set_gradient_accumulation_boundary(last)
        if self._stage == 3:  # its forward pass waits for the others already
            self._note_ready()
        losses: Tensor = self._engine(batch)
        self._note_ready()
        self._engine.backward((losses * self._weights(strip)).sum())
        if not last:
            self._engine.step()
        self.note_progress(step)
        return losses.detach()

    def _to_device(self, strip: Strip, heads: Sequence[str]) -> Batch:
        if self._used_rows is not None:
            strip = replace(strip, tokens=self._used_rows.find(strip.tokens))
        width = self.module.config.head_width
        return to_device(strip, heads, device=self.ranks.device, dtype=self.dtype, width=width)

    def _note_ready(self) -> None:
        """Remember when this rank was first ready to share something in this step."""
        if self._ready is None:
            if self.ranks.device.type == "cuda":
                torch.cuda.synchronize(self.ranks.device)
            self._ready = time.perf_counter() - self._ended

    def note_progress(self, step: int | None = None) -> None:
        """Count a piece of work, of the last step if none is named."""
        self.progress = (self.progress[0] if step is None else step, self.progress[1] + 1)

    def _weights(self, strip: Strip) -> Tensor:
        """Each example's weight in the loss that this rank gives to DeepSpeed, which averages over ranks."""
        counts = [len(strip.sites[head].per_example) if head in strip.sites else 0 for head in self.heads]
        weights = np.repeat(self._loss_weights, counts) * self.ranks.world / self._examples_per_step
        moved = torch.from_numpy(weights.astype(np.float32))
        if self.ranks.device.type == "cuda":
            moved = moved.pin_memory()
        return moved.to(self.ranks.device, non_blocking=True)

    def _check(self, agreement: Agreement, work: RankStep, losses: Tensor, slots: NDArray[np.int64]) -> None:
        if agreement.strangers:
            names = ", ".join(map(str, agreement.strangers))
            raise AssertionError(
                f"rank {names} is about to do something else than the others (step, tasks or shapes differ)"
            )
        bad = [
            head
            for head, value in zip(self.heads, agreement.loss_sums, strict=True)
            if not np.isfinite(value)
        ]
        if bad:
            values = losses.tolist()
            mine = {
                int(slot): value for slot, value in zip(slots, values, strict=True) if not np.isfinite(value)
            }
            raise NonFiniteError(
                f"the loss of {', '.join(bad)} is not finite", work=work, tasks=bad, slots=mine
            )

    def _apply(self) -> tuple[float, bool]:
        """Let DeepSpeed step; gives the gradient's norm before clipping, and whether the weights moved."""
        norm = self._stage0_gradients.complete() if self._stage0_gradients else None
        if norm is not None and not np.isfinite(norm):
            return norm, False
        self._engine.step()
        if norm is None:
            reported = self._engine.get_global_grad_norm()
            norm = float("nan") if reported is None else float(reported)
        return norm, bool(self._engine.was_step_applied())

    def _can_lower_scale(self) -> bool:
        """Whether a smaller loss scale may be what an infinite gradient needs; a fixed one counts as such."""
        return self._scaler is not None and (
            not self._scaler.dynamic or self._scaler.loss_scale > self._scaler.min_scale
        )

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """Dropout off, no gradients; every rank must predict the same number of strips."""
        self._engine.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self._engine.train()

    def predict(self, strip: Strip) -> Tensor:
        """All heads' scores of a strip, flat and fp32; within `evaluating`."""
        batch = self._to_device(strip, self.heads)
        scores: Tensor = self._engine(batch, scores=True)
        self.note_progress()
        return scores

    @property
    def shards(self) -> Shards:
        """What this rank holds of each parameter, to be saved and put back between steps."""
        return Shards(
            self.module,
            self.optimizer,
            self._engine.optimizer,
            stage=self._stage,
            ranks=self.ranks,
            used_rows=self._used_rows,
        )

    def full_weights(self) -> Iterator[tuple[str, Tensor]]:
        """Each parameter's name and its whole fp32 value; every rank must run through all of them."""
        shards = self.shards
        for name in shards.parameters:
            whole = shards.weight(name)
            assert whole is not None
            yield name, whole

    def close(self) -> None:
        """Free everything that DeepSpeed holds."""
        module = self._engine.module
        self._engine.destroy()
        del self._engine, self.optimizer
        if self._stage0_gradients is not None:
            self._stage0_gradients.close()
        self._stage0_gradients = self._used_rows = None
        if self._stage == 3:
            forget(module)
        # DeepSpeed's engine refers to itself all over, and would live on until the collector happens to come.
        del module
        gc.collect()
        if self.ranks.device.type == "cuda":
            torch.cuda.empty_cache()


def _all_heads_run(ds_config: DsConfig) -> bool:
    """Whether heads run that no rank has examples of in a step.

    Elsewhere no gradient counts as a zero one. Not so at stage 3, which wants the same parameters in the same
    order, nor where gradients lie in buffers that last, as there and under offload: one that does not come is
    the last one again.
    """
    return ds_config.stage == 3 or ds_config.offloads_optimizer
