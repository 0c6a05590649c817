"""DeepSpeed starts wherever PyTorch sees the GPU, and quietly."""

import warnings
from typing import Any
from unittest import mock

from mtl.engine.launch import join_run
from tests.kit import cells
from tests.kit.cells import Cell
from tests.kit.ranks import run_on_ranks


def what_deepspeed_sees() -> tuple[list[Any], str]:
    """NVML while DeepSpeed starts, on a machine that has it, and the warnings that come through afterwards."""
    import deepspeed
    from deepspeed.accelerator import cuda_accelerator

    ranks, initialize, seen = join_run(), deepspeed.initialize, []

    def look(**said: Any) -> Any:
        seen.append(cuda_accelerator.pynvml)
        return initialize(**said)

    with (
        mock.patch.object(cuda_accelerator, "pynvml", "there"),
        mock.patch.object(deepspeed, "initialize", look),
    ):
        cells.make_engine(Cell(2), ranks).close()
        seen.append(cuda_accelerator.pynvml)
    with warnings.catch_warnings(record=True) as told:
        warnings.warn("barrier(): using the device under current context.", stacklevel=1)
        warnings.warn("something else", stacklevel=1)
    return seen, " ".join(str(each.message) for each in told)


def test_deepspeed_asks_no_nvml_which_cannot_look_up_gpus_by_name_and_warns_of_no_barrier() -> None:
    (found,) = run_on_ranks(what_deepspeed_sees, 1)
    assert found == ([None, "there"], "something else")
