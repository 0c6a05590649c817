"""What a DeepSpeed file may say: the keys we pass on, those a recipe owns, those that must not change.

The tables are our choice of DeepSpeed's many keys; a test holds their names against the installed DeepSpeed.
"""

from collections.abc import Mapping
from typing import Any

NULL = type(None)
DTYPE = (str, NULL)
OFFLOAD_OPTIMIZER: Mapping[str, Any] = {
    "device": str,
    "pin_memory": bool,
    "buffer_count": int,
    "ratio": float,
}
OFFLOAD_PARAM: Mapping[str, Any] = {
    "device": str,
    "pin_memory": bool,
    "buffer_count": int,
    "buffer_size": int,
    "max_in_cpu": int,
}
ZERO: Mapping[str, Any] = {
    "stage": int,
    "contiguous_gradients": bool,
    "overlap_comm": bool,
    "reduce_scatter": bool,
    "reduce_bucket_size": int,
    "use_multi_rank_bucket_allreduce": bool,
    "allgather_partitions": bool,
    "allgather_bucket_size": int,
    "round_robin_gradients": bool,
    "parameter_alignment": bool,
    "ignore_unused_parameters": bool,
    "compute_grad_norm": bool,
    "sub_group_size": int,
    "stage3_prefetch_bucket_size": int,
    "stage3_param_persistence_threshold": int,
    "stage3_model_persistence_threshold": int,
    "stage3_max_live_parameters": int,
    "stage3_max_reuse_distance": int,
    "stage3_module_granularity_threshold": int,
    "stage3_use_all_reduce_for_fetch_params": bool,
    "stage3_allgather_sequential": bool,
    "memory_efficient_linear": bool,
    "log_trace_cache_warnings": bool,
    "enable_sanity_checks": bool,
    "zero_hpz_partition_size": int,
    "offload_optimizer": OFFLOAD_OPTIMIZER,
    "offload_param": OFFLOAD_PARAM,
}
KEYS: Mapping[str, Any] = {
    "zero_optimization": ZERO,
    "zero_allow_untested_optimizer": bool,
    "zero_force_ds_cpu_optimizer": bool,
    "data_types": {"grad_accum_dtype": DTYPE},
    "communication_data_type": DTYPE,
    "bf16": {
        "immediate_grad_update": bool,
        "check_grad_overflow": bool,
        "bf16_master_weights_and_grads": bool,
        "bf16_optimizer_states": bool,
    },
    "fp16": {
        "auto_cast": bool,
        "loss_scale": float,
        "initial_scale_power": int,
        "loss_scale_window": int,
        "hysteresis": int,
        "consecutive_hysteresis": bool,
        "min_loss_scale": int,
        "fp16_master_weights_and_grads": bool,
    },
    "prescale_gradients": bool,
    "gradient_predivide_factor": float,
    "gradient_allreduce_op": str,
    "steps_per_print": int,
    "wall_clock_breakdown": bool,
    "memory_breakdown": bool,
    "dump_state": bool,
    "disable_python_gc": bool,
    "comms_logger": dict,
    "flops_profiler": dict,
}

AT_LEAST_ONE = (
    "steps_per_print",
    "zero_optimization.reduce_bucket_size",
    "zero_optimization.allgather_bucket_size",
    "zero_optimization.sub_group_size",
    "zero_optimization.zero_hpz_partition_size",
    "fp16.loss_scale_window",
    "fp16.hysteresis",
)
LARGEST = 2**63 - 1
"""Of any number: DeepSpeed's own largest default."""

OWNED_BY_RECIPE: Mapping[str, str] = {
    "train_batch_size": "train.examples_per_step",
    "train_micro_batch_size_per_gpu": "train.token_budget",
    "gradient_accumulation_steps": "train.token_budget",
    "managed_gradient_accumulation": "train.token_budget",
    "gradient_clipping": "train.clip",
    "optimizer": "train.lr (and betas, eps, weight_decay beside it)",
    "scheduler": "train.schedule and train.warmup",
    "bf16.enabled": "train.precision",
    "bfloat16": "train.precision",
    "fp16.enabled": "train.precision",
    "torch_autocast": "train.precision",
    "activation_checkpointing": "model.recompute",
    "data_efficiency": "mixture",
}

FIXED: Mapping[str, tuple[Any, str]] = {
    "prescale_gradients": (False, "the loss is scaled for the mean over ranks"),
    "gradient_predivide_factor": (1.0, "the loss is scaled for the mean over ranks"),
    "gradient_allreduce_op": ("mean", "the loss is scaled for the mean over ranks"),
    "zero_optimization.offload_optimizer.ratio": (1.0, "only DeepSpeed's own Adam can share its work"),
    "zero_optimization.compute_grad_norm": (True, "every step logs and clips by the norm"),
    "bf16.check_grad_overflow": (True, "a gradient that is not finite must not move the weights"),
    "bf16.bf16_master_weights_and_grads": (False, "master weights are fp32"),
    "bf16.bf16_optimizer_states": (False, "optimizer states are fp32"),
    "fp16.fp16_master_weights_and_grads": (False, "master weights are fp32"),
}

GENERAL_DEFAULTS: Mapping[str, Any] = {
    "zero_allow_untested_optimizer": True,
    "zero_force_ds_cpu_optimizer": False,
    "data_types": {"grad_accum_dtype": "fp32"},
    "communication_data_type": None,
    "bf16": {"immediate_grad_update": False, "check_grad_overflow": True},
    "fp16": {
        "auto_cast": False,
        "loss_scale": 0.0,
        "initial_scale_power": 16,
        "loss_scale_window": 1000,
        "hysteresis": 2,
        "consecutive_hysteresis": False,
        "min_loss_scale": 1,
    },
    "prescale_gradients": False,
    "gradient_predivide_factor": 1.0,
    "gradient_allreduce_op": "mean",
    "steps_per_print": 1_000_000_000,
    "wall_clock_breakdown": False,
    "memory_breakdown": False,
    "dump_state": False,
    "disable_python_gc": False,
}

SHARDED: Mapping[str, Any] = {
    "contiguous_gradients": True,
    "reduce_scatter": True,
    # A tenth of DeepSpeed's own: for half a billion parameters, ten buckets overlap better than one.
    "reduce_bucket_size": 50_000_000,
    "allgather_bucket_size": 200_000_000,
}
STAGE_1_2: Mapping[str, Any] = {
    **SHARDED,
    "overlap_comm": False,
    "use_multi_rank_bucket_allreduce": True,
    "allgather_partitions": True,
    "round_robin_gradients": False,
    "parameter_alignment": False,
    "ignore_unused_parameters": True,
    "compute_grad_norm": True,
}
STAGE_DEFAULTS: Mapping[int, Mapping[str, Any]] = {
    0: {},
    1: STAGE_1_2,
    2: STAGE_1_2,
    3: {
        **SHARDED,
        "overlap_comm": True,
        "sub_group_size": 1_000_000_000,
        "stage3_prefetch_bucket_size": 50_000_000,
        # Above one attention matrix of a layer 1024 wide: what is smaller stays whole on every rank.
        "stage3_param_persistence_threshold": 1_100_000,
        "stage3_max_live_parameters": 1_000_000_000,
        "stage3_max_reuse_distance": 1_000_000_000,
        "stage3_module_granularity_threshold": 0,
        "stage3_use_all_reduce_for_fetch_params": False,
        "stage3_allgather_sequential": False,
        # DeepSpeed's own true replaces torch's linear function in the whole process, and never puts it back.
        "memory_efficient_linear": False,
        "log_trace_cache_warnings": False,
        "zero_hpz_partition_size": 1,
    },
}
