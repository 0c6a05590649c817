"""A table's gradient, summed up by the rows that steps touch, is what adding up whole tables gives."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mtl.engine.table_gradient import TableGradient

ROWS, WIDTH = 6, 3
TOKENS = st.lists(st.integers(0, ROWS - 1), max_size=5)
STEPS = st.lists(st.lists(st.tuples(st.booleans(), TOKENS), min_size=1, max_size=3), min_size=1, max_size=4)
"""Of each step its gradients: whether it is sparse, and the rows that it touches."""


def gradient(tokens: list[int], dice: torch.Generator) -> Tensor:
    values = torch.randint(-4, 5, (len(tokens), WIDTH), generator=dice).bfloat16()
    return torch.sparse_coo_tensor(
        torch.tensor([tokens], dtype=torch.int64), values, (ROWS, WIDTH), check_invariants=True
    )


@given(STEPS)
def test_a_step_sums_up_its_own_gradients_and_nothing_else(steps: list[list[tuple[bool, list[int]]]]) -> None:
    dice = torch.Generator().manual_seed(0)
    table = TableGradient(torch.full((ROWS, WIDTH), 9.0))
    for step in steps:
        wanted = torch.zeros(ROWS, WIDTH)
        for number, (sparse, tokens) in enumerate(step):
            one = gradient(tokens, dice)
            wanted += one.to_dense().float()
            table.add(one if sparse else one.to_dense(), first=number == 0)
        assert torch.equal(table.total, wanted)
        assert torch.equal(table.touched().square().sum(), wanted.square().sum())


def test_only_rows_that_are_touched_are_looked_at() -> None:
    table = TableGradient(torch.zeros(ROWS, WIDTH))
    table.add(gradient([4, 1, 4], torch.Generator()), first=True)
    assert torch.equal(table.touched(), table.total[[1, 4]])
