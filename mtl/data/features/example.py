"""What a kind makes of a record: token documents, the sites that its head reads, and the gold at them.

An example is indivisible: all its documents travel in one bin. Positions in `sites` count from the start of
the example's first document, as if its documents stood one after another.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Document:
    """One sequence with its special tokens; `second` is where its second text begins, or its end."""

    tokens: tuple[int, ...]
    second: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """The unit that is drawn, packed and learnt from."""

    documents: tuple[Document, ...]
    sites: tuple[int, ...]
    gold: tuple[int, ...]
    offsets: tuple[tuple[int, int], ...] = ()
    """Span only: per token the characters of the context it covers, (-1, -1) outside the context."""


@dataclass(frozen=True, kw_only=True)
class Shaping:
    """The settings that determine features, besides tokenizer and record."""

    max_length: int
    stride: int = 128
    max_question: int = 64
    group: int = 4
    labels: tuple[str, ...] | None = None
    open_labels: bool = False
    """The labels were collected from the training split, so another split may hold others."""

    @property
    def label_index(self) -> Mapping[str, int]:
        """Each label's place in the head."""
        return {label: index for index, label in enumerate(self.labels or ())}


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """The examples of each record of a batch, and a count of what had to be cut."""

    examples: Sequence[Sequence[Example]]
    cuts: Counter[str] = field(default_factory=Counter)


UNKNOWN_GOLD = -1
"""Gold that we are not told (test rows), or a tag that the training split never showed."""
