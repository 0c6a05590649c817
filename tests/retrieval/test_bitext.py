"""Sides whose sentences repeat: ids, what is left out, and what the threshold reaches."""

import numpy as np

from mtl.retrieval.bitext import Side, distinct, mine_bitext, nearest_lines, tune
from mtl.retrieval.mine import MiningSettings
from mtl.retrieval.neighbours import SearchSettings
from mtl.retrieval.vectors import check_vectors

EYE = np.eye(6, dtype=np.float32) + 0.1


def side(name: str, texts: list[str], places: dict[str, int]) -> Side:
    sentences = distinct(texts)
    rows = EYE[[places[text] for text in sentences.texts]]
    return Side(
        ids=[f"{name}-{line}" for line in range(len(texts))],
        sentences=sentences,
        vectors=check_vectors(rows, name=name),
    )


def test_equal_sentences_are_one_whatever_space_is_around_them() -> None:
    found = distinct(["b", " a", "b ", "a", "c"])
    assert found.texts == ["b", "a", "c"]
    assert found.first.tolist() == [0, 1, 4]
    assert found.count.tolist() == [2, 2, 1]
    assert found.of_line.tolist() == [0, 1, 0, 1, 2]


def test_a_sentence_on_several_lines_is_found_by_its_first_and_asks_on_each() -> None:
    foreign = side("x", ["zwei", "eins", "zwei"], {"eins": 1, "zwei": 2})
    english = side("y", ["one", "two", "two"], {"one": 1, "two": 2})
    assert nearest_lines(foreign, english, SearchSettings(k=1)) == ["x-1", "x-0", "x-0"]


def test_a_mined_sentence_without_a_single_id_is_left_out_and_counted() -> None:
    foreign = side("x", ["zwei", "eins", "zwei", "drei"], {"eins": 1, "zwei": 2, "drei": 3})
    english = side("y", ["one", "two", "three"], {"one": 1, "two": 2, "three": 3})
    mined = mine_bitext(foreign, english, search_by=SearchSettings(k=2), mine_by=MiningSettings())
    assert set(mined.ids) == {("x-1", "y-0"), ("x-3", "y-2")}
    assert mined.left_out == 1
    tuned = tune(mined, [("x-1", "y-0"), ("x-3", "y-2"), ("x-0", "y-1")])
    assert tuned.f1 == 0.8
    assert set(mined.above(tuned.threshold)) == set(mined.ids)
