"""The plan verb: what each train phase of a recipe would take on 1 to 1024 GPUs, before any is used."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.table import Table

from mtl.errors import UserError
from mtl.run.budget import Capacity
from mtl.run.memory import STAGES, Sharding, memory_of
from mtl.run.places import prepare_worlds
from mtl.run.plan import plan_phase, work_of
from mtl.run.plan_tables import memory_table
from mtl.run.prepare import Prepared, prepare
from mtl.run.recipe.read import load_recipe
from mtl.run.scaling import Machine, Scaled, advise, scale
from mtl.run.terminal import Terminal
from mtl.runfolder import PhaseFolder

GIB, MIB = 2**30, 2**20
HOW_TIME_IS_MODELLED = (
    "model: a GPU computes at the given rate; bins side by side end with the dearest; what is sent comes "
    "after or, with overlap_comm, beside the last backward pass (stage 1), all of them (2), or everything (3)"
)


@dataclass(frozen=True, kw_only=True)
class PlanRequest:
    """What to plan for."""

    gpus: int
    memory_gib: float
    machine: Machine


def show_plan(path: Path, overrides: Sequence[str], wish: PlanRequest, terminal: Terminal) -> None:
    """Print memory, advice and the table of GPUs for each phase that trains."""
    recipe = load_recipe(path, overrides)
    capacity = Capacity(ranks=wish.gpus, bytes=wish.memory_gib * GIB)
    phases = [phase for phase in recipe.phase_list() if phase.kind == "train"]
    prepare_worlds(recipe, phases)
    for phase in phases:
        prepared = prepare(recipe, phase, device="cuda", capacity=capacity)
        plan = plan_phase(prepared, ranks=wish.gpus)
        terminal.say(
            f"phase {phase.name}: {plan.steps:,} steps of {plan.examples_per_step} examples, each about "
            f"{plan.mean_tokens_per_step:,.0f} tokens; {plan.parameters:,} parameters in "
            f"{phase.train.precision}"
        )
        stage = prepared.ds_config.stage
        terminal.table(memory_table(plan, ranks=wish.gpus, stage=stage))
        terminal.say(advice(prepared, wish))
        terminal.table(scaling_table(scale(work_of(prepared), wish.machine), prepared, wish))
        terminal.say(HOW_TIME_IS_MODELLED)


def advice(prepared: Prepared, wish: PlanRequest) -> str:
    """The lowest stage that fits, with the largest budget, in words."""
    phase, work = prepared.phase, work_of(prepared)
    stages = STAGES if phase.train.precision == "fp32" else STAGES[1:]
    smallest = max(source.store.header.max_example for source in prepared.sources)
    found = advise(
        work.sizes,
        prepared.config,
        [Sharding.of(prepared.ds_config.at_stage(stage)) for stage in stages],
        ranks=wish.gpus,
        room=wish.memory_gib * GIB,
        smallest=smallest,
        precision=phase.train.precision,
        recompute=phase.model.recompute,
    )
    if found is None:
        least = memory_of(
            work.sizes,
            Sharding.of(prepared.ds_config.at_stage(3)),
            ranks=wish.gpus,
            precision=phase.train.precision,
        ).total
        return (
            f"advice: nothing fits {wish.memory_gib:g} GiB ({least / GIB:.1f} at ZeRO 3 before a bin of "
            f"{smallest:,} tokens); set model.recompute=true, or take more GPUs"
        )
    return (
        f"advice for {wish.gpus} GPUs of {wish.memory_gib:g} GiB: deepspeed=ds_configs/zero{found.stage}.json"
        f" train.token_budget={found.budget} ({found.memory.total / GIB:.1f} GiB)"
    )


def scaling_table(rows: Sequence[Scaled], prepared: Prepared, wish: PlanRequest) -> Table:
    """A line for each number of GPUs."""
    stage = prepared.ds_config.stage
    machine = wish.machine
    link = "takes no time" if machine.bandwidth is None else f"{machine.bandwidth / 1e9:g} GB/s"
    overlap = "on" if Sharding.of(prepared.ds_config).overlap else "off"
    rate = f"{machine.tokens_per_second:,.0f} tokens/s a GPU"
    table = Table(title=f"ZeRO {stage}, {rate}, link: {link}, overlap_comm {overlap}", title_justify="left")
    columns = (
        "GPUs",
        "bins each",
        "GiB each",
        "MiB sent",
        "step s",
        "tokens/s",
        "efficiency",
        "hides at GB/s",
    )
    for column in (*columns, "hours", *(("cost",) if machine.price is not None else ())):
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            f"{row.ranks:,}",
            f"{row.bins:.1f}",
            f"{row.memory.total / GIB:.2f}",
            f"{row.sent / MIB:,.0f}",
            f"{row.seconds:.3f}",
            f"{row.tokens_per_second:,.0f}",
            f"{row.efficiency:.0%}",
            f"{row.hides_at / 1e9:,.1f}" if row.sent else "-",
            f"{row.hours:.2f}",
            *([f"{row.cost:,.2f}"] if row.cost is not None else []),
        )
    return table


def measured_rate(folder: Path) -> float:
    """Tokens a second of one rank, from a phase's folder of an earlier run: as its last start had them."""
    phase = PhaseFolder(folder)
    try:
        start = json.loads(phase.lineage.read_text(encoding="utf-8"))[-1]
        lines = [json.loads(line) for line in phase.metrics.read_text(encoding="utf-8").splitlines()]
        measured = [line for line in lines if "tokens_per_second" in line and line["step"] >= start["step"]]
        rates = [line["tokens_per_second"] for line in measured]
        return float(median(rates[1:] or rates)) / int(start["ranks"])  # the first step warms up
    except (OSError, ValueError, LookupError, TypeError):
        raise UserError(
            f"{folder}: has no metrics.jsonl with tokens_per_second since the last start in lineage.json; "
            "name the folder of a train phase, such as runs/demo/intermediate"
        ) from None
