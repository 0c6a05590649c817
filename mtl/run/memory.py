"""The memory of a rank and what it sends in a step, by ZeRO stage: computed, and held against measured bytes.

Per trained parameter AdamW keeps two averages (8 bytes) and, where ZeRO shards or precision is below fp32, a
master copy (4). Gradients accumulate in fp32 (4). What a stage shares out over the ranks:

    stage 1   averages and master copy; gradients stay whole between bins
    stage 2   and gradients: each bin's are reduced at once
    stage 3   and weights, but those too small to be worth it

What is offloaded lies in the computer's memory, not in the card's; so do gradients that AdamW reads there.
In half precision those are copies: stages 1 and 2 sum up on the card all the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from mtl.engine.ds_config import DsConfig
from mtl.engine.optimizer import OptimizerSettings, freeze
from mtl.model.config import EncoderConfig
from mtl.model.heads import HeadSpec
from mtl.model.multihead import MultiHead

STAGES = (0, 1, 2, 3)
WIDTH = {"fp32": 4, "bf16": 2, "fp16": 2}
"""Bytes of a weight, an activation, and a gradient on its way."""
GRADIENT_BYTES, MASTER_BYTES, AVERAGES_BYTES = 4, 4, 8
"""Of a parameter."""
HIDDEN_TENSORS = 12
"""Tensors of the hidden width that a layer keeps for its backward pass, counted by autograd's own hooks."""
HIDDEN_WITH_DROPOUT = 14
WIDE_TENSORS = 2
"""Of the feed-forward width."""
EMBEDDING_TENSORS = 2


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Numbers of parameters."""

    total: int
    trainable: int
    persistent: int
    """Those in tensors so small that stage 3 keeps them whole on every rank."""
    largest: int
    """Those of the largest tensor, which stage 3 makes whole while it is used."""


@dataclass(frozen=True, kw_only=True)
class Sharding:
    """What of a DeepSpeed file the memory depends on."""

    stage: int
    reduce_bucket: int
    prefetch: int
    persistence_threshold: int
    overlap: bool
    """What is sent goes beside the computation, not after it."""
    offloads_optimizer: bool
    offloads_weights: bool

    @classmethod
    def of(cls, ds_config: DsConfig) -> "Sharding":
        """Of a resolved DeepSpeed configuration."""
        zero = ds_config.zero
        return cls(
            stage=ds_config.stage,
            reduce_bucket=zero.get("reduce_bucket_size", 0),
            prefetch=zero.get("stage3_prefetch_bucket_size", 0),
            persistence_threshold=zero.get("stage3_param_persistence_threshold", 0),
            overlap=zero.get("overlap_comm", False),
            offloads_optimizer=ds_config.offloads_optimizer,
            offloads_weights=ds_config.offloads_weights,
        )


@dataclass(frozen=True, kw_only=True)
class Memory:
    """Bytes of one rank."""

    weights: float
    gradients: float
    optimizer: float
    buffers: float
    """Through which gradients and weights travel while bins are computed."""
    activations: float
    computer: float = 0.0
    """What is offloaded; everything else is the device's."""

    @property
    def held(self) -> float:
        """What lives between two bins."""
        return self.weights + self.gradients + self.optimizer

    @property
    def total(self) -> float:
        """All of it at its highest."""
        return self.held + self.buffers + self.activations


def sizes_of_model(
    config: EncoderConfig, specs: Sequence[HeadSpec], optimizer: OptimizerSettings, sharding: Sharding
) -> Sizes:
    """Count the parameters of a model, which is not built for that."""
    with torch.device("meta"):
        model = MultiHead(config, specs)
    freeze(model, optimizer)
    return sizes_of(model, persistence_threshold=sharding.persistence_threshold)


def sizes_of(model: nn.Module, *, persistence_threshold: int) -> Sizes:
    """Count a model's parameters; what is frozen already counts as such."""
    counts = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    return Sizes(
        total=sum(count for count, _ in counts),
        trainable=sum(count for count, trains in counts if trains),
        persistent=sum(count for count, _ in counts if count < persistence_threshold),
        largest=max(count for count, _ in counts),
    )


def memory_of(
    sizes: Sizes, sharding: Sharding, *, ranks: int, precision: str, activations: float = 0.0
) -> Memory:
    """Bytes of one rank."""
    width, stage, computer = WIDTH[precision], sharding.stage, 0.0
    trainable = sizes.trainable
    weights: float = sizes.total * width
    optimizer: float = trainable * (AVERAGES_BYTES + (MASTER_BYTES if stage or width < MASTER_BYTES else 0))
    optimizer /= ranks if stage else 1
    gradients: float = trainable * GRADIENT_BYTES
    buffers: float = sharding.reduce_bucket * width
    if stage == 1 and precision == "bf16" and not sharding.offloads_optimizer:
        buffers += trainable * width  # a bin's gradients, until they are added to those in fp32
    if stage >= 2:
        gradients /= ranks
    if sharding.offloads_optimizer:
        computer, optimizer = optimizer + trainable * GRADIENT_BYTES / ranks, 0.0
        if stage == 3 or (stage == 2 and precision == "fp32"):
            computer, gradients = computer + gradients, 0.0
        if stage < 3:
            # New weights on their way to the card; on either side, the largest gradient on its way.
            computer += (trainable / ranks + sizes.largest) * width
            gradients += sizes.largest * width
    if stage == 3:
        whole = sizes.persistent if ranks > 1 else 0
        weights /= ranks
        if sharding.offloads_weights:
            computer, weights = computer + weights, 0.0
        weights += whole * width
        gradients, buffers = gradients + buffers, 0  # here the bucket lasts
        buffers += (sharding.prefetch + sizes.largest) * width if ranks > 1 else 0
    return Memory(
        weights=weights,
        gradients=gradients,
        optimizer=optimizer,
        buffers=buffers,
        activations=activations,
        computer=computer,
    )


def activation_bytes(
    config: EncoderConfig,
    tokens: int,
    *,
    precision: str,
    recompute: bool,
    kept_keys: int = 0,
) -> float:
    """What a forward pass over `tokens` keeps; with recomputation, each layer's input and one whole layer.

    Attention on CPUs keeps for each token its weights of `kept_keys` others, and what dropout leaves of them.
    """
    hidden = HIDDEN_WITH_DROPOUT if config.dropout else HIDDEN_TENSORS
    layer = hidden * config.hidden_size + WIDE_TENSORS * config.intermediate_size
    layer += config.num_heads * kept_keys * (2 if config.attention_dropout else 1)
    layers = config.num_layers * (config.hidden_size if recompute else layer) + (layer if recompute else 0)
    return float(tokens * WIDTH[precision] * (layers + EMBEDDING_TENSORS * config.hidden_size))


def sent_bytes(sizes: Sizes, stage: int, *, ranks: int, bins: int, precision: str) -> float:
    """What one rank sends in a step of `bins` bins a rank, if collectives go round in a ring.

    A ring's all-reduce sends its tensor twice but for the rank's own part, a gather or a scatter once.
    """
    width = WIDTH[precision]
    gradients, weights = float(sizes.trainable * width), float(sizes.trainable * width)
    once = (ranks - 1) / ranks
    if stage == 0:
        return 2 * once * gradients
    if stage == 3:
        gathered = (sizes.total - sizes.persistent) * width
        return once * (bins * (2 * gathered + gradients) + sizes.persistent * width)
    return once * (2 * gradients * (bins if stage == 2 else 1) + weights)
