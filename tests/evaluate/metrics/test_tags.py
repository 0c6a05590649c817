"""Span F1 by the old rule and accuracy of tags, against literals and a slow computation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.evaluate.metrics.tags import span_f1, spans, tag_accuracy

TAGS = [
    "O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC",
    "NOUN", "VERB", "SCONJ", "SYM", "CCONJ", "INTJ", "X", "_",
]  # fmt: skip
sentences = st.lists(
    st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), min_size=1, max_size=6),
    min_size=1,
    max_size=3,
)


def slow_spans(tags: list[str]) -> list[tuple[str, int, int]]:
    """A span is a run of one type with no B or S after its first word, and no S before its last."""
    result: list[tuple[str, int, int]] = []
    for place, tag in enumerate(tags):
        kind = tag.split("-")[-1]
        if tag == "O":
            continue
        runs_on = (
            bool(result)
            and result[-1][0] == kind
            and result[-1][2] == place - 1
            and tag[0] not in "BS"
            and tags[place - 1][0] != "S"
        )
        if runs_on:
            result[-1] = (kind, result[-1][1], place)
        else:
            result.append((kind, place, place))
    return result


@settings(deadline=None)
@given(sentences)
def test_span_f1_equals_the_slow_way(data: list[list[tuple[str, str]]]) -> None:
    correct = num_found = num_wanted = right = words = 0
    for sentence in data:
        found, wanted = slow_spans([p for p, _ in sentence]), slow_spans([g for _, g in sentence])
        correct += sum(span in wanted for span in found)
        num_found += len(found)
        num_wanted += len(wanted)
        right += sum(p == g for p, g in sentence)
        words += len(sentence)
    numbers = span_f1([[p for p, _ in s] for s in data], [[g for _, g in s] for s in data])
    assert numbers["precision"] == pytest.approx(100 * correct / num_found if num_found else 0)
    assert numbers["recall"] == pytest.approx(100 * correct / num_wanted if num_wanted else 0)
    assert numbers["f1"] == pytest.approx(200 * correct / (num_found + num_wanted) if correct else 0)
    assert numbers["accuracy"] == pytest.approx(100 * right / words)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (["B-PER", "I-PER", "O", "B-LOC"], {("PER", 0, 1), ("LOC", 3, 3)}),
        (["B-PER", "B-PER"], {("PER", 0, 0), ("PER", 1, 1)}),
        (["I-PER", "I-LOC"], {("PER", 0, 0), ("LOC", 1, 1)}),
        (["O", "I-PER"], {("PER", 1, 1)}),
        (["NOUN", "NOUN", "VERB"], {("NOUN", 0, 1), ("VERB", 2, 2)}),
        (["SCONJ", "SCONJ"], {("SCONJ", 0, 0), ("SCONJ", 1, 1)}),
        (["SYM", "NOUN"], {("SYM", 0, 0), ("NOUN", 1, 1)}),
        (["CCONJ", "SCONJ"], {("CCONJ", 0, 0), ("SCONJ", 1, 1)}),  # no common type: first letters stay
        (["INTJ", "INTJ"], {("INTJ", 0, 1)}),
        (["E-PER", "E-PER"], {("PER", 0, 0), ("PER", 1, 1)}),
        (["B-PER", "E-PER", "I-PER"], {("PER", 0, 1), ("PER", 2, 2)}),
        (["B-A-PER", "I-PER"], {("PER", 0, 1)}),
        (["O", "O"], set()),
    ],
)
def test_spans_of_one_sentence(tags: list[str], expected: set[tuple[str, int, int]]) -> None:
    assert spans([tags]) == expected


def test_no_span_crosses_the_end_of_a_sentence() -> None:
    assert spans([["NOUN"], ["NOUN"]]) == {("NOUN", 0, 0), ("NOUN", 2, 2)}
    assert spans([["B-PER"], ["I-PER"]]) == {("PER", 0, 0), ("PER", 2, 2)}


def test_equal_spans_of_two_sentences_do_not_stand_in_for_each_other() -> None:
    assert span_f1([["NOUN"], ["VERB"]], [["VERB"], ["NOUN"]])["f1"] == 0.0


def test_by_hand() -> None:
    golds = [["B-PER", "I-PER", "O"], ["B-LOC", "O"]]
    said = [["B-PER", "O", "O"], ["B-LOC", "B-LOC"]]
    numbers = span_f1(said, golds)
    assert numbers["precision"] == pytest.approx(100 / 3)
    assert numbers["recall"] == 50.0
    assert numbers["f1"] == pytest.approx(40.0)
    assert numbers["accuracy"] == 60.0


def test_tag_accuracy_counts_words_not_sentences() -> None:
    assert tag_accuracy([["N", "N", "N"], ["V"]], [["N", "N", "V"], ["V"]]) == {"accuracy": 75.0}


def test_a_sentence_with_too_few_tags_is_refused_and_so_is_an_empty_tag() -> None:
    with pytest.raises(AssertionError, match="sentence 2: 1 tags for 2 words"):
        span_f1([["N"], ["N"]], [["N"], ["N", "V"]])
    with pytest.raises(AssertionError, match="an empty tag"):
        spans([[""]])
