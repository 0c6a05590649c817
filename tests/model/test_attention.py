"""Attention within documents: equal to a loop over them, however they are grouped, and never across."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mtl.model import attention
from mtl.model.attention import attend, plan_documents

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
        patch.setattr(attention, "WASTE", waste)
        documents = plan_documents(bounds_of(lengths), device=CPU, dtype=qkv.dtype)
    return attend(qkv, documents, heads=HEADS, dropout=0.0)


def one_by_one(qkv: Tensor, lengths: list[int]) -> Tensor:
    """The definition: softmax of scaled products, head by head, document by document."""
    out = []
    for start, stop in pairwise(bounds_of(lengths)):
        q, k, v = qkv[start:stop].view(stop - start, 3, HEADS, WIDTH // HEADS).permute(1, 2, 0, 3)
        weights = torch.softmax(q @ k.transpose(-1, -2) / (WIDTH // HEADS) ** 0.5, dim=-1)
        out.append((weights @ v).transpose(0, 1).reshape(stop - start, WIDTH))
    return torch.cat(out)


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
    torch.testing.assert_close(ours, wanted, rtol=off, atol=off)
    upstream = torch.randn(ours.shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    ours.backward(upstream)
    wanted.backward(upstream)
    assert grouped.grad is not None and looped.grad is not None
    torch.testing.assert_close(grouped.grad, looped.grad, rtol=10 * off, atol=2 * off)


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


@given(lengths=lengths, waste=st.sampled_from([0.0, 0.05, 0.5]))
@settings(max_examples=60)
def test_groups_are_neighbours_that_cover_all_and_waste_no_more_than_allowed(
    lengths: list[int], waste: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attention, "WASTE", waste)
        groups = plan_documents(bounds_of(lengths), device=CPU, dtype=torch.float32).groups
    assert sum(group.size for group in groups) == sum(lengths)
    assert sum(group.count for group in groups) == len(lengths)
    for group in groups:
        stacked = group.count * group.length
        assert stacked - group.size <= waste * stacked
        assert (group.mask is None) == (stacked == group.size)


def test_documents_of_one_length_are_one_group_without_a_mask() -> None:
    documents = plan_documents(bounds_of([7] * 5), device=CPU, dtype=torch.float32)
    (group,) = documents.groups
    assert (group.count, group.length, group.gather, group.mask) == (5, 7, None, None)
    assert (documents.bounds, documents.longest) == (None, 7)


def test_near_equal_lengths_share_a_group_and_far_ones_do_not() -> None:
    documents = plan_documents(bounds_of([100, 99, 98, 40, 40, 5]), device=CPU, dtype=torch.float32)
    assert [(group.count, group.length) for group in documents.groups] == [(3, 100), (2, 40), (1, 5)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_dropout_drops_and_keeps_the_mean(dtype: torch.dtype) -> None:
    lengths = [16] * 400
    qkv = torch.ones(sum(lengths), 3 * WIDTH, dtype=dtype, requires_grad=True)
    documents = plan_documents(bounds_of(lengths), device=CPU, dtype=torch.float32)
    torch.manual_seed(0)
    out = attend(qkv, documents, heads=HEADS, dropout=0.25)
    assert bool((out != 1).any())
    assert out.mean().item() == pytest.approx(1.0, abs=0.01)


@pytest.mark.gpu
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_the_flash_kernel_equals_the_loop(dtype: torch.dtype) -> None:
    cuda = torch.device("cuda")
    lengths = [90, 64, 64, 33, 7, 1]
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(sum(lengths), 3 * 64, generator=generator).to(cuda, dtype)
    documents = plan_documents(bounds_of(lengths), device=cuda, dtype=dtype)
    assert (documents.groups, documents.longest) == ((), 128)
    packed, alone = rows.clone().requires_grad_(), rows.clone().requires_grad_()
    ours = attend(packed, documents, heads=2, dropout=0.0)
    parts = []
    for start, stop in pairwise(bounds_of(lengths)):
        single = plan_documents(np.array([0, stop - start]), device=CPU, dtype=torch.float32)
        parts.append(attend(alone[start:stop].float(), single, heads=2, dropout=0.0))
    wanted = torch.cat(parts)
    torch.testing.assert_close(ours.float(), wanted, rtol=0.02, atol=0.02)
    ours.float().square().sum().backward()
    wanted.square().sum().backward()
    torch.testing.assert_close(packed.grad, alone.grad, rtol=0.05, atol=0.05)
