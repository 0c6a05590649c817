"""Prediction gives each example its own scores, once, however examples are packed and dealt to ranks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, distributed

from mtl.data.store import Store
from mtl.data.strip import HeadStore, Strip
from mtl.evaluate.decode import DECODERS, Scores
from mtl.evaluate.predict import examples_of, predict, records_of
from mtl.model.multihead import MultiHead
from mtl.tasks.task import Kind
from tests.kit.models import make_model, make_sources, on_cpu
from tests.kit.splits import pair, write_split
from tests.kit.stores import make_task

SIZES = (3, 17, 5, 5, 1, 9, 2, 30, 4, 11, 6, 8)
"""Tokens of the examples; example i is made of tokens i + 10."""
WIDTH = 3


class Echo:
    """Says of each site which token is there, as often as the head is wide."""

    def __init__(self) -> None:
        self.strips: list[Strip] = []

    def predict(self, strip: Strip) -> Tensor:
        self.strips.append(strip)
        sites = strip.sites.get("t")
        rows = np.zeros(0, dtype=np.int64) if sites is None else strip.tokens[sites.rows]
        return torch.from_numpy(rows).to(torch.bfloat16).repeat_interleave(WIDTH)


class Hall:
    """Stands in for the collectives of ranks that run one after another, the first one last."""

    def __init__(self) -> None:
        self.parts: list[Any] = []

    def gather_object(self, mine: Any, gathered: list[Any] | None) -> None:
        self.parts.append(mine)
        if gathered is not None:
            assert len(gathered) == len(self.parts)
            gathered[:] = self.parts[::-1]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> HeadStore:
    made = [pair("a", *[i + 10] * size) for i, size in enumerate(SIZES)]
    store = write_split(tmp_path_factory.mktemp("echo") / "s", make_task("t", "pair"), made)
    return HeadStore(head="t", store=store)


def on_all_ranks(
    source: HeadStore, examples: NDArray[np.int64], *, budget: int, world: int
) -> tuple[Scores | None, list[Echo], list[Scores | None]]:
    """The first rank's scores, all ranks' predictors, and what the others got."""
    hall, echoes, results = Hall(), [Echo() for _ in range(world)], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distributed, "gather_object", hall.gather_object)
        for rank in reversed(range(world)):
            results.append(predict(echoes[rank], source, examples, budget=budget, rank=rank, world=world))
    return results[-1], echoes, results[:-1]


@given(
    st.lists(st.sampled_from(range(len(SIZES))), unique=True), st.integers(max(SIZES), 120), st.integers(1, 5)
)
def test_each_example_is_predicted_once_within_the_budget_and_its_scores_are_its_own(
    source: HeadStore, chosen: list[int], budget: int, world: int
) -> None:
    scores, echoes, others = on_all_ranks(
        source, np.array(chosen, dtype=np.int64), budget=budget, world=world
    )
    assert scores is not None and others == [None] * (world - 1)
    assert {example: rows.tolist() for example, rows in scores.items()} == {
        example: [[example + 10] * WIDTH] for example in chosen
    }
    strips = [strip for echo in echoes for strip in echo.strips]
    assert sum(strip.num_tokens for strip in strips) == sum(SIZES[example] for example in chosen)
    assert all(strip.num_tokens <= budget for strip in strips)
    # Sharded weights are gathered in each pass: a rank with a pass less would leave the others waiting.
    assert len({len(echo.strips) for echo in echoes}) == 1


def test_scores_are_reduced_before_they_travel(tmp_path: Path) -> None:
    (tag,) = (one for one in make_sources(tmp_path, size=4) if one.head == "tag")
    num_tags = len(tag.store.header.labels or ())

    class Highest:
        def predict(self, strip: Strip) -> Tensor:
            rows = strip.sites["tag"].rows
            return torch.eye(num_tags)[torch.from_numpy(strip.tokens[rows] % num_tags)].flatten()

    scores = predict(Highest(), tag, examples_of(tag, None), budget=200, rank=0, world=1)
    assert scores is not None
    for example, kept in scores.items():
        first, last = tag.store.site_starts[example : example + 2]
        start = tag.store.doc_starts[tag.store.example_docs[example]]
        assert kept.tolist() == (tag.store.tokens[start + tag.store.sites[first:last]] % num_tags).tolist()


@pytest.fixture(scope="module")
def model() -> MultiHead:
    return make_model()


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, HeadStore]:
    return {source.head: source for source in make_sources(tmp_path_factory.mktemp("kinds"), size=7)}


@pytest.mark.parametrize("kind", DECODERS)
def test_a_models_scores_of_an_example_do_not_depend_on_its_company(
    model: MultiHead, sources: dict[str, HeadStore], kind: Kind
) -> None:
    class OneModel:
        def predict(self, strip: Strip) -> Tensor:
            with torch.no_grad():
                return model(on_cpu(strip, model), scores=True)  # type: ignore[no-any-return]

    source, examples = sources[kind], examples_of(sources[kind], None)
    longest = source.store.header.max_example
    packed = predict(OneModel(), source, examples, budget=2 * longest, rank=0, world=1)
    assert packed is not None and sorted(packed) == examples.tolist()
    for example in examples:
        alone = predict(OneModel(), source, np.array([example]), budget=longest, rank=0, world=1)
        assert alone is not None
        np.testing.assert_allclose(packed[example], alone[example], rtol=1e-4, atol=1e-5)


@pytest.fixture
def windows(tmp_path: Path) -> Callable[[], Store]:
    """Records of one, three and two examples."""
    made = []
    for count in (1, 3, 2):
        record, examples = pair(str(count), 0, 2)
        made.append((record, examples * count))
    return lambda: write_split(tmp_path / "s", make_task("t", "pair"), made)


@pytest.mark.parametrize(
    ("num_records", "wanted"),
    [(3, [0, 5, 6]), (6, [0, 1, 5, 6, 7, 8]), (9, [0, 1, 2, 3, 5, 6, 7, 8, 9]), (99, list(range(10)))],
)
def test_each_file_has_an_even_share_of_some_records(
    tmp_path: Path, num_records: int, wanted: list[int]
) -> None:
    made = [pair(str(i), 0) for i in range(10)]
    store = write_split(tmp_path / "s", make_task("t", "pair"), made, files="aaaaabcccc")
    source = HeadStore(head="t", store=store)
    assert examples_of(source, num_records).tolist() == wanted
    assert [record["label"] for record in records_of(source, num_records)] == [str(i) for i in wanted]


@pytest.mark.parametrize(("num_records", "examples"), [(0, 0), (1, 1), (2, 4), (3, 6), (99, 6), (None, 6)])
def test_the_first_records_come_with_all_of_their_examples(
    windows: Callable[[], Store], num_records: int | None, examples: int
) -> None:
    source = HeadStore(head="t", store=windows())
    assert examples_of(source, num_records).tolist() == list(range(examples))
    wanted = ["1", "3", "2"][: 3 if num_records is None else num_records]
    assert [record["label"] for record in records_of(source, num_records)] == wanted
