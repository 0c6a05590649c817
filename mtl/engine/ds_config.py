"""A DeepSpeed file, checked and completed: it says how to shard and communicate, the recipe says the rest.

No DeepSpeed is imported here, so that a mistake in the file is told before anything heavy starts.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from mtl.engine.ds_keys import (
    AT_LEAST_ONE,
    FIXED,
    GENERAL_DEFAULTS,
    KEYS,
    LARGEST,
    OWNED_BY_RECIPE,
    STAGE_DEFAULTS,
)
from mtl.errors import UserError, unknown_name

Precision = Literal["fp32", "bf16", "fp16"]
TYPE_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", dict: "a mapping"}


@dataclass(frozen=True)
class DsConfig:
    """All of the configuration for `deepspeed.initialize`, and what of it matters elsewhere."""

    raw: Mapping[str, Any]
    """Under DeepSpeed's own keys."""

    @property
    def zero(self) -> Mapping[str, Any]:
        """How what training holds is shared out over the ranks."""
        zero: Mapping[str, Any] = self.raw["zero_optimization"]
        return zero

    @property
    def stage(self) -> int:
        """How much is shared out: 0, nothing; 3, weights too."""
        return int(self.zero["stage"])

    @property
    def precision(self) -> Precision:
        """In what the model computes."""
        if self.raw["bf16"]["enabled"]:
            return "bf16"
        return "fp16" if self.raw["fp16"]["enabled"] else "fp32"

    @property
    def clip(self) -> float:
        """The largest norm of a gradient; 0: any."""
        return float(self.raw["gradient_clipping"])

    @property
    def offloads_optimizer(self) -> bool:
        """Whether the optimizer's state lies in the computer's memory."""
        return _is_on_cpu(self.zero, "offload_optimizer")

    @property
    def offloads_weights(self) -> bool:
        """Whether weights do."""
        return _is_on_cpu(self.zero, "offload_param")

    @property
    def arithmetic(self) -> dict[str, Any]:
        """What decides the weights by more than the order in which sums are taken."""
        scaled = ("fp16",) if self.precision == "fp16" else ()
        return {key: self.raw[key] for key in ("data_types", "communication_data_type", *scaled)}

    def at_stage(self, stage: int) -> "DsConfig":
        """The same where that is its stage, else as a file gets it that says nothing but another stage."""
        if stage == self.stage:
            return self
        return DsConfig({**self.raw, "zero_optimization": {"stage": stage, **STAGE_DEFAULTS[stage]}})

    def changed(self, section: str, keys: Mapping[str, Any]) -> "DsConfig":
        """The same with other values of these keys of a section."""
        return DsConfig({**self.raw, section: {**self.raw[section], **keys}})


def _is_on_cpu(zero: Mapping[str, Any], key: str) -> bool:
    return bool(zero.get(key, {}).get("device") == "cpu")


def resolve_ds_config(path: Path, *, precision: Precision, clip: float) -> DsConfig:
    """All of the configuration for `deepspeed.initialize`: the file, our defaults, the recipe's part."""
    written = read_ds_config(path)
    stage = written.get("zero_optimization", {}).get("stage", 0)
    defaults = {**GENERAL_DEFAULTS, "zero_optimization": {"stage": stage, **STAGE_DEFAULTS[stage]}}
    config = _over(defaults, written)
    _check_combinations(config, precision, str(path))
    config["bf16"] = {"enabled": precision == "bf16", **config["bf16"]}
    config["fp16"] = {"enabled": precision == "fp16", **config["fp16"]}
    # A step's bins are steered by hand: to DeepSpeed, each is a micro-batch of one that nobody accumulates.
    steered = {
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": 1,
        "gradient_clipping": clip,
        # Its clock waits for the GPU twice in every bin; nobody reads it.
        "timers": {"throughput": {"enabled": False}},
    }
    return DsConfig({**steered, **config})


def read_ds_config(path: Path) -> dict[str, Any]:
    """The keys of a DeepSpeed file, each known, of the right type, and none that a recipe owns."""
    where = str(path)
    try:
        written = json.loads(
            path.read_text(encoding="utf-8"), object_pairs_hook=_no_key_twice, parse_constant=_no_such_number
        )
    except json.JSONDecodeError as error:
        raise UserError(f"{where}:{error.lineno}: not valid JSON: {error.msg}; mend that line") from None
    except RecursionError:
        raise UserError(f"{where}: is nested too deep; a DeepSpeed file has three levels") from None
    except (OSError, ValueError) as error:
        raise UserError(
            f"{where}: cannot be read: {error}; name a DeepSpeed file such as zero1.json"
        ) from None
    if not isinstance(written, dict):
        raise UserError(f"{where}: a DeepSpeed file is one JSON object, such as {{}}")
    checked = _checked(written, KEYS, "", where)
    stage = checked.get("zero_optimization", {}).get("stage", 0)
    if stage not in STAGE_DEFAULTS:
        raise UserError(f"{where}: zero_optimization.stage: expected 0, 1, 2 or 3, got {stage}")
    return checked


def _no_such_number(text: str) -> float:
    raise ValueError(f"{text} is no number in JSON")


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if twice := [key for key in keys if keys.count(key) > 1]:
        raise ValueError(f"the key {twice[0]} stands twice in one object")
    return dict(pairs)


def _checked(written: Mapping[str, Any], known: Mapping[str, Any], prefix: str, where: str) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    for name, value in written.items():
        key = prefix + name
        if key in OWNED_BY_RECIPE:
            raise UserError(
                f"{where}: {key} belongs to the recipe, as {OWNED_BY_RECIPE[key]}; take it out of this file"
            )
        if name not in known:
            place = f"{where}: {prefix.removesuffix('.')}" if prefix else where
            raise unknown_name("DeepSpeed key", name, known, where=place)
        if isinstance(known[name], Mapping) and isinstance(value, dict):
            checked[name] = _checked(value, known[name], key + ".", where)
        else:
            checked[name] = _typed(value, known[name], key, where)
        if key in FIXED and checked[name] != FIXED[key][0]:
            must, reason = FIXED[key]
            raise UserError(f"{where}: {key} must be {json.dumps(must)}, because {reason}; take it out")
    return checked


def _typed(value: Any, kind: Any, key: str, where: str) -> Any:
    """The value as its type, 5e7 for a whole number included."""
    kinds = kind if isinstance(kind, tuple) else (dict if isinstance(kind, Mapping) else kind,)
    if int in kinds and isinstance(value, float) and value.is_integer():
        return _typed(int(value), int, key, where)
    if float in kinds and isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST:
        return _typed(float(value), float, key, where)
    if type(value) in kinds:
        _check_range(value, key, where)
        return value
    words = " or ".join(TYPE_WORDS.get(each, "null") for each in kinds)
    raise UserError(f"{where}: {key}: expected {words}, got {json.dumps(value)}")


def _check_range(value: Any, key: str, where: str) -> None:
    """No size, count or scale of DeepSpeed's is negative or astronomical, and none of ours is empty."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return
    least = 1 if key in AT_LEAST_ONE else 0
    if not least <= value <= LARGEST:
        raise UserError(f"{where}: {key}: must be from {least} to {LARGEST:,}, got {json.dumps(value)}")


def _over(defaults: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    nested = {
        key: _over(defaults[key], value)
        for key, value in written.items()
        if isinstance(value, Mapping) and isinstance(defaults.get(key), Mapping)
    }
    return {**defaults, **written, **nested}


def _check_combinations(config: Mapping[str, Any], precision: Precision, where: str) -> None:
    """What DeepSpeed refuses late, or accepts and gets wrong."""
    zero = config["zero_optimization"]
    stage, accumulation = zero["stage"], config["data_types"]["grad_accum_dtype"]
    if stage == 0 and precision != "fp32":
        raise UserError(
            f"{where}: zero_optimization.stage 0 keeps no fp32 gradients under train.precision={precision}; "
            "use deepspeed=ds_configs/zero1.json, also on one GPU, or train.precision=fp32"
        )
    if accumulation not in ("fp32", precision):
        raise UserError(
            f"{where}: data_types.grad_accum_dtype: expected fp32 or the recipe's {precision}, "
            f"got {json.dumps(accumulation)}"
        )
    if config["communication_data_type"] not in (None, "fp32", "bf16", "fp16"):
        raise UserError(f"{where}: communication_data_type: expected null, fp32, bf16 or fp16")
    for key, stages in (("offload_optimizer", (1, 2, 3)), ("offload_param", (3,))):
        device = zero.get(key, {}).get("device", "none")
        if device not in ("none", "cpu"):
            raise UserError(
                f"{where}: zero_optimization.{key}.device: expected none or cpu, got {json.dumps(device)}"
            )
        if device == "cpu" and stage not in stages:
            needed = " or ".join(map(str, stages))
            raise UserError(
                f"{where}: zero_optimization.{key} needs stage {needed}, not {stage}; take it out"
            )
