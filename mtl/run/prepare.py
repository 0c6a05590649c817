"""From a phase's settings to all that training needs: tasks, stores, mixture, shapes, optimizer, DeepSpeed.

All that can be known to be wrong before anything heavy starts is found here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mtl.data.build import StorePlace, labels_of
from mtl.data.draw import Draw
from mtl.data.features.template import load_tokenizer
from mtl.data.mixture import Mixture
from mtl.data.packing import check_budget
from mtl.data.steps import Steps
from mtl.data.store import Store, used_tokens_of
from mtl.data.store_header import check_positions
from mtl.data.strip import HeadStore
from mtl.engine.ds_config import DsConfig, resolve_ds_config
from mtl.engine.optimizer import OptimizerSettings
from mtl.errors import UserError
from mtl.evaluate.decode import DECODERS
from mtl.evaluate.dev import DevSet
from mtl.model.config import EncoderConfig
from mtl.model.heads import HeadSpec
from mtl.model.load import check_padding, check_vocabulary
from mtl.model.trained import TrainedHead
from mtl.run.budget import Capacity, find_budget
from mtl.run.memory import Sharding, sizes_of_model
from mtl.run.phase_mixture import choose_examples, plan_draw
from mtl.run.phase_stores import PhaseTask, all_stores, open_tasks
from mtl.run.phase_tasks import check_languages, check_metric, choose_tasks, has_dev
from mtl.run.places import encoder_config, encoder_shape, store_place
from mtl.run.recipe.files import locate
from mtl.run.recipe.schema import Phase, Recipe
from mtl.tasks.task import LABELLED, Task

if TYPE_CHECKING:
    from transformers import PretrainedConfig


@dataclass(frozen=True, kw_only=True)
class Assembled:
    """A training phase whose settings and data fit each other; how large its bins may be is left open."""

    phase: Phase
    parts: tuple[PhaseTask, ...]
    hf_config: "PretrainedConfig"
    config: EncoderConfig
    chosen: Mapping[str, NDArray[np.int64]]
    """By task that draws only a part of its examples, or some more often than others: its examples."""
    mixture: Mixture
    optimizer: OptimizerSettings
    ds_config: DsConfig
    tokenizer: str

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks, in the recipe's order, as are their stores and heads."""
        return tuple(part.task for part in self.parts)

    @property
    def sources(self) -> tuple[HeadStore, ...]:
        """The training splits."""
        return tuple(part.source for part in self.parts)

    @property
    def dev_sets(self) -> tuple[DevSet, ...]:
        """The dev splits of the tasks that are evaluated."""
        return tuple(part.dev for part in self.parts if part.dev is not None)

    @property
    def specs(self) -> tuple[HeadSpec, ...]:
        """The heads to be made."""
        return tuple(part.spec for part in self.parts)

    @property
    def stores(self) -> list[Store]:
        """The stores of all splits."""
        return all_stores(self.parts)

    @property
    def longest(self) -> int:
        """Tokens of the longest document."""
        return max(store.header.max_document for store in self.stores)


@dataclass(frozen=True, kw_only=True)
class Prepared(Assembled):
    """A training phase that can start."""

    steps: Steps
    budget: int
    """Most tokens of a bin, chosen where the recipe leaves that open."""
    used_tokens: NDArray[np.int32] | None
    """The only tokens that texts of the phase hold, whose rows of the word table train; None where all do."""

    @property
    def heads(self) -> tuple[TrainedHead, ...]:
        """The heads, with the labels of their scores."""
        return tuple(part.head for part in self.parts)

    @property
    def loss_weights(self) -> list[float]:
        """The tasks' weights, in their order."""
        return [self.phase.tasks[task.name].loss_weight for task in self.tasks]


def assemble(recipe: Recipe, phase: Phase, *, device: str | None) -> Assembled:
    """Bring together all that decides whether the phase can run, and check it; missing stores are built.

    The device is None where it is not known yet.
    """
    train, tasks = phase.train, choose_tasks(recipe, phase)
    _check_scoring(phase, tasks)
    ds_config = _ds_config(phase, device)
    place = store_place(phase)
    if phase.model.config is not None and train.export:
        check_padding(phase.model.config.family, load_tokenizer(place.tokenizer))
    parts = open_tasks(phase, tasks, place)
    _check_carry(recipe, phase, parts)
    hf_config, config = _encoder(phase, place, parts)
    sources = [part.source for part in parts]
    chosen = choose_examples(phase, sources)
    mixture = plan_draw(phase, sources, chosen)
    assembled = Assembled(
        phase=phase,
        parts=parts,
        hf_config=hf_config,
        config=config,
        chosen=chosen,
        mixture=mixture,
        optimizer=_optimizer(phase, mixture.steps),
        ds_config=ds_config,
        tokenizer=place.tokenizer,
    )
    for store in assembled.stores:
        check_positions(store.header, config.positions)
    if train.token_budget != "auto":
        _check_budget(assembled, train.token_budget)
    return assembled


def prepare(recipe: Recipe, phase: Phase, *, device: str, capacity: Capacity | None = None) -> Prepared:
    """Assemble and check everything, and lay out the steps.

    `capacity` is what a recipe that leaves the budget open may fill.
    """
    ready = assemble(recipe, phase, device=device)
    used_tokens = _used_tokens(ready)
    budget = _budget(ready, trained_shape(ready.config, used_tokens), capacity)
    _check_budget(ready, budget)
    return Prepared(
        phase=phase,
        parts=ready.parts,
        hf_config=ready.hf_config,
        config=ready.config,
        chosen=ready.chosen,
        mixture=ready.mixture,
        optimizer=ready.optimizer,
        ds_config=ready.ds_config,
        tokenizer=ready.tokenizer,
        steps=Steps(
            ready.sources,
            Draw(ready.mixture, seed=phase.seed, chosen=ready.chosen),
            budget=budget,
            bins_multiple=phase.train.bins_multiple,
            costs=ready.config.costs,
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


def _check_scoring(phase: Phase, tasks: Iterable[Task]) -> None:
    """What is told of a task's metric before any of its rows is read."""
    for task in tasks:
        if task.kind in DECODERS:
            check_metric(task)
        if has_dev(task, phase):
            check_languages(task, task.metric, [task.language], where=f"tasks.{task.name}.language")


def _ds_config(phase: Phase, device: str | None) -> DsConfig:
    train = phase.train
    if device == "cpu" and train.precision == "fp16":
        raise UserError("train.precision: fp16 needs a GPU; set train.precision=fp32 or bf16")
    file = locate(phase.deepspeed, where="deepspeed: ")
    return resolve_ds_config(file, precision=train.precision, clip=train.clip)


def _check_carry(recipe: Recipe, phase: Phase, parts: Iterable[PhaseTask]) -> None:
    """A head starts from one of its own kind, with the same labels in the same order.

    Choices may differ in number, for each is scored by itself.
    """
    if not phase.carry:
        return
    assert phase.after is not None
    start = recipe.phases[phase.after]
    before = {task.name: task for task in choose_tasks(recipe, start)}
    for part in parts:
        task = part.task
        if task.name not in phase.carry:
            continue
        old = before[phase.carry[task.name]]
        where = f"carry.{task.name}: the head of {old.name} in phase {phase.after}"
        if old.kind != task.kind:
            raise UserError(f"{where} is of kind {old.kind}, not {task.kind}; name another, or leave it out")
        if task.kind not in LABELLED:
            continue
        if labels_of(old, "train", place=store_place(start)) != part.source.store.header.labels:
            raise UserError(
                f"{where} has other labels, or has them in another order; name another, or leave it out"
            )


def _encoder(
    phase: Phase, place: StorePlace, parts: Sequence[PhaseTask]
) -> tuple["PretrainedConfig", EncoderConfig]:
    """The encoder's configuration, as Hugging Face writes it and as we build it."""
    vocab_size = parts[0].source.store.header.vocabulary.vocab_size
    hf_config = encoder_config(phase, vocab_size=vocab_size)
    config = encoder_shape(phase, hf_config)
    if phase.model.name is not None:
        check_vocabulary(hf_config, load_tokenizer(place.tokenizer))
    tied = getattr(hf_config, "tie_word_embeddings", True)
    if not tied and any(part.spec.kind == "mlm" for part in parts):
        trouble = f"model.name: {phase.model.name!r} has an output table of its own, which is not read"
        raise UserError(f"{trouble}; leave masked words out, or take another encoder")
    return hf_config, config


def _check_budget(assembled: Assembled, budget: int) -> None:
    check_budget([store.header.largest for store in assembled.stores], budget=budget)


def _used_tokens(assembled: Assembled) -> NDArray[np.int32] | None:
    """The tokens of all texts, dev splits' too, which the model in training reads now and then."""
    if assembled.optimizer.freeze_embeddings or any(spec.kind == "mlm" for spec in assembled.specs):
        return None  # nothing trains; or every word is a possible answer, so every row does
    return used_tokens_of(assembled.stores)


def _budget(assembled: Assembled, config: EncoderConfig, capacity: Capacity | None) -> int:
    """The recipe's budget, or the largest that fits."""
    phase = assembled.phase
    if phase.train.token_budget != "auto":
        return phase.train.token_budget
    if capacity is None:
        raise UserError("train.token_budget: auto is chosen where a run starts; give a number here")
    sharding = Sharding.of(assembled.ds_config)
    sizes = sizes_of_model(config, assembled.specs, assembled.optimizer, sharding)
    return find_budget(phase, config, sizes, sharding, capacity, longest=assembled.longest)


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
