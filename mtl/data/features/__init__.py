"""Features: for each kind the function that turns records into examples."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mtl.data.features.choice import encode_choices
from mtl.data.features.embed import encode_groups
from mtl.data.features.example import UNKNOWN_GOLD, Document, Encoded, Example, Shaping
from mtl.data.features.mlm import encode_texts
from mtl.data.features.pair import encode_pairs
from mtl.data.features.span import encode_spans
from mtl.data.features.tag import encode_tags
from mtl.data.features.template import Template
from mtl.tasks.task import Kind

FEATURES: Mapping[Kind, Callable[[Sequence[Any], Template, Shaping], Encoded]] = {
    "pair": encode_pairs,
    "choice": encode_choices,
    "span": encode_spans,
    "tag": encode_tags,
    "mlm": encode_texts,
    "embed": encode_groups,
}

__all__ = ["FEATURES", "UNKNOWN_GOLD", "Document", "Encoded", "Example", "Shaping", "Template"]
