"""What a phase will take, computed before it trains: steps, tokens, and memory a rank by ZeRO stage."""

from collections.abc import Mapping
from dataclasses import dataclass

from mtl.engine.optimizer import OptimizerSettings
from mtl.model.multihead import num_parameters
from mtl.run.memory import STAGES, Memory, Sharding, activation_bytes, memory_of, sizes_of_model
from mtl.run.prepare import Prepared, trained_shape
from mtl.run.scaling import ScaledPhase

SAMPLED = 20
"""Steps that are laid out to know their tokens and bins: once, before training, which waits for it."""


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


def plan_phase(prepared: Prepared, *, ranks: int, on_cpus: bool = False) -> PhasePlan:
    """Plan a phase; tokens and bins are those of its first steps."""
    train = prepared.phase.train
    sampled = [prepared.steps.plan(step).packing for step in range(min(prepared.mixture.steps, SAMPLED))]
    work = work_of(prepared, on_cpus=on_cpus)
    return PhasePlan(
        steps=prepared.mixture.steps,
        examples_per_step=train.examples_per_step,
        mean_tokens_per_step=sum(float(packing.tokens.sum()) for packing in sampled) / len(sampled),
        bins_per_step=max(len(packing.bins) for packing in sampled),
        parameters=num_parameters(prepared.config, prepared.specs),
        trainable=work.sizes.trainable,
        memory={
            stage: memory_of(
                work.sizes,
                Sharding.of(prepared.ds_config.at_stage(stage)),
                ranks=ranks,
                precision=train.precision,
                activations=work.activations,
            )
            for stage in STAGES
        },
    )


def work_of(prepared: Prepared, *, on_cpus: bool = False) -> ScaledPhase:
    """A prepared phase as the model of memory and time sees it."""
    phase, sharding = prepared.phase, Sharding.of(prepared.ds_config)
    return ScaledPhase(
        steps=prepared.steps,
        num_steps=prepared.mixture.steps,
        sizes=sizes_of_model(
            trained_shape(prepared.config, prepared.used_tokens), prepared.specs, prepared.optimizer, sharding
        ),
        sharding=sharding,
        precision=phase.train.precision,
        activations=activation_bytes(
            prepared.config,
            prepared.budget,
            precision=phase.train.precision,
            recompute=phase.model.recompute,
            kept_keys=prepared.longest if on_cpus else 0,
        ),
    )


def lazy_note(settings: OptimizerSettings) -> str:
    """What happens to heads without examples in a step."""
    return "idle heads do not move" if settings.lazy_heads else "idle heads get a zero gradient"


def used_tokens_note(prepared: Prepared) -> str:
    """What happens to the vocabulary's pieces that no text holds."""
    if prepared.used_tokens is None:
        return ""
    used, there = len(prepared.used_tokens), prepared.config.vocab_size
    return f"; {used:,} of {there:,} pieces occur, and their rows train"
