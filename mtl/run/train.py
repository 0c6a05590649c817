"""Runs a recipe: its phases one after another, each planned, shown, checked and trained."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from mtl.data.store import report
from mtl.engine.launch import Ranks, join_run, part
from mtl.engine.selfcheck import check_engine
from mtl.errors import UserError
from mtl.run.console import MIXTURE_COLUMNS, Terminal, memory_table, mixture_cells, mixture_table
from mtl.run.plan import PhasePlan, lazy_note, plan_phase
from mtl.run.prepare import Prepared, prepare
from mtl.run.recipe import Phase, Recipe, load_recipe, resolved
from mtl.run.training import train_phase
from mtl.run.versions import versions_json
from mtl.runfolder import PhaseFolder, RunFolder, make_folder, write_atomic


def run_recipe(path: Path, overrides: Sequence[str], *, dry_run: bool = False) -> None:
    """Train what the recipe says, or print what it would take."""
    recipe = load_recipe(path, overrides)
    ranks = join_run()
    terminal = Terminal(enabled=ranks.first)
    folder = RunFolder(recipe.folder)
    if dry_run:
        terminal.say(resolved(recipe))
    else:
        check_free(folder, recipe)
    if ranks.first and not dry_run:
        make_folder(folder.root)
        write_atomic(folder.recipe, resolved(recipe))
        write_atomic(folder.versions, versions_json(ranks=ranks.world))
    for phase in recipe.phase_list():
        run_phase(recipe, phase, folder.phase(phase.name), ranks, terminal, dry_run=dry_run)
    part()


def run_phase(
    recipe: Recipe, phase: Phase, folder: PhaseFolder, ranks: Ranks, terminal: Terminal, *, dry_run: bool
) -> None:
    """Prepare a phase, show its plan, and train it."""
    check_ranks(phase, ranks)
    prepared = prepare(recipe, phase, device=ranks.device.type)
    plan = plan_phase(prepared, ranks=ranks.world)
    announce(prepared, plan, terminal, ranks)
    if dry_run:
        return
    if ranks.first:
        write_plan(prepared, folder)
    check_engine(prepared.specs, prepared.config, prepared.ds_config, ranks)
    train_phase(prepared, folder, terminal, ranks)


def check_free(folder: RunFolder, recipe: Recipe) -> None:
    """Refuse to write over another run; the same recipe starts its own run over."""
    if folder.recipe.exists() and folder.recipe.read_text(encoding="utf-8") != resolved(recipe):
        raise UserError(
            f"{folder.root}: holds a run of another recipe; choose name=NEW_NAME, or remove the folder"
        )


def check_ranks(phase: Phase, ranks: Ranks) -> None:
    """Bins are dealt to the ranks in turn, so the ranks divide their number."""
    multiple = phase.train.bins_multiple
    if multiple % ranks.world:
        raise UserError(
            f"train.bins_multiple: {multiple} is not a multiple of the {ranks.world} ranks; "
            f"set train.bins_multiple={ranks.world * -(-multiple // ranks.world)}"
        )


def announce(prepared: Prepared, plan: PhasePlan, terminal: Terminal, ranks: Ranks) -> None:
    """Say what will be done, before the first step."""
    for source in (*prepared.sources, *(dev.source for dev in prepared.dev_sets)):
        terminal.say(report(source.store.header))
    if prepared.phase.train.eval_every is not None:
        missing = {task.name for task in prepared.tasks} - {dev.task for dev in prepared.dev_sets}
        if missing:
            terminal.say(f"not evaluated, for want of a dev split or a metric: {', '.join(sorted(missing))}")
    kinds = {task.name: task.kind for task in prepared.tasks}
    terminal.table(mixture_table(prepared.mixture, kinds))
    stage, train = prepared.ds_config["zero_optimization"]["stage"], prepared.phase.train
    terminal.say(
        f"phase {prepared.phase.name}: {plan.steps:,} steps of {plan.examples_per_step} examples, "
        f"each about {plan.mean_tokens_per_step:,.0f} tokens in {plan.bins_per_step} bins of at most "
        f"{train.token_budget:,}"
    )
    terminal.say(
        f"{plan.parameters:,} parameters, of which {plan.trainable:,} train, in {train.precision} under ZeRO "
        f"{stage} on {ranks.world} {ranks.device.type} ranks; {lazy_note(prepared.optimizer)}"
    )
    terminal.table(memory_table(plan, ranks=ranks.world, stage=stage))


def write_plan(prepared: Prepared, folder: PhaseFolder) -> None:
    """Save the mixture table and the DeepSpeed configuration as used."""
    rows = prepared.mixture.rows()
    kinds = {task.name: task.kind for task in prepared.tasks}
    lines = [MIXTURE_COLUMNS, *(mixture_cells(row, kinds[row.task]) for row in rows)]
    write_atomic(folder.mixture, json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    write_atomic(folder.mixture_table, "".join("\t".join(line) + "\n" for line in lines))
    write_atomic(folder.ds_config, json.dumps(prepared.ds_config, indent=1) + "\n")
