"""Windows are the tokenizer's own, an answer can be read back from its gold, and what is lost is counted."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mtl.data.features import FEATURES, Encoded, Example, Shaping
from mtl.data.features.span import OUTSIDE
from mtl.tasks.records import Answer, SpanRecord
from tests.data.features.conftest import Shape
from tests.data.features.texts import texts

QUESTION = "who built the tower"


def encode(
    shape: Shape, *records: SpanRecord, max_length: int = 384, stride: int = 128, max_question: int = 64
) -> Encoded:
    shaping = Shaping(max_length=max_length, stride=stride, max_question=max_question)
    return FEATURES["span"](records, shape.template, shaping)


def record(context: str, *answers: tuple[int, str], question: str = QUESTION) -> SpanRecord:
    found = tuple(Answer(text=text, start=start) for start, text in answers)
    return SpanRecord(id="1", question=question, context=context, answers=found)


def read_back(example: Example, context: str) -> tuple[int, int]:
    """The characters between the gold tokens."""
    first, last = example.gold
    return example.offsets[first][0], example.offsets[last][1]


def room(shape: Shape, stride: int, extra: int) -> int:
    """The length of windows that begin `stride` tokens apart and share `extra` tokens of the context."""
    question = len(shape.template.encode([QUESTION])[0])
    return shape.template.pair_specials + question + stride + extra


def asked(case: tuple[str, int, int]) -> SpanRecord:
    """The question whose answer stands there."""
    context, start, end = case
    return record(context, (start, context[start:end]))


@st.composite
def answered(draw: st.DrawFn) -> tuple[str, int, int]:
    """A context, and where an answer begins and ends in it."""
    context = draw(texts(min_pieces=1, max_pieces=40).filter(bool))
    start = draw(st.integers(0, len(context) - 1))
    return context, start, draw(st.integers(start + 1, min(start + 30, len(context))))


@given(case=answered(), stride=st.integers(1, 20), extra=st.integers(1, 20))
@settings(max_examples=80, deadline=None)
def test_windows_and_offsets_are_the_tokenizers_own(
    shape: Shape, case: tuple[str, int, int], stride: int, extra: int
) -> None:
    context, *_ = case
    max_length = room(shape, stride, extra)
    encoded = encode(shape, asked(case), max_length=max_length, stride=stride)
    stock = shape.stock.backend_tokenizer
    stock.enable_truncation(max_length, stride=extra, strategy="only_second")
    whole = stock.encode(QUESTION, context)
    stock.no_truncation()
    wanted = [whole, *whole.overflowing]
    (windows,) = encoded.examples
    assert [list(window.documents[0].tokens) for window in windows] == [one.ids for one in wanted]
    for window, stocks in zip(windows, wanted, strict=True):
        second = [sequence == 1 for sequence in stocks.sequence_ids]
        offsets = zip(stocks.offsets, second, strict=True)
        assert window.offsets == tuple(offset if inside else OUTSIDE for offset, inside in offsets)
        assert window.sites == tuple(range(len(stocks.ids)))
    assert encoded.cuts["contexts split into windows"] == (len(windows) > 1)


@given(case=answered(), stride=st.integers(1, 20), extra=st.integers(1, 20))
@settings(max_examples=120, deadline=None)
def test_the_gold_covers_the_answer_and_no_token_beside_it(
    shape: Shape, case: tuple[str, int, int], stride: int, extra: int
) -> None:
    context, start, end = case
    encoded = encode(shape, asked(case), max_length=room(shape, stride, extra), stride=stride)
    (windows,) = encoded.examples
    ((_, offsets),) = shape.template.encode_with_offsets([context])
    covered = {i for a, b in offsets for i in range(a, b)}
    holding = [window for window in windows if window.gold != (0, 0)]
    for window in holding:
        first, last = window.gold
        a, b = read_back(window, context)
        assert covered.intersection(range(start, end)) <= set(range(a, b))
        for edge in (first, last):
            assert max(window.offsets[edge][0], start) < min(window.offsets[edge][1], end)
    inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > start and b > a]
    if inside and inside[-1] - inside[0] <= extra:
        assert holding, "an answer hardly longer than what neighbours share is whole in one of them"
    assert encoded.cuts["answers that no window holds whole"] == (not holding)


@pytest.mark.parametrize("answer", ["北京", "café", "🙂", "1204", "ни", "the small red house"])
def test_an_answer_of_whole_tokens_is_read_back_exactly(shape: Shape, answer: str) -> None:
    context = f"nobody knows when ( {answer} ) stands by the river"
    encoded = encode(shape, record(context, (context.index(answer), answer)))
    ((window,),) = encoded.examples
    a, b = read_back(window, context)
    assert context[a:b].strip() == answer


def test_the_first_answer_is_the_gold(shape: Shape) -> None:
    context = "the fox , the dog"
    ((window,),) = encode(shape, record(context, (10, "the dog"), (0, "the fox"))).examples
    a, b = read_back(window, context)
    assert context[a:b].strip() == "the dog"


def test_no_answer_is_the_first_token_and_an_unknown_one_is_none(shape: Shape) -> None:
    none, unknown = record("the fox"), SpanRecord(id="2", question=QUESTION, context="the fox", answers=None)
    ((first,), (second,)) = encode(shape, none, unknown).examples
    assert first.gold == (0, 0)
    assert second.gold == (-1, -1)


def test_a_window_without_the_answer_says_so(shape: Shape) -> None:
    context = "tower " * 100 + "fox"
    encoded = encode(shape, record(context, (context.index("fox"), "fox")), max_length=90, stride=10)
    (windows,) = encoded.examples
    assert len(windows) > 1
    assert [window.gold == (0, 0) for window in windows] == [True] * (len(windows) - 1) + [False]
    assert encoded.cuts["answers that no window holds whole"] == 0


def test_an_answer_longer_than_any_window_is_counted(shape: Shape) -> None:
    context = "the tower " * 60
    encoded = encode(shape, record(context, (0, context.strip())), max_length=90, stride=10)
    assert all(window.gold == (0, 0) for window in encoded.examples[0])
    assert encoded.cuts["answers that no window holds whole"] == 1
    assert encoded.cuts["contexts split into windows"] == 1


def test_an_answer_of_characters_that_no_token_covers_is_counted(shape: Shape) -> None:
    encoded = encode(shape, record("the\n\nfox", (3, "\n\n")))
    if shape.name == "roberta":  # it has a token for a line's end
        assert encoded.cuts["answers that no window holds whole"] == 0
    else:
        assert encoded.cuts["answers that no window holds whole"] == 1


@given(question=texts(min_pieces=10), max_question=st.integers(1, 12))
@settings(max_examples=30, deadline=None)
def test_a_long_question_keeps_its_first_tokens(shape: Shape, question: str, max_question: int) -> None:
    (ids,) = shape.template.encode([question])
    assume(len(ids) > max_question)
    encoded = encode(shape, record("the fox", question=question), max_question=max_question)
    ((window,),) = encoded.examples
    (context,) = shape.template.encode(["the fox"])
    assert window.documents[0] == shape.template.join(ids[:max_question], context)
    assert encoded.cuts["questions cut to max_question"] == 1


def test_questions_on_one_context_are_each_their_own(shape: Shape) -> None:
    context = "the fox and the dog"
    records = [record(context, (0, "the fox")), record(context, (12, "the dog"), question="when")]
    apart = [encode(shape, one).examples[0] for one in records]
    assert list(encode(shape, *records).examples) == apart


def test_an_empty_context_is_one_window(shape: Shape) -> None:
    ((window,),) = encode(shape, record("")).examples
    assert window.gold == (0, 0)
    assert set(window.offsets) == {OUTSIDE}
