"""Settings for all tests: one thread each, because several processes often share two cores, and no GPU."""

import os

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest
from hypothesis import settings

settings.register_profile("shared-machine", deadline=None)
settings.load_profile("shared-machine")


def pytest_configure(config: pytest.Config) -> None:
    hide_gpus(config.option.markexpr)


def hide_gpus(asked: str) -> None:
    """Ranks take GPUs wherever they see some; only tests of GPUs, if asked for by their mark, shall."""
    if "gpu" not in asked.replace("not gpu", ""):
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
