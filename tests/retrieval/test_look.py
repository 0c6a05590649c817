"""What is drawn from: histograms, pairs around a threshold, curves over layers, projector."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from mtl.data.bitext import Sides
from mtl.retrieval.bitext import Side, distinct, mine_bitext, nearest_lines
from mtl.retrieval.embed import Embedder, EmbedSettings
from mtl.retrieval.look import accuracy_of_layers, near_threshold, similarities, write_projector
from mtl.retrieval.mine import MiningSettings
from mtl.retrieval.neighbours import SearchSettings
from mtl.retrieval.vectors import check_vectors
from mtl.tasks.records import TextRecord

FOREIGN = ["the quick fox", "a red tower", "привет мир", "jumps over", "a red tower"]
ENGLISH = ["a red tower", "jumps over a dog", "the quick brown fox"]
GOLD = [("1", "0"), ("3", "1"), ("0", "2")]


def sides() -> Sides:
    foreign, english = (
        [TextRecord(id=str(line), text=text) for line, text in enumerate(texts)]
        for texts in (FOREIGN, ENGLISH)
    )
    return Sides(foreign=foreign, english=english, gold=GOLD)


@pytest.fixture
def embedder(model_folder: Path) -> Embedder:
    return Embedder(str(model_folder), EmbedSettings(layer=4))


@pytest.fixture
def both(embedder: Embedder) -> tuple[Side, Side]:
    return embedded(sides().foreign, embedder), embedded(sides().english, embedder)


def embedded(records: Sequence[TextRecord], embedder: Embedder) -> Side:
    sentences = distinct([record.text for record in records])
    vectors = check_vectors(embedder.embed(sentences.texts), name="made up")
    return Side(ids=[record.id for record in records], sentences=sentences, vectors=vectors)


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


def test_the_curve_has_a_point_for_every_layer(embedder: Embedder, model_folder: Path) -> None:
    curve = accuracy_of_layers(sides(), embedder, SearchSettings(k=1))
    assert len(curve) == 5
    for layer in (0, 2, 4):
        alone = Embedder(str(model_folder), EmbedSettings(layer=layer))
        lines = nearest_lines(
            embedded(sides().foreign, alone), embedded(sides().english, alone), SearchSettings(k=1)
        )
        right = [line == foreign for line, (foreign, _) in zip(lines, GOLD, strict=True)]
        assert curve[layer] == pytest.approx(np.mean(right))


def test_the_projector_has_a_row_for_each_vector(both: tuple[Side, Side], tmp_path: Path) -> None:
    write_projector(tmp_path, "qaa", *both)
    (labels,) = tmp_path.rglob("metadata.tsv")
    rows = labels.read_text(encoding="utf-8").splitlines()
    assert rows[0] == "language\tsentence"
    assert rows[1:] == [f"qaa\t{text}" for text in distinct(FOREIGN).texts] + [f"en\t{t}" for t in ENGLISH]
