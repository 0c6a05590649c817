"""Rounding: the bound holds for every pair, and is tight where vectors point one way."""

import numpy as np
import pytest
import torch

from mtl.retrieval.rounded import Precision, bound, choose_dtype, means, rounded_x, rounded_y
from mtl.retrieval.vectors import check_vectors, cosines
from tests.kit.vectors import SORTS, make_vectors

CPU = torch.device("cpu")


@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("sort", SORTS)
def test_the_exact_score_lies_within_the_bound(sort: str, precision: Precision) -> None:
    x, y = (check_vectors(rows, name="rows") for rows in make_vectors(sort, 150, 130, 257))
    off, dtype = means(x, y), choose_dtype(precision, CPU, 257)
    row, column = (
        rounded_x(x.on("cpu").unit(0, 150), off, dtype),
        rounded_y(y.on("cpu").unit(0, 130), off, dtype),
    )
    scores = (row.rows @ column.rows.T)[:150, :130]
    limits = bound(row, column, off.product)
    i, j = (place.ravel() for place in np.indices((150, 130)))
    exact = torch.from_numpy(cosines(x, y, i, j).reshape(150, 130))
    assert (limits.lower(scores) <= exact).all()
    assert (exact <= limits.upper(scores)).all()
    for floor in (-2.0, -0.3, 0.0, 0.4, float("-inf")):
        passed = scores >= limits.least(torch.tensor(floor))
        assert passed[limits.upper(scores) >= floor].all()


def test_means_are_taken_off_only_where_vectors_point_one_way() -> None:
    taken = {
        sort: means(*(check_vectors(rows, name="rows") for rows in make_vectors(sort, 99, 99, 64))).x
        for sort in ("random", "one way")
    }
    assert taken["random"] is None and taken["one way"] is not None


def test_without_its_mean_the_bound_is_tighter() -> None:
    x, y = (check_vectors(rows, name="rows") for rows in make_vectors("one way", 99, 99, 64))
    off = means(x, y)
    assert off.product > 0.8
    widths = []
    for chosen in (off, type(off)(x=None, y=None)):
        row, column = (
            rounded(v.on("cpu").unit(0, 99), chosen, torch.bfloat16)
            for rounded, v in ((rounded_x, x), (rounded_y, y))
        )
        widths.append(bound(row, column, chosen.product).amount)
    assert widths[0] < widths[1] / 4
