"""The benchmarks as declarations: their tasks, the languages of each, how a task is scored and averaged.

A benchmark is a folder of labels and a folder of predictions, `<task>/test-<language>.<extension>` in both.
Its overall score is the plain mean of its tasks' scores, a group's score the mean of the group's tasks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Layout = Literal["labels", "tags", "choices", "indices", "pairs", "answers", "rankings"]
"""What one file of predictions, or of labels, holds:

labels    a label a line
tags      a tag a line, a blank line after each sentence
choices   a JSON object a line, its `label` the number of the right choice
indices   a line number, counted from 0, a line
pairs     two ids a line, with a tab between them
answers   a JSON object of question id and answer; as labels, SQuAD's JSON
rankings  a JSON object of query id and a list of ids, the best first; as labels, the ids that are right
"""

EXTENSIONS: Mapping[Layout, str] = MappingProxyType(
    {
        "labels": "tsv",
        "tags": "tsv",
        "choices": "jsonl",
        "indices": "tsv",
        "pairs": "tsv",
        "answers": "json",
        "rankings": "json",
    }
)


@dataclass(frozen=True, kw_only=True)
class Member:
    """A task of a benchmark, and all that its score depends on."""

    task: str
    languages: tuple[str, ...]
    """In the order in which the benchmark adds them up."""
    layout: Layout
    metric: str
    """A key of the table in `mtl.evaluate.metrics`."""
    main: tuple[str, ...]
    """The metric's numbers whose mean is the task's score."""
    labels: tuple[str, ...] | None = None
    """The labels that a file may hold; None where they are no closed set."""
    pooled: bool = False
    """Average over the examples of all languages at once, not over languages."""
    theirs: str | None = None
    """The benchmark's name of the task, where that is not ours."""
    labels_in: str | None = None
    """Where its published data keep what is right, if they have it in a file of its own."""
    split: str = "test"

    @property
    def folder(self) -> str:
        """The folder of its files, among the predictions or labels."""
        return self.theirs or self.task

    def file(self, language: str) -> str:
        """The path of one language's file below the folder of predictions or labels."""
        return f"{self.folder}/{self.split}-{language}.{EXTENSIONS[self.layout]}"


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A named set of tasks, in groups that share a kind of problem."""

    name: str
    groups: Mapping[str, tuple[Member, ...]]

    @property
    def members(self) -> tuple[Member, ...]:
        """All tasks, group by group."""
        return tuple(member for group in self.groups.values() for member in group)


def _member(
    task: str,
    layout: Layout,
    metric: str,
    main: str,
    *,
    languages: str,
    labels: str = "",
    pooled: bool = False,
    theirs: str | None = None,
    labels_in: str | None = None,
) -> Member:
    return Member(
        task=task,
        languages=tuple(languages.split()),
        layout=layout,
        metric=metric,
        main=tuple(main.split()),
        labels=tuple(labels.split()) or None,
        pooled=pooled,
        theirs=theirs,
        labels_in=labels_in,
    )


def _benchmark(name: str, **groups: tuple[Member, ...]) -> Benchmark:
    return Benchmark(name=name, groups=MappingProxyType(groups))


def _udpos(languages: str) -> Member:
    upos = "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X _"
    return _member("udpos", "tags", "span_f1", "f1", languages=languages, labels=upos)


def _panx(languages: str) -> Member:
    ner = "O B-LOC I-LOC B-ORG I-ORG B-PER I-PER"
    return _member("panx", "tags", "span_f1", "f1", languages=languages, labels=ner)


def _xquad(languages: str) -> Member:
    return _member("xquad", "answers", "squad", "exact_match f1", languages=languages)


def _tatoeba(task: str, languages: str) -> Member:
    return _member(task, "indices", "tatoeba", "accuracy", languages=languages, theirs="tatoeba")


_UDPOS = "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh"
_PANX = (
    "ar he vi id jv ms tl eu ml ta te af nl en de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw yo my zh"
    " kk tr et fi hu"
)
_XQUAD = "en es de el ru tr ar vi th zh hi"
_TATOEBA = (
    "ar he vi id jv tl eu ml ta te af nl de el bn hi mr ur fa fr it pt es bg ru ja ka ko th sw zh"
    " kk tr et fi hu"
)

_XNLI = _member(
    "xnli",
    "labels",
    "accuracy",
    "accuracy",
    languages="ar bg de el en es fr hi ru sw th tr ur vi zh",
    labels="contradiction entailment neutral",
)
_MLQA = _member("mlqa", "answers", "mlqa", "exact_match f1", languages="en es de ar hi vi zh")
_TYDIQA = _member("tydiqa", "answers", "squad", "exact_match f1", languages="en ar bn fi id ko ru sw te")

XTREME = _benchmark(
    "xtreme",
    classification=(
        _member("pawsx", "labels", "accuracy", "accuracy", languages="de en es fr ja ko zh", labels="0 1"),
        _XNLI,
    ),
    tagging=(_udpos(_UDPOS), _panx(_PANX)),
    qa=(_xquad(_XQUAD), _MLQA, _TYDIQA),
    retrieval=(
        _member("bucc2018", "pairs", "bucc_f1", "f1", languages="de fr ru zh"),
        _tatoeba("tatoeba", _TATOEBA),
    ),
)

# Each task stands in one group. The benchmark's own script lists XCOPA in a second one, only to give its
# files another extension, and cannot score LAReQA at all: its file layout and list of languages are ours.
# What it calls Tatoeba is another measure than XTREME's, and another task of ours.
XTREME_R = _benchmark(
    "xtreme-r",
    classification=(
        _XNLI,
        _member(
            "xcopa",
            "choices",
            "accuracy",
            "accuracy",
            languages="et ht id it qu sw ta th tr vi zh",
            labels="0 1",
        ),
    ),
    tagging=(_udpos(f"{_UDPOS} lt pl uk wo ro"), _panx(f"{_PANX} qu pl uk az lt pa gu ro")),
    qa=(_xquad(f"{_XQUAD} ro"), _MLQA, _TYDIQA),
    retrieval=(
        _tatoeba("tatoeba_squad", f"{_TATOEBA} az lt pl uk ro"),
        _member(
            "mewslix",
            "rankings",
            "map_at_20",
            "map@20",
            languages="ar de en es fa ja pl ro ta tr uk",
            labels_in="mewslix/wikinews_labels",
        ),
        _member(
            "lareqa",
            "rankings",
            "map_at_20",
            "map@20",
            languages="ar de el en es hi ru th tr vi zh",
            pooled=True,
        ),
    ),
)

BENCHMARKS: Mapping[str, Benchmark] = MappingProxyType({b.name: b for b in (XTREME, XTREME_R)})
