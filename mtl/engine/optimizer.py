"""AdamW's parameter groups, the rate as a function of the step, and heads that stand still when idle."""

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn

from mtl.errors import UserError


@dataclass(frozen=True, kw_only=True)
class OptimizerSettings:
    """What determines the optimizer's every move, besides gradients and the bound of their norm."""

    lr: float
    warmup_steps: int
    total_steps: int
    schedule: Literal["linear", "constant"] = "linear"
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.01
    layer_decay: float = 1.0
    head_lr_scale: float = 1.0
    freeze_embeddings: bool = False
    freeze_layers: int = 0
    lazy_heads: bool = False
    """Idle heads do not move: no gradient, no decay, no momentum, no step count."""


def rate(settings: OptimizerSettings, step: int) -> float:
    """The learning rate of step `step`, counted from 0: linear warm-up, then linear decay to 0 or none."""
    if step < settings.warmup_steps:
        return settings.lr * step / settings.warmup_steps
    if settings.schedule == "constant":
        return settings.lr
    left = max(settings.total_steps - step, 0)
    return settings.lr * left / max(settings.total_steps - settings.warmup_steps, 1)


def freeze(model: nn.Module, settings: OptimizerSettings) -> None:
    """Stop the gradients of frozen embeddings and layers."""
    for name, parameter in model.named_parameters():
        layer = _layer(name)
        frozen = (
            settings.freeze_embeddings
            if layer == -1
            else layer is not None and layer < settings.freeze_layers
        )
        parameter.requires_grad_(not frozen)


def parameter_groups(
    model: nn.Module, settings: OptimizerSettings, *, num_layers: int
) -> list[dict[str, Any]]:
    """Groups by rate scale and decay; in lazy mode also by head, so that a head can be left out of a step."""
    if settings.freeze_layers > num_layers:
        raise UserError(
            f"train.freeze.layers={settings.freeze_layers}: the encoder has only {num_layers} layers"
        )
    groups: dict[tuple[float, float, str], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        decay = 0.0 if parameter.ndim < 2 else settings.weight_decay
        head = name.split(".")[1] if settings.lazy_heads and name.startswith("heads.") else ""
        groups.setdefault((scale_of(name, settings, num_layers), decay, head), []).append(parameter)
    if not groups:
        raise UserError("train.freeze: nothing is left to train")
    return [
        {"params": parameters, "lr": 0.0, "scale": scale, "weight_decay": decay, "head": head}
        for (scale, decay, head), parameters in groups.items()
    ]


def _layer(name: str) -> int | None:
    """The encoder layer of a parameter, -1 for embeddings, None for heads."""
    if name.startswith("encoder.embeddings."):
        return -1
    match = re.match(r"encoder\.layers\.(\d+)\.", name)
    return int(match.group(1)) if match else None


def scale_of(name: str, settings: OptimizerSettings, num_layers: int) -> float:
    """By what the rate of a parameter is scaled."""
    layer = _layer(name)
    if layer is None:
        return settings.head_lr_scale
    return float(settings.layer_decay ** (num_layers - 1 - layer))


PLAIN_STEP = torch.no_grad()(inspect.unwrap(torch.optim.AdamW.step))
"""AdamW's step, not wrapped for PyTorch's compiler."""


class IdleAwareAdamW(torch.optim.AdamW):
    """AdamW that leaves out the groups of heads named idle; the rate of each group is `rate * scale`."""

    def __init__(
        self, groups: Sequence[Mapping[str, Any]], settings: OptimizerSettings, *, bound: float = 0.0
    ) -> None:
        """Make the optimizer; nothing is idle yet. `bound` is for who lets it `clip`; 0 is none."""
        _keep_compiler_out()
        # PyTorch's fused kernel needs no compiler and is one pass over each of ZeRO's flat partitions.
        super().__init__(
            [dict(group) for group in groups], lr=0.0, betas=settings.betas, eps=settings.eps, fused=True
        )
        self._settings, self._bound = settings, bound
        self._idle: frozenset[str] = frozenset()

    def prepare(self, step: int, *, idle: frozenset[str]) -> float:
        """Set the rate of `step` and the heads that stand still in it; gives the rate back."""
        now = rate(self._settings, step)
        for group in self.param_groups:
            group["lr"] = now * group["scale"]
        self._idle = idle if self._settings.lazy_heads else frozenset()
        return now

    def clip(self, norm: Tensor) -> None:
        """Let the next step shrink its gradients, whose norm is `norm`, to the bound.

        The fused kernel does so as it reads them, which is a pass over them less.
        """
        self.grad_scale = (norm / self._bound).clamp(min=1.0).float() if self._bound else None

    def step(self, closure: Any = None) -> Any:
        """Move all groups but those of idle heads."""
        # ZeRO steps one group at a time, so a group is known by the head it carries, not by its place; and
        # under offload gradients are buffers that last, so a group is left out, not emptied.
        groups = self.param_groups
        self.param_groups = [group for group in groups if group["head"] not in self._idle]
        try:
            return PLAIN_STEP(self, closure)
        finally:
            self.param_groups = groups


def _keep_compiler_out() -> None:
    """Call the optimizer's methods as they are.

    PyTorch wraps them to hide them from its compiler, and loads that at the first call: as long as all else.
    """
    for method in (torch.optim.Optimizer.add_param_group, torch.optim.Optimizer.zero_grad):
        plain = inspect.unwrap(method)
        setattr(plain, "__dynamo_disable", plain)  # the name would be mangled in a class
