"""What the families of inference corpora share: their labels, and how a row of each becomes a pair."""

from mtl.tasks.shapes import numbers, pair
from mtl.tasks.task import Source, first_of, from_hub

LABELS = ("entailment", "neutral", "contradiction")

shape_stanford = pair(
    text_a="sentence1",
    text_b="sentence2",
    label="gold_label",
    id="pairID",
    names={one: one for one in LABELS},
    drop=("-",),
)
"""SNLI and MultiNLI; a gold label of `-` says that the annotators did not agree."""

shape_adversarial = pair(
    text_a="context",
    text_b="hypothesis",
    id="uid",
    names={"e": "entailment", "n": "neutral", "c": "contradiction"},
)
"""ANLI's three rounds."""


def inference_from_hub(
    repository: str,
    configuration: str,
    *splits: str,
    id: str | None = None,
    drop: tuple[str, ...] = (),
) -> Source:
    """The hub's copies count the labels, all in the same order."""
    shape = pair(text_a="premise", text_b="hypothesis", id=id, names=numbers(LABELS), drop=drop)
    return from_hub(repository, configuration, *splits, record=shape, labels={"label": LABELS})


def multinli(part: str, hub_split: str) -> tuple[Source, ...]:
    """A split of MultiNLI, on which several tasks train."""
    published = Source(files=(f"mnli/multinli_1.0_{part}.jsonl",), format="jsonl", record=shape_stanford)
    return first_of(published, inference_from_hub("nyu-mll/glue", "mnli", hub_split))
