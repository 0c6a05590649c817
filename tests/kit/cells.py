"""A cell: one short training run of the nine-task mixture (and MLM) at one stage, budget and precision; what it gives."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mtl.data.costs import Costs
from mtl.data.draw import Draw
from mtl.data.mixture import Mixture, plan_mixture
from mtl.data.mixture_spec import MixtureSpec, TaskSize
from mtl.data.steps import Steps
from mtl.data.store import Store
from mtl.data.strip import HeadStore
from mtl.engine.ds_config import DsConfig, resolve_ds_config
from mtl.engine.engine import Engine
from mtl.engine.launch import Ranks, join_run
from mtl.engine.optimizer import OptimizerSettings
from mtl.model import multihead
from mtl.model.batch import Batch
from mtl.model.load import build_model
from mtl.model.multihead import MultiHead
from mtl.tasks.task import Kind, Task
from tests.kit.models import make_config
from tests.kit.ranks import ROOT
from tests.kit.stores import VOCABULARY, head_spec, make_store, make_task

SEED = 5
N = 13  # not divisible by 2 or 4 ranks
SHAPE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "initializer_range": 0.1,  # with less, a choice's first gradient is all cancellation
}
TASKS: dict[str, tuple[Kind, int]] = {
    "anli": ("pair", 400),
    "mnli": ("pair", 300),
    "qqp": ("pair", 200),
    "squad_v2": ("span", 150),
    "squad_v1": ("span", 120),
    "hellaswag": ("choice", 80),
    "ccg": ("tag", 60),
    "cosmosqa": ("choice", 40),
    "commonsenseqa": ("choice", 20),
    "wikipedia": ("mlm", 50),
    "lareqa": ("embed", 40),
}
HALVES = ("bf16", "fp16") if torch.ops.mkldnn._is_mkldnn_fp16_supported() else ("bf16",)
"""The half precisions in which this CPU can train."""
WORDS = np.array([0, 2, *range(5, VOCABULARY)])
"""The tokens of the made-up texts."""


@dataclass(frozen=True)
class Cell:
    stage: int
    budget: int = 400
    precision: str = "fp32"
    dropout: float = 0.0
    by: str = "example"
    lazy: bool = False
    steps: int = 30
    recompute: bool = False
    offload: bool = False
    freeze: bool = False
    spare_words: int = 0
    """Rows of the word table that no text touches, after those that may be; then there is no MLM, which touches all."""
    trim: bool = False
    """Only the rows that texts touch are in the model."""
    skip_idle_heads: bool = False
    """The fault that everybody else has: only the heads with examples run."""


@dataclass(frozen=True)
class Result:
    losses: list[float]
    norms: list[float]
    weights: dict[str, torch.Tensor]


def tasks(cell: Cell | None = None) -> list[Task]:
    without = "mlm" if cell is not None and cell.spare_words else None
    return [make_task(name, kind) for name, (kind, _) in TASKS.items() if kind != without]


def make_stores(folder: Path) -> None:
    for task in tasks():
        make_store(folder, task, TASKS[task.name][1])


def sources(cell: Cell, folder: Path) -> list[HeadStore]:
    names = [task.name for task in tasks(cell)]
    return [HeadStore(head=name, store=Store(folder / f"{name}-{TASKS[name][1]}-0")) for name in names]


def mixture(cell: Cell) -> Mixture:
    sizes = [
        TaskSize(name=task.name, num_records=TASKS[task.name][1], num_examples=TASKS[task.name][1])
        for task in tasks(cell)
    ]
    by = "step" if cell.by == "step" else "example"
    spec = MixtureSpec(temperature=2.0, block_steps=8, by=by)  # type: ignore[arg-type]
    return plan_mixture(sizes, spec, examples_per_step=N, steps=cell.steps)


def settings(cell: Cell) -> OptimizerSettings:
    # eps: the gradient of a key's bias is zero but for rounding, and AdamW would blow that up.
    return OptimizerSettings(
        lr=1e-3,
        warmup_steps=3,
        total_steps=cell.steps,
        eps=1e-6,
        lazy_heads=cell.lazy,
        freeze_embeddings=cell.freeze,
    )


def make_model(cell: Cell) -> MultiHead:
    config = make_config(SHAPE, VOCABULARY + cell.spare_words).with_dropouts(cell.dropout, cell.dropout)
    specs = [head_spec(task) for task in tasks(cell)]
    return build_model(None, config, specs, seed=SEED, recompute=cell.recompute)


def make_engine(cell: Cell, ranks: Ranks) -> Engine:
    return Engine(
        make_model(cell),
        ds_config=ds_config(cell),
        settings=settings(cell),
        loss_weights=[1.0] * len(tasks(cell)),
        examples_per_step=N,
        seed=SEED,
        ranks=ranks,
        used_tokens=WORDS if cell.trim else None,
    )


def ds_config(cell: Cell) -> DsConfig:
    name = f"zero{cell.stage}{'_offload' if cell.offload and cell.stage > 1 else ''}.json"
    config = resolve_ds_config(ROOT / "ds_configs" / name, precision=cell.precision, clip=1.0)  # type: ignore[arg-type]
    # Its first step shall not overflow, and its loss scale shall change within a few.
    config = config.changed("fp16", {"initial_scale_power": 8, "loss_scale_window": 3})
    if cell.offload and cell.stage == 1:  # allowed, though no file of ours does it
        config = config.changed("zero_optimization", {"offload_optimizer": {"device": "cpu"}})
    if cell.budget < 400:  # many small buckets, and nothing too small to be sharded
        small = {"reduce_bucket_size": 2000, "allgather_bucket_size": 2000}
        if cell.stage == 3:
            small |= {"stage3_param_persistence_threshold": 0, "stage3_prefetch_bucket_size": 2000}
        config = config.changed("zero_optimization", small)
    return config


def make_steps(cell: Cell, folder: Path) -> Steps:
    costs = Costs(per_token=1.0, per_square=0.01, per_read=1.0, per_look=0.01, per_masked=1.0)
    draw = Draw(mixture(cell), seed=SEED)
    return Steps(sources(cell, folder), draw, budget=cell.budget, bins_multiple=4, costs=costs, seed=SEED)


def run_cell(cell: Cell, folder: Path, ranks: Ranks) -> Result:
    engine, steps = make_engine(cell, ranks), make_steps(cell, folder)
    whole = MultiHead.forward
    if cell.skip_idle_heads:
        multihead.MultiHead.forward = forward_of_present_heads  # type: ignore[method-assign]
    try:
        outcomes = [
            engine.step(steps.for_rank(s, ranks.rank, ranks.world), stop=False) for s in range(cell.steps)
        ]
    finally:
        multihead.MultiHead.forward = whole  # type: ignore[method-assign]
    losses = [sum(outcome.agreement.loss_sums) / N for outcome in outcomes]
    result = Result(losses, [outcome.grad_norm for outcome in outcomes], dict(engine.full_weights()))
    engine.close()
    return result


def run_cells(cells: list[Cell], folder: Path) -> dict[Cell, Result]:
    ranks = join_run()
    return {cell: run_cell(cell, folder, ranks) for cell in cells}


def forward_of_present_heads(self: MultiHead, batch: Batch, *, scores: bool = False) -> torch.Tensor:
    hidden = self.encoder(batch.tokens, batch.positions, batch.second, batch.documents, batch.asking)
    present = [name for name, reads in batch.reads.items() if reads.num_examples]
    losses = [self.heads[name](hidden, batch.reads[name], scores=scores) for name in present]
    return torch.cat(losses) if losses else hidden.sum(1)[:0]
