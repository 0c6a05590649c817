"""From the world's files to stores, for all nine tasks: every site, gold and offset makes sense."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from mtl.data.build import StorePlace, open_store
from mtl.data.store import Store
from mtl.tasks.registry import find_tasks
from mtl.world.world import write_own_tokenizer, write_world

NINE = ("anli", "mnli", "qqp", "squad_v2", "squad_v1", "hellaswag", "ccg", "cosmosqa", "commonsenseqa")


@dataclass(frozen=True)
class Built:
    train: Mapping[str, Store]
    dev: Mapping[str, Store]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    home = tmp_path_factory.mktemp("world")
    write_world(home / "data", seed=3, scale=0.03)
    write_own_tokenizer(home / "tokenizer", home / "data")
    place = StorePlace(root=home / "data", cache=home / "cache", tokenizer=str(home / "tokenizer"), workers=1)
    tasks = find_tasks()
    train = {name: open_store(tasks[name], "train", place=place) for name in NINE}
    dev = {
        name: open_store(tasks[name], "dev", place=place, labels=store.header.labels)
        for name, store in train.items()
    }
    return Built(train, dev)


def examples(store: Store) -> list[tuple[slice, np.ndarray, np.ndarray]]:
    """Of each example the place of its tokens, its sites, its gold."""
    edges = store.doc_starts[store.example_docs]
    return [
        (
            slice(int(edges[i]), int(edges[i + 1])),
            store.sites[slice(*store.site_starts[i : i + 2])],
            store.gold[slice(*store.gold_starts[i : i + 2])],
        )
        for i in range(store.header.num_examples)
    ]


@pytest.mark.parametrize("name", NINE)
def test_sites_lie_in_their_example_and_gold_in_its_range(built: Built, name: str) -> None:
    for store in (built.train[name], built.dev[name]):
        header = store.header
        num_softmaxes = 0
        for place, sites, gold in examples(store):
            length = place.stop - place.start
            assert np.all((sites >= 0) & (sites < length))
            bound = {"pair": len(header.labels or ()), "choice": header.num_choices, "span": length}
            most = bound.get(header.kind, len(header.labels or ()))
            assert most is not None
            lowest = -1 if store is built.dev[name] and header.kind == "tag" else 0
            assert np.all((gold >= lowest) & (gold < most))
            num_softmaxes += len(gold)
        assert header.softmaxes == pytest.approx(num_softmaxes / header.num_examples)
        assert header.max_document <= 384


@pytest.mark.parametrize("name", ["squad_v1", "squad_v2"])
def test_gold_spans_read_back_as_the_answers(built: Built, name: str) -> None:
    store = built.dev[name]
    records = list(store.records())
    found = set()
    for i, (place, _, gold) in enumerate(examples(store)):
        record = records[int(store.record[i])]
        if not record["answers"]:
            assert gold.tolist() == [0, 0]
        elif gold.tolist() != [0, 0]:
            offsets = store.offsets[place]
            start, end = offsets[gold[0]][0], offsets[gold[1]][1]
            assert record["answers"][0]["text"] in record["context"][start:end]
            found.add(int(store.record[i]))
    assert found == {i for i, record in enumerate(records) if record["answers"]}


def test_every_document_begins_and_ends_with_the_tokenizers_special_tokens(built: Built) -> None:
    for store in built.train.values():
        assert set(store.tokens[store.doc_starts[:-1]].tolist()) == {0}
        assert set(store.tokens[store.doc_starts[1:] - 1].tolist()) == {2}
        assert 3 not in store.tokens, "the world's words are all known"
