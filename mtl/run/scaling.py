"""A step on any number of GPUs, computed: who waits for whom, what is sent, time and cost.

The model: a GPU computes at its measured rate; side by side, bins end with the dearest one; what a rank sends
goes at the link's bandwidth after the computation or, with `overlap_comm`, beside as much of it as the stage
can use: stage 1 the last bin's backward pass, stage 2 every one, stage 3 all.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from mtl.data.packing import Packing
from mtl.data.steps import Steps
from mtl.model.config import EncoderConfig
from mtl.run.memory import Memory, Sharding, Sizes, activation_bytes, memory_of, sent_bytes

BACKWARD = 2 / 3
"""The share of a bin's computation that is its backward pass."""
COUNTS = tuple(2**power for power in range(11))
SAMPLED = 8
"""Steps whose bins are laid out: few, for every number of GPUs lays them out anew."""
SPARE = 0.1
"""Of a GPU's memory, left to fragments and to the library."""
BUDGETS = tuple(2**power for power in range(16, 7, -1))


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What the time depends on besides the work."""

    tokens_per_second: float
    """Of one GPU, measured."""
    bandwidth: float | None = None
    """Bytes a second that a rank sends, as the doctor measures it; None: what is sent hides."""
    price: float | None = None
    """Of one GPU for an hour."""


@dataclass(frozen=True, kw_only=True)
class Scaled:
    """A phase on so many GPUs."""

    ranks: int
    bins: float
    """A rank's in a step, empty ones included."""
    memory: Memory
    sent: float
    """Bytes by each rank in a step."""
    compute: float
    """Seconds of the dearest rank in a step."""
    hides_at: float
    """Bytes a second from which on all that is sent hides behind the computation, with `overlap_comm`."""
    seconds: float
    """Of a step."""
    tokens_per_second: float
    efficiency: float
    """Speed-up over one GPU, as a share of the GPUs."""
    hours: float
    cost: float | None


@dataclass(frozen=True, kw_only=True)
class ScaledPhase:
    """A phase, as the table needs it."""

    steps: Steps
    num_steps: int
    sizes: Sizes
    sharding: Sharding
    precision: str
    activations: float


def scale(work: ScaledPhase, machine: Machine, counts: Sequence[int] = COUNTS) -> list[Scaled]:
    """The phase on each number of GPUs."""
    alone = _scaled(work, machine, 1, None)
    return [_scaled(work, machine, count, alone) for count in counts]


def _scaled(work: ScaledPhase, machine: Machine, ranks: int, alone: Scaled | None) -> Scaled:
    sampled = min(work.num_steps, SAMPLED)
    packings = [work.steps.plan(step, multiple=ranks).packing for step in range(sampled)]
    tokens = sum(float(packing.tokens.sum()) for packing in packings) / sampled
    bins = sum(len(packing.bins) for packing in packings) / sampled / ranks
    # The dearest bin of each wave sets its pace; cost is counted in operations, the rate in tokens.
    waits = sum(critical_cost(packing, ranks) / float(packing.cost.sum()) for packing in packings) / sampled
    compute = tokens / machine.tokens_per_second * waits
    sent = sent_bytes(
        work.sizes, work.sharding.stage, ranks=ranks, bins=round(bins), precision=work.precision
    )
    beside = compute * hidden_share(work.sharding.stage, bins)
    travel = sent / machine.bandwidth if machine.bandwidth else 0.0
    seconds = compute + max(travel - (beside if work.sharding.overlap else 0.0), 0.0)
    hours = work.num_steps * seconds / 3600
    speed = tokens / seconds
    return Scaled(
        ranks=ranks,
        bins=bins,
        memory=memory_of(
            work.sizes, work.sharding, ranks=ranks, precision=work.precision, activations=work.activations
        ),
        sent=sent,
        compute=compute,
        hides_at=sent / beside,
        seconds=seconds,
        tokens_per_second=speed,
        efficiency=1.0 if alone is None else speed / alone.tokens_per_second / ranks,
        hours=hours,
        cost=None if machine.price is None else hours * ranks * machine.price,
    )


def critical_cost(packing: Packing, ranks: int) -> float:
    """The sum over waves of bins side by side of the dearest one's cost."""
    return float(packing.cost.reshape(-1, ranks).max(axis=1).sum())


def hidden_share(stage: int, bins: float) -> float:
    """The share of a step's computation beside which a stage sends."""
    return {0: BACKWARD / bins, 1: BACKWARD / bins, 2: BACKWARD, 3: 1.0}[stage]


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A stage and a budget that fit."""

    stage: int
    budget: int
    memory: Memory


def largest_budget(
    config: EncoderConfig,
    held: float,
    *,
    room: float,
    precision: str,
    recompute: bool,
    kept_keys: int = 0,
) -> int:
    """The largest budget whose activations fit beside what is held, in tokens; 0 where nothing fits."""
    left = room * (1 - SPARE) - held
    one = activation_bytes(config, 1, precision=precision, recompute=recompute, kept_keys=kept_keys)
    return next((budget for budget in BUDGETS if budget * one <= left), 0)


def advise(
    sizes: Sizes,
    config: EncoderConfig,
    shardings: Sequence[Sharding],
    *,
    ranks: int,
    room: float,
    smallest: int,
    precision: str,
    recompute: bool,
) -> Advice | None:
    """The lowest stage that holds a bin of `smallest` tokens, with the largest budget; None: none does."""
    for sharding in sorted(shardings, key=lambda each: each.stage):
        empty = memory_of(sizes, sharding, ranks=ranks, precision=precision)
        budget = largest_budget(config, empty.total, room=room, precision=precision, recompute=recompute)
        if budget >= smallest:
            used = activation_bytes(config, budget, precision=precision, recompute=recompute)
            return Advice(
                stage=sharding.stage,
                budget=budget,
                memory=memory_of(sizes, sharding, ranks=ranks, precision=precision, activations=used),
            )
    return None
