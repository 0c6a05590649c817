"""XQuAD-R comes as a row a sentence with the questions it answers; what does not say where sentences end is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from mtl.data.formats.squad_sentences import read_squad_sentences
from mtl.errors import UserError

CONTEXT = "Ann sang. Bob fell. Ann sang."
BREAKS = [[0, 9], [10, 19], [20, 29]]


def question(id: str, start: int) -> dict[str, Any]:
    return {"id": id, "question": "Who?", "answers": [{"text": "x", "answer_start": start}]}


def write(folder: Path, *questions: Any, breaks: Any = BREAKS) -> Path:
    paragraph = {"context": CONTEXT, "sentence_breaks": breaks, "qas": list(questions)}
    content = {"data": [{"paragraphs": [paragraph, {**paragraph, "qas": []}]}]}
    (folder / "a.json").write_text(json.dumps(content))
    return folder / "a.json"


def test_sentences_that_read_alike_answer_the_same(tmp_path: Path) -> None:
    rows = list(read_squad_sentences(write(tmp_path, question("a", 4), question("b", 10), question("c", 25))))
    assert [number for number, _ in rows] == [1, 2, 3, 4, 5, 6]
    assert [row["id"] for _, row in rows] == ["1_0", "1_1", "1_2", "2_0", "2_1", "2_2"]
    assert [row["sentence"] for _, row in rows[:3]] == ["Ann sang.", "Bob fell.", "Ann sang."]
    assert [row["answers"] for _, row in rows] == [["a", "c"], ["b"], ["a", "c"], [], [], []]
    assert {row["context"] for _, row in rows} == {CONTEXT}


def test_an_answer_between_two_sentences_is_in_none(tmp_path: Path) -> None:
    rows = list(read_squad_sentences(write(tmp_path, question("a", 9))))
    assert not any(row["answers"] for _, row in rows)


@pytest.mark.parametrize(
    ("questions", "breaks", "trouble"),
    [
        ([], None, r"data\[0\].paragraphs\[0\] has no 'sentence_breaks'"),
        ([], [[0, 99]], r"\[0, 99\] of sentence_breaks is no part of the context"),
        ([], [[5, 5]], r"\[5, 5\] of sentence_breaks is no part"),
        ([], [3], r"3 of sentence_breaks is no part"),
        ([{"id": "a", "question": "?", "answers": []}], BREAKS, "the question 'a' tells no answer"),
        (["what"], BREAKS, r"data\[0\].paragraphs\[0\].qas\[0\] has no 'id'"),
        ([{"answers": [{"answer_start": 4}]}], BREAKS, r"qas\[0\] has no 'id'"),
    ],
)
def test_another_shape_is_refused_with_its_place(
    tmp_path: Path, questions: list[Any], breaks: Any, trouble: str
) -> None:
    with pytest.raises(UserError, match=rf"a\.json: .*{trouble}"):
        list(read_squad_sentences(write(tmp_path, *questions, breaks=breaks)))
