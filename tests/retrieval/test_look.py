"""What is drawn from: histograms, pairs around a threshold, curves over layers, projector."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mtl.retrieval.bitext import Side, distinct, mine_bitext
from mtl.retrieval.embed import Embedder, EmbedSettings, Reading
from mtl.retrieval.look import curves, near_threshold, similarities, write_projector
from mtl.retrieval.mine import MiningSettings
from mtl.retrieval.neighbours import SearchSettings
from mtl.retrieval.vectors import check_vectors

FOREIGN = ["the quick fox", "a red tower", "привет мир", "jumps over", "a red tower"]
ENGLISH = ["a red tower", "jumps over a dog", "the quick brown fox"]
GOLD = [("1", "0"), ("3", "1"), ("0", "2")]


@pytest.fixture
def both(model_folder: Path) -> tuple[Side, Side]:
    embedder = Embedder.of_encoder(str(model_folder), EmbedSettings(layer=4))
    return embedded(FOREIGN, embedder), embedded(ENGLISH, embedder)


def embedded(texts: Sequence[str], embedder: Embedder) -> Side:
    sentences = distinct(texts)
    vectors = check_vectors(embedder.embed(sentences.texts), name="made up")
    return Side(ids=[str(line) for line in range(len(texts))], sentences=sentences, vectors=vectors)


def test_every_pair_is_in_the_histograms_once(both: tuple[Side, Side]) -> None:
    found = similarities(*both, GOLD, SearchSettings())
    assert sum(found["translations"]) == 3
    assert sum(found["nearest wrong"]) == 3
    assert len(found["edges"]) == len(found["translations"]) + 1
    assert found["translations"][-1] >= 1  # "a red tower" is itself


def test_candidates_around_a_threshold_are_listed_with_their_sentences(both: tuple[Side, Side]) -> None:
    mined = mine_bitext(*both, search_by=SearchSettings(k=2), mine_by=MiningSettings())
    rows = near_threshold(mined, 1.0, *both)
    assert [score for score, _, _ in rows] == mined.pairs.score.tolist()
    by_id = [(FOREIGN[int(i)], ENGLISH[int(j)]) for i, j in mined.ids]
    assert [(x, y) for _, x, y in rows] == by_id


def test_a_curve_is_a_poolings_scores_by_layer() -> None:
    scores = {
        Reading(layer=layer, pooling=pooling): layer / 10 + (pooling == "first")
        for layer in (2, 0, 1)
        for pooling in ("mean", "first")
    }
    assert curves(scores) == {"mean": [0.0, 0.1, 0.2], "first": [1.0, 1.1, 1.2]}


def test_the_projector_has_a_row_for_each_vector(both: tuple[Side, Side], tmp_path: Path) -> None:
    write_projector(tmp_path, "qaa", *both)
    (labels,) = tmp_path.rglob("metadata.tsv")
    rows = labels.read_text(encoding="utf-8").splitlines()
    assert rows[0] == "language\tsentence"
    assert rows[1:] == [f"qaa\t{text}" for text in distinct(FOREIGN).texts] + [f"en\t{t}" for t in ENGLISH]
