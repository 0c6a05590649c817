"""A rank that dies, stops, fails or hangs: the others end in bounded time and name it."""

import os
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.kit import small_run
from tests.kit.mortal import End, Life, live

LIMIT = 3.0
STEP = 2


def run(recipe: Path, name: str, fault: str) -> None:
    """A life in which something befalls rank 1 in step 2."""
    from mtl.data.steps import Steps
    from mtl.engine import watch
    from mtl.engine.engine import Engine
    from mtl.errors import run_verb
    from mtl.run.train import run_recipe

    watch.INTERVAL, watch.SILENT, watch.GRACE = 0.2, LIMIT, 1.0
    if os.environ["RANK"] == "1":
        owner, method = (Steps, "for_rank") if fault == "no data" else (Engine, "_check")
        whole = getattr(owner, method)

        def disturbed(self: Any, *args: Any, **given: Any) -> Any:
            step = args[0] if fault == "no data" else args[1].plan.step
            ours = fault == "no data" or self._examples_per_step == 12  # the self-check has steps, too
            if ours and step == STEP:
                FAULTS[fault]()
            return whole(self, *args, **given)

        setattr(owner, method, disturbed)
    changes = [f"name={name}", f"train.hang_seconds={LIMIT}", "train.checkpoint_every=1"]
    run_verb(partial(run_recipe, recipe, changes), leave=os._exit)


def fail() -> None:
    raise ZeroDivisionError("ours")


FAULTS = {
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "stopped": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "failing": fail,
    "busy": lambda: time.sleep(600),
    "no data": lambda: time.sleep(600),
}


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[str, End]:
    recipe = small_run.write(tmp_path_factory.mktemp("small"))
    lives = [Life(function=run, args=(recipe, fault.replace(" ", ""), fault)) for fault in FAULTS]
    return dict(zip(FAULTS, live(lives, recipe.parent / "lives", patience=8), strict=True))


SAID = {
    "killed": "is dead or stopped: no sign of life for",
    "stopped": "is dead or stopped: no sign of life for",
    "failing": "has failed: ZeroDivisionError: ours",
    "busy": "mtl/engine/engine.py:",
    "no data": "mtl/data/steps.py:",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_others_end_and_name_rank_host_phase_and_step(ends: dict[str, End], fault: str) -> None:
    end = ends[fault]
    assert end.codes[0] == 1, end.said[0][-2000:]
    assert end.seconds < 60
    verdict = next(line for line in end.said[0].splitlines() if line.startswith("error (rank 0): "))
    assert f"rank 1 on {os.uname().nodename} (phase intermediate, step {STEP})" in verdict
    assert SAID[fault] in verdict and "go on with --resume" in verdict


def test_the_one_that_hangs_ends_by_itself_and_shows_where(ends: dict[str, End]) -> None:
    assert ends["busy"].codes == ends["no data"].codes == [1, 1]
    assert "in <lambda>" in ends["busy"].said[1]
