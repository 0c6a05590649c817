"""What tells one model's folder from another: the bytes that are read of it, not its place nor its times."""

import json
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from mtl.data.content import content_hash

_BESIDE_WEIGHTS = (
    "config.json",
    "*.index.json",
    "tokenizer*.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "*.model",
)
"""Files of a model's folder; who trained it may leave others there, which say nothing of it."""


def weight_files(folder: Path) -> list[Path]:
    """The files of weights that are read, of those that are there."""
    return list(folder.glob("*.safetensors")) or list(folder.glob("*.bin"))


def folder_key(folder: Path, *, hash_of: Callable[[Path], str] = content_hash) -> str:
    """A few letters that stand for a folder's weights, configuration and tokenizer."""
    others = (file for pattern in _BESIDE_WEIGHTS for file in folder.glob(pattern))
    files = sorted(file for file in (*weight_files(folder), *others) if file.is_file())
    content = [(file.name, hash_of(file)) for file in files]
    return blake2b(json.dumps(content).encode(), digest_size=8).hexdigest()
