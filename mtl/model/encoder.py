"""The encoder: BERT's post-norm layers over a flat strip; query, key and value are one projection.

The last layer computes the rows that a head reads, and of the others their keys and values alone.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from mtl.model.attention import attend, attend_asking
from mtl.model.config import EncoderConfig
from mtl.model.documents import Asking, Documents
from mtl.model.dropout import drop_out
from mtl.model.linear import Linear, project


class Embeddings(nn.Module):
    """Word, position and type, summed and normalised."""

    def __init__(self, config: EncoderConfig) -> None:
        """Make the tables, without values."""
        super().__init__()
        self.word = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position = nn.Embedding(config.first_position + config.positions, config.hidden_size)
        self.segment = nn.Embedding(config.num_types, config.hidden_size)
        self.norm = nn.LayerNorm(config.hidden_size, eps=config.norm_eps)
        self.dropout = config.dropout

    def forward(self, tokens: Tensor, positions: Tensor, types: Tensor) -> Tensor:
        """[tokens] ids to [tokens, hidden]."""
        summed = self.word(tokens) + self.segment(types) + self.position(positions)
        return drop_out(self.norm(summed), self.dropout, self.training)


class Projection(Linear):
    """Query, key and value in one layer."""

    def forward(self, hidden: Tensor, asking: Tensor | None = None) -> Any:
        """Three of every row [tokens, 3 * hidden]; or queries of `asking`, keys and values of `hidden`."""
        if asking is None:
            return super().forward(hidden)
        width = self.in_features
        return (
            project(asking, self.weight[:width], self.bias[:width]),
            project(hidden, self.weight[width:], self.bias[width:]),
        )


class Layer(nn.Module):
    """Attention and feed-forward, each followed by a residual and a norm."""

    def __init__(self, config: EncoderConfig) -> None:
        """Make the layer, without values."""
        super().__init__()
        hidden = config.hidden_size
        self.qkv = Projection(hidden, 3 * hidden)
        self.out = Linear(hidden, hidden)
        self.attention_norm = nn.LayerNorm(hidden, eps=config.norm_eps)
        self.up = Linear(hidden, config.intermediate_size, gelu=True)
        self.down = Linear(config.intermediate_size, hidden)
        self.output_norm = nn.LayerNorm(hidden, eps=config.norm_eps)
        self.num_heads = config.num_heads
        self.dropout = config.dropout
        self.attention_dropout = config.attention_dropout

    def forward(self, hidden: Tensor, documents: Documents, asking: Asking | None = None) -> Tensor:
        """[tokens, hidden] to the same; or to [asking, hidden]."""
        dropout = self.attention_dropout if self.training else 0.0
        if asking is None:
            mixed = attend(self.qkv(hidden), documents, heads=self.num_heads, dropout=dropout)
        else:
            rows = hidden if asking.order is None else hidden.index_select(0, asking.order)
            hidden = rows.index_select(0, asking.rows)
            queries, others = self.qkv(rows, hidden)
            mixed = attend_asking(queries, others, asking.documents, heads=self.num_heads, dropout=dropout)
        mixed = self.out(mixed)
        hidden = self.attention_norm(hidden + drop_out(mixed, self.dropout, self.training))
        widened = self.down(self.up(hidden))
        normed: Tensor = self.output_norm(hidden + drop_out(widened, self.dropout, self.training))
        return normed


class Encoder(nn.Module):
    """Embeddings and layers; documents never see each other."""

    def __init__(self, config: EncoderConfig, *, recompute: bool = False) -> None:
        """Make the encoder; `recompute` trades a second forward pass for the memory of activations."""
        super().__init__()
        self.config = config
        self.recompute = recompute
        self.embeddings = Embeddings(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_layers))

    def forward(
        self,
        tokens: Tensor,
        positions: Tensor,
        second: Tensor,
        documents: Documents,
        asking: Asking,
    ) -> Tensor:
        """Hidden states [asking, hidden] of a strip whose positions count from 0 in each document."""
        *earlier, last = self.layers
        hidden = self._embed(tokens, positions, second)
        for layer in earlier:
            hidden = self._through(layer, hidden, documents)
        return self._through(last, hidden, documents, asking)

    def states(
        self, tokens: Tensor, positions: Tensor, second: Tensor, documents: Documents
    ) -> Iterator[Tensor]:
        """The embeddings, then each layer's output; a layer that nobody asks for is not computed."""
        hidden = self._embed(tokens, positions, second)
        yield hidden
        for layer in self.layers:
            hidden = self._through(layer, hidden, documents)
            yield hidden

    def _embed(self, tokens: Tensor, positions: Tensor, second: Tensor) -> Tensor:
        types = second if self.config.num_types > 1 else torch.zeros_like(second)
        hidden: Tensor = self.embeddings(tokens, positions + self.config.first_position, types)
        return hidden

    def _through(self, layer: nn.Module, *inputs: Tensor | Documents | Asking | None) -> Tensor:
        hidden: Tensor
        if self.recompute and torch.is_grad_enabled():
            hidden = checkpoint(layer, *inputs, use_reentrant=False)
        else:
            hidden = layer(*inputs)
        return hidden
