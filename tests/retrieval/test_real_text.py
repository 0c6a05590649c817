"""Tatoeba and BUCC as they are: the counts of the benchmark, its gold, and its scores on made-up vectors.

Each sentence's vector is random; a translation's is its partner's with noise. So retrieval succeeds sometimes.
"""

from collections import Counter

import numpy as np
import pytest

from mtl.data.bitext import Sides, read_bitext
from mtl.retrieval.bitext import Side, distinct, mine_bitext, nearest_lines, tune
from mtl.retrieval.mine import MiningSettings
from mtl.retrieval.neighbours import SearchSettings
from mtl.retrieval.vectors import check_vectors
from mtl.tasks.registry import get_task
from tests.kit.shared import shared_data

TATOEBA = {"fi": 1000, "sw": 390, "de": 1000, "zh": 1000, "te": 234, "ka": 746, "jv": 205, "th": 548}


def sides_of(task: str, split: str, language: str) -> Sides:
    root = shared_data(task).parent
    return read_bitext(get_task(task), split, language, root=root, drops=Counter())


def made_up(sides: Sides, noise: float, width: int = 32) -> tuple[Side, Side]:
    dice = np.random.default_rng(0)
    english, foreign = (distinct([record.text for record in side]) for side in (sides.english, sides.foreign))
    y = dice.standard_normal((len(english.texts), width))
    x = dice.standard_normal((len(foreign.texts), width))
    places = [
        {record.id: line for line, record in enumerate(side)} for side in (sides.foreign, sides.english)
    ]
    for source, target in sides.gold or ():
        i, j = foreign.of_line[places[0][source]], english.of_line[places[1][target]]
        x[i] = y[j] + noise * x[i]
    made = [
        Side(
            ids=[record.id for record in records],
            sentences=sentences,
            vectors=check_vectors(rows.astype(np.float32), name="made up"),
        )
        for records, sentences, rows in ((sides.foreign, foreign, x), (sides.english, english, y))
    ]
    return made[0], made[1]


def unit_rows(side: Side) -> np.ndarray:
    rows = side.vectors.rows.astype(np.float64)[side.sentences.of_line]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("language", TATOEBA)
def test_tatoeba_has_the_benchmarks_lines_in_its_order_and_its_accuracy(language: str) -> None:
    sides = sides_of("tatoeba", "test", language)
    assert len(sides.foreign) == len(sides.english) == TATOEBA[language]
    texts = [record.text for record in sides.english]
    assert texts == sorted(texts)
    foreign, english = made_up(sides, noise=1.4)
    found = nearest_lines(foreign, english, SearchSettings())
    gold = [source for source, _ in sides.gold or ()]
    straight = (unit_rows(english) @ unit_rows(foreign).T).argmax(1)
    accuracy = np.mean([one == other for one, other in zip(found, gold, strict=True)])
    assert accuracy == np.mean(straight == [int(line) for line in gold])
    assert 0.1 < accuracy < 1


def test_the_gold_of_a_line_is_where_its_translation_stood() -> None:
    folder = shared_data("tatoeba")
    published = {
        letters: (folder / f"tatoeba.fin-eng.{letters}").read_text(encoding="utf-8").splitlines()
        for letters in ("fin", "eng")
    }
    sides = sides_of("tatoeba", "test", "fi")
    assert [english for _, english in sides.gold or ()] == [record.id for record in sides.english]
    lines = [int(foreign) for foreign, _ in sides.gold or ()]
    assert [published["eng"][line].strip() for line in lines] == [record.text for record in sides.english]


def test_bucc_has_its_counts_and_the_f1_of_one_pair_at_a_time() -> None:
    sides = sides_of("bucc2018", "dev", "zh")
    assert (len(sides.foreign), len(sides.english), len(sides.gold or ())) == (8624, 13589, 257)
    gold = set(sides.gold or ())
    foreign, english = made_up(sides, noise=0.9)
    mined = mine_bitext(foreign, english, search_by=SearchSettings(), mine_by=MiningSettings())
    tuned = tune(mined, sorted(gold))
    wanted = straight_line(foreign, english, gold)
    assert set(mined.above(tuned.threshold)) == wanted
    assert tuned.f1 == pytest.approx(2 * len(wanted & gold) / (len(wanted) + len(gold)))
    assert 0.2 < tuned.f1 < 0.99


def straight_line(foreign: Side, english: Side, gold: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """LASER's BUCC in its own words: distinct sentences, 4 neighbours, ratio, greedy, best cut, ids."""
    texts = [
        {place: side.sentences.texts[place] for place in range(len(side.sentences.texts))}
        for side in (foreign, english)
    ]
    x, y = (
        rows / np.linalg.norm(rows, axis=1, keepdims=True)
        for rows in (side.vectors.rows.astype(np.float64) for side in (foreign, english))
    )
    cosine = x @ y.T
    ahead, back = (
        np.argpartition(np.negative(scores, order="C"), 4, 1)[:, :4] for scores in (cosine, cosine.T)
    )
    of_x = np.take_along_axis(cosine, ahead, 1).mean(1)
    of_y = np.take_along_axis(cosine.T, back, 1).mean(1)
    candidates = []
    for i in range(len(x)):
        candidates.append(max((cosine[i, j] / ((of_x[i] + of_y[j]) / 2), i, j) for j in ahead[i]))
    for j in range(len(y)):
        candidates.append(max((cosine[i, j] / ((of_x[i] + of_y[j]) / 2), i, j) for i in back[j]))
    ids = [Counter(), Counter()]
    id_of = [{}, {}]
    for number, side in enumerate((foreign, english)):
        for line, place in enumerate(side.sentences.of_line):
            ids[number][texts[number][place]] += 1
            id_of[number][texts[number][place]] = side.ids[line]
    seen_x, seen_y, mined = set(), set(), []
    for score, i, j in sorted(candidates, reverse=True):
        if i not in seen_x and j not in seen_y:
            seen_x.add(i)
            seen_y.add(j)
            if score > 0 and ids[0][texts[0][i]] == 1 and ids[1][texts[1][j]] == 1:
                mined.append((score, (id_of[0][texts[0][i]], id_of[1][texts[1][j]])))
    best, cut, right = 0.0, 0, 0
    for number, (_, pair) in enumerate(mined, start=1):
        right += pair in gold
        f1 = 2 * right / (number + len(gold))
        if f1 > best:
            best, cut = f1, number
    return {pair for _, pair in mined[:cut]}
