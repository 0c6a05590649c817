"""The whole model: an example's loss is its own, idle heads stay in the graph, dropout follows the seed."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mtl.data.strip import HeadStore
from mtl.model import encoder
from mtl.model.config import FAMILIES, Family
from mtl.model.multihead import MultiHead
from tests.kit.models import KINDS, make_model, make_strip, on_cpu

draws = st.lists(st.tuples(st.integers(0, len(KINDS) - 1), st.integers(0, 11)), min_size=1, max_size=16)
EVERY_KIND = [(task, 2 * task) for task in range(len(KINDS))] * 2


def losses_by_slot(
    model: MultiHead, sources: Sequence[HeadStore], drawn: list[tuple[int, int]], slots: Sequence[int]
) -> dict[int, float]:
    strip = make_strip(sources, drawn, slots)
    with torch.no_grad():
        return dict(zip(strip.slots.tolist(), model(on_cpu(strip, model)).tolist(), strict=True))


@pytest.fixture(scope="module", params=FAMILIES)
def model(request: pytest.FixtureRequest) -> MultiHead:
    return make_model(request.param)


@given(drawn=draws, data=st.data())
@settings(max_examples=40, deadline=None)
def test_an_examples_loss_is_the_same_alone_and_in_any_company(
    model: MultiHead, sources: list[HeadStore], drawn: list[tuple[int, int]], data: st.DataObject
) -> None:
    bins = data.draw(st.lists(st.integers(0, 3), min_size=len(drawn), max_size=len(drawn)))
    alone = {
        slot: loss
        for i in range(len(drawn))
        for slot, loss in losses_by_slot(model, sources, drawn, [i]).items()
    }
    shared = {
        slot: loss
        for number in set(bins)
        for slot, loss in losses_by_slot(
            model, sources, drawn, [i for i, bin_ in enumerate(bins) if bin_ == number]
        ).items()
    }
    together = losses_by_slot(model, sources, drawn, range(len(drawn)))
    assert list(alone) == list(range(len(drawn)))
    for other in (shared, together):
        assert other == pytest.approx(alone, rel=1e-5, abs=2e-5)  # a hundred times a cosine


def gradients(model: MultiHead, batch: Any, *, seed: int = 0) -> dict[str, Tensor]:
    model.zero_grad(set_to_none=True)
    torch.manual_seed(seed)
    losses = model(batch)
    (losses * torch.arange(1, len(losses) + 1)).sum().backward()
    return {name: p.grad for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("kind", KINDS)
def test_idle_heads_get_zero_gradients_and_not_none(sources: list[HeadStore], kind: str) -> None:
    model = make_model()
    drawn = [(KINDS.index(kind), index) for index in range(3)]  # type: ignore[arg-type]
    found = gradients(model, on_cpu(make_strip(sources, drawn), model))
    assert found.keys() == dict(model.named_parameters()).keys()
    for name, gradient in found.items():
        idle = name.startswith("heads.") and not name.startswith(f"heads.{kind}.")
        # A pooled or linear head has no dead parameter; a bias that shifts all choices alike has no gradient.
        assert bool((gradient == 0).all()) == idle or name == "heads.choice.out.bias", name


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bin_without_examples_gives_no_loss_and_zero_gradients_everywhere(
    sources: list[HeadStore], family: Family
) -> None:
    model = make_model(family)
    batch = on_cpu(make_strip(sources, [(0, 0)], []), model)
    assert model(batch).shape == (0,)
    found = gradients(model, batch)
    assert found.keys() == dict(model.named_parameters()).keys()
    assert all(bool((gradient == 0).all()) for gradient in found.values())


def test_losses_come_head_by_head_in_the_order_of_the_slots(sources: list[HeadStore]) -> None:
    model = make_model()
    strip = make_strip(sources, EVERY_KIND)
    assert [EVERY_KIND[slot][0] for slot in strip.slots] == sorted(task for task, _ in EVERY_KIND)
    assert model(on_cpu(strip, model)).shape == (len(EVERY_KIND),)
    assert model.head_names == KINDS


def test_scores_are_flat_and_as_many_as_the_heads_say(sources: list[HeadStore]) -> None:
    model = make_model()
    batch = on_cpu(make_strip(sources, EVERY_KIND), model)
    rows = {head: len(reads.rows) for head, reads in batch.reads.items()}
    widths = {"pair": 3, "choice": 1, "span": 2, "tag": 11, "mlm": model.config.vocab_size}
    widths |= {"embed": model.config.hidden_size}
    scores = model(batch, scores=True)
    assert scores.shape == (sum(rows[head] * widths[head] for head in KINDS),)
    assert scores.dtype == torch.float32


def test_recomputing_gives_the_very_same_gradients_with_dropout(
    sources: list[HeadStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    original = encoder.Layer.forward
    monkeypatch.setattr(
        encoder.Layer, "forward", lambda self, *args: calls.append(1) or original(self, *args)
    )
    found = []
    for recompute in (False, True):
        model = make_model(
            recompute=recompute, hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1
        ).train()
        calls.clear()
        found.append(gradients(model, on_cpu(make_strip(sources, EVERY_KIND), model), seed=7))
        assert len(calls) == model.config.num_layers * (2 if recompute else 1)
    kept, recomputed = found
    assert all(torch.equal(kept[name], recomputed[name]) for name in kept)


def test_dropout_follows_the_seed_and_is_off_in_evaluation(sources: list[HeadStore]) -> None:
    model = make_model(hidden_dropout_prob=0.1, attention_probs_dropout_prob=0.1).train()
    batch = on_cpu(make_strip(sources, EVERY_KIND), model)
    one, again, other = (gradients(model, batch, seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(one[name], again[name]) for name in one)
    assert not torch.equal(one["encoder.layers.0.qkv.weight"], other["encoder.layers.0.qkv.weight"])
    model.eval()
    quiet, also_quiet = (gradients(model, batch, seed=seed) for seed in (1, 2))
    assert all(torch.equal(quiet[name], also_quiet[name]) for name in quiet)


@pytest.mark.parametrize("where", ["hidden_dropout_prob", "attention_probs_dropout_prob"])
def test_each_dropout_acts(sources: list[HeadStore], where: str) -> None:
    rates = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, where: 0.3}
    model = make_model(**rates).train()
    batch = on_cpu(make_strip(sources, EVERY_KIND), model)
    torch.manual_seed(0)
    noisy = model(batch)
    assert not torch.allclose(noisy, model.eval()(batch))


@pytest.mark.parametrize("family", FAMILIES)
def test_bf16_is_close_to_fp32(sources: list[HeadStore], family: Family) -> None:
    model = make_model(family)
    exact = model(on_cpu(make_strip(sources, EVERY_KIND), model))
    low = model.to(torch.bfloat16)
    rounded = low(on_cpu(make_strip(sources, EVERY_KIND), low))
    assert rounded.dtype == torch.float32
    torch.testing.assert_close(rounded, exact, rtol=0.03, atol=0.03)
    rounded.sum().backward()
    assert all(p.grad is not None and p.grad.dtype == torch.bfloat16 for p in low.parameters())


def test_the_masked_heads_table_is_the_encoders_also_after_a_move() -> None:
    model = make_model()
    names = [name for name, _ in model.named_parameters() if "word" in name]
    assert names == ["encoder.embeddings.word.weight"], "registered once"
    ((head, table),) = model.shared_parameters()
    assert table is model.encoder.embeddings.word.weight
    assert head is model.heads["mlm"]
    model.to(torch.bfloat16)
    ((_, moved),) = model.shared_parameters()
    assert moved is model.encoder.embeddings.word.weight
