"""A rank that dies, stops, fails or hangs: the others end in bounded time and name it; one that lags is named in TensorBoard."""

import os
import signal
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.kit import small_run
from tests.kit.mortal import End, Life, live

SILENT = 8.0
"""A busy machine keeps a rank waiting for seconds, too."""
LIMIT = 14.0
"""Later than that, or a rank that is stopped would be taken for one that hangs."""
STEP = 2
LATE = 0.5


def run(recipe: Path, name: str, fault: str) -> None:
    """A life in which something befalls rank 1 in step 2."""
    from mtl.data.steps import Steps
    from mtl.engine import watch
    from mtl.engine.engine import Engine
    from mtl.errors import run_verb
    from mtl.run.running import run_recipe

    watch.INTERVAL, watch.SILENT, watch.GRACE = 0.2, SILENT, 1.0
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


def lag(recipe: Path) -> None:
    """A life in which rank 1 gets its work late in every step."""
    from mtl.data.steps import Steps
    from mtl.run.running import run_recipe

    whole = Steps.for_rank

    def late(self: Any, *args: Any, **given: Any) -> Any:
        time.sleep(LATE)
        return whole(self, *args, **given)

    if os.environ["RANK"] == "1":
        Steps.for_rank = late  # type: ignore[method-assign]
    run_recipe(recipe, ["name=lags", "train.log_every=1", "train.eval_every=null", "train.export=false"])


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
    recipe = small_run.write(tmp_path_factory.mktemp("watched", numbered=False))
    lives = [Life(function=run, args=(recipe, fault.replace(" ", ""), fault)) for fault in FAULTS]
    lives.append(Life(function=lag, args=(recipe,)))
    return dict(zip([*FAULTS, "lagging"], live(lives, recipe.parent / "lives", patience=20), strict=True))


SAID = {
    "killed": "is dead or stopped: no sign of life for",
    "stopped": "is dead or stopped: no sign of life for",
    "failing": "has failed: ZeroDivisionError: ours",
    "busy": "mtl/engine/engine.py:",
    "no data": "mtl/data/prefetch.py:",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_others_end_and_name_rank_host_phase_and_step(ends: dict[str, End], fault: str) -> None:
    end = ends[fault]
    assert end.codes[0] == 1, end.said[0][-2000:]
    assert end.seconds < 150  # most of it to start, on a busy machine
    verdict = next(line for line in end.said[0].splitlines() if line.startswith("error (rank 0): "))
    assert f"rank 1 on {os.uname().nodename} (phase intermediate, step {STEP})" in verdict
    assert SAID[fault] in verdict and "go on with --resume" in verdict


def test_the_one_that_hangs_ends_by_itself_and_shows_where(ends: dict[str, End]) -> None:
    assert ends["busy"].codes == ends["no data"].codes == [1, 1]
    assert "in <lambda>" in ends["busy"].said[1]


def test_the_one_that_lags_is_named_in_tensorboard(
    ends: dict[str, End], tmp_path_factory: pytest.TempPathFactory
) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert ends["lagging"].codes == [0, 0], ends["lagging"].said
    phase = tmp_path_factory.getbasetemp() / "watched" / "runs" / "lags" / "intermediate"
    events = EventAccumulator(str(phase / "tensorboard"))
    events.Reload()
    ranks, seconds = ([each.value for each in events.Scalars(f"lag/{name}")] for name in ("rank", "seconds"))
    assert ranks.count(1) > len(ranks) / 2
    assert max(seconds) > LATE / 2
