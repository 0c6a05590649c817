"""Starting DeepSpeed without what nothing here needs, and leaving nothing of it behind."""

import logging
import os
import warnings
from datetime import timedelta
from functools import partial
from typing import Any
from unittest import mock

import torch
from torch import distributed, nn

from mtl.engine.ds_config import DsConfig
from mtl.engine.optimizer import IdleAwareAdamW
from mtl.model.multihead import MultiHead


def start_deepspeed(model: MultiHead, optimizer: IdleAwareAdamW, ds_config: DsConfig) -> Any:
    """DeepSpeed's engine around the model."""
    deepspeed = _import_deepspeed()
    stage, config = ds_config.stage, dict(ds_config.raw)
    assert not config.get("prescale_gradients", False)
    assert config["gradient_accumulation_steps"] == 1
    if stage == 0:  # there we clip
        config["gradient_clipping"] = 0.0
    deepspeed.init_distributed(dist_backend=distributed.get_backend(), auto_mpi_discovery=False)
    # Its own groups would take the back end's timeout: NCCL's ends ranks before the watch says which hangs.
    new_group = partial(distributed.new_group, timeout=_timeout_of_all())
    with (
        mock.patch("torch.distributed.new_group", new_group),
        # In half precision DeepSpeed prints its memory at every group of parameters.
        mock.patch("deepspeed.runtime.bf16_optimizer.see_memory_usage", lambda *args, **kwargs: None),
        # With NVML it would look up the numbers in CUDA_VISIBLE_DEVICES, where names may stand.
        mock.patch("deepspeed.accelerator.cuda_accelerator.pynvml", None),
    ):
        engine, *_ = deepspeed.initialize(model=model, optimizer=optimizer, config=config)
    if stage == 3:
        for head, parameter in model.shared_parameters():
            deepspeed.zero.register_external_parameter(head, parameter)
    return engine


def deepspeed_version() -> str:
    """The installed DeepSpeed's version."""
    return str(_import_deepspeed().__version__)


def forget(module: nn.Module) -> None:
    """Take a destroyed model out of two globals in which DeepSpeed's stage 3 would keep it alive."""
    from deepspeed.runtime.zero import parameter_offload
    from deepspeed.runtime.zero.partitioned_param_coordinator import PartitionedParameterCoordinator

    stack = parameter_offload.FWD_MODULE_STACK
    stack[:] = [each for each in stack if each is not module]
    # A method's cache keeps every coordinator that called it; the decorator around it hides `cache_clear`.
    method = vars(PartitionedParameterCoordinator).get("_PartitionedParameterCoordinator__params_to_release")
    for cell in getattr(method, "__closure__", None) or ():
        if hasattr(cell.cell_contents, "cache_clear"):
            cell.cell_contents.cache_clear()


def _timeout_of_all() -> timedelta:
    """How long a collective among all ranks may take."""
    group: Any = distributed.group.WORLD
    timeout: timedelta = group._get_backend(group._device_types[0]).options._timeout
    return timeout


def _import_deepspeed() -> Any:
    """Import DeepSpeed quietly, and keep it from building ops that nothing here needs."""
    if not torch.cuda.is_available():
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
    # DeepSpeed calls PyTorch's collectives by names that newer versions deprecate, once a parameter.
    warnings.filterwarnings("ignore", message=".*torch.distributed.*deprecated", category=FutureWarning)
    # Its barriers take the GPU that is set, which is this rank's.
    warnings.filterwarnings("ignore", message=r"barrier\(\): using the device under current context")
    import deepspeed
    from deepspeed.utils import logger

    logger.setLevel(logging.ERROR)  # its warnings are about choices that are made on purpose here
    if not torch.cuda.is_available():
        # An all-reduce for CPUs, optional, yet its build is tried and crashes where there is no compiler.
        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
    # An optimizer that is not used here compiles a function at import, which loads all of Inductor: seconds.
    with mock.patch("torch.compile", lambda function: function):
        from deepspeed.runtime.zero.muon import original_muon  # noqa: F401
    return deepspeed
