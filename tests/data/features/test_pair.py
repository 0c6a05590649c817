"""Pairs are cut as the tokenizer itself cuts them, longest first, and every cut is counted."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.features import FEATURES, Encoded, Shaping
from mtl.tasks.records import PairRecord
from tests.data.features.conftest import Shape
from tests.data.features.texts import texts

LABELS = ("entailment", "neutral", "contradiction")


def encode(shape: Shape, *records: PairRecord, max_length: int = 64) -> Encoded:
    return FEATURES["pair"](records, shape.template, Shaping(max_length=max_length, labels=LABELS))


def record(first: str, second: str | None, label: str | None = "neutral") -> PairRecord:
    return PairRecord(id="1", text_a=first, text_b=second, label=label)


@given(first=texts(), second=st.none() | texts(), max_length=st.integers(6, 40))
@settings(max_examples=80, deadline=None)
def test_documents_are_those_of_the_tokenizers_own_truncation(
    shape: Shape, first: str, second: str | None, max_length: int
) -> None:
    encoded = encode(shape, record(first, second), max_length=max_length)
    stock = shape.stock.backend_tokenizer
    whole = stock.encode(first, second).ids
    stock.enable_truncation(max_length, strategy="longest_first")
    wanted = stock.encode(first, second).ids
    stock.no_truncation()
    ((example,),) = encoded.examples
    assert list(example.documents[0].tokens) == wanted
    assert encoded.cuts["texts cut to max_length"] == (len(whole) > max_length)


def test_the_head_reads_the_first_token_and_the_gold_is_the_labels_place(shape: Shape) -> None:
    records = [record("the house", "a tower", label) for label in LABELS]
    examples = [example for (example,) in encode(shape, *records).examples]
    assert [example.sites for example in examples] == [(0,)] * 3
    assert [example.gold for example in examples] == [(0,), (1,), (2,)]
    assert {example.documents[0].tokens[0] for example in examples} == set(shape.template.prefix)


def test_a_row_without_a_label_has_no_gold(shape: Shape) -> None:
    ((example,),) = encode(shape, record("the house", None, label=None)).examples
    assert example.gold == (-1,)


def test_an_empty_second_text_is_not_a_missing_one(shape: Shape) -> None:
    ((empty,), (missing,)) = encode(shape, record("the", ""), record("the", None)).examples
    assert len(empty.documents[0].tokens) > len(missing.documents[0].tokens)


def test_cuts_of_a_batch_are_added_up(shape: Shape) -> None:
    long = "the tower " * 20
    encoded = encode(shape, record(long, "a"), record("a", long), record("a", "a"), max_length=16)
    assert encoded.cuts["texts cut to max_length"] == 2
    assert {len(example.documents[0].tokens) for (example,) in encoded.examples[:2]} == {16}
