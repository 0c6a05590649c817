"""What a row of a data set means, whatever file it came from: one small value per shape of data.

A record is text and gold, nothing else; features (in the data room) turn it into tokens. A gold of None means
that the data set does not tell (a test split), never "no answer" or "the last label".
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class PairRecord:
    """One text, or two, and a label."""

    id: str
    text_a: str
    text_b: str | None
    label: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ChoiceRecord:
    """A prompt and the choices that may follow it; the label is the index of the right one."""

    id: str
    prompt: str
    choices: tuple[str, ...]
    label: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """An answer's text and the offset of its first character in the context."""

    text: str
    start: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SpanRecord:
    """A question about a context; `answers` is empty when the context holds none, None when untold."""

    id: str
    question: str
    context: str
    answers: tuple[Answer, ...] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TagRecord:
    """The words of a sentence and one tag for each."""

    id: str
    words: tuple[str, ...]
    tags: tuple[str, ...] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TextRecord:
    """Plain text, for masked-language modelling."""

    id: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class EmbedRecord:
    """A query and what answers it; pairs that share a key are not each other's wrong answers."""

    id: str
    query: str
    candidate: str
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupRecord:
    """Pairs that are learnt together, each candidate wrong for the other queries."""

    id: str
    pairs: tuple[EmbedRecord, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchRecord:
    """A query, or a candidate among which it searches: the candidates that share a key with it are right."""

    id: str
    text: str
    keys: tuple[str, ...]
    """Empty for a query whose answer is not told, or a candidate that answers none."""


@dataclass(frozen=True, slots=True)
class Drop:
    """Stands in for a row that is left out on purpose; the rows of each reason are counted and reported."""

    reason: str
    """Reads on from a number: "rows whose label is '-'"."""


Record = (
    PairRecord | ChoiceRecord | SpanRecord | TagRecord | TextRecord | EmbedRecord | GroupRecord | SearchRecord
)
