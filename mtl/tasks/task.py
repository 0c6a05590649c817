"""What a task is: a kind, its data files and how a row of them becomes a record, its labels, its metric.

The kind picks all machinery (features, head and loss, decoder); a task's name picks nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mtl.languages import ENGLISH
from mtl.tasks.records import Drop, Record

LearntKind = Literal["pair", "choice", "span", "tag", "mlm", "embed"]
Kind = Literal[LearntKind, "bitext"]
"""A `bitext` task learns nothing: its sentences are embedded and compared."""
LABELLED: frozenset[Kind] = frozenset({"pair", "tag"})
"""Kinds that answer with one of a closed set of labels."""
Row = Mapping[str, Any]
Shape = Callable[[Row], Record | Drop]

FORMATS = (
    "ccg_auto",
    "conll",
    "conllu",
    "csv",
    "jsonl",
    "mentions",
    "parquet",
    "squad",
    "squad_sentences",
    "text",
    "tsv",
    "tsv_headless",
    "tsv_quoted",
    "tsv_ragged",
)
"""The names of all readers: the keys of the table in `mtl.data.formats`, which this room may not import."""


@dataclass(frozen=True, kw_only=True)
class Hub:
    """Where the rows of a source are on the Hugging Face hub."""

    repository: str
    configuration: str
    """May hold `{lang}`, spelt by the source's codes."""
    splits: tuple[str, ...]
    labels: Mapping[str, tuple[str, ...]]
    """The names behind the numbers of a column, in order: fetching checks that the hub's are the same."""

    @property
    def files(self) -> tuple[str, ...]:
        """The Parquet files below the data folder that its splits are fetched into."""
        return tuple(f"hub/{self.repository}/{self.configuration}/{split}.parquet" for split in self.splits)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Files of one format, and how their rows become records."""

    files: tuple[str, ...]
    """Glob patterns below the data folder; `{lang}` stands for a language code, found by looking."""
    format: str
    """The reader's name, one of `FORMATS`."""
    record: Shape
    """Shapes a row; a `Drop` leaves it out and is counted. It raises ValueError on rubbish."""
    codes: Mapping[str, str] = field(default_factory=dict)
    """How the files' names spell a language, where they do not use its code."""
    without: frozenset[str] = frozenset()
    """Languages that are read from another source even where this one has files of theirs."""
    language_of: Callable[[Row], str | None] | None = None
    """The code of a row's language, None where it does not tell; rows of another language are left out."""
    hub: Hub | None = None
    """Where the files are fetched from, if they are."""
    language: str | None = None
    """Read in this language, whatever the task's is."""
    otherwise: "Source | None" = None
    """The same rows in other files, read where those of this one are not there."""

    @property
    def has_languages(self) -> bool:
        """Whether a language has to be named to read it, or one of those that may stand in for it."""
        if self.language is not None:
            return False
        own = self.language_of is not None or any("{lang}" in pattern for pattern in self.files)
        return own or (self.otherwise is not None and self.otherwise.has_languages)

    def __post_init__(self) -> None:
        """Hold the author of a declaration to the list of formats."""
        assert self.format in FORMATS, f"no reader is named {self.format!r}"


def from_hub(
    repository: str,
    configuration: str,
    *splits: str,
    record: Shape,
    labels: Mapping[str, tuple[str, ...]] | None = None,
    codes: Mapping[str, str] | None = None,
    language_of: Callable[[Row], str | None] | None = None,
) -> Source:
    """Rows of the Hugging Face hub, which are fetched into Parquet files before they are read."""
    hub = Hub(repository=repository, configuration=configuration, splits=splits, labels=labels or {})
    return Source(
        files=hub.files, format="parquet", record=record, codes=codes or {}, language_of=language_of, hub=hub
    )


def hub_split(part: str) -> str:
    """What the hub calls a part of a data set."""
    return {"dev": "validation", "val": "validation"}.get(part, part)


def first_of(*alternatives: Source) -> tuple[Source, ...]:
    """The sources of a split that is there in one of several ways; the first one found is read."""
    *others, last = alternatives
    chain = replace(last, otherwise=None)
    for source in reversed(others):
        chain = replace(source, otherwise=chain)
    return (chain,)


@dataclass(frozen=True, kw_only=True)
class Bitext:
    """Sentences of a language and of English, between which translations are to be found."""

    foreign: Source
    english: Source
    gold: Source | None = None
    """Which sentences translate each other: the foreign one's id as id, the English one's as text; without
    ids, the foreign one's on the line of the English one. None, or without files: that is not told."""
    aligned: bool = False
    """Line n of one side translates line n of the other: the gold is known, and English is to be sorted."""
    otherwise: "Bitext | None" = None
    """The same sentences in other files, read where those of this one are not there."""

    @property
    def alternatives(self) -> "tuple[Bitext, ...]":
        """This one, and those that may stand in for it."""
        return (self, *(self.otherwise.alternatives if self.otherwise is not None else ()))


@dataclass(frozen=True, kw_only=True)
class Search:
    """Queries in each language, and the candidates among which those that answer them are looked for."""

    queries: Source
    candidates: Source
    """Where its files name a language, those of all languages are one pool."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A declaration: everything that is particular to one task."""

    name: str
    kind: Kind
    splits: Mapping[str, tuple[Source, ...]] = field(default_factory=dict)
    """`train`, `dev`, `test`: the sources of each, read one after another."""
    bitexts: Mapping[str, Bitext] = field(default_factory=dict)
    """Bitext: `dev` and `test`, in place of `splits`."""
    searches: Mapping[str, Search] = field(default_factory=dict)
    """Embed: `test`, beside the `splits` of pairs."""
    language: str = ENGLISH
    """The language of the training and dev data, where files of several are there."""
    metric: str
    """The main metric's name, a key of the table in `mtl.evaluate.metrics`."""
    labels: tuple[str, ...] | None = None
    """The closed label set in order. None: the kind has none, or (tag) it is the training tags, sorted."""
    num_choices: int | None = None
    """How many choices every record of a choice task has."""
    max_length: int = 256
    """Most tokens of one sequence, special tokens included."""
    stride: int = 128
    """Span: context tokens from one window's start to the next's."""
    max_question: int = 64
    """Span: a question keeps this many tokens. Embed: most tokens of a query, special tokens included."""
    group: int = 4
    """Embed: so many pairs are learnt together, each other's wrong answers."""
    train_on: str | None = None
    """The task whose training data and dev split stand in for this one's own.
    Bitext: the one that the encoder was fine-tuned on which is searched; None: it may be any."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    """How many records each split was published with; one language's, where all have as many."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """Facts for people: genre, source, licence."""
    origin: str = ""
    """A fingerprint of the declaration, for whoever keeps what was made by it; set by whoever found it."""

    def __post_init__(self) -> None:
        """Hold the author of a declaration to what its kind needs."""
        assert (self.num_choices is not None) == (self.kind == "choice"), (
            f"{self.name}: num_choices is for choice tasks"
        )
        assert not self.searches or self.kind == "embed", f"{self.name}: searches are for embed tasks"
        assert bool(self.bitexts) == (self.kind == "bitext"), f"{self.name}: bitexts are for bitext tasks"
        assert self.labels is not None or self.kind != "pair", f"{self.name}: a pair task has labels"
        assert self.labels is None or self.kind in LABELLED, (
            f"{self.name}: a {self.kind} task has no label set"
        )
        assert self.labels is None or len(set(self.labels)) == len(self.labels), (
            f"{self.name}: a label is listed twice"
        )
