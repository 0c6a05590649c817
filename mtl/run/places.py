"""Where a phase finds what it reads: its data's rows, the token stores, the tokenizer and the encoder."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mtl.data.build import StorePlace
from mtl.data.manifest import MODELS
from mtl.errors import UserError
from mtl.model.config import EncoderConfig, read_config
from mtl.model.load import config_of
from mtl.run.recipe.schema import Phase, Recipe, WorldSettings

if TYPE_CHECKING:
    from transformers import PretrainedConfig


def prepare_worlds(recipe: Recipe, phases: Iterable[Phase]) -> None:
    """Write the built-in worlds that are not there yet, of phases and of those that they start from."""
    from mtl.world.world import write_own_tokenizer, write_world

    reads = {name: recipe.phases[name] for phase in phases for name in (phase.name, phase.after) if name}
    wanted = {
        _world_root(phase, world): (world, _workers(phase))
        for phase in reads.values()
        if (world := phase.data.world) is not None
    }
    for root, (world, workers) in wanted.items():
        write_world(root, seed=world.seed, scale=world.scale, sisters=world.sisters, workers=workers)
        write_own_tokenizer(_world_tokenizer(root), root, sisters=world.sisters)


def store_place(phase: Phase) -> StorePlace:
    """Where rows and tokens are; a built-in world has been written by now."""
    tokenizer = _fetched(phase.model.tokenizer, phase) or model_source(phase)
    root, world = phase.data.root, phase.data.world
    if world is not None:
        root = _world_root(phase, world)
        tokenizer = tokenizer or str(_world_tokenizer(root))
    if root is None:
        raise UserError(
            "data.root: is missing; give the folder that holds the data sets, or data.world={seed: 0}"
        )
    if tokenizer is None:
        raise UserError(
            "model.tokenizer: is missing; a model from scratch needs one; give a folder or a hub name"
        )
    if world is not None and not root.is_dir():
        raise UserError(f"data.world: {root} is not there; start the run or the study, which writes it")
    if not root.is_dir():
        raise UserError(f"data.root: {root} is no folder; give the folder that holds the data sets")
    return StorePlace(root=root, cache=_cache(phase), tokenizer=tokenizer, workers=_workers(phase))


def default_cache() -> Path:
    """The folder of token stores and of the world, where nobody names another."""
    return Path(os.environ.get("MTL_CACHE") or Path.home() / ".cache" / "mtl")


def model_source(phase: Phase) -> str | None:
    """What to load the model from: the folder that it was fetched into, below the data; else its name."""
    return _fetched(phase.model.name, phase)


def _fetched(name: str | None, phase: Phase) -> str | None:
    root = phase.data.root
    if name is None or root is None or not (root / MODELS / name).is_dir():
        return name
    return str(root / MODELS / name)


def encoder_config(phase: Phase, *, vocab_size: int) -> "PretrainedConfig":
    """The encoder's configuration: its checkpoint's, or the recipe's for so many words."""
    scratch = None if phase.model.config is None else phase.model.config.model_dump()
    return config_of(model_source(phase), scratch, vocab_size=vocab_size)


def encoder_shape(phase: Phase, hf_config: "PretrainedConfig") -> EncoderConfig:
    """The encoder as it is built: by its configuration, with the recipe's own dropouts."""
    model = phase.model
    config = read_config(hf_config, name=model.name or "model.config")
    return config.with_dropouts(model.dropout, model.attention_dropout)


def _cache(phase: Phase) -> Path:
    return phase.data.cache or default_cache()


def _workers(phase: Phase) -> int:
    return phase.data.workers or len(os.sched_getaffinity(0))


def _world_root(phase: Phase, world: WorldSettings) -> Path:
    from mtl.world.world import VERSION

    name = "-".join((f"v{VERSION}-seed{world.seed}-scale{world.scale:g}", *sorted(set(world.sisters))))
    return _cache(phase) / "worlds" / name


def _world_tokenizer(root: Path) -> Path:
    return root.with_name(f"{root.name}-tokenizer")
