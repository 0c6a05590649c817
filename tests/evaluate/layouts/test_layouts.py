"""Every layout reads back what it wrote, and refuses what does not belong to it, with file and line."""

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.errors import UserError
from mtl.evaluate.layouts import LAYOUTS
from mtl.evaluate.metrics import SpanAnswer
from mtl.tasks.benchmarks import EXTENSIONS, Layout, Member

labels = st.sampled_from(["O", "B-PER", "_"])
ids = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=6)
CONTENT: dict[str, st.SearchStrategy[Any]] = {
    "labels": st.lists(labels, min_size=1),
    "tags": st.lists(st.lists(labels, min_size=1), min_size=1),
    "choices": st.lists(st.integers(0, 1), min_size=1),
    "indices": st.lists(st.integers(0, 10**9).map(str), min_size=1),
    "pairs": st.lists(st.tuples(ids, ids)),
    "answers": st.dictionaries(st.text(), st.text().map(SpanAnswer), min_size=1),
    "rankings": st.dictionaries(st.text(), st.lists(st.text()), min_size=1),
}
LABELS = {"labels": ("O", "B-PER", "_"), "tags": ("O", "B-PER", "_"), "choices": ("0", "1")}


def member_of(layout: str) -> Member:
    return Member(
        task="t",
        languages=("en",),
        layout=layout,  # type: ignore[arg-type]
        metric="accuracy",
        main=("accuracy",),
        labels=LABELS.get(layout),
    )


def test_every_layout_is_tried_here() -> None:
    assert set(CONTENT) == set(LAYOUTS) == set(EXTENSIONS)


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(deadline=None)
@given(data=st.data())
def test_what_was_written_is_read_back(layout: str, data: st.DataObject) -> None:
    content = data.draw(CONTENT[layout])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "x"
        path.write_text(LAYOUTS[layout].text(content), encoding="utf-8", newline="\n")
        assert LAYOUTS[layout].read(path, member_of(layout)) == content


REFUSED: list[tuple[Layout, str, str]] = [
    ("labels", "O\nB-PRE\n", r"x:2: unknown label 'B-PRE'; did you mean B-PER"),
    ("labels", "O\n\nO\n", r"x:2: a blank line"),
    ("labels", "O\nO\n\n", r"x:3: a blank line"),
    ("labels", "O\tB-PER\n", r"x:1: unknown label 'O\\tB-PER'"),
    ("tags", "O\nthe\n\n", r"x:2: unknown label 'the'; known: B-PER, O, _"),
    ("choices", '{"label": 0}\n1\n', r"x:2: expected a JSON object like"),
    ("choices", '{"label": "0"}\n', r"x:1: expected a JSON object like"),
    ("choices", '{"label": true}\n', r"x:1: expected a JSON object like"),
    ("choices", '{"label": 2}\n', r"x:1: unknown label '2'"),
    ("choices", '{"label": 0\n', r"x:1: not JSON"),
    ("choices", '{"lable": 0}\n', r"x:1: expected a JSON object like"),
    ("indices", "3\n[4]\n", r"x:2: expected the number of a line, counted from 0, found '\[4\]'"),
    ("indices", "-1\n", r"x:1: expected the number of a line"),
    ("indices", "\uff13\n", r"x:1: expected the number of a line"),
    ("indices", "3\n\n4\n", r"x:2: expected the number of a line, counted from 0, found ''"),
    ("pairs", "de-1\ten-1\nde-2 en-2\n", r"x:2: expected two ids with a tab"),
    ("pairs", "de-1\ten-1\t0.9\n", r"x:1: expected two ids with a tab"),
    ("pairs", "de-1\t\ten-1\n", r"x:1: expected two ids with a tab"),
    ("answers", '["Paris"]', r"expected one JSON object with an id as each key, found \['Paris'\]"),
    ("answers", "{}", r"x: is empty"),
    ("answers", '{"q1": 308}', r"x: the answer of 'q1' is no text, but 308"),
    ("answers", '{"q1": null}', r"x: the answer of 'q1' is no text, but None"),
    ("answers", '{"q1": "a", "q1": "b"}', r"key 'q1' occurs twice"),
    ("rankings", '{"q1": "Q5"}', r"x: 'q1' has no list of ids, but 'Q5'"),
    ("rankings", '{"q1": ["Q5", 7]}', r"x: 'q1' has no list of ids"),
]


@pytest.mark.parametrize(("layout", "text", "message"), REFUSED)
def test_what_does_not_belong_is_the_users_error(
    tmp_path: Path, layout: Layout, text: str, message: str
) -> None:
    refuse(LAYOUTS[layout].read, tmp_path, layout, text, message)


def squad(*questions: dict[str, Any]) -> str:
    return json.dumps({"data": [{"paragraphs": [{"context": "", "qas": list(questions)}]}]})


def question(key: object, *texts: object) -> dict[str, Any]:
    return {"id": key, "question": "?", "answers": [{"text": text, "answer_start": 0} for text in texts]}


GOLDS_REFUSED: list[tuple[Layout, str, str]] = [
    ("answers", squad(question("q1", "a"), question("q1", "b")), r"x: question 'q1' occurs twice"),
    ("answers", squad(question("q1")), r"x: question 'q1' has no answer"),
    ("answers", squad(question("q1", ""), question("q2", "")), r"x: every answer is blank: .*withheld"),
    ("answers", squad(), r"x: holds no question"),
    (
        "answers",
        squad(question(5, "a")),
        r"not SQuAD's JSON at article 1, paragraph 1 .*expected text, found 5",
    ),
    ("answers", squad(question("q1", None)), r"not SQuAD's JSON at article 1, paragraph 1"),
    ("answers", '{"q1": "Paris"}', r"not SQuAD's JSON at top level \(KeyError: 'data'\)"),
    ("answers", '{"data": [{"title": "x"}]}', r"not SQuAD's JSON at top level \(KeyError: 'paragraphs'\)"),
    ("answers", "5", r"not SQuAD's JSON at top level"),
    ("rankings", '{"m1": [""], "m2": [""]}', r"x: every id is blank: .*withheld"),
    ("rankings", '{"m1": ["Q1"], "m2": []}', r"x: 'm2' lacks a right id"),
    ("choices", '{"label": 0}\n' * 20, r"x: every label is 0, as where the labels are withheld"),
]


@pytest.mark.parametrize(("layout", "text", "message"), GOLDS_REFUSED)
def test_golds_that_are_none_are_the_users_error(
    tmp_path: Path, layout: Layout, text: str, message: str
) -> None:
    refuse(LAYOUTS[layout].read_golds, tmp_path, layout, text, message)


def refuse(
    read: Callable[[Path, Member], Any], folder: Path, layout: Layout, text: str, message: str
) -> None:
    (folder / "x").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=message) as error:
        read(folder / "x", member_of(layout))
    assert str(folder / "x") in str(error.value)
    assert "\n" not in str(error.value)


def test_gold_answers_are_read_from_articles_with_or_without_the_frame(tmp_path: Path) -> None:
    framed = squad(question("q1", "308", "308 points"), question("q2", "", "136"))
    read = LAYOUTS["answers"].read_golds
    (tmp_path / "x").write_text(framed, encoding="utf-8")
    expected = {"q1": ("308", "308 points"), "q2": ("", "136")}
    assert read(tmp_path / "x", member_of("answers")) == expected
    (tmp_path / "x").write_text(json.dumps(json.loads(framed)["data"]), encoding="utf-8")
    assert read(tmp_path / "x", member_of("answers")) == expected


def test_the_rows_of_xcopa_itself_are_labels(tmp_path: Path) -> None:
    (tmp_path / "x").write_text('{"premise": "p", "label": 1, "idx": 0}\n{"label": 0}\n', encoding="utf-8")
    assert LAYOUTS["choices"].read_golds(tmp_path / "x", member_of("choices")) == [1, 0]


def test_extra_blank_lines_between_sentences_make_no_difference(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("\nO\n\n\n_\nO\n\n\n", encoding="utf-8")
    assert LAYOUTS["tags"].read(tmp_path / "x", member_of("tags")) == [["O"], ["_", "O"]]


def test_the_right_ids_are_read_without_the_space_around_them(tmp_path: Path) -> None:
    (tmp_path / "x").write_text('{"m1": [" Q5\\n"]}', encoding="utf-8")
    assert LAYOUTS["rankings"].read_golds(tmp_path / "x", member_of("rankings")) == {"m1": ["Q5"]}
