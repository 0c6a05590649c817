"""Steps: all ranks plan the same, and share the bins without remainder."""

from pathlib import Path

import numpy as np
import pytest

from mtl.data.costs import Costs
from mtl.data.draw import Draw
from mtl.data.mixture import plan_mixture
from mtl.data.mixture_spec import MixtureSpec, TaskSize
from mtl.data.steps import Steps
from mtl.data.strip import HeadStore
from mtl.tasks.task import Kind
from tests.kit.stores import make_store, make_task

KINDS: tuple[Kind, ...] = ("pair", "choice", "span", "tag", "mlm")
N, STEPS, MULTIPLE = 23, 40, 4
COSTS = Costs(per_token=3.0, per_square=0.5, per_read=2.0, per_look=0.25, per_masked=100.0)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[HeadStore]:
    folder = tmp_path_factory.mktemp("stores")
    return [HeadStore(head=kind, store=make_store(folder, make_task(kind, kind), 60)) for kind in KINDS]


def make_steps(sources: list[HeadStore], *, budget: int = 400, seed: int = 0) -> Steps:
    sizes = [TaskSize(name=source.head, num_records=60, num_examples=60) for source in sources]
    mixture = plan_mixture(sizes, MixtureSpec(by="example"), examples_per_step=N, steps=STEPS)
    return Steps(
        sources, Draw(mixture, seed=seed), budget=budget, bins_multiple=MULTIPLE, costs=COSTS, seed=seed
    )


@pytest.mark.parametrize("world", [1, 2, 4])
def test_ranks_share_a_steps_examples_without_remainder(sources: list[HeadStore], world: int) -> None:
    for step in range(0, STEPS, 7):
        works = [make_steps(sources).for_rank(step, rank, world) for rank in range(world)]
        slots = [slot for work in works for _, strip in work.bins for slot in strip.slots.tolist()]
        assert sorted(slots) == list(range(N))
        assert len({len(work.bins) for work in works}) == 1, "every rank computes as many bins"
        for rank, work in enumerate(works):
            assert all(number % world == rank for number, _ in work.bins)


def test_a_bin_is_the_same_whichever_rank_computes_it(sources: list[HeadStore]) -> None:
    alone = dict(make_steps(sources).for_rank(5, 0, 1).bins)
    shared = dict(bin_ for rank in range(4) for bin_ in make_steps(sources).for_rank(5, rank, 4).bins)
    assert alone.keys() == shared.keys()
    for number, strip in alone.items():
        for name in ("tokens", "positions", "second", "bounds", "slots"):
            assert np.array_equal(getattr(strip, name), getattr(shared[number], name)), name


def test_a_bin_keeps_the_budget_and_the_digest_is_the_ranks_common_one(sources: list[HeadStore]) -> None:
    works = [make_steps(sources, budget=300).for_rank(3, rank, 2) for rank in range(2)]
    assert works[0].plan.digest == works[1].plan.digest
    assert all(strip.tokens.size <= 300 for work in works for _, strip in work.bins)


def test_the_digest_tells_steps_seeds_and_packings_apart(sources: list[HeadStore]) -> None:
    steps = make_steps(sources)
    digests = [steps.plan(step).digest for step in range(STEPS)]
    digests += [make_steps(sources, seed=1).plan(0).digest, make_steps(sources, budget=200).plan(0).digest]
    assert len(set(digests)) == STEPS + 2
    assert all(0 <= digest < 2**48 for digest in digests), "exact as a float64"


def test_a_step_can_be_asked_for_again_in_any_order(sources: list[HeadStore]) -> None:
    steps = make_steps(sources)
    forwards = [steps.plan(step).digest for step in range(STEPS)]
    assert [steps.plan(step).digest for step in reversed(range(STEPS))] == forwards[::-1]


def lone_steps(folder: Path, kind: Kind, *, size: int, seed: int = 0, longest: int = 40) -> Steps:
    """Steps of one example each, from a store of `size`."""
    store = make_store(folder, make_task(kind, kind), size, longest=longest)
    mixture = plan_mixture(
        [TaskSize(name=kind, num_records=size, num_examples=size)],
        MixtureSpec(by="example"),
        examples_per_step=1,
        steps=STEPS,
    )
    source = HeadStore(head=kind, store=store)
    return Steps([source], Draw(mixture, seed=seed), budget=400, bins_multiple=1, costs=COSTS, seed=seed)


def test_the_same_example_in_the_same_slot_has_another_mask_in_every_step(tmp_path: Path) -> None:
    steps = lone_steps(tmp_path, "mlm", size=1, longest=300)
    shown = [steps.for_rank(step, 0, 1).bins[0][1].tokens.tobytes() for step in range(10)]
    assert len(set(shown)) == 10


def test_the_digest_tells_examples_of_one_length_apart(tmp_path: Path) -> None:
    plans = [lone_steps(tmp_path / str(s), "pair", size=50, seed=s, longest=5).plan(0) for s in range(8)]
    assert len({plan.packing.tokens.tobytes() for plan in plans}) == 1
    assert len({plan.digest for plan in plans}) == len({int(plan.draw.example[0]) for plan in plans}) > 1
