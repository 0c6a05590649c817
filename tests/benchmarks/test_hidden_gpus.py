"""Benchmarks of CPUs measure CPUs also on a machine with GPUs, which may have fewer of them than ranks are started."""

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest

from tests.kit.ranks import ROOT


class StartedError(Exception):
    """Something was, and nothing else need happen."""


@pytest.mark.parametrize("script", ["scaling", "sharding"])
def test_ranks_that_a_benchmark_starts_see_no_gpu(script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def start(*_: Any, env: Mapping[str, str] = os.environ, **__: Any) -> None:
        seen.append(env["CUDA_VISIBLE_DEVICES"])
        raise StartedError

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setattr(sys, "argv", [script, "--quick"])
    monkeypatch.setattr(subprocess, "run", start)
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    with pytest.raises(StartedError):
        import_module(script).main()
    assert seen == [""]
