"""The rate at every edge of its schedule, who is in which group, and heads that stand still when idle."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from mtl.engine.optimizer import IdleAwareAdamW, OptimizerSettings, freeze, parameter_groups, rate
from mtl.errors import UserError
from mtl.model.multihead import MultiHead
from tests.kit.models import KINDS, SHAPE, make_model

SETTINGS = OptimizerSettings(lr=8e-4, warmup_steps=4, total_steps=12)
LAYERS = SHAPE["num_hidden_layers"]


def rates(settings: OptimizerSettings) -> list[float]:
    return [rate(settings, step) for step in range(settings.total_steps)]


def test_the_rate_rises_from_nothing_to_its_peak_and_falls_to_nothing() -> None:
    assert rates(SETTINGS) == pytest.approx([1e-4 * tenth for tenth in (0, 2, 4, 6, 8, 7, 6, 5, 4, 3, 2, 1)])
    assert rate(SETTINGS, 12) == rate(SETTINGS, 13) == 0.0


def test_a_constant_rate_stays_at_its_peak() -> None:
    constant = replace(SETTINGS, schedule="constant")
    assert rates(constant) == pytest.approx([0.0, 2e-4, 4e-4, 6e-4] + [8e-4] * 8)
    assert rate(constant, 10**6) == 8e-4


@pytest.mark.parametrize(("schedule", "last"), [("linear", 2e-4), ("constant", 8e-4)])
def test_without_warm_up_the_first_step_is_at_the_peak(schedule: Any, last: float) -> None:
    short = OptimizerSettings(lr=8e-4, warmup_steps=0, total_steps=4, schedule=schedule)
    assert (rate(short, 0), rate(short, 3)) == pytest.approx((8e-4, last))


@given(st.integers(1, 50), st.integers(0, 60), st.sampled_from(["linear", "constant"]))
def test_the_rate_has_one_peak_and_no_jump(total: int, warmup: int, schedule: Any) -> None:
    settings = OptimizerSettings(lr=1.0, warmup_steps=warmup, total_steps=total, schedule=schedule)
    values = rates(settings)
    assert all(0.0 <= value <= 1.0 for value in values)
    top = min(warmup, total - 1)
    assert values[: top + 1] == sorted(values[: top + 1])
    assert values[top:] == sorted(values[top:], reverse=True)
    assert (max(values) == 1.0) == (warmup < total)
    steepest = max(1 / max(warmup, 1), 1 / max(total - warmup, 1))
    assert all(abs(b - a) <= steepest + 1e-12 for a, b in zip(values, values[1:], strict=False))


@pytest.fixture(scope="module")
def model() -> MultiHead:
    return make_model()


def grouped(model: MultiHead, settings: OptimizerSettings) -> dict[str, dict[str, Any]]:
    """Each parameter's group, by name; a parameter in two groups is an error."""
    freeze(model, settings)
    groups = parameter_groups(model, settings, num_layers=LAYERS)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    members = [(names[id(parameter)], group) for group in groups for parameter in group["params"]]
    assert len({name for name, _ in members}) == len(members)
    return dict(members)


def test_matrices_decay_and_vectors_do_not(model: MultiHead) -> None:
    found = grouped(model, replace(SETTINGS, weight_decay=0.1))
    parameters = dict(model.named_parameters())
    assert set(found) == set(parameters)
    for name, group in found.items():
        assert group["weight_decay"] == (0.1 if parameters[name].ndim >= 2 else 0.0), name
        assert (group["scale"], group["head"]) == (1.0, ""), name
    assert len({id(group) for group in found.values()}) == 2


def test_each_parameter_of_the_encoder_belongs_to_the_embeddings_or_a_layer(model: MultiHead) -> None:
    places = {name.split(".")[1] for name, _ in model.encoder.named_parameters(prefix="encoder")}
    assert places == {"embeddings", "layers"}  # any other would learn, and never freeze, as a head does


def test_rates_shrink_layer_by_layer_from_the_top_and_heads_have_their_own(model: MultiHead) -> None:
    found = grouped(model, replace(SETTINGS, layer_decay=0.5, head_lr_scale=3.0))
    wanted = {"encoder.embeddings.": 0.25, "encoder.layers.0.": 0.5, "encoder.layers.1.": 1.0, "heads.": 3.0}
    for prefix, scale in wanted.items():
        scales = {group["scale"] for name, group in found.items() if name.startswith(prefix)}
        assert scales == {scale}, prefix


def test_what_is_frozen_has_no_gradient_and_no_group(model: MultiHead) -> None:
    found = grouped(model, replace(SETTINGS, freeze_embeddings=True, freeze_layers=1))
    frozen = {name for name, _ in model.named_parameters()} - set(found)
    assert {name.rpartition(".layers.")[0] or name.split(".")[1] for name in frozen} == {
        "encoder",
        "embeddings",
    }
    assert {name for name, p in model.named_parameters() if not p.requires_grad} == frozen
    first = ("encoder.embeddings.", "encoder.layers.0.")
    assert frozen == {name for name, _ in model.named_parameters() if name.startswith(first)}


def test_layers_freeze_without_the_embeddings_and_thaw_again(model: MultiHead) -> None:
    found = grouped(model, replace(SETTINGS, freeze_layers=LAYERS))
    assert {name.split(".")[1] for name in found} == {"embeddings", *KINDS}
    assert set(grouped(model, SETTINGS)) == {name for name, _ in model.named_parameters()}


def test_more_frozen_layers_than_there_are_is_the_users_mistake(model: MultiHead) -> None:
    with pytest.raises(UserError, match=rf"^train\.freeze\.layers=3: .* {LAYERS} layers$"):
        parameter_groups(model, replace(SETTINGS, freeze_layers=LAYERS + 1), num_layers=LAYERS)


def test_nothing_to_train_is_the_users_mistake() -> None:
    with pytest.raises(UserError, match=r"^train\.freeze: "):
        parameter_groups(nn.Linear(2, 2).requires_grad_(False), SETTINGS, num_layers=0)


def test_a_head_that_may_be_left_out_has_groups_of_its_own(model: MultiHead) -> None:
    found = grouped(model, replace(SETTINGS, lazy_heads=True))
    for name, group in found.items():
        assert group["head"] == (name.split(".")[1] if name.startswith("heads.") else ""), name
    # The vocabulary is the masked head's, too, but it is never idle.
    assert found["encoder.embeddings.word.weight"]["head"] == ""


class Two(nn.Module):
    """An encoder's layer and two heads, of one number each."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.ModuleDict({"0": nn.Linear(1, 1, bias=False)})
        self.encoder = nn.ModuleDict({"layers": layer})
        self.heads = nn.ModuleDict({name: nn.Linear(1, 1, bias=False) for name in ("a", "b")})
        for parameter in self.parameters():
            nn.init.ones_(parameter)

    def values(self) -> dict[str, float]:
        return {name.split(".")[-2]: float(p.detach()) for name, p in self.named_parameters()}


def learn(
    settings: OptimizerSettings, steps: list[tuple[dict[str, float], frozenset[str]]]
) -> list[dict[str, float]]:
    """The values after each step of (gradients by part, idle heads)."""
    model = Two()
    optimizer = IdleAwareAdamW(parameter_groups(model, settings, num_layers=1), settings)
    values = []
    for step, (gradients, idle) in enumerate(steps):
        for name, parameter in model.named_parameters():
            parameter.grad = torch.full((1, 1), gradients[name.split(".")[-2]])
        optimizer.prepare(step, idle=idle)
        optimizer.step()
        values.append(model.values())
    return values


NONE: frozenset[str] = frozenset()
BOTH = {"0": 1.0, "a": 1.0, "b": -1.0}
WITHOUT_B = {"0": 1.0, "a": 1.0, "b": 0.0}
FLAT = OptimizerSettings(lr=0.1, warmup_steps=0, total_steps=9, schedule="constant", weight_decay=0.1)


def test_a_step_is_adamws_at_the_groups_own_rate() -> None:
    settings = replace(FLAT, head_lr_scale=2.0)
    (after,) = learn(settings, [(BOTH, NONE)])
    assert after == pytest.approx({"0": 0.99 - 0.1, "a": 0.98 - 0.2, "b": 0.98 + 0.2})


def test_a_lazy_head_that_was_idle_goes_on_as_if_the_step_had_not_been() -> None:
    lazy = replace(FLAT, lazy_heads=True)
    idle = [(WITHOUT_B, frozenset("b"))] * 3
    values = learn(lazy, [(BOTH, NONE), *idle, (BOTH, NONE)])
    assert values[0]["b"] == values[1]["b"] == values[3]["b"]
    assert values[4]["b"] == learn(lazy, [(BOTH, NONE)] * 2)[-1]["b"]
    assert [one["a"] for one in values] == [one["a"] for one in learn(lazy, [(BOTH, NONE)] * 5)]


def test_a_dense_head_that_is_idle_drifts_on_by_momentum_and_decay() -> None:
    steps = [(BOTH, NONE), (WITHOUT_B, frozenset("b"))]
    dense = learn(FLAT, steps)
    gradients = [Tensor([-1.0]), Tensor([0.0])]
    plain = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.AdamW([plain], lr=0.1, weight_decay=0.1)
    for gradient in gradients:
        plain.grad = gradient
        optimizer.step()
    assert dense[1]["b"] != dense[0]["b"]
    assert dense[1]["b"] == pytest.approx(float(plain.detach()))


def test_preparing_a_step_gives_its_rate_and_sets_each_groups() -> None:
    settings = replace(SETTINGS, head_lr_scale=3.0)
    optimizer = IdleAwareAdamW(parameter_groups(Two(), settings, num_layers=1), settings)
    assert all(group["lr"] == 0.0 for group in optimizer.param_groups)
    assert optimizer.prepare(2, idle=NONE) == pytest.approx(4e-4)
    assert sorted(group["lr"] for group in optimizer.param_groups) == pytest.approx([4e-4, 12e-4])


@pytest.mark.parametrize("most", [0.0, 0.5, 100.0])
def test_clipping_within_the_step_is_clipping_before_it(most: float) -> None:
    dice, plain = torch.Generator().manual_seed(3), Two()
    for parameter in (model := Two()).parameters():
        parameter.grad = torch.randn(1, 1, generator=dice)
    for ours, theirs in zip(model.parameters(), plain.parameters(), strict=True):
        theirs.grad = ours.grad.clone()  # type: ignore[union-attr]
    norm = torch.nn.utils.get_total_norm([each.grad for each in plain.parameters()])
    if most:
        torch.nn.utils.clip_grad_norm_(plain.parameters(), most)
    settings = replace(FLAT, eps=1.0)  # so that a step depends on the gradient's size
    optimizers = [
        IdleAwareAdamW(parameter_groups(each, settings, num_layers=1), settings, bound=bound)
        for each, bound in ((model, most), (plain, 0.0))
    ]
    optimizers[0].clip(norm)
    for optimizer in optimizers:
        optimizer.prepare(0, idle=NONE)
        optimizer.step()
    assert model.values() == pytest.approx(plain.values(), rel=1e-6)


FIRST_STEP = """
import sys, torch
from mtl.engine.optimizer import IdleAwareAdamW, OptimizerSettings
weight = torch.nn.Parameter(torch.ones(4, 4))
group = {"params": [weight], "lr": 0.0, "scale": 1.0, "weight_decay": 0.0, "head": ""}
optimizer = IdleAwareAdamW([group], OptimizerSettings(lr=0.5, warmup_steps=0, total_steps=2))
optimizer.prepare(0, idle=frozenset())
weight.sum().backward()
optimizer.step()
optimizer.zero_grad()
assert bool((weight != 1).all()) and weight.grad is None
print("torch._dynamo" in sys.modules)
"""


def test_a_first_step_does_not_load_pytorchs_compiler() -> None:
    done = subprocess.run([sys.executable, "-c", FIRST_STEP], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"
