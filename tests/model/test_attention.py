"""Attention within documents: equal to a loop over them, however they are grouped, and never across."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mtl.model import documents as planning
from mtl.model.attention import attend, attend_asking
from mtl.model.documents import plan_asking, plan_documents

HEADS, WIDTH = 2, 8
CPU = torch.device("cpu")

lengths = st.lists(st.integers(1, 40), min_size=1, max_size=12).map(lambda ns: sorted(ns, reverse=True))


def bounds_of(lengths: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)])


def random_qkv(lengths: list[int], dtype: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(sum(lengths))
    return torch.randn(sum(lengths), 3 * WIDTH, generator=generator).to(dtype).requires_grad_()


def attend_in_groups(qkv: Tensor, lengths: list[int], waste: float) -> Tensor:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "WASTE", waste)
        documents = plan_documents(bounds_of(lengths), device=CPU, dtype=qkv.dtype, width=WIDTH // HEADS)
    return attend(qkv, documents, heads=HEADS, dropout=0.0)


def one_by_one(qkv: Tensor, lengths: list[int]) -> Tensor:
    """The definition: softmax of scaled products, head by head, document by document."""
    out = []
    for start, stop in pairwise(bounds_of(lengths)):
        q, k, v = qkv[start:stop].view(stop - start, 3, HEADS, WIDTH // HEADS).permute(1, 2, 0, 3)
        weights = torch.softmax(q @ k.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5, dim=-1)
        out.append((weights @ v).transpose(0, 1).reshape(stop - start, WIDTH))
    return torch.cat(out)


def assert_same(ours: Tensor, wanted: Tensor, of_ours: Tensor, of_wanted: Tensor, off: float) -> None:
    """In value, and in what goes back to what they were made of."""
    torch.testing.assert_close(ours, wanted, rtol=off, atol=off)
    upstream = torch.randn(ours.shape, generator=torch.Generator().manual_seed(0)).to(ours.dtype)
    ours.backward(upstream)
    wanted.backward(upstream)
    assert of_ours.grad is not None and of_wanted.grad is not None
    torch.testing.assert_close(of_ours.grad, of_wanted.grad, rtol=10 * off, atol=2 * off)


@pytest.mark.parametrize(
    ("dtype", "off"),
    [(torch.float32, 1e-5), (torch.float64, 1e-12), (torch.bfloat16, 0.05)],  # PyTorch's way, ours, ours
)
@given(lengths=lengths, waste=st.sampled_from([0.0, 0.05, 0.3, 0.9, 1.0]))
@settings(max_examples=60, deadline=None)
def test_any_grouping_equals_the_loop_in_value_and_gradient(
    dtype: torch.dtype, off: float, lengths: list[int], waste: float
) -> None:
    grouped, looped = random_qkv(lengths, dtype), random_qkv(lengths, dtype)
    ours, wanted = attend_in_groups(grouped, lengths, waste), one_by_one(looped, lengths)
    assert_same(ours, wanted, grouped, looped, off)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("waste", [0.0, 0.05, 1.0])
def test_no_document_sees_another(waste: float, dtype: torch.dtype) -> None:
    lengths = [9, 9, 8, 5, 5, 1]
    bounds = bounds_of(lengths)
    for seen, (start, stop) in enumerate(pairwise(bounds)):
        qkv = random_qkv(lengths, dtype)
        attend_in_groups(qkv, lengths, waste)[start:stop].square().sum().backward()
        assert qkv.grad is not None
        for other, (a, b) in enumerate(pairwise(bounds)):
            assert bool((qkv.grad[a:b] != 0).any()) == (other == seen)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rubbish", [1e30, torch.inf, torch.nan])
def test_a_document_of_rubbish_does_not_touch_the_others(rubbish: float, dtype: torch.dtype) -> None:
    lengths = [9, 9, 8, 3]
    for spoilt, (start, stop) in enumerate(pairwise(bounds_of(lengths))):
        clean = random_qkv(lengths, dtype)
        before = attend_in_groups(clean, lengths, 1.0)
        spoilt_rows = clean.detach().clone()
        spoilt_rows[start:stop] = rubbish
        after = attend_in_groups(spoilt_rows.requires_grad_(), lengths, 1.0)
        for other, (a, b) in enumerate(pairwise(bounds_of(lengths))):
            assert torch.equal(before[a:b], after[a:b]) == (other != spoilt)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_rows_of_no_document_get_nothing_and_give_nothing(dtype: torch.dtype) -> None:
    qkv = random_qkv([9, 4, 3], dtype)
    documents = plan_documents(bounds_of([9, 4]), device=CPU, dtype=dtype, width=WIDTH // HEADS)
    out = attend(qkv, documents, heads=HEADS, dropout=0.0)
    assert out.shape == (16, WIDTH) and not out[13:].any() and out[:13].any(dim=1).all()
    out.square().sum().backward()
    assert qkv.grad is not None and not qkv.grad[13:].any() and qkv.grad[:13].any(dim=1).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dropout_drops_and_keeps_the_mean(dtype: torch.dtype) -> None:
    lengths = [16] * 400
    qkv = torch.ones(sum(lengths), 3 * WIDTH, dtype=dtype, requires_grad=True)
    documents = plan_documents(bounds_of(lengths), device=CPU, dtype=torch.float32, width=WIDTH // HEADS)
    torch.manual_seed(0)
    out = attend(qkv, documents, heads=HEADS, dropout=0.25)
    assert bool((out != 1).any())
    assert out.mean().item() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("dtype", "off"), [(torch.float32, 1e-5), (torch.float64, 1e-12), (torch.bfloat16, 0.05)]
)
@given(lengths=lengths, waste=st.sampled_from([0.0, 0.05, 0.9]), share=st.sampled_from([0.0, 0.1, 0.6, 1.0]))
@settings(max_examples=60, deadline=None)
def test_asking_rows_get_what_they_get_among_all_in_value_and_gradient(
    dtype: torch.dtype, off: float, lengths: list[int], waste: float, share: float
) -> None:
    rows = np.flatnonzero(np.random.default_rng(sum(lengths)).random(sum(lengths)) < share)
    rows = rows if rows.size else np.array([sum(lengths) // 2])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "WASTE", waste)
        asking, put_out = plan_asking(bounds_of(lengths), rows, device=CPU, dtype=dtype, width=WIDTH // HEADS)
    assert sorted(put_out) == rows.tolist()
    some, whole = random_qkv(lengths, dtype), random_qkv(lengths, dtype)
    keys = some if asking.order is None else some.index_select(0, asking.order)
    ours = attend_asking(
        keys.index_select(0, asking.rows)[:, :WIDTH],
        keys[:, WIDTH:],
        asking.documents,
        heads=HEADS,
        dropout=0.0,
    )
    wanted = one_by_one(whole, lengths).index_select(0, torch.as_tensor(put_out))
    ours = ours[: len(wanted)]  # behind them, half precision has rows that nobody reads
    assert_same(ours, wanted, some, whole, off)


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("width", [32, 13], ids=["a width of the kernel's", "a width that is filled up"])
def test_the_flash_kernel_equals_the_loop(dtype: torch.dtype, width: int) -> None:
    cuda = torch.device("cuda")
    lengths = [90, 64, 64, 33, 7, 1]
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(sum(lengths), 3 * 2 * width, generator=generator).to(cuda, dtype)
    documents = plan_documents(bounds_of(lengths), device=cuda, dtype=dtype, width=width)
    assert documents.groups == () and documents.bounds is not None and documents.bounds.longest == 128
    packed, alone = rows.clone().requires_grad_(), rows.clone().requires_grad_()
    ours = attend(packed, documents, heads=2, dropout=0.0)
    parts = []
    for start, stop in pairwise(bounds_of(lengths)):
        single = plan_documents(np.array([0, stop - start]), device=CPU, dtype=torch.float32, width=width)
        parts.append(attend(alone[start:stop].float(), single, heads=2, dropout=0.0))
    wanted = torch.cat(parts)
    torch.testing.assert_close(ours.float(), wanted, rtol=0.02, atol=0.02)
    ours.float().square().sum().backward()
    wanted.square().sum().backward()
    torch.testing.assert_close(packed.grad, alone.grad, rtol=0.05, atol=0.05)


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_flash_kernel_answers_asking_rows_alone(dtype: torch.dtype) -> None:
    cuda = torch.device("cuda")
    lengths = [90, 64, 64, 33, 7, 1]
    rows = np.array([0, 90, 91, 100, 218, 220, 258])  # nothing of the third document
    generator = torch.Generator().manual_seed(0)
    qkv = torch.randn(sum(lengths), 3 * 64, generator=generator).to(cuda, dtype)
    asking, put_out = plan_asking(bounds_of(lengths), rows, device=cuda, dtype=dtype, width=32)
    assert asking.order is not None and asking.documents.bounds is not None
    some, whole = qkv.clone().requires_grad_(), qkv.clone().requires_grad_()
    keys = some.index_select(0, asking.order)
    ours = attend_asking(
        keys.index_select(0, asking.rows)[:, :64].contiguous(),
        keys[:, 64:].contiguous(),
        asking.documents,
        heads=2,
        dropout=0.0,
    )
    documents = plan_documents(bounds_of(lengths), device=cuda, dtype=dtype, width=32)
    wanted = attend(whole, documents, heads=2, dropout=0.0)[torch.as_tensor(put_out, device=cuda)]
    torch.testing.assert_close(ours, wanted, rtol=0.02, atol=0.02)
    ours.float().square().sum().backward()
    wanted.float().square().sum().backward()
    torch.testing.assert_close(some.grad, whole.grad, rtol=0.05, atol=0.05)
