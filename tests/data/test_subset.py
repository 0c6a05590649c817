"""A part of a task's data is a pure function of a key, and a larger part holds every smaller one."""

from pathlib import Path

import pytest

from mtl.data.subset import chosen_examples, num_chosen
from mtl.errors import UserError
from tests.kit.stores import make_store, make_task


def test_parts_are_nested_and_exact(tmp_path: Path) -> None:
    store = make_store(tmp_path, make_task("pairs", "pair"), 50)
    parts = [chosen_examples(store, count, key=3).tolist() for count in (1, 10, 25, 50)]
    assert [len(part) for part in parts] == [1, 10, 25, 50]
    for smaller, larger in zip(parts, parts[1:], strict=False):
        assert set(smaller) < set(larger)
    assert parts[-1] == list(range(50))
    assert (
        chosen_examples(store, 10, key=3).tolist() == parts[1] != chosen_examples(store, 10, key=4).tolist()
    )


def test_a_part_is_given_by_number_or_by_share() -> None:
    assert num_chosen(200, records=None, fraction=None, where="tasks.a") == 200
    assert num_chosen(200, records=30, fraction=None, where="tasks.a") == 30
    assert num_chosen(200, records=None, fraction=0.25, where="tasks.a") == 50
    assert num_chosen(200, records=None, fraction=1e-9, where="tasks.a") == 1
    with pytest.raises(UserError, match=r"tasks\.a\.records: 201 are asked for, but there are 200"):
        num_chosen(200, records=201, fraction=None, where="tasks.a")
