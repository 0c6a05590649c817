"""What training leaves: weights by name, and heads that know what their scores stand for."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from mtl.model.heads import HeadSpec

LENGTHS = ("max_length", "stride", "max_question")
"""How texts are cut for a head: the fields' names, in tasks and here."""


@dataclass(frozen=True, kw_only=True)
class TrainedHead:
    """A head, and the labels of its scores in their order; None where its kind has none."""

    spec: HeadSpec
    labels: tuple[str, ...] | None = None
    max_length: int = 512
    """Most tokens of a sequence that it was trained on."""
    stride: int = 128
    """Span: context tokens from one window's start to the next's."""
    max_question: int = 64
    """Span: a question keeps this many tokens. Embed: most tokens of a query, special tokens included."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A model's weights under our names, `encoder...` and `heads.<task>...`, and its heads."""

    weights: Mapping[str, Tensor]
    heads: Mapping[str, TrainedHead]

    def start(self, carry: Mapping[str, str]) -> dict[str, Tensor]:
        """The encoder's weights, and those of the heads that are carried over, under their new names."""
        taken = {name: value for name, value in self.weights.items() if name.startswith("encoder.")}
        for new, old in carry.items():
            prefix = f"heads.{old}."
            taken |= {
                f"heads.{new}.{name.removeprefix(prefix)}": value
                for name, value in self.weights.items()
                if name.startswith(prefix)
            }
        return taken
