"""Attention's own backward pass: what differences say, with dropout and fillings, for all rows and for some."""

import numpy as np
import pytest
import torch
from torch import Tensor

from mtl.model.attention import attend, attend_asking
from mtl.model.documents import plan_asking, plan_documents

HEADS, WIDTH, LENGTHS = 2, 6, (5, 5, 4, 2, 2)
CPU = torch.device("cpu")
BOUNDS = np.concatenate([[0], np.cumsum(LENGTHS)])


def rows(width: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(int(BOUNDS[-1]), width, generator=generator, dtype=torch.float64).requires_grad_()


@pytest.fixture(params=[0.0, 1.0])
def waste(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """Nothing fills a stack, or all documents are one stack."""
    share: float = request.param
    monkeypatch.setattr("mtl.model.documents.WASTE", share)
    return share


@pytest.mark.usefixtures("waste")
@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_gradients_are_what_differences_say(dropout: float) -> None:
    documents = plan_documents(BOUNDS, device=CPU, dtype=torch.float64, width=WIDTH)

    def mixed(qkv: Tensor) -> Tensor:
        torch.manual_seed(3)
        return attend(qkv, documents, heads=HEADS, dropout=dropout)

    assert torch.autograd.gradcheck(mixed, [rows(3 * WIDTH, 0)])


@pytest.mark.parametrize("dropout", [0.0, 0.4])
def test_gradients_of_some_rows_are_what_differences_say(waste: float, dropout: float) -> None:
    chosen = np.array([0, 5, 6, 7, 10, 12, 14, 15, 17])
    asking, _ = plan_asking(BOUNDS, chosen, device=CPU, dtype=torch.float64, width=WIDTH)
    assert any(group.queries.uneven for group in asking.documents.groups) == (waste == 1.0)

    def mixed(queries: Tensor, others: Tensor) -> Tensor:
        torch.manual_seed(3)
        order = torch.arange(len(others)) if asking.order is None else asking.order
        q = queries.index_select(0, order).index_select(0, asking.rows)
        kv = others.index_select(0, order)
        return attend_asking(q, kv, asking.documents, heads=HEADS, dropout=dropout)

    assert torch.autograd.gradcheck(mixed, [rows(WIDTH, 1), rows(2 * WIDTH, 2)])
