"""A phase that is stopped and goes on has cost the seconds of all its starts."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch

from mtl.engine.launch import Ranks
from mtl.errors import PreemptedError
from mtl.run import running
from mtl.run.console import Terminal
from mtl.run.phases import read_record
from mtl.run.recipe import load_recipe
from mtl.run.running import run_phase
from mtl.run.work import Run
from mtl.runfolder import RunFolder

RECIPE = """
model: {config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
data: {world: {}}
train: {steps: 4}
tasks: [mnli]
"""
ALONE = Ranks(rank=0, world=1, local_rank=0, local_world=1, device=torch.device("cpu"))


@pytest.mark.parametrize("alone", [False, True])
def test_the_seconds_of_a_start_that_was_stopped_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: bool
) -> None:
    now = [0.0]
    starts = iter([(36_000, PreemptedError("in good order", alone=alone)), (360, None)])

    class Hours:
        """Work that takes hours, and is stopped in the first start."""

        def __init__(self, run: Run, phase: Any) -> None: ...

        def announce(self) -> None: ...

        def data(self) -> dict[str, str]:
            return {}

        def do(self, *, begun: bool) -> None:
            seconds, stop = next(starts)
            folder.predictions.mkdir(exist_ok=True)  # it has begun
            now[0] += seconds
            if stop is not None:
                raise stop

    (tmp_path / "long.yaml").write_text(RECIPE)
    recipe = load_recipe(tmp_path / "long.yaml", [f"out={tmp_path}"])
    (phase,) = recipe.phase_list()
    run = Run(
        recipe=recipe,
        folder=RunFolder(recipe.folder),
        ranks=ALONE,
        terminal=Terminal(enabled=False),
        stop=cast("Any", SimpleNamespace(wanted=lambda: False)),
        watch=cast("Any", None),
        dry_run=False,
        insist=False,
    )
    folder = run.folder_of(phase)
    monkeypatch.setattr(running, "KINDS", {"train": Hours})
    monkeypatch.setattr(running, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with pytest.raises(PreemptedError):
        run_phase(run, phase)
    stopped = read_record(folder)
    assert stopped is not None and (stopped.done, stopped.seconds) == (False, 36_000)
    run_phase(run, phase)
    done = read_record(folder)
    assert done is not None and (done.done, done.seconds) == (True, 36_360)
