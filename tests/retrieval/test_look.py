from pathlib import Path

import numpy as np
import pytest

from mtl.data.bitext import Sides
from mtl.errors import UserError
from mtl.retrieval.answers import ANSWERS, AnswerSettings, Question, embed_sides
from mtl.retrieval.bitext import distinct
from mtl.retrieval.embed import Embedder, EmbedSettings
from mtl.retrieval.look import accuracy_of_layers, similarities, write_projector
from mtl.retrieval.neighbours import SearchSettings
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
def question(embedder: Embedder, tmp_path: Path) -> Question:
    return embed_sides(sides(), embedder, tmp_path, "qaa")


def test_vectors_are_of_distinct_sentences(question: Question) -> None:
    assert question.foreign.vectors.size == 4
    assert question.foreign.sentences.of_line.tolist() == [0, 1, 2, 3, 1]


def test_each_layout_has_its_answer(question: Question) -> None:
    indices = ANSWERS["indices"](question, None, AnswerSettings())
    assert indices.labels == ["1", "3", "0"]
    assert set(indices.predictions) <= {"0", "1", "2", "3"} and indices.predictions[0] == "1"
    pairs = ANSWERS["pairs"](question, question, AnswerSettings(search=SearchSettings(k=2)))
    assert set(pairs.predictions) <= set(GOLD) | {("2", "1"), ("0", "1"), ("3", "2"), ("2", "2")}
    assert pairs.facts["left out, of a sentence on several lines"] == 1
    assert all(x in FOREIGN and y in ENGLISH for _, x, y in pairs.near)


def test_a_threshold_needs_dev(question: Question) -> None:
    with pytest.raises(UserError, match="qaa: mining needs the dev sentences and their gold"):
        ANSWERS["pairs"](question, None, AnswerSettings())


def test_every_right_pair_is_in_the_histogram_once(question: Question) -> None:
    found = similarities(question, SearchSettings())
    assert sum(found["translations"]) == 3
    assert sum(found["nearest wrong"]) == 3
    assert len(found["edges"]) == len(found["translations"]) + 1
    assert found["translations"][-1] >= 1  # "a red tower" is itself


def test_the_curve_has_a_point_for_every_layer(
    embedder: Embedder, model_folder: Path, tmp_path: Path
) -> None:
    curve = accuracy_of_layers(sides(), embedder, SearchSettings(k=1))
    assert len(curve) == 5
    for layer in (0, 2, 4):
        alone = Embedder(str(model_folder), EmbedSettings(layer=layer))
        question = embed_sides(sides(), alone, tmp_path / str(layer), "qaa")
        answer = ANSWERS["indices"](question, None, AnswerSettings())
        assert answer.labels is not None
        share = np.mean([p == g for p, g in zip(answer.predictions, answer.labels, strict=True)])
        assert curve[layer] == pytest.approx(share)


def test_the_projector_has_a_row_for_each_vector(question: Question, tmp_path: Path) -> None:
    write_projector(tmp_path / "events", question)
    (labels,) = (tmp_path / "events").rglob("metadata.tsv")
    rows = labels.read_text(encoding="utf-8").splitlines()
    assert rows[0] == "language\tsentence"
    assert rows[1:] == [f"qaa\t{text}" for text in distinct(FOREIGN).texts] + [f"en\t{t}" for t in ENGLISH]
