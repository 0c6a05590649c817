"""From a phase's settings to all that training needs: tasks, stores, mixture, shapes, optimizer, DeepSpeed.

All that can be known to be wrong before anything heavy starts is found here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mtl.data.build import StorePlace, open_store
from mtl.data.draw import Draw
from mtl.data.features.template import load_tokenizer
from mtl.data.layout import check_budget
from mtl.data.mixture import Mixture
from mtl.data.rewrite.copies import Rewriting
from mtl.data.rewrite.dictionary import find_dictionaries
from mtl.data.steps import Steps
from mtl.data.store import Store, used_tokens_of
from mtl.data.store_header import check_positions
from mtl.data.strip import HeadStore
from mtl.engine.ds_config import resolve_ds_config
from mtl.engine.optimizer import OptimizerSettings
from mtl.errors import UserError
from mtl.evaluate.decode import DECODERS
from mtl.evaluate.dev import DevSet
from mtl.model.config import EncoderConfig, read_config
from mtl.model.heads import HeadSpec
from mtl.model.load import check_padding
from mtl.model.trained import LENGTHS, TrainedHead
from mtl.run.budget import Capacity, find_budget
from mtl.run.memory import Sharding, sizes_of_model
from mtl.run.phase_mixture import choose_examples, plan_draw
from mtl.run.phase_tasks import check_languages, check_metric, choose_tasks, has_dev
from mtl.run.places import encoder_config, store_place
from mtl.run.recipe import Phase, Recipe, locate
from mtl.tasks.task import LABELLED, Task

if TYPE_CHECKING:
    from transformers import PretrainedConfig


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A training phase whose settings and data fit each other; how large its bins may be is left open."""

    phase: Phase
    tasks: tuple[Task, ...]
    sources: tuple[HeadStore, ...]
    dev_sets: tuple[DevSet, ...]
    specs: tuple[HeadSpec, ...]
    hf_config: "PretrainedConfig"
    config: EncoderConfig
    chosen: Mapping[str, NDArray[np.int64]]
    """By task that draws only a part of its examples, or some more often than others: its examples."""
    mixture: Mixture
    optimizer: OptimizerSettings
    ds_config: Mapping[str, Any]
    tokenizer: str

    @property
    def stores(self) -> list[Store]:
        """The stores of all splits."""
        return [source.store for source in (*self.sources, *(dev.source for dev in self.dev_sets))]

    @property
    def longest(self) -> int:
        """Tokens of the longest document."""
        return max(store.header.max_document for store in self.stores)


@dataclass(frozen=True, kw_only=True)
class Prepared(Checked):
    """A training phase that can start."""

    steps: Steps
    budget: int
    """Most tokens of a bin, chosen where the recipe leaves that open."""
    used_tokens: NDArray[np.int32] | None
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


def check(recipe: Recipe, phase: Phase, *, device: str | None) -> Checked:
    """Read and check all that tells whether the phase can run; stores are built that are not there yet.

    The device is None where it is not known yet.
    """
    tasks = choose_tasks(recipe, phase)
    for task in tasks:
        if task.kind in DECODERS:
            check_metric(task)
        if has_dev(task, phase):
            check_languages(task, task.metric, [task.language], where=f"tasks.{task.name}.language")
    train = phase.train
    if device == "cpu" and train.precision == "fp16":
        raise UserError("train.precision: fp16 needs a GPU; set train.precision=fp32 or bf16")
    ds_config = resolve_ds_config(
        locate(phase.deepspeed, where="deepspeed: "), precision=train.precision, clip=train.clip
    )
    place = store_place(phase)
    if phase.model.config is not None and train.export:
        check_padding(phase.model.config.family, load_tokenizer(place.tokenizer))
    sources = tuple(HeadStore(head=task.name, store=_training_store(phase, task, place)) for task in tasks)
    _check_carry(recipe, phase, tasks, sources)
    hf_config, config = _encoder(phase, place, sources[0].store.header.vocabulary.vocab_size)
    chosen = choose_examples(phase, sources)
    mixture = plan_draw(phase, sources, chosen)
    checked = Checked(
        phase=phase,
        tasks=tasks,
        sources=sources,
        dev_sets=tuple(
            _dev_set(task, place, source.store)
            for task, source in zip(tasks, sources, strict=True)
            if has_dev(task, phase)
        ),
        specs=tuple(
            HeadSpec.of(task, source.store.header.labels) for task, source in zip(tasks, sources, strict=True)
        ),
        hf_config=hf_config,
        config=config,
        chosen=chosen,
        mixture=mixture,
        optimizer=_optimizer(phase, mixture.steps),
        ds_config=ds_config,
        tokenizer=place.tokenizer,
    )
    if not getattr(hf_config, "tie_word_embeddings", True) and any(s.kind == "mlm" for s in checked.specs):
        trouble = f"model.name: {phase.model.name!r} has an output table of its own, which is not read"
        raise UserError(f"{trouble}; leave masked words out, or take another encoder")
    for store in checked.stores:
        check_positions(store.header, config.positions)
    if train.token_budget != "auto":
        _check_budget(checked, train.token_budget)
    return checked


def stores_of(recipe: Recipe, phase: Phase) -> list[Store]:
    """The stores that a train phase reads, and nothing checked."""
    place, tasks = store_place(phase), choose_tasks(recipe, phase)
    trains = [_training_store(phase, task, place) for task in tasks]
    pairs = zip(tasks, trains, strict=True)
    return [
        *trains,
        *(_dev_set(task, place, train).source.store for task, train in pairs if has_dev(task, phase)),
    ]


def prepare(recipe: Recipe, phase: Phase, *, device: str, capacity: Capacity | None = None) -> Prepared:
    """Check everything, and lay out the steps.

    `capacity` is what a recipe that leaves the budget open may fill.
    """
    checked = check(recipe, phase, device=device)
    config, optimizer = checked.config, checked.optimizer
    used_tokens = _used_tokens(checked.specs, optimizer, checked.stores)
    budget = _budget(checked, trained_shape(config, used_tokens), capacity)
    _check_budget(checked, budget)
    return Prepared(
        **vars(checked),
        steps=Steps(
            checked.sources,
            Draw(checked.mixture, seed=phase.seed, chosen=checked.chosen),
            budget=budget,
            bins_multiple=phase.train.bins_multiple,
            costs=config.costs,
            seed=phase.seed,
        ),
        budget=budget,
        used_tokens=used_tokens,
    )


def check_ranks(phase: Phase, ranks: int) -> None:
    """Bins are dealt to the ranks in turn, so the ranks divide their number."""
    multiple = phase.train.bins_multiple
    if multiple % ranks:
        raise UserError(
            f"train.bins_multiple: {multiple} is not a multiple of the {ranks} ranks; "
            f"set train.bins_multiple={ranks * -(-multiple // ranks)}"
        )


def trained_shape(config: EncoderConfig, used_tokens: NDArray[np.int32] | None) -> EncoderConfig:
    """The encoder's shape with the rows of the word table that train."""
    return config if used_tokens is None else replace(config, vocab_size=len(used_tokens))


def _training_store(phase: Phase, task: Task, place: StorePlace) -> Store:
    return open_store(task, "train", place=place, rewriting=_rewriting(phase, task, place))


def _check_carry(recipe: Recipe, phase: Phase, tasks: Sequence[Task], sources: Sequence[HeadStore]) -> None:
    """A head starts from one of its own kind, with the same labels in the same order.

    Choices may differ in number, for each is scored by itself.
    """
    if not phase.carry:
        return
    assert phase.after is not None
    start = recipe.phases[phase.after]
    before = {task.name: task for task in choose_tasks(recipe, start)}
    for task, source in zip(tasks, sources, strict=True):
        if task.name not in phase.carry:
            continue
        old = before[phase.carry[task.name]]
        where = f"carry.{task.name}: the head of {old.name} in phase {phase.after}"
        if old.kind != task.kind:
            raise UserError(f"{where} is of kind {old.kind}, not {task.kind}; name another, or leave it out")
        if task.kind in LABELLED and _labels(start, old) != source.store.header.labels:
            raise UserError(
                f"{where} has other labels, or has them in another order; name another, or leave it out"
            )


def _labels(phase: Phase, task: Task) -> tuple[str, ...] | None:
    """The labels of a task's head: the declared ones, or those of its training split."""
    if task.labels is not None:
        return task.labels
    return _training_store(phase, task, store_place(phase)).header.labels


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


def _encoder(phase: Phase, place: StorePlace, vocab_size: int) -> tuple["PretrainedConfig", EncoderConfig]:
    """The encoder's configuration, as Hugging Face writes it and as we read it."""
    hf_config = encoder_config(phase, vocab_size=vocab_size)
    config = read_config(hf_config, name=phase.model.name or "model.config")
    if vocab_size > config.vocab_size:
        raise UserError(
            f"model.tokenizer: {place.tokenizer} has {vocab_size} tokens, the encoder's table "
            f"{config.vocab_size}; use the checkpoint's own tokenizer"
        )
    return hf_config, config


def _dev_set(task: Task, place: StorePlace, train: Store) -> DevSet:
    store = open_store(task, "dev", place=place, labels=train.header.labels)
    source = HeadStore(head=task.name, store=store)
    return DevSet(task=task.name, metric=task.metric, language=task.language, source=source)


def _check_budget(checked: Checked, budget: int) -> None:
    check_budget([store.header.largest for store in checked.stores], budget=budget)


def _used_tokens(
    specs: Sequence[HeadSpec], optimizer: OptimizerSettings, stores: Sequence[Store]
) -> NDArray[np.int32] | None:
    """The tokens of all texts, dev splits' too, which the model in training reads now and then."""
    if optimizer.freeze_embeddings or any(spec.kind == "mlm" for spec in specs):
        return None  # nothing trains; or every word is a possible answer, so every row does
    return used_tokens_of(stores)


def _budget(checked: Checked, config: EncoderConfig, capacity: Capacity | None) -> int:
    """The recipe's budget, or the largest that fits."""
    phase = checked.phase
    if phase.train.token_budget != "auto":
        return phase.train.token_budget
    if capacity is None:
        raise UserError("train.token_budget: auto is chosen where a run starts; give a number here")
    sharding = Sharding.of(checked.ds_config)
    sizes = sizes_of_model(config, checked.specs, checked.optimizer, sharding)
    return find_budget(phase, config, sizes, sharding, capacity, longest=checked.longest)


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
