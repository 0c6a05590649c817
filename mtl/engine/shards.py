"""Which part of each parameter this rank's optimizer owns, at every ZeRO stage: what checkpoints are made of.

A shard is a run of the flattened parameter: its fp32 weights, and AdamW's averages beside them. How DeepSpeed
lays them out is written here and nowhere else:

    stage   of a parameter that trains, a rank holds     in
    0       all of it                                    the parameter itself
    1, 2    a run that may begin and end anywhere, or    the group's flat fp32 tensor, at `_hp_mapping`
            nothing
    3       its share of equal parts, the last padded    the group's flat fp32 tensor, at `grad_position`

Of one that does not train it holds all, or at stage 3 a part in `ds_tensor`. To gather is to add up the
ranks' shards, each among zeros; at stage 0 nothing is sent.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, distributed, nn

from mtl.engine.launch import Ranks
from mtl.engine.used_rows import TABLE, UsedRows
from mtl.errors import UserError

ADAM_KEYS = ("exp_avg", "exp_avg_sq")
_LOSS_SCALE = ("cur_scale", "cur_iter", "last_overflow_iter", "cur_hysteresis")


@dataclass(frozen=True, kw_only=True)
class Shard:
    """Values `start`, `start + 1`, ... of a flattened parameter, as views that may be written to."""

    start: int
    weight: Tensor
    averages: Mapping[str, Tensor]
    """Empty where the parameter does not train, or has not been stepped yet."""


@dataclass(frozen=True, kw_only=True)
class _Flat:
    """What the optimizer steps as one tensor, and the parameters that share it over all ranks."""

    tensor: Tensor
    parameters: Sequence[nn.Parameter]


class Shards:
    """All parameters of a model under DeepSpeed, as this rank holds them."""

    def __init__(
        self,
        module: nn.Module,
        optimizer: torch.optim.Optimizer,
        zero: Any,
        *,
        stage: int,
        ranks: Ranks,
        used_rows: UsedRows | None,
    ) -> None:
        """`zero` is DeepSpeed's wrapper of the optimizer (at stage 0 the optimizer itself).

        With `used_rows` the module holds only some rows of the word table; here it is known as a whole.
        """
        self._names = {id(parameter): name for name, parameter in module.named_parameters()}
        self.parameters = dict(module.named_parameters())
        self._optimizer = optimizer
        self._zero = zero
        self._stage = stage
        self._ranks = ranks
        self.used_rows = used_rows

    def shape(self, name: str) -> tuple[int, ...]:
        """The shape of a whole parameter."""
        return self.used_rows.shape if self.used_rows and name == TABLE else self._shape(name)

    def _shape(self, name: str) -> tuple[int, ...]:
        """The shape of what the ranks hold together."""
        parameter = self.parameters[name]
        return tuple(getattr(parameter, "ds_shape", parameter.shape))

    def trains(self, name: str) -> bool:
        """Whether the optimizer moves a parameter."""
        return self.parameters[name].requires_grad

    def of(self, name: str) -> Shard | None:
        """This rank's shard of a parameter (of its rows that train); None where other ranks own all of it."""
        parameter: Any = self.parameters[name]
        if self._is_whole(parameter):
            return self._shard(parameter, 0, parameter.numel(), start=0)
        if self._stage == 3:
            part = parameter.ds_tensor.ds_numel  # equal parts, of which the last ones are padded
            start = min(part * self._ranks.rank, parameter.ds_numel)
            count = min(part, parameter.ds_numel - start)
            if not parameter.requires_grad:
                return self._shard(parameter.ds_tensor, 0, count, start=start)
            group, offset, _ = self._zero.grad_position[self._zero.get_param_id(parameter)]
            return self._shard(self._zero.fp32_partitioned_groups_flat[group], offset, count, start=start)
        mapping = parameter._hp_mapping
        if mapping is None:
            return None
        (flat,) = self._optimizer.param_groups[mapping.param_group_index]["params"]
        place = mapping.hp_fragment_address
        return self._shard(flat, place.start, place.numel, start=mapping.lp_fragment_address.start)

    def held(self) -> dict[str, int]:
        """How many values of each parameter this rank holds."""
        shards = {name: self.of(name) for name in self.parameters}
        return {name: 0 if shard is None else shard.weight.numel() for name, shard in shards.items()}

    def weight(self, name: str, *, to: int | None = None, alone: bool = False) -> Tensor | None:
        """A parameter's whole fp32 weights, on every rank, or only on rank `to`; None on the others.

        Where the rank that they go to holds them `alone`, or as all do, nothing is sent.
        """
        shard = self.of(name)
        part = None if shard is None else shard.weight
        return self._gather(name, shard, part, to, alone, UsedRows.complete)

    def average(self, name: str, key: str, *, to: int | None = None, alone: bool = False) -> Tensor | None:
        """One of a training parameter's whole averages, in the same way."""
        shard = self.of(name)
        part = None if shard is None else shard.averages.get(key)
        return self._gather(name, shard, part, to, alone, UsedRows.complete_average)

    def _gather(
        self,
        name: str,
        shard: Shard | None,
        part: Tensor | None,
        to: int | None,
        alone: bool,
        complete: Callable[[UsedRows, Tensor], Tensor],
    ) -> Tensor | None:
        """The whole of what each rank holds a part of, also where the module holds only some rows."""
        here = to in (None, self._ranks.rank)
        spread = self._ranks.world > 1 and not alone and not self._is_whole(self.parameters[name])
        if not here and not spread:
            return None
        whole = torch.zeros(self._shape(name), device=self._ranks.device)
        if part is not None and shard is not None:
            whole.view(-1).narrow(0, shard.start, part.numel()).copy_(part)
        if spread:
            # As whole numbers, so that every bit arrives: zeros on all ranks but one.
            bits = whole.view(torch.int32)
            distributed.all_reduce(bits) if to is None else distributed.reduce(bits, to)
        if not here:
            return None
        return complete(self.used_rows, whole) if self.used_rows and name == TABLE else whole

    def updates(self) -> dict[str, int]:
        """How often the optimizer has moved each parameter that trains."""
        state = self._optimizer.state
        return {
            self._names[id(parameter)]: int(state[flat.tensor]["step"]) if state.get(flat.tensor) else 0
            for flat in self._flats()
            for parameter in flat.parameters
        }

    def set_updates(self, updates: Mapping[str, int]) -> None:
        """Make AdamW's state as if it had moved each parameter so often; the averages are still to be set."""
        flats = [flat for flat in self._flats() if flat.parameters]
        by_flat = [{updates[self._names[id(p)]] for p in flat.parameters} for flat in flats]
        if any(len(counts) > 1 for counts in by_flat):
            raise UserError(
                "checkpoint: its heads have been trained for different numbers of steps; "
                "set train.idle_heads=lazy, as when it was written"
            )
        for tensor, counts in zip((flat.tensor for flat in flats), by_flat, strict=True):
            self._optimizer.state[tensor] = {
                "step": torch.tensor(float(counts.pop()), device=tensor.device),
                **{key: torch.zeros_like(tensor) for key in ADAM_KEYS},
            }

    def renew(self) -> None:
        """Bring the fp32 weights into the model's own parameters, as after a step."""
        zero = self._zero
        if self._stage in (1, 2):
            zero.update_lp_params()
        if self._stage == 3:
            kept_whole = zero.persistent_parameters
            if kept_whole:
                kept_whole[0].partition(kept_whole)
            for group in range(len(zero.fp16_groups)):
                zero._reassign_or_swap_out_partitioned_parameters(group)
            if kept_whole:
                kept_whole[0].all_gather(kept_whole)
            zero.invalidate_secondary_tensor()

    @property
    def loss_scale(self) -> dict[str, float]:
        """What fp16's loss scale depends on; empty without fp16."""
        scaler = getattr(self._zero, "loss_scaler", None)
        return {key: getattr(scaler, key) for key in _LOSS_SCALE if getattr(scaler, "dynamic", False)}

    @loss_scale.setter
    def loss_scale(self, values: Mapping[str, float]) -> None:
        for key in self.loss_scale.keys() & values.keys():
            setattr(self._zero.loss_scaler, key, values[key])

    def _is_whole(self, parameter: nn.Parameter) -> bool:
        """Whether every rank holds all of it."""
        return self._stage == 0 or (self._stage < 3 and not parameter.requires_grad)

    def _shard(self, flat: Tensor, offset: int, count: int, *, start: int) -> Shard:
        state = self._optimizer.state.get(flat) or {}
        return Shard(
            start=start,
            weight=flat.detach().view(-1).narrow(0, offset, count),
            averages={key: state[key].view(-1).narrow(0, offset, count) for key in ADAM_KEYS if key in state},
        )

    def _flats(self) -> Iterator[_Flat]:
        zero = self._zero
        if self._stage == 0:
            training = [parameter for parameter in self.parameters.values() if parameter.requires_grad]
            yield from (_Flat(tensor=parameter, parameters=[parameter]) for parameter in training)
        elif self._stage == 3:
            for flat, group in zip(zero.fp32_partitioned_groups_flat, zero.fp16_groups, strict=True):
                yield _Flat(tensor=flat, parameters=group)
        else:  # in bf16 stage 1 is a class of its own
            groups = zero.bf16_groups if hasattr(zero, "bf16_groups") else zero.bit16_groups
            for own, group in zip(self._optimizer.param_groups, groups, strict=True):
                yield _Flat(tensor=own["params"][0], parameters=group)
