"""What ran: versions of Python and of the packages that decide results, and the machine."""

import platform
from typing import Any

import torch

from mtl.engine.host import version_of

PACKAGES = (
    "mtl",
    "torch",
    "deepspeed",
    "transformers",
    "tokenizers",
    "datasets",
    "sentencepiece",
    "numpy",
    "tensorboard",
)


def versions(*, ranks: int) -> dict[str, Any]:
    """The versions, the number of ranks, and the machine."""
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU {platform.machine()}"
    facts = {
        "python": platform.python_version(),
        "ranks": ranks,
        "device": device,
        "threads": torch.get_num_threads(),
    }
    return {**facts, **{name: version_of(name) for name in PACKAGES}}
