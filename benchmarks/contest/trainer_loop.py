"""The baseline: the Hugging Face Trainer over stock models, a padded batch of one task at a time."""

import time
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from contest.allocator import allocate_by_default
from contest.problem import Problem, Step
from contest.schedule import Batch
from contest.stock import PaddedBatch, mean_loss, pad, padded_operations, stock_models
from torch import Tensor, nn
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from mtl.tasks.task import Kind


class OneOfMany(nn.Module):
    """The stock models as the one model that a Trainer trains; a batch names its task."""

    def __init__(self, problem: Problem) -> None:
        """Start from the weights that all rivals start from."""
        super().__init__()
        self.models = stock_models(problem)
        self._names = [task.name for task in problem.tasks]
        self._kinds: list[Kind] = [task.kind for task in problem.tasks]
        self.losses: list[Tensor] = []

    def forward(
        self, task: int, ids: Tensor, mask: Tensor, gold: Tensor, softmaxes: float
    ) -> Mapping[str, Tensor]:
        """The loss of a padded batch."""
        output = self.models[self._names[task]](ids, attention_mask=mask)
        batch = PaddedBatch(ids=ids, mask=mask, gold=gold, softmaxes=softmaxes)
        loss = mean_loss(output, batch, self._kinds[task])
        self.losses.append(loss.detach())
        return {"loss": loss}


class ReadyTrainer(Trainer):
    """A Trainer whose batches are ready; which task comes when, it has no option for."""

    batches: Sequence[Mapping[str, Any]] = ()

    def get_train_dataloader(self) -> DataLoader[Any]:
        """The batches of a round."""
        return DataLoader(self.batches, batch_size=None)  # type: ignore[arg-type]


class Clock(TrainerCallback):
    """When training began, and when each step ended."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        """What a Trainer does once is not counted."""
        self.times = [time.perf_counter()]

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """A step includes the fetching of its batch."""
        self.times.append(time.perf_counter())


class TrainerLoop:
    """The Trainer, called once for each part of a round; weights and optimizer live on."""

    def __init__(self, problem: Problem, batches: Sequence[Batch], *, compiled: bool = False) -> None:
        """Train on `batches`, in micro-batches of `self.micro` examples."""
        self.micro = problem.batch
        self._problem = problem
        self._batches = batches
        self._model = OneOfMany(problem)
        if compiled:
            next(iter(self._model.models.children())).roberta.encoder.compile(dynamic=True)
        settings = problem.optimizer(lazy_heads=True)
        self._arguments = TrainingArguments(
            per_device_train_batch_size=problem.batch,
            learning_rate=settings.lr,
            lr_scheduler_type="constant",
            weight_decay=settings.weight_decay,
            adam_beta1=settings.betas[0],
            adam_beta2=settings.betas[1],
            adam_epsilon=settings.eps,
            optim="adamw_torch_fused",
            max_grad_norm=1.0,
            bf16=problem.precision == "bf16",
            use_cpu=problem.device == "cpu",
            max_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
            remove_unused_columns=False,
        )
        self._clock = Clock()
        self._trainer = ReadyTrainer(self._model, self._arguments, callbacks=[self._clock])
        self._trainer.remove_callback(PrinterCallback)

    def run(self, steps: range) -> list[Step]:
        """Train for these steps; their batches are made before the clock starts, so data costs nothing."""
        allocate_by_default()
        batches = [self._padded(self._batches[step]) for step in steps]
        accumulation = len(batches[0])
        self._trainer.batches = [self._inputs(*each) for parts in batches for each in parts]
        self._arguments.max_steps, self._arguments.gradient_accumulation_steps = len(steps), accumulation
        self._model.losses.clear()
        self._trainer.train()
        if self._problem.device == "cuda":
            torch.cuda.synchronize()
            self._clock.times[-1] = time.perf_counter()
        losses = torch.stack(self._model.losses).float().view(-1, accumulation).mean(1).tolist()
        seconds = [b - a for a, b in pairwise(self._clock.times)]
        return [
            Step(
                task=self._problem.tasks[parts[0][0]].name,
                examples=sum(len(batch.gold) for _, batch in parts),
                tokens=sum(int(batch.mask.sum()) for _, batch in parts),
                computed=sum(batch.mask.numel() for _, batch in parts),
                loss=loss,
                seconds=took,
                flops=sum(3.0 * padded_operations(self._problem, batch.ids) for _, batch in parts),
            )
            for parts, loss, took in zip(batches, losses, seconds, strict=True)
        ]

    def _padded(self, batch: Batch) -> list[tuple[int, PaddedBatch]]:
        """The step's micro-batches."""
        store = self._problem.sources[batch.task].store
        cuts = range(0, len(batch.examples), self.micro)
        return [(batch.task, pad(store, batch.examples[cut : cut + self.micro])) for cut in cuts]

    def _inputs(self, task: int, batch: PaddedBatch) -> Mapping[str, Any]:
        tensors = {"ids": batch.ids, "mask": batch.mask, "gold": batch.gold}
        if self._problem.device == "cuda":
            tensors = {name: tensor.pin_memory() for name, tensor in tensors.items()}
        return {"task": task, "softmaxes": batch.softmaxes, **tensors}

    def close(self) -> None:
        """Free the weights."""
        del self._model, self._trainer
