"""English sentences end where people end them, but for titles, initials and abbreviations."""

import json

import pytest

from mtl.tasks.sentences import sentence_at, sentence_spans
from tests.kit.shared import shared_data


@pytest.mark.parametrize(
    "sentences",
    [
        ["Ann sang.", "Bob fell!", "Who knows?"],
        ["Mr. Smith met Dr. J. R. Jones of the U.S. Army.", "They ate."],
        ['He said "Stop."', "Nobody did."],
        ["It was built in 1890.[12]", "12 people died."],
        ["About 3.5 million, i.e. half of them, left."],
        ["One (or two.)", "(Three is too many.)"],
    ],
)
def test_sentences_are_found_again(sentences: list[str]) -> None:
    text = "  " + "  ".join(sentences) + " "
    assert [text[a:b] for a, b in sentence_spans(text)] == sentences


def test_nothing_is_no_sentence_and_a_place_between_two_is_in_none() -> None:
    assert sentence_spans("") == sentence_spans("  \n") == ()
    spans = sentence_spans("One.  Two.")
    assert [sentence_at(spans, place) for place in (0, 3, 4, 6, 10)] == [(0, 4), (0, 4), None, (6, 10), None]


def test_they_are_those_that_people_marked_in_xquad() -> None:
    file = shared_data("lareqa") / "xquad-r/en.json"
    alike = answers = told = found = 0
    for article in json.loads(file.read_text(encoding="utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            marked = [(start, end) for start, end in paragraph["sentence_breaks"]]
            ours = sentence_spans(paragraph["context"])
            told, found = told + len(marked), found + len(ours)
            alike += len(set(marked) & set(ours))
            for question in paragraph["qas"]:
                place = question["answers"][0]["answer_start"]
                answers += sentence_at(marked, place) == sentence_at(ours, place)
    print(alike, told, found, answers)
    assert told == 1180
    assert 2 * alike / (told + found) > 0.99
    assert answers > 0.985 * 1190
