"""What one process sees of the machine that it runs on."""

import os
import platform
import resource
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import torch

SHARED_MEMORY = Path("/dev/shm")
PACKAGES = ("torch", "deepspeed", "transformers", "tokenizers", "numpy", "safetensors", "tensorboard")


@dataclass(frozen=True, kw_only=True)
class HostFacts:
    """One process's view."""

    host: str
    meeting: str
    versions: Mapping[str, str | None]
    device: str
    device_memory: int
    device_free: int
    open_files: int
    shared_memory: int
    compiler: str | None


def host_facts() -> HostFacts:
    """Look."""
    device, memory, free = _device()
    where = f"{os.environ.get('MASTER_ADDR', 'nowhere')}:{os.environ.get('MASTER_PORT', '')}".rstrip(":")
    return HostFacts(
        host=os.uname().nodename,
        meeting=f"{where} over {os.environ.get('GLOO_SOCKET_IFNAME', 'any interface')}",
        versions={"python": platform.python_version(), **{name: version_of(name) for name in PACKAGES}},
        device=device,
        device_memory=memory,
        device_free=free,
        open_files=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        shared_memory=shutil.disk_usage(SHARED_MEMORY).total if SHARED_MEMORY.is_dir() else 0,
        compiler=next((found for name in ("c++", "g++", "cc") if (found := shutil.which(name))), None),
    )


def _device() -> tuple[str, int, int]:
    """Its name, its memory, and what of that is free."""
    if torch.cuda.is_available():
        free, total = torch.cuda.mem_get_info()
        return f"GPU {torch.cuda.get_device_name()}", total, free
    memory = psutil.virtual_memory()
    cores = len(os.sched_getaffinity(0))
    return f"CPU {platform.machine()} with {cores} cores a host", memory.total, memory.available


def version_of(package: str) -> str | None:
    """The installed version of a package, if it is installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
