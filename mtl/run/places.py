"""Where a phase finds what it reads: its data's rows, the token stores, the tokenizer and the encoder."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mtl.data.build import StorePlace
from mtl.data.manifest import MODELS
from mtl.errors import UserError
from mtl.model.load import config_of
from mtl.run.recipe.schema import Phase, WorldSettings

if TYPE_CHECKING:
    from transformers import PretrainedConfig


def store_place(phase: Phase) -> StorePlace:
    """Where rows and tokens are; the built-in world is written first if the phase wants it."""
    cache = phase.data.cache or default_cache()
    workers = phase.data.workers or len(os.sched_getaffinity(0))
    tokenizer = _fetched(phase.model.tokenizer, phase) or model_source(phase)
    root = phase.data.root
    if phase.data.world is not None:
        root, own_tokenizer = _world(cache, phase.data.world, workers)
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


def _world(cache: Path, world: WorldSettings, workers: int) -> tuple[Path, Path]:
    from mtl.world.world import VERSION, write_own_tokenizer, write_world

    name = "-".join((f"v{VERSION}-seed{world.seed}-scale{world.scale:g}", *sorted(set(world.sisters))))
    root = cache / "worlds" / name
    write_world(root, seed=world.seed, scale=world.scale, sisters=world.sisters, workers=workers)
    tokenizer = root.with_name(f"{root.name}-tokenizer")
    write_own_tokenizer(tokenizer, root, sisters=world.sisters)
    return root, tokenizer
