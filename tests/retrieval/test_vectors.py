"""Vectors are checked once, and a score depends on two of them alone."""

import numpy as np
import pytest
import torch

from mtl.errors import UserError
from mtl.retrieval.vectors import check_vectors, cosines, fixed_sum
from tests.kit.vectors import make_vectors


@pytest.mark.parametrize(
    ("value", "trouble"),
    [(np.nan, "row 5 holds a NaN"), (np.inf, "row 5 holds a NaN"), (None, "row 5 is all zeros")],
)
def test_a_row_without_a_direction_is_named(value: float | None, trouble: str) -> None:
    rows = np.ones((9, 4), dtype=np.float32)
    rows[5, 2 if value is not None else slice(None)] = 0 if value is None else value
    with pytest.raises(UserError, match=f"de.npy: {trouble}"):
        check_vectors(rows, name="de.npy")


def test_a_matrix_of_another_type_is_refused() -> None:
    with pytest.raises(UserError, match="float16 or float32 matrix, found float64"):
        check_vectors(np.ones((2, 2)), name="de.npy")


def test_half_precision_rows_score_as_the_numbers_they_hold() -> None:
    x = make_vectors("random", 5, 5, 7)[0].astype(np.float16)
    wide, narrow = (check_vectors(rows, name="x") for rows in (x.astype(np.float32), x))
    i = np.arange(5)
    assert np.array_equal(cosines(wide, wide, i, i[::-1]), cosines(narrow, narrow, i, i[::-1]))


def test_a_score_is_the_cosine_and_knows_no_side_and_no_company() -> None:
    x, y = (check_vectors(rows, name="rows") for rows in make_vectors("random", 40, 40, 33))
    i, j = np.arange(40), np.arange(40)[::-1].copy()
    scores = cosines(x, y, i, j)
    wide = [rows.rows.astype(np.float64) for rows in (x, y)]
    wanted = [a @ b / np.sqrt((a @ a) * (b @ b)) for a, b in zip(wide[0], wide[1][::-1], strict=True)]
    assert np.allclose(scores, wanted, rtol=0, atol=1e-15)
    assert np.array_equal(scores, cosines(y, x, j, i))
    assert np.array_equal(scores[17:18], cosines(x, y, i[17:18], j[17:18]))


@pytest.mark.parametrize("width", [1, 2, 3, 7, 64, 1000])
def test_the_sum_by_halving_is_the_sum(width: int) -> None:
    terms = torch.arange(3 * width, dtype=torch.float64).reshape(3, width)
    assert torch.equal(fixed_sum(terms), terms.sum(1))
