"""Span features: question and context; a long context becomes windows, each `stride` tokens after the last.

The head reads every token of the window; the gold is the first and the last token of the answer, or the first
token of the document (twice) where the window holds no answer.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from mtl.data.features.example import UNKNOWN_GOLD, Encoded, Example, Shaping
from mtl.data.features.template import Template
from mtl.tasks.records import Answer, SpanRecord

Offsets = Sequence[tuple[int, int]]
OUTSIDE = (-1, -1)


def encode_spans(records: Sequence[SpanRecord], template: Template, shaping: Shaping) -> Encoded:
    """One example a window."""
    cuts: Counter[str] = Counter()
    questions = template.encode([record.question for record in records])
    # Neighbouring questions share their context: tokenise each text once.
    contexts = list(dict.fromkeys(record.context for record in records))
    encoded = dict(zip(contexts, template.encode_with_offsets(contexts), strict=True))
    examples = []
    for record, question in zip(records, questions, strict=True):
        cuts["questions cut to max_question"] += len(question) > shaping.max_question
        windows = list(
            _windows(record, question[: shaping.max_question], encoded[record.context], template, shaping)
        )
        cuts["contexts split into windows"] += len(windows) > 1
        if record.answers and all(window.gold == (0, 0) for window in windows):
            cuts["answers that no window holds whole"] += 1
        examples.append(windows)
    return Encoded(examples=examples, cuts=cuts)


def _windows(
    record: SpanRecord,
    question: Sequence[int],
    context: tuple[list[int], list[tuple[int, int]]],
    template: Template,
    shaping: Shaping,
) -> Iterator[Example]:
    ids, offsets = context
    room = shaping.max_length - template.pair_specials - len(question)
    lead = len(template.prefix) + len(question) + len(template.middle)
    span = _token_span(record.answers[0], offsets) if record.answers else None
    for start, end in _cut(len(ids), room, shaping.stride):
        document = template.join(question, ids[start:end])
        length = len(document.tokens)
        gold = _gold(span, start, end, lead)
        yield Example(
            documents=(document,),
            sites=tuple(range(length)),
            gold=(UNKNOWN_GOLD, UNKNOWN_GOLD) if record.answers is None else gold,
            offsets=(*(OUTSIDE,) * lead, *offsets[start:end], *(OUTSIDE,) * (length - lead - (end - start))),
        )


def _cut(length: int, room: int, stride: int) -> Iterator[tuple[int, int]]:
    """Windows of at most `room` tokens over `length`, each `stride` tokens after the one before."""
    assert room > stride, "see check_room"
    start = 0
    while True:
        yield start, min(start + room, length)
        if start + room >= length:
            return
        start += stride


def _token_span(answer: Answer, offsets: Offsets) -> tuple[int, int] | None:
    """The tokens of the context that cover the answer's characters; None if no token does."""
    end_char = answer.start + len(answer.text)
    inside = [i for i, (a, b) in enumerate(offsets) if a < end_char and b > answer.start and b > a]
    return (inside[0], inside[-1]) if inside else None


def _gold(span: tuple[int, int] | None, start: int, end: int, lead: int) -> tuple[int, int]:
    if span is None or span[0] < start or span[1] >= end:
        return (0, 0)
    return (span[0] - start + lead, span[1] - start + lead)
