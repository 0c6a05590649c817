"""A strip: by hand for a small bin, and for any bin the rules that everything after it relies on."""

from collections import Counter
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl import seeds
from mtl.data.features import Document, Example
from mtl.data.masking import mask
from mtl.data.strip import HeadStore, build_strip
from mtl.tasks.task import Kind
from tests.kit.stores import SPECIAL, make_store, make_task, write_store

KINDS: tuple[Kind, ...] = ("mlm", "pair", "choice", "span", "tag")
SIZE = 12


def document(*tokens: int, second: int | None = None) -> Document:
    return Document(tokens=tokens, second=len(tokens) if second is None else second)


def test_a_bin_of_a_choice_and_a_tag_example_by_hand(tmp_path: Path) -> None:
    choice = Example(
        documents=(
            document(0, 20, 2, 2, 21, 2, second=3),
            document(0, 20, 2, 2, 22, 23, 24, 2, second=3),
            document(0, 20, 2, 2, 25, 26, 2, second=3),
            document(0, 20, 2, 2, 2, second=3),
        ),
        sites=(0, 6, 14, 21),
        gold=(2,),
    )
    tag = Example(documents=(document(0, 30, 31, 32, 33, 34, 2),), sites=(1, 2, 5), gold=(7, 0, 9))
    sources = [
        HeadStore(head="c", store=write_store(tmp_path / "c", make_task("c", "choice"), [choice])),
        HeadStore(head="t", store=write_store(tmp_path / "t", make_task("t", "tag"), [tag])),
    ]
    # The step's slots: 0 is another bin's, 1 is the tag example, 2 the choice example.
    strip = build_strip(sources, np.array([0, 1, 0]), np.array([0, 0, 0]), np.array([1, 2]), key=0)
    lines = [
        [0, 20, 2, 2, 22, 23, 24, 2],
        [0, 20, 2, 2, 25, 26, 2],
        [0, 30, 31, 32, 33, 34, 2],
        [0, 20, 2, 2, 21, 2],
        [0, 20, 2, 2, 2],
    ]
    assert strip.tokens.tolist() == list(chain(*lines))
    assert strip.bounds.tolist() == [0, 8, 15, 22, 28, 33]
    assert strip.positions.tolist() == [i for line in lines for i in range(len(line))]
    assert strip.second.tolist() == [
        *[0, 0, 0, 1, 1, 1, 1, 1],
        *[0, 0, 0, 1, 1, 1, 1],
        *[0] * 7,
        *[0, 0, 0, 1, 1, 1],
        *[0, 0, 0, 1, 1],
    ]
    assert strip.slots.tolist() == [2, 1]
    assert list(strip.sites) == ["c", "t"]
    assert strip.sites["c"].rows.tolist() == [22, 0, 8, 28]
    assert strip.sites["c"].per_example.tolist() == [4]
    assert strip.sites["c"].gold.tolist() == [2]
    assert strip.sites["c"].softmaxes == 1
    assert strip.sites["t"].rows.tolist() == [16, 17, 20]
    assert strip.sites["t"].per_example.tolist() == [3]
    assert strip.sites["t"].gold.tolist() == [7, 0, 9]
    assert strip.sites["t"].softmaxes == 3
    assert strip.num_tokens == 33


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[HeadStore]:
    folder = tmp_path_factory.mktemp("stores")
    return [
        HeadStore(head=f"a {kind}", store=make_store(folder, make_task(kind, kind), SIZE)) for kind in KINDS
    ]


draws = st.lists(st.tuples(st.integers(0, len(KINDS) - 1), st.integers(0, SIZE - 1)), min_size=1, max_size=30)


def documents_of(source: HeadStore, example: int) -> list[np.ndarray]:
    store = source.store
    first, last = store.example_docs[example : example + 2]
    return [
        np.asarray(store.tokens[store.doc_starts[i] : store.doc_starts[i + 1]]) for i in range(first, last)
    ]


@given(drawn=draws, data=st.data(), key=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_any_bin_holds_its_documents_whole_with_falling_length_and_sites_on_their_tokens(
    sources: list[HeadStore], drawn: list[tuple[int, int]], data: st.DataObject, key: int
) -> None:
    task, example = np.array(drawn).T
    slots = np.array(data.draw(st.lists(st.integers(0, len(drawn) - 1), unique=True, min_size=1)))
    strip = build_strip(sources, task, example, slots, key=key)

    lengths = np.diff(strip.bounds)
    assert np.all(np.diff(lengths) <= 0)
    assert strip.positions.tolist() == [i for length in lengths for i in range(length)]
    assert strip.slots.tolist() == [
        slot for _, _, slot in sorted((task[s], i, s) for i, s in enumerate(slots))
    ]
    assert list(strip.sites) == [sources[t].head for t in sorted(set(task[slots]))]

    expected: Counter[bytes] = Counter()
    for head, sites in strip.sites.items():
        number = [source.head for source in sources].index(head)
        own = [slot for slot in strip.slots if task[slot] == number]
        store = sources[number].store
        assert sites.softmaxes == store.header.softmaxes
        assert len(sites.per_example) == len(own)
        rows = np.split(sites.rows, np.cumsum(sites.per_example)[:-1])
        golds = np.split(sites.gold, len(own)) if KINDS[number] in ("pair", "choice", "span") else None
        for i, slot in enumerate(own):
            index = example[slot]
            texts = documents_of(sources[number], index)
            where = store.sites[store.site_starts[index] : store.site_starts[index + 1]]
            gold = store.gold[store.gold_starts[index] : store.gold_starts[index + 1]]
            if KINDS[number] == "mlm":
                shown, where = mask(texts[0].astype(np.int64), SPECIAL, seeds.key(key, int(slot)))
                gold, texts = texts[0][where], [shown]
            expected.update(text.astype(np.int64).tobytes() for text in texts)
            line = np.concatenate(texts)
            assert strip.tokens[rows[i]].tolist() == line[where].tolist()
            inside = np.concatenate([np.arange(len(text)) for text in texts])
            assert strip.positions[rows[i]].tolist() == inside[where].tolist()
            # Every row is in a document of this very example.
            places = np.searchsorted(strip.bounds, rows[i], side="right") - 1
            own_texts = {text.astype(np.int64).tobytes() for text in texts}
            assert {
                strip.tokens[strip.bounds[p] : strip.bounds[p + 1]].tobytes() for p in places
            } <= own_texts
            if golds is not None:
                assert golds[i].tolist() == gold.tolist()
        if golds is None:
            assert len(sites.gold) == len(sites.rows)
    found = Counter(strip.tokens[a:b].tobytes() for a, b in pairwise(strip.bounds))
    assert found == expected


def test_a_slots_mask_does_not_depend_on_its_bin(sources: list[HeadStore]) -> None:
    task, example = np.zeros(4, dtype=np.int64), np.array([3, 3, 5, 5])
    alone = [build_strip(sources, task, example, np.array([slot]), key=9) for slot in range(4)]
    together = build_strip(sources, task, example, np.arange(4), key=9)
    found = {together.tokens[a:b].tobytes() for a, b in pairwise(together.bounds)}
    assert found == {strip.tokens.tobytes() for strip in alone}
    assert len(found) == 4, "the same document in two slots has two masks"


def test_another_step_has_other_masks(sources: list[HeadStore]) -> None:
    def tokens(key: int) -> bytes:
        return build_strip(
            sources, np.zeros(1, np.int64), np.array([3]), np.array([0]), key=key
        ).tokens.tobytes()

    assert len({tokens(key) for key in range(20)}) > 10


def test_a_bin_without_examples_is_one_document_that_no_head_reads(sources: list[HeadStore]) -> None:
    strip = build_strip(sources, np.array([0]), np.array([0]), np.zeros(0, dtype=np.int64), key=0)
    assert strip.bounds.tolist() == [0, 2]
    assert strip.positions.tolist() == [0, 1]
    assert set(strip.tokens.tolist()) <= set(SPECIAL.special)
    assert strip.second.tolist() == [0, 0]
    assert dict(strip.sites) == {}
    assert (strip.slots.size, strip.num_tokens) == (0, 0)
