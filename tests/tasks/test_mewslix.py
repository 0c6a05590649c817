"""A mention is shown in its sentence, between braces; whatever stands around it."""

from typing import Any

import pytest

from mtl.tasks.mewslix import entity_text, mention_text


def shown(text: str, mention: str, *sentences: str) -> str:
    spans = [{"start": text.index(one), "end": text.index(one) + len(one)} for one in sentences]
    start = text.index(mention)
    span = {"start": start, "end": start + len(mention), "text": mention}
    return mention_text({"text": text, "sentence_spans": spans}, {"mention_span": span})


@pytest.mark.parametrize(
    ("text", "mention", "sentences", "expected"),
    [
        ("Hi. In Rome they ate. Yes.", "Rome", ["In Rome they ate."], "Rome: In { Rome } they ate."),
        ("In Rome they ate", "Rome", [], "Rome: { Rome }"),
        ("A {b} Rome {c}.", "Rome", ["A {b} Rome {c}."], "Rome: A (b) { Rome } (c)."),
        ("One St. Ann two.", "St. Ann", ["One St.", "Ann two."], "St. Ann: One { St. Ann } two."),
        ("A\nRome\nB", "Rome", ["A\nRome\nB"], "Rome: A { Rome } B"),
    ],
)
def test_the_mention_is_said_before_its_sentence(
    text: str, mention: str, sentences: list[str], expected: str
) -> None:
    assert shown(text, mention, *sentences) == expected


@pytest.mark.parametrize(
    "span",
    [
        {"start": 0, "end": 4, "text": "Roma"},
        {"start": 2, "end": 2, "text": ""},
        {"start": -1, "end": 3, "text": ""},
    ],
)
def test_a_mention_that_does_not_stand_there_is_refused(span: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"does not stand at|expected an offset"):
        mention_text({"text": "Rome", "sentence_spans": []}, {"mention_span": span})


def test_an_entity_is_its_sentences_in_one_line() -> None:
    text = "A city.\n\nIt is old.  Very."
    spans = [{"start": 0, "end": 7}, {"start": 9, "end": 19}]
    assert entity_text({"description": text, "sentence_spans": spans}) == "A city. It is old."
