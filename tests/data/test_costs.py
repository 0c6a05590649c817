"""Costs: of tokens, squares, what heads read, and masked tokens, as counted document by document."""

from pathlib import Path

import numpy as np
import pytest

from mtl.data.costs import Costs, example_costs
from mtl.data.masking import num_masked
from mtl.tasks.task import Kind
from tests.kit.stores import make_store, make_task

COSTS = Costs(per_token=3.0, per_square=0.5, per_read=2.0, per_look=0.25, per_masked=100.0)


@pytest.mark.parametrize("kind", ["pair", "choice", "span", "tag", "mlm", "embed"])
def test_costs_are_those_of_each_document(tmp_path: Path, kind: Kind) -> None:
    store = make_store(tmp_path, make_task(kind, kind), 5)
    chosen = np.array([3, 0, 3, 4])
    for example, cost in zip(chosen, example_costs(store, COSTS, chosen), strict=True):
        edges = store.doc_starts[store.example_docs[example] : store.example_docs[example + 1] + 1]
        sites = store.sites[store.site_starts[example] : store.site_starts[example + 1]]
        reads = np.histogram(sites, bins=edges - edges[0])[0]
        lengths = np.diff(edges)
        wanted = 3.0 * lengths.sum() + 0.5 * (lengths**2).sum()
        if kind == "mlm":
            reads = np.array([num_masked(int(lengths.sum()))])
            wanted += 100.0 * reads[0]
        wanted += 2.0 * reads.sum() + 0.25 * (reads * lengths).sum()
        assert cost == pytest.approx(wanted)


def test_no_example_costs_nothing(tmp_path: Path) -> None:
    store = make_store(tmp_path, make_task("mlm", "mlm"), 2)
    assert example_costs(store, COSTS, np.zeros(0, dtype=np.int64)).size == 0
