"""What the three families of inference corpora share: their labels, and how a row of each becomes a pair."""

from mtl.tasks.shapes import pair

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
