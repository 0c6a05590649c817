"""What a phase will take, computed before it trains: steps, tokens, and memory a rank by ZeRO stage."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from mtl.engine.optimizer import OptimizerSettings, freeze
from mtl.model.config import EncoderConfig
from mtl.model.multihead import MultiHead
from mtl.run.prepare import Prepared

STAGES = (0, 1, 2, 3)
WEIGHT_BYTES = {"fp32": 4, "bf16": 2, "fp16": 2}
ACTIVATION_WIDTHS = 9
"""Tensors of the hidden width that a layer keeps for its backward pass, beside those of the wide layer."""
ACTIVATION_WIDE = 2
"""Tensors of the feed-forward width that it keeps."""


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes of one rank."""

    weights: float
    gradients: float
    optimizer: float
    activations: float

    @property
    def total(self) -> float:
        """All of them."""
        return self.weights + self.gradients + self.optimizer + self.activations


@dataclass(frozen=True, kw_only=True)
class PhasePlan:
    """What a phase will take."""

    steps: int
    examples_per_step: int
    mean_tokens_per_step: float
    bins_per_step: int
    parameters: int
    trainable: int
    memory: Mapping[int, Memory]
    """By ZeRO stage, for the ranks of this run."""


def plan_phase(prepared: Prepared, *, ranks: int) -> PhasePlan:
    """Plan a phase; tokens and bins are those of its first steps."""
    train = prepared.phase.train
    sampled = [prepared.steps.plan(step).layout for step in range(min(prepared.mixture.steps, 20))]
    with torch.device("meta"):
        model = MultiHead(prepared.config, prepared.specs)
    freeze(model, prepared.optimizer)
    total = sum(p.numel() for p in model.parameters())
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    activations = activation_bytes(
        prepared.config,
        train.token_budget,
        width=WEIGHT_BYTES[train.precision],
        recompute=prepared.phase.model.recompute,
    )
    return PhasePlan(
        steps=prepared.mixture.steps,
        examples_per_step=train.examples_per_step,
        mean_tokens_per_step=sum(float(layout.tokens.sum()) for layout in sampled) / len(sampled),
        bins_per_step=max(len(layout.bins) for layout in sampled),
        parameters=total,
        trainable=trainable,
        memory={
            stage: memory_of(
                total, trainable, stage=stage, ranks=ranks, precision=train.precision, activations=activations
            )
            for stage in STAGES
        },
    )


def memory_of(
    total: int, trainable: int, *, stage: int, ranks: int, precision: str, activations: float
) -> Memory:
    """Bytes of one rank: ZeRO 1 shards the optimizer's state, 2 also the gradients, 3 also the weights."""
    width = WEIGHT_BYTES[precision]
    # AdamW keeps two averages, and below fp32 a master copy of the weights; gradients accumulate in fp32.
    state = trainable * (8 if precision == "fp32" else 12)
    gradients = trainable * 4
    return Memory(
        weights=total * width / (ranks if stage >= 3 else 1),
        gradients=gradients / (ranks if stage >= 2 else 1),
        optimizer=state / (ranks if stage >= 1 else 1),
        activations=activations,
    )


def activation_bytes(config: EncoderConfig, tokens: int, *, width: int, recompute: bool) -> float:
    """What a forward pass over `tokens` keeps; with recomputation, each layer's input and one whole layer."""
    layer = (ACTIVATION_WIDTHS * config.hidden_size + ACTIVATION_WIDE * config.intermediate_size) * width
    if recompute:
        return float(tokens * (config.num_layers * config.hidden_size * width + layer))
    return float(tokens * config.num_layers * layer)


def lazy_note(settings: OptimizerSettings) -> str:
    """What happens to heads without examples in a step."""
    return "idle heads do not move" if settings.lazy_heads else "idle heads get a zero gradient"
