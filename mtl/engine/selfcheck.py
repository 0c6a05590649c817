"""Refuses to run wrong: two tiny steps, other tasks on each rank, against the weights of plain PyTorch.

The heads, the sharding, the precision and the code are the run's own; only the encoder is small. What this
would catch: gradients of idle heads that are applied again, heads averaged into each other, a changed scale.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from mtl import seeds
from mtl.data.draw import StepDraw
from mtl.data.packing import Packing
from mtl.data.steps import Plan, RankStep
from mtl.data.strip import Sites, Strip
from mtl.engine.ds_config import DsConfig
from mtl.engine.engine import Engine
from mtl.engine.launch import Ranks
from mtl.engine.optimizer import OptimizerSettings, rate
from mtl.engine.start import deepspeed_version
from mtl.errors import UserError, reason_of
from mtl.model.batch import Batch, to_device
from mtl.model.config import EncoderConfig
from mtl.model.heads import HeadSpec
from mtl.model.load import initialise
from mtl.model.multihead import MultiHead
from mtl.model.precision import DTYPES

STEPS = 2
BINS_A_RANK = 3
LENGTH = 6
TOLERANCE = {"fp32": 1e-3, "bf16": 0.1, "fp16": 0.1}
"""Relative error of a head's or the encoder's movement; the faults looked for are of order 1."""
WAY_OUT = "install the version that constraints.txt names"

SETTINGS = OptimizerSettings(
    # Without averages and with a large eps AdamW's step grows with the gradient, so a wrong scale shows.
    lr=0.1,
    warmup_steps=0,
    total_steps=STEPS,
    schedule="constant",
    betas=(0.0, 0.0),
    eps=0.1,
    weight_decay=0.0,
)


def check_engine(specs: Sequence[HeadSpec], config: EncoderConfig, ds_config: DsConfig, ranks: Ranks) -> None:
    """Raise a UserError that names DeepSpeed's version if it does not train these heads as it must."""
    tiny = replace(
        config,
        vocab_size=32,
        hidden_size=16,
        num_layers=2,
        num_heads=2,
        intermediate_size=32,
        positions=LENGTH,
        dropout=0.0,
        attention_dropout=0.0,
        head_dropout=0.0,
        initializer_range=0.2,
    )
    ds_config = _small_buckets(ds_config)
    if ds_config.precision == "fp16":  # a first scale that overflows would skip the step
        ds_config = ds_config.changed("fp16", {"loss_scale": 128.0})
    bins = [
        [_strip(specs, tiny, step, number) for number in range(BINS_A_RANK * ranks.world)]
        for step in range(STEPS)
    ]
    precision = ds_config.precision
    start, wanted = _reference(specs, tiny, bins, clip=ds_config.clip, dtype=DTYPES[precision])
    try:
        got = _trained(specs, tiny, bins, ds_config, ranks)
    except torch.OutOfMemoryError:  # of these few numbers: another process fills the GPU
        raise
    except (RuntimeError, AssertionError) as error:
        reason = reason_of(error)
        raise UserError(
            f"DeepSpeed {deepspeed_version()} fails in a test step: {reason}; {WAY_OUT}"
        ) from error
    for part in ("encoder", *(f"heads.{spec.name}" for spec in specs)):
        names = [name for name in wanted if name.startswith(f"{part}.")]
        moved = _flat(wanted, names) - _flat(start, names)
        off = float((_flat(got, names) - _flat(wanted, names)).norm() / moved.norm().clamp_min(1e-6))
        if not off <= TOLERANCE[precision]:
            raise UserError(
                f"DeepSpeed {deepspeed_version()} trains {part} wrongly here (off by {off:.2g} of its way "
                f"in {STEPS} test steps); {WAY_OUT}"
            )


def _small_buckets(ds_config: DsConfig) -> DsConfig:
    """The same sharding for tiny tensors: many buckets, and at stage 3 nothing too small to be sharded."""
    small = {"reduce_bucket_size": 500, "allgather_bucket_size": 500, "stage3_prefetch_bucket_size": 500}
    small = {key: size for key, size in small.items() if key in ds_config.zero}
    if ds_config.stage == 3:
        small["stage3_param_persistence_threshold"] = 0
    return ds_config.changed("zero_optimization", small)


def _model(specs: Sequence[HeadSpec], config: EncoderConfig) -> MultiHead:
    model = MultiHead(config, specs)
    initialise(model, seed=0)
    return model


def _reference(
    specs: Sequence[HeadSpec],
    config: EncoderConfig,
    bins: Sequence[Sequence[Strip]],
    *,
    clip: float,
    dtype: torch.dtype,
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The weights before and after, by plain PyTorch in fp32 with all ranks' bins in one process."""
    # DeepSpeed rounds the weights once before it makes their fp32 masters.
    model = _model(specs, config).to(dtype).float()
    start = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    for step, strips in enumerate(bins):
        model.zero_grad()
        for strip in strips:
            (model(_batch(strip, model)).sum() / len(strips)).backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        _move(model, lr=rate(SETTINGS, step))
    return start, {name: parameter.detach() for name, parameter in model.named_parameters()}


def _batch(strip: Strip, model: MultiHead) -> Batch:
    width, cpu = model.config.head_width, torch.device("cpu")
    return to_device(strip, model.head_names, device=cpu, dtype=torch.float32, width=width)


@torch.no_grad()
def _move(model: MultiHead, *, lr: float) -> None:
    """AdamW's step as it is without averages and decay; PyTorch's own would load its compiler first."""
    for parameter in model.parameters():
        if parameter.grad is not None:
            parameter.sub_(lr * parameter.grad / (parameter.grad.abs() + SETTINGS.eps))


def _trained(
    specs: Sequence[HeadSpec],
    config: EncoderConfig,
    bins: Sequence[Sequence[Strip]],
    ds_config: DsConfig,
    ranks: Ranks,
) -> dict[str, Tensor]:
    """The weights after the same steps under DeepSpeed."""
    num_bins = len(bins[0])
    engine = Engine(
        _model(specs, config),
        ds_config=ds_config,
        settings=SETTINGS,
        loss_weights=[1.0] * len(specs),
        examples_per_step=num_bins,
        seed=0,
        ranks=ranks,
    )
    for step, strips in enumerate(bins):
        mine = range(ranks.rank, num_bins, ranks.world)
        engine.step(
            RankStep(plan=_plan(step, num_bins, len(specs)), bins=tuple((n, strips[n]) for n in mine)),
            stop=False,
        )
    weights = dict(engine.full_weights())
    engine.close()
    return weights


def _task(step: int, number: int, num_tasks: int) -> int:
    """Neighbouring bins, so ranks, have other tasks; after the first step the first task's head is idle."""
    if step == 0 or num_tasks == 1:
        return number % num_tasks
    return 1 + number % (num_tasks - 1)


def _plan(step: int, num_bins: int, num_tasks: int) -> Plan:
    numbers = np.arange(num_bins)
    task = np.array([_task(step, number, num_tasks) for number in range(num_bins)], dtype=np.int32)
    packing = Packing(
        budget=LENGTH, bins=tuple(numbers[:, None]), tokens=numbers, cost=numbers.astype(np.float64)
    )
    draw = StepDraw(task=task, example=numbers, epoch=np.zeros(num_bins, dtype=np.int32))
    return Plan(step=step, draw=draw, packing=packing, digest=seeds.key("selfcheck", step) >> 16)


@dataclass(frozen=True, kw_only=True)
class ExampleShape:
    """An example of a kind: its documents, whether each is one site or each token is one, and its gold."""

    documents: int
    by_document: bool
    num_gold: int
    classes: int
    """A gold's values are below it."""


def shape_of(spec: HeadSpec, *, vocab_size: int) -> ExampleShape:
    """The example of a test step that a head learns from."""
    document = partial(ExampleShape, by_document=True)
    token = partial(ExampleShape, documents=1, by_document=False)
    shapes = {
        "pair": document(documents=1, num_gold=1, classes=spec.num_labels),
        "choice": document(documents=spec.num_choices, num_gold=1, classes=spec.num_choices),
        "span": token(num_gold=2, classes=LENGTH),
        "tag": token(num_gold=LENGTH, classes=spec.num_labels),
        "mlm": token(num_gold=LENGTH, classes=vocab_size),
        "embed": document(documents=4, num_gold=2, classes=2**30),  # keys that hardly ever meet
    }
    return shapes[spec.kind]


def _strip(specs: Sequence[HeadSpec], config: EncoderConfig, step: int, number: int) -> Strip:
    """A bin with one example of one task: documents of random tokens, every site's gold random too."""
    spec = specs[_task(step, number, len(specs))]
    shape = shape_of(spec, vocab_size=config.vocab_size)
    count, num_gold = shape.documents, shape.num_gold
    key = seeds.key("selfcheck", step, number)
    rows = np.arange(count) * LENGTH if shape.by_document else np.arange(LENGTH)
    sites = Sites(
        rows=rows,
        per_example=np.array([len(rows)]),
        gold=seeds.integers(seeds.key(key, "gold"), num_gold, shape.classes),
        softmaxes=float(num_gold),
    )
    return Strip(
        tokens=seeds.integers(seeds.key(key, "tokens"), count * LENGTH, config.vocab_size),
        positions=np.tile(np.arange(LENGTH), count),
        second=np.tile(np.arange(LENGTH) // (LENGTH // 2), count),
        bounds=np.arange(count + 1) * LENGTH,
        sites={spec.name: sites},
        slots=np.array([number]),
    )


def _flat(weights: Mapping[str, Tensor], names: Sequence[str]) -> Tensor:
    return torch.cat([weights[name].float().cpu().reshape(-1) for name in names])
