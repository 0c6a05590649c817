"""The encoder: BERT's post-norm layers over a flat strip; query, key and value are one projection."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from mtl.model.attention import Documents, attend
from mtl.model.config import EncoderConfig


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
        return functional.dropout(self.norm(summed), self.dropout, self.training)


class Layer(nn.Module):
    """Attention and feed-forward, each followed by a residual and a norm."""

    def __init__(self, config: EncoderConfig) -> None:
        """Make the layer, without values."""
        super().__init__()
        hidden = config.hidden_size
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.out = nn.Linear(hidden, hidden)
        self.attention_norm = nn.LayerNorm(hidden, eps=config.norm_eps)
        self.up = nn.Linear(hidden, config.intermediate_size)
        self.down = nn.Linear(config.intermediate_size, hidden)
        self.output_norm = nn.LayerNorm(hidden, eps=config.norm_eps)
        self.num_heads = config.num_heads
        self.dropout = config.dropout
        self.attention_dropout = config.attention_dropout

    def forward(self, hidden: Tensor, documents: Documents) -> Tensor:
        """[tokens, hidden] to the same."""
        dropout = self.attention_dropout if self.training else 0.0
        mixed = self.out(attend(self.qkv(hidden), documents, heads=self.num_heads, dropout=dropout))
        hidden = self.attention_norm(hidden + functional.dropout(mixed, self.dropout, self.training))
        widened = self.down(functional.gelu(self.up(hidden)))
        normed: Tensor = self.output_norm(hidden + functional.dropout(widened, self.dropout, self.training))
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

    def forward(self, tokens: Tensor, positions: Tensor, second: Tensor, documents: Documents) -> Tensor:
        """Hidden states [tokens, hidden] of a strip whose positions count from 0 in each document."""
        for hidden in self.states(tokens, positions, second, documents):
            last = hidden
        return last

    def states(
        self, tokens: Tensor, positions: Tensor, second: Tensor, documents: Documents
    ) -> Iterator[Tensor]:
        """The embeddings, then each layer's output; a layer that nobody asks for is not computed."""
        types = second if self.config.num_types > 1 else torch.zeros_like(second)
        hidden: Tensor = self.embeddings(tokens, positions + self.config.first_position, types)
        yield hidden
        for layer in self.layers:
            if self.recompute and torch.is_grad_enabled():
                hidden = checkpoint(layer, hidden, documents, use_reentrant=False)
            else:
                hidden = layer(hidden, documents)
            yield hidden
