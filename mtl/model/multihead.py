"""One encoder and many heads: the same heads run in every strip of a step, in one fixed order, on every rank.

That order is what makes sharded training exact: gradients arrive in the same sequence everywhere, whichever
tasks a strip holds.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from mtl.model.batch import Batch
from mtl.model.config import EncoderConfig
from mtl.model.encoder import Encoder
from mtl.model.heads import HEADS, HeadSpec, MaskedHead


class MultiHead(nn.Module):
    """The whole model. Its parameters are named `encoder...` and `heads.<task>...`."""

    def __init__(self, config: EncoderConfig, specs: Sequence[HeadSpec], *, recompute: bool = False) -> None:
        """Make the model, without values; `specs` in the order in which heads run."""
        super().__init__()
        self.config = config
        self.specs = tuple(specs)
        with _without_values():
            self.encoder = Encoder(config, recompute=recompute)
            self.heads = nn.ModuleDict({spec.name: HEADS[spec.kind](spec, config) for spec in specs})
        table = self.encoder.embeddings.word.weight
        assert isinstance(table, nn.Parameter)
        for head in self.heads.values():
            if isinstance(head, MaskedHead):
                head.tie(table)

    def shared_parameters(self) -> Iterator[tuple[nn.Module, nn.Parameter]]:
        """Parameters that a head reads although the encoder owns them."""
        return ((head, head.word) for head in self.heads.values() if isinstance(head, MaskedHead))

    @property
    def head_names(self) -> tuple[str, ...]:
        """The heads in their order."""
        return tuple(spec.name for spec in self.specs)

    def forward(self, batch: Batch, *, scores: bool = False) -> Tensor:
        """Losses of all examples of a strip, head by head [num_examples]; or the heads' scores, flat."""
        hidden = self.encoder(batch.tokens, batch.positions, batch.second, batch.documents, batch.asking)
        running = [name for name in self.heads if name in batch.reads]
        return torch.cat([self.heads[name](hidden, batch.reads[name], scores=scores) for name in running])


def num_parameters(config: EncoderConfig, specs: Sequence[HeadSpec]) -> int:
    """How many parameters such a model has, without making it."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in MultiHead(config, specs).parameters())


@contextmanager
def _without_values() -> Iterator[None]:
    """Keep PyTorch's modules from drawing first values: ours are keyed by name, or come from a checkpoint."""
    kinds: tuple[type[Any], ...] = (nn.Linear, nn.Embedding, nn.LayerNorm)
    drawing = [kind.reset_parameters for kind in kinds]
    for kind in kinds:
        kind.reset_parameters = lambda self: None
    try:
        yield
    finally:
        for kind, method in zip(kinds, drawing, strict=True):
            kind.reset_parameters = method
