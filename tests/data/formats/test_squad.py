"""SQuAD's nested JSON comes as a row a question; another shape is told what it lacks, and where."""

import json
from pathlib import Path
from typing import Any

import pytest

from mtl.data.formats.squad import read_squad
from mtl.errors import UserError

QA = {"id": "q", "question": "Who?", "answers": [{"text": "Ann", "answer_start": 0}]}


def paragraphs(*questions: Any) -> dict[str, Any]:
    return {"data": [{"title": "T", "paragraphs": [{"context": "Ann sang.", "qas": list(questions)}]}]}


def write(folder: Path, content: object) -> Path:
    (folder / "a.json").write_text(json.dumps(content))
    return folder / "a.json"


@pytest.mark.parametrize("version", [{}, {"version": "1.1"}, {"version": 1.0}])
def test_a_question_is_a_row_whatever_the_version_says(tmp_path: Path, version: dict[str, Any]) -> None:
    expected = {**QA, "title": "T", "context": "Ann sang.", "sentence_breaks": None, "is_impossible": False}
    assert list(read_squad(write(tmp_path, {**version, **paragraphs(QA)}))) == [(1, expected)]


def test_questions_are_numbered_through_the_file(tmp_path: Path) -> None:
    content = {"data": paragraphs(QA, QA)["data"] + paragraphs(QA)["data"]}
    assert [number for number, _ in read_squad(write(tmp_path, content))] == [1, 2, 3]


def test_no_answer_and_untold_answers_are_two_things(tmp_path: Path) -> None:
    none = {"id": "a", "question": "?", "answers": [], "is_impossible": True, "plausible_answers": []}
    untold = {"id": "b", "question": "?"}
    (_, first), (_, second) = read_squad(write(tmp_path, paragraphs(none, untold)))
    assert (first["answers"], first["is_impossible"]) == ([], True)
    assert (second["answers"], second["is_impossible"]) == (None, False)


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        ([], "the file has no 'data'"),
        ({"rows": []}, "the file has no 'data'"),
        ({"data": {}}, "data is a dict, not a list"),
        ({"data": ["x"]}, r"data\[0\] has no 'paragraphs'"),
        ({"data": [{"paragraphs": [{"qas": [QA]}]}]}, r"data\[0\].paragraphs\[0\] has no 'context'"),
        ({"data": [{"paragraphs": [{"context": "c"}]}]}, r"data\[0\].paragraphs\[0\] has no 'qas'"),
        (paragraphs(QA, {"id": "x"}), r"data\[0\].paragraphs\[0\].qas\[1\] has no 'question'"),
        (paragraphs("Who?"), r"data\[0\].paragraphs\[0\].qas\[0\] has no 'id'"),
    ],
)
def test_another_shape_is_refused_with_its_place(tmp_path: Path, content: object, trouble: str) -> None:
    with pytest.raises(UserError, match=rf"a.json: {trouble}; mend it, or name the file's real format"):
        list(read_squad(write(tmp_path, content)))


def test_what_is_no_json_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"data": [\n {"title": }\n]}')
    with pytest.raises(UserError, match=r"a.json:2: not JSON: Expecting value at column 12"):
        list(read_squad(tmp_path / "a.json"))


def test_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b'{"data":\n "caf\xe9"}')
    with pytest.raises(UserError, match=r"a.json:2: byte 0xe9 is not UTF-8"):
        list(read_squad(tmp_path / "a.json"))


def test_json_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    (tmp_path / "deep.json").write_text('{"data": ' + "[" * 100_000)
    with pytest.raises(UserError, match=r"deep.json:1: not JSON that can be read: .*; fetch the file again"):
        list(read_squad(tmp_path / "deep.json"))
