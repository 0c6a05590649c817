"""Scores of tagged sentences: accuracy of tags, and F1 of the spans that they form by seqeval 0.0.12's rule.

The rule reads a tag as its first letter and the part after its last hyphen. It was made for B-PER and I-PER,
but the benchmark applies it to part-of-speech tags too: a run of NOUN is then one span, and as S stands for a
span of a single word, so do SCONJ and SYM. Later versions of that library give other numbers.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain

from mtl.evaluate.metrics.arithmetic import check_aligned, precision_recall_f1

Tags = Sequence[str]
Span = tuple[str, int, int]

_BEFORE_ALL = "O-"


def tag_accuracy(
    predictions: Sequence[Tags], golds: Sequence[Tags], *, language: str = "en"
) -> dict[str, float]:
    """The share of words whose tag is right, over all words of all sentences."""
    _check_sentences(predictions, golds)
    words = sum(map(len, golds))
    correct = sum(p == g for p, g in zip(chain(*predictions), chain(*golds), strict=True))
    return {"accuracy": correct / words * 100}


def span_f1(predictions: Sequence[Tags], golds: Sequence[Tags], *, language: str = "en") -> dict[str, float]:
    """F1, precision and recall of spans over all sentences, and the accuracy of tags beside them."""
    token_accuracy = tag_accuracy(predictions, golds)
    found, wanted = spans(predictions), spans(golds)
    precision, recall, f1 = precision_recall_f1(len(found & wanted), predicted=len(found), gold=len(wanted))
    return {"f1": f1 * 100, "precision": precision * 100, "recall": recall * 100, **token_accuracy}


def spans(sentences: Sequence[Tags]) -> set[Span]:
    """The spans (type, first, last) of all sentences, their places counted on through the whole text."""
    found: set[Span] = set()
    first, previous = 0, _BEFORE_ALL
    for place, tag in enumerate(_with_ends(sentences)):
        ends, starts = _boundary(previous, tag)
        if ends:
            found.add((_type(previous), first, place - 1))
        if starts:
            first = place
        previous = tag
    return found


def _with_ends(sentences: Sequence[Tags]) -> Iterator[str]:
    for tags in sentences:
        yield from tags
        yield "O"


@lru_cache(maxsize=1 << 16)
def _boundary(previous: str, tag: str) -> tuple[bool, bool]:
    """Whether a span ends, and whether one starts, between two neighbouring tags."""
    assert tag, "an empty tag"
    before, now = previous[0], tag[0]
    other_type = _type(previous) != _type(tag)
    ends = before in "ES" or (before in "BI" and now in "BSO") or (before not in "O." and other_type)
    starts = now in "BS" or (before in "ESO" and now in "EI") or (now not in "O." and other_type)
    return ends, starts


def _type(tag: str) -> str:
    return tag.rpartition("-")[2]


def _check_sentences(predictions: Sequence[Tags], golds: Sequence[Tags]) -> None:
    check_aligned(predictions, golds)
    for number, (found, wanted) in enumerate(zip(predictions, golds, strict=True), start=1):
        assert len(found) == len(wanted), f"sentence {number}: {len(found)} tags for {len(wanted)} words"
    assert any(golds), "no word to score"
