"""A train phase: prepared, announced, its engine started, and trained."""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial

import psutil  # type: ignore[import-untyped]
from torch import Tensor

from mtl import seeds
from mtl.data.store_header import report
from mtl.engine.engine import Engine
from mtl.engine.launch import Ranks, in_turns
from mtl.engine.selfcheck import check_engine
from mtl.engine.speed import measure_matmul
from mtl.errors import UserError
from mtl.files import write_atomic, write_json
from mtl.journal import Journal
from mtl.model.load import build_model
from mtl.model.multihead import num_parameters
from mtl.run.budget import look_around, write_budget
from mtl.run.collapse import CollapsedError
from mtl.run.exporting import export_checkpoint, find_checkpoint
from mtl.run.identity import store_keys
from mtl.run.keeping import Keeper
from mtl.run.lineage import note_start, origin_of
from mtl.run.places import model_source
from mtl.run.plan import PhasePlan, lazy_note, plan_phase, used_tokens_note
from mtl.run.plan_tables import MIXTURE_COLUMNS, memory_table, mixture_cells, mixture_table
from mtl.run.prepare import Prepared, check_ranks, prepare
from mtl.run.read_trained import read_trained
from mtl.run.recipe.schema import Phase
from mtl.run.terminal import Terminal
from mtl.run.training import Training
from mtl.run.work import Run
from mtl.runfolder import PhaseFolder
from mtl.together import on_every, on_first, together

GIB = 2**30


class TrainPhase:
    """A train phase, prepared."""

    def __init__(self, run: Run, phase: Phase) -> None:
        """Read, build and check everything."""
        check_ranks(phase, run.ranks.world)
        self._run = run
        self._folder = run.folder_of(phase)
        self._capacity = look_around(run.ranks, self._folder)
        self._prepared = prepare(run.recipe, phase, device=run.ranks.device.type, capacity=self._capacity)

    def announce(self) -> None:
        """The tasks, the mixture, the plan."""
        ranks = self._run.ranks
        plan = plan_phase(self._prepared, ranks=ranks.world, on_cpus=ranks.device.type == "cpu")
        announce(self._prepared, plan, self._run.terminal, self._run.ranks)
        if self._run.dry_run:
            stage = self._prepared.ds_config.stage
            self._run.terminal.table(memory_table(plan, ranks=self._run.ranks.world, stage=stage))

    def data(self) -> Mapping[str, str]:
        """The token stores of training and dev splits."""
        return store_keys(store.folder for store in self._prepared.stores)

    def do(self, *, begun: bool) -> None:
        """Train; where that collapses and the recipe allows it, anew with another seed."""
        run, phase = self._run, self._prepared.phase
        while True:
            reasons = on_first(run.ranks, partial(read_restarts, self._folder))
            seeded = phase.model_copy(update={"seed": restart_seed(phase.seed, len(reasons))})
            prepared = (
                prepare(run.recipe, seeded, device=run.ranks.device.type, capacity=self._capacity)
                if reasons
                else self._prepared
            )
            try:
                return self._train(prepared, begun=begun, restarts_left=phase.train.restarts - len(reasons))
            except CollapsedError as error:
                reasons.append(f"seed {seeded.seed}: {error}")
                another = restart_seed(phase.seed, len(reasons))
                run.terminal.say(f"{error}; beginning anew with seed {another}")
                on_first(run.ranks, partial(begin_anew, self._folder, reasons))

    def _train(self, prepared: Prepared, *, begun: bool, restarts_left: int) -> None:
        """Check the engine, build the model, train it, and leave nothing of it in memory."""
        run, ranks = self._run, self._run.ranks
        check_alike(prepared, self.data(), ranks)
        on_first(ranks, partial(write_plan, prepared, self._folder))
        check_engine(prepared.specs, prepared.config, prepared.ds_config, ranks)
        engine = start_engine(prepared, ranks, start_weights(run, prepared.phase))
        keeper = Keeper(engine, prepared, self._folder, run.terminal, ranks)
        limit = prepared.phase.train.hang_seconds
        try:
            with (
                run.stop.held(),
                run.watch.over(prepared.phase.name, lambda: engine.progress, limit=limit),
            ):
                state = keeper.resume(begun=begun, insist=run.insist)
                origin = origin_of(prepared.phase, run.folder, keeper.resumed)
                begun_at = keeper.taken_at
                note = partial(note_start, self._folder, origin=origin, step=begun_at, ranks=ranks.world)
                on_first(ranks, note)
                journal = together(
                    ranks, partial(Journal, self._folder, enabled=ranks.first, first_step=begun_at)
                )
                with journal:
                    Training(
                        engine,
                        prepared,
                        self._folder,
                        journal,
                        keeper,
                        run,
                        matmul_flops=measure_flops(engine, prepared, run),
                        restarts_left=restarts_left,
                    ).train(state)
        finally:
            keeper.wait_for_writer()
            engine.close()
        if prepared.phase.train.export:
            on_first(
                ranks, partial(export_checkpoint, find_checkpoint(self._folder.root), self._folder.export)
            )


def restart_seed(seed: int, restarts: int) -> int:
    """The seed after so many restarts: no neighbour, for a study's runs have the neighbours."""
    return seeds.key(seed, "restart", restarts) >> 1 if restarts else seed


def read_restarts(folder: PhaseFolder) -> list[str]:
    """Why the phase was begun anew, each time."""
    if not folder.restarts.exists():
        return []
    reasons: list[str] = json.loads(folder.restarts.read_text(encoding="utf-8"))
    return reasons


def begin_anew(folder: PhaseFolder, reasons: Sequence[str]) -> None:
    """Remove what a collapsed attempt has saved, and remember why."""
    # Under another name, half a removal is nobody's checkpoint.
    removed = folder.checkpoints.with_name(f".{folder.checkpoints.name}.old")
    shutil.rmtree(removed, ignore_errors=True)
    if folder.checkpoints.exists():
        folder.checkpoints.rename(removed)
    write_json(folder.restarts, reasons)
    folder.collapsed.unlink(missing_ok=True)
    shutil.rmtree(removed, ignore_errors=True)


def check_alike(prepared: Prepared, data: Mapping[str, str], ranks: Ranks) -> None:
    """Refuse to train where a host has other data, or draws otherwise, than the first rank."""
    mine = {**data, "the draw": prepared.steps.fingerprint}
    first, *others = on_every(ranks, lambda: (os.uname().nodename, mine))
    for rank, (host, theirs) in enumerate(others, 1):
        for name in sorted(first[1].keys() | theirs.keys()):
            if first[1].get(name) != theirs.get(name):
                raise UserError(
                    f"{name}: rank {rank} on {host} has another than rank 0 on {first[0]}; "
                    "give all hosts the same files and the same version of this package"
                )


def start_weights(run: Run, phase: Phase) -> Mapping[str, Tensor] | None:
    """What the phase takes over from the one before it: the encoder, and the heads that are carried."""
    if phase.after is None:
        return None
    return read_trained(run.folder.phase(phase.after)).start(phase.carry)


def start_engine(prepared: Prepared, ranks: Ranks, start: Mapping[str, Tensor] | None) -> Engine:
    """The model, built and sharded."""
    phase = prepared.phase
    build = partial(
        build_model,
        model_source(phase),
        prepared.config,
        prepared.specs,
        seed=phase.seed,
        recompute=phase.model.recompute,
        start=start,
    )
    # Twice the weights in fp32, the checkpoint's and ours; then one copy a rank, which DeepSpeed shards.
    parameters = num_parameters(prepared.config, prepared.specs)
    check_host_memory(parameters)
    model = in_turns(ranks, build, bytes_needed=2 * 4 * parameters)
    return Engine(
        model,
        ds_config=prepared.ds_config,
        settings=prepared.optimizer,
        loss_weights=prepared.loss_weights,
        examples_per_step=phase.train.examples_per_step,
        seed=phase.seed,
        ranks=ranks,
        used_tokens=prepared.used_tokens,
    )


def measure_flops(engine: Engine, prepared: Prepared, run: Run) -> float:
    """Time the encoder's widest product, say what came out, and give a rank's operations a second."""
    config = prepared.config
    rate = measure_matmul(
        hidden=config.hidden_size,
        intermediate=config.intermediate_size,
        dtype=engine.dtype,
        device=run.ranks.device,
    )
    shape, precision = " x ".join(map(str, rate.shape)), prepared.phase.train.precision
    run.terminal.say(f"matmul {shape} in {precision}: {rate.flops / 1e9:,.0f} GFLOP/s a rank, measured")
    return rate.flops


def check_host_memory(parameters: int) -> None:
    """Refuse a model that the host cannot even build, before memory is asked for."""
    needed, there = 4 * parameters, psutil.virtual_memory().total
    if needed > there:
        raise UserError(
            f"model: {parameters:,} parameters take {needed / GIB:,.0f} GiB to build, this host has "
            f"{there / GIB:,.0f}; take a smaller encoder"
        )


def announce(prepared: Prepared, plan: PhasePlan, terminal: Terminal, ranks: Ranks) -> None:
    """Say what will be done, before the first step."""
    for store in prepared.stores:
        terminal.say(report(store.header))
    if prepared.phase.train.eval_every is not None:
        missing = {task.name for task in prepared.tasks} - {dev.task for dev in prepared.dev_sets}
        if missing:
            terminal.say(f"not evaluated, for want of a dev split or a metric: {', '.join(sorted(missing))}")
    kinds = {task.name: task.kind for task in prepared.tasks}
    terminal.table(mixture_table(prepared.mixture, kinds))
    stage, train = prepared.ds_config.stage, prepared.phase.train
    terminal.say(
        f"phase {prepared.phase.name}: {plan.steps:,} steps of {plan.examples_per_step} examples, "
        f"each about {plan.mean_tokens_per_step:,.0f} tokens in {plan.bins_per_step} bins of at most "
        f"{prepared.budget:,}"
    )
    memory = plan.memory[stage]
    offloaded = f" and {memory.computer / GIB:.2f} of the computer's" if memory.computer else ""
    terminal.say(
        f"{plan.parameters:,} parameters, of which {plan.trainable:,} train, in {train.precision} under ZeRO "
        f"{stage} on {ranks.world} {ranks.device.type} ranks, about {memory.total / GIB:.2f} "
        f"GiB{offloaded} each (computed); {lazy_note(prepared.optimizer)}{used_tokens_note(prepared)}"
    )


def write_plan(prepared: Prepared, folder: PhaseFolder) -> None:
    """Save the mixture table and the DeepSpeed configuration as used."""
    rows = prepared.mixture.rows()
    kinds = {task.name: task.kind for task in prepared.tasks}
    lines = [MIXTURE_COLUMNS, *(mixture_cells(row, kinds[row.task]) for row in rows)]
    write_json(folder.mixture, [asdict(row) for row in rows])
    write_atomic(folder.mixture_table, "".join("\t".join(line) + "\n" for line in lines))
    if prepared.phase.train.token_budget == "auto":
        write_budget(folder, prepared.budget)
    write_json(folder.ds_config, prepared.ds_config.raw)
