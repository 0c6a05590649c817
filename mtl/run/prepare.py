"""From a phase's settings to all that training needs: tasks, stores, mixture, shapes, optimizer, DeepSpeed.

All that can be known to be wrong before anything heavy starts is found here.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from mtl import seeds
from mtl.data.build import StorePlace, open_store
from mtl.data.draw import Draw
from mtl.data.layout import check_budget
from mtl.data.manifest import MODELS
from mtl.data.mixture import Mixture, exhausted_at, plan_mixture
from mtl.data.mixture_spec import MixtureSpec, TaskSize
from mtl.data.rewrite.copies import Rewriting
from mtl.data.rewrite.dictionary import find_dictionaries
from mtl.data.steps import Costs, Steps
from mtl.data.store import Store, check_positions, words_of
from mtl.data.strip import Source
from mtl.data.subset import chosen_examples, num_chosen, smoothed
from mtl.engine.ds_config import resolve_ds_config
from mtl.engine.optimizer import OptimizerSettings
from mtl.errors import UserError, unknown_name
from mtl.evaluate.decode import DECODERS
from mtl.evaluate.dev import DevSet
from mtl.evaluate.metrics import METRICS
from mtl.model.config import EncoderConfig, read_config
from mtl.model.heads import HeadSpec
from mtl.model.load import config_of
from mtl.model.trained import LENGTHS, TrainedHead
from mtl.run.budget import Room, find_budget
from mtl.run.memory import Sharding, sizes_of_model
from mtl.run.recipe import Phase, Recipe, locate
from mtl.run.recipe.schema import WorldSettings
from mtl.tasks.declared import declare
from mtl.tasks.registry import find_tasks, get_task, in_language, joined
from mtl.tasks.task import Task

if TYPE_CHECKING:
    from transformers import PretrainedConfig


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A training phase that can start."""

    phase: Phase
    tasks: tuple[Task, ...]
    sources: tuple[Source, ...]
    dev_sets: tuple[DevSet, ...]
    specs: tuple[HeadSpec, ...]
    hf_config: "PretrainedConfig"
    config: EncoderConfig
    mixture: Mixture
    steps: Steps
    budget: int
    """Most tokens of a bin, chosen where the recipe leaves that open."""
    optimizer: OptimizerSettings
    ds_config: Mapping[str, Any]
    tokenizer: str
    words: NDArray[np.int32] | None
    """The only tokens that texts of the phase hold, whose rows of the word table train; None where all do."""

    @property
    def heads(self) -> tuple[TrainedHead, ...]:
        """The heads, with the labels of their scores."""
        return tuple(
            TrainedHead(
                spec=spec,
                labels=source.store.header.labels,
                **{key: getattr(task, key) for key in LENGTHS},
            )
            for spec, source, task in zip(self.specs, self.sources, self.tasks, strict=True)
        )

    @property
    def loss_weights(self) -> list[float]:
        """The tasks' weights, in their order."""
        return [self.phase.tasks[task.name].loss_weight for task in self.tasks]


def prepare(recipe: Recipe, phase: Phase, *, device: str, room: Room | None = None) -> Prepared:
    """Read, build and check everything; the stores are built here if they are not there yet.

    `room` is what a recipe that leaves the budget open may fill.
    """
    tasks = choose_tasks(recipe, phase)
    for task in tasks:
        if task.kind in DECODERS:
            check_metric(task)
    train = phase.train
    if device == "cpu" and train.precision == "fp16":
        raise UserError("train.precision: fp16 needs a GPU; set train.precision=fp32 or bf16")
    ds_config = resolve_ds_config(
        locate(phase.deepspeed, where="deepspeed: "), precision=train.precision, clip=train.clip
    )
    place = store_place(phase)
    train_stores = [
        open_store(task, "train", place=place, rewriting=_rewriting(phase, task, place)) for task in tasks
    ]
    special = train_stores[0].header.vocabulary
    scratch = None if phase.model.config is None else phase.model.config.model_dump()
    hf_config = config_of(model_source(phase), scratch, vocab_size=special.vocab_size)
    config = read_config(hf_config, name=phase.model.name or "model.config")
    if special.vocab_size > config.vocab_size:
        raise UserError(
            f"model.tokenizer: {place.tokenizer} has {special.vocab_size} tokens, the encoder's table "
            f"{config.vocab_size}; use the checkpoint's own tokenizer"
        )
    sources = tuple(
        Source(head=task.name, store=store) for task, store in zip(tasks, train_stores, strict=True)
    )
    dev_sets = tuple(
        _dev_set(task, place, store)
        for task, store in zip(tasks, train_stores, strict=True)
        if _has_dev(task, phase)
    )
    specs = tuple(_head_spec(task, store) for task, store in zip(tasks, train_stores, strict=True))
    chosen = _chosen(phase, sources)
    mixture = _mixture(phase, sources, chosen)
    optimizer = _optimizer(phase, mixture.steps)
    stores = [*train_stores, *(dev.source.store for dev in dev_sets)]
    words = _words(specs, optimizer, stores)
    budget = _budget(phase, trained_shape(config, words), specs, optimizer, ds_config, room)
    _check_stores(stores, config, budget)
    costs = Costs(
        per_token=config.flops_per_token,
        per_square=config.flops_per_square,
        per_masked=config.flops_per_masked_token,
    )
    return Prepared(
        phase=phase,
        tasks=tasks,
        sources=sources,
        dev_sets=dev_sets,
        specs=specs,
        hf_config=hf_config,
        config=config,
        mixture=mixture,
        steps=Steps(
            sources,
            Draw(mixture, seed=phase.seed, chosen=chosen),
            budget=budget,
            bins_multiple=train.bins_multiple,
            costs=costs,
            seed=phase.seed,
        ),
        budget=budget,
        optimizer=optimizer,
        ds_config=ds_config,
        tokenizer=place.tokenizer,
        words=words,
    )


def trained_shape(config: EncoderConfig, words: NDArray[np.int32] | None) -> EncoderConfig:
    """The encoder's shape with the rows of the word table that train."""
    return config if words is None else replace(config, vocab_size=len(words))


def choose_tasks(recipe: Recipe, phase: Phase) -> tuple[Task, ...]:
    """The phase's tasks, as declared in the package or the recipe, with the phase's changes."""
    known = {**find_tasks(), **{name: declare(name, spec) for name, spec in recipe.declare.items()}}
    chosen = []
    for name, changes in phase.tasks.items():
        if hasattr(nn.ModuleDict, name):
            raise UserError(
                f"tasks: {name!r} is a word of PyTorch's own, so no head can bear it; rename the task"
            )
        task = get_task(name, known)
        if changes.language is not None:
            task = in_language(task, changes.language, known)
        given = {key: getattr(changes, key) for key in ("max_length", "stride", "max_question", "group")}
        task = replace(task, **{key: value for key, value in given.items() if value is not None})
        if phase.kind == "train":
            others = (with_training(get_task(other, known), known) for other in changes.also or ())
            task = joined(with_training(task, known), others)
        chosen.append(task)
    if not chosen:
        raise UserError(f"phase {phase.name}: no task; name some under tasks")
    return tuple(chosen)


def with_training(task: Task, known: Mapping[str, Task]) -> Task:
    """The task with the training and dev data of the one that it trains on, if there is one."""
    if task.train_on is None or "train" in task.splits:
        return task
    if task.train_on not in known:
        raise unknown_name("task", task.train_on, known, where=f"task {task.name}: train_on")
    other = known[task.train_on]
    if (other.kind, other.labels, other.num_choices) != (task.kind, task.labels, task.num_choices):
        raise UserError(
            f"task {task.name}: train_on names {other.name}, which has another kind, other labels or another "
            "number of choices; name one that has the same"
        )
    borrowed = {split: other.splits[split] for split in ("train", "dev") if split in other.splits}
    return replace(task, splits={**task.splits, **borrowed}, origin=f"{task.origin}+{other.origin}")


def _rewriting(phase: Phase, task: Task, place: StorePlace) -> Rewriting | None:
    """The copies that the phase wants of a task's records; a seed of its own makes its own ones."""
    wish = phase.tasks[task.name].rewrite
    if wish is None:
        return None
    return Rewriting(
        dictionaries=find_dictionaries(
            wish.dictionaries,
            wish.languages,
            root=place.root,
            where=f"tasks.{task.name}.rewrite.dictionaries",
        ),
        rate=wish.rate,
        copies=wish.copies,
        seed=phase.seed,
    )


def store_place(phase: Phase) -> StorePlace:
    """Where rows and tokens are; the built-in world is written first if the phase wants it."""
    cache = phase.data.cache or Path(os.environ.get("MTL_CACHE") or Path.home() / ".cache" / "mtl")
    workers = phase.data.workers or len(os.sched_getaffinity(0))
    tokenizer = phase.model.tokenizer or model_source(phase)
    root = phase.data.root
    if phase.data.world is not None:
        root, own_tokenizer = _world(cache, phase.data.world)
        tokenizer = tokenizer or str(own_tokenizer)
    if root is None:
        raise UserError(
            "data.root: is missing; give the folder that holds the data sets, or data.world={seed: 0}"
        )
    if tokenizer is None:
        raise UserError(
            "model.tokenizer: is missing; a model from scratch needs one; give a folder or a hub name"
        )
    if not root.is_dir():
        raise UserError(f"data.root: {root} is no folder; give the folder that holds the data sets")
    return StorePlace(root=root, cache=cache, tokenizer=tokenizer, workers=workers)


def model_source(phase: Phase) -> str | None:
    """What to load the model from: the folder that it was fetched into, below the data; else its name."""
    name, root = phase.model.name, phase.data.root
    if name is None or root is None or not (root / MODELS / name).is_dir():
        return name
    return str(root / MODELS / name)


def _world(cache: Path, world: WorldSettings) -> tuple[Path, Path]:
    from mtl.world.world import VERSION, write_own_tokenizer, write_world

    name = "-".join((f"v{VERSION}-seed{world.seed}-scale{world.scale:g}", *sorted(set(world.sisters))))
    root = cache / "worlds" / name
    write_world(root, seed=world.seed, scale=world.scale, sisters=world.sisters)
    tokenizer = root.with_name(f"{root.name}-tokenizer")
    write_own_tokenizer(tokenizer, root, sisters=world.sisters)
    return root, tokenizer


def _has_dev(task: Task, phase: Phase) -> bool:
    return phase.train.eval_every is not None and task.kind in DECODERS and "dev" in task.splits


def _dev_set(task: Task, place: StorePlace, train: Store) -> DevSet:
    store = open_store(task, "dev", place=place, labels=train.header.labels)
    return DevSet(task=task.name, metric=task.metric, source=Source(head=task.name, store=store))


def check_metric(task: Task) -> None:
    """Refuse a metric that does not exist, or that cannot score the answers of the task's kind."""
    if task.metric not in METRICS:
        raise unknown_name("metric", task.metric, METRICS, where=f"task {task.name}")
    metric = METRICS[task.metric]
    if task.kind not in metric.kinds:
        fitting = ", ".join(name for name, each in METRICS.items() if task.kind in each.kinds)
        raise UserError(
            f"task {task.name}: the metric {task.metric} does not score {task.kind} tasks; use {fitting}"
        )
    if task.kind == "pair":
        metric.compute(task.labels, task.labels)  # a metric may have a say about the labels' names


def _head_spec(task: Task, store: Store) -> HeadSpec:
    return HeadSpec(
        name=task.name,
        kind=task.kind,
        num_labels=len(store.header.labels or ()) or 1,
        num_choices=task.num_choices or 1,
    )


def _check_stores(stores: list[Store], config: EncoderConfig, budget: int) -> None:
    for store in stores:
        check_positions(store.header, config.positions)
    check_budget([store.header.largest for store in stores], budget=budget)


def _chosen(phase: Phase, sources: tuple[Source, ...]) -> dict[str, NDArray[np.int64]]:
    """By task that draws only a part of its examples, or some more often than others: its examples."""
    chosen = {}
    for source in sources:
        name, settings = source.head, phase.tasks[source.head]
        key = seeds.key(phase.seed, "subset", name)
        examples = chosen_examples(source.store, _num_records(phase, source), key=key)
        if settings.smoothing < 1:
            examples = smoothed(source.store, examples, settings.smoothing, key=key)
        if settings.records or settings.fraction or settings.smoothing < 1:
            chosen[name] = examples
    return chosen


def _num_records(phase: Phase, source: Source) -> int:
    settings = phase.tasks[source.head]
    return num_chosen(
        source.store.header.num_records,
        records=settings.records,
        fraction=settings.fraction,
        where=f"tasks.{source.head}",
    )


def _mixture(phase: Phase, sources: tuple[Source, ...], chosen: Mapping[str, NDArray[np.int64]]) -> Mixture:
    settings = phase.mixture
    sizes = [
        TaskSize(
            name=s.head,
            num_records=_num_records(phase, s),
            num_examples=len(chosen[s.head]) if s.head in chosen else s.store.header.num_examples,
        )
        for s in sources
    ]
    spec = MixtureSpec(
        by=settings.by,
        temperature=settings.temperature,
        cap=settings.cap,
        weights=settings.weights,
        min_epochs=settings.min_epochs,
        max_epochs=settings.max_epochs,
        block_steps=settings.block,
    )
    train = phase.train
    steps = train.steps
    if steps is None:
        assert train.epochs is not None
        capped = sum(min(size.num_records, settings.cap or size.num_records) for size in sizes)
        steps = max(ceil(train.epochs * capped / train.examples_per_step), 1)
        # Rounding up may ask for a step more than epoch limits leave.
        steps = min(steps, exhausted_at(sizes, spec, examples_per_step=train.examples_per_step) or steps)
    return plan_mixture(sizes, spec, examples_per_step=train.examples_per_step, steps=steps)


def _words(
    specs: Sequence[HeadSpec], optimizer: OptimizerSettings, stores: Sequence[Store]
) -> NDArray[np.int32] | None:
    """The tokens of all texts, dev splits' too, which the model in training reads now and then."""
    if optimizer.freeze_embeddings or any(spec.kind == "mlm" for spec in specs):
        return None  # nothing trains; or every word is a possible answer, so every row does
    return words_of(stores)


def _budget(
    phase: Phase,
    config: EncoderConfig,
    specs: Sequence[HeadSpec],
    optimizer: OptimizerSettings,
    ds_config: Mapping[str, Any],
    room: Room | None,
) -> int:
    """The recipe's budget, or the largest that fits the room."""
    if phase.train.token_budget != "auto":
        return phase.train.token_budget
    if room is None:
        raise UserError("train.token_budget: auto is chosen where a run starts; give a number here")
    sharding = Sharding.of(ds_config)
    sizes = sizes_of_model(config, specs, optimizer, sharding)
    return find_budget(phase, config, sizes, sharding, room)


def _optimizer(phase: Phase, steps: int) -> OptimizerSettings:
    train = phase.train
    lazy = train.idle_heads == "lazy" or (train.idle_heads == "auto" and phase.mixture.by == "step")
    return OptimizerSettings(
        lr=train.lr,
        warmup_steps=round(train.warmup * steps) if train.warmup < 1 else round(train.warmup),
        total_steps=steps,
        schedule=train.schedule,
        betas=train.betas,
        eps=train.eps,
        weight_decay=train.weight_decay,
        layer_decay=train.layer_decay,
        head_lr_scale=train.head_lr_scale,
        freeze_embeddings=train.freeze.embeddings,
        freeze_layers=train.freeze.layers,
        lazy_heads=lazy,
    )
