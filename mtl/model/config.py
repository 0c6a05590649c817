"""The shape of an encoder: XLM-R's, RoBERTa's or BERT's, read from a Hugging Face configuration."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from mtl.data.costs import Costs
from mtl.errors import UserError

if TYPE_CHECKING:
    from transformers import PretrainedConfig

Family = Literal["xlm-roberta", "roberta", "bert"]
FAMILIES: tuple[Family, ...] = ("xlm-roberta", "roberta", "bert")


@dataclass(frozen=True, kw_only=True)
class EncoderConfig:
    """Everything about an encoder but its weights."""

    family: Family
    vocab_size: int
    hidden_size: int
    num_layers: int
    num_heads: int
    intermediate_size: int
    positions: int
    """Tokens of the longest document that the encoder can read."""
    first_position: int
    """The row of the position table for a document's first token (RoBERTa's: 2; padding has 0 and 1)."""
    pad_token_id: int
    num_types: int
    norm_eps: float
    dropout: float
    attention_dropout: float
    head_dropout: float
    initializer_range: float

    @property
    def head_width(self) -> int:
        """Numbers of a token's query, key or value in one attention head."""
        return self.hidden_size // self.num_heads

    @property
    def costs(self) -> Costs:
        """Forward floating-point operations. Of the last layer, all tokens need keys and values alone."""
        hidden, layers = self.hidden_size, self.num_layers
        keys_and_values = 2.0 * 2 * hidden**2
        others = 2.0 * (2 * hidden**2 + 2 * hidden * self.intermediate_size)
        pair = 4.0 * hidden  # of a query and a key: their product, and the value's share of the sum
        return Costs(
            per_token=layers * keys_and_values + (layers - 1) * others,
            per_square=(layers - 1) * pair,
            per_read=others,
            per_look=pair,
            per_masked=2.0 * hidden * self.vocab_size,
        )

    def with_dropouts(self, hidden: float | None, attention: float | None) -> "EncoderConfig":
        """The same with other dropout on hidden states (those of heads, too) and attention; None keeps it."""
        return replace(
            self,
            dropout=self.dropout if hidden is None else hidden,
            head_dropout=self.head_dropout if hidden is None else hidden,
            attention_dropout=self.attention_dropout if attention is None else attention,
        )


def read_config(config: "PretrainedConfig", *, name: str) -> EncoderConfig:
    """The shape that a Hugging Face configuration describes."""
    family = config.model_type
    if family not in FAMILIES:
        raise UserError(
            f"model.name: {name!r} is a {family!r} model; the families known are {', '.join(FAMILIES)}"
        )
    if config.hidden_act != "gelu":
        raise UserError(
            f"model.name: {name!r} uses the activation {config.hidden_act!r}; only 'gelu' is known"
        )
    if getattr(config, "position_embedding_type", "absolute") not in (None, "absolute"):
        raise UserError(f"model.name: {name!r} has relative positions; only absolute ones are known")
    if config.hidden_size % config.num_attention_heads:
        raise UserError(
            f"model.name: {name!r} has {config.num_attention_heads} attention heads, which do not divide its "
            f"width of {config.hidden_size}; change one of them"
        )
    if config.pad_token_id is None:
        raise UserError(f"model.name: {name!r} names no padding token; set pad_token_id in its config.json")
    first = 0 if family == "bert" else config.pad_token_id + 1
    head_dropout = getattr(config, "classifier_dropout", None)
    return EncoderConfig(
        family=family,
        vocab_size=config.vocab_size,
        hidden_size=config.hidden_size,
        num_layers=config.num_hidden_layers,
        num_heads=config.num_attention_heads,
        intermediate_size=config.intermediate_size,
        positions=config.max_position_embeddings - first,
        first_position=first,
        pad_token_id=config.pad_token_id,
        num_types=config.type_vocab_size,
        norm_eps=config.layer_norm_eps,
        dropout=config.hidden_dropout_prob,
        attention_dropout=config.attention_probs_dropout_prob,
        head_dropout=config.hidden_dropout_prob if head_dropout is None else head_dropout,
        initializer_range=config.initializer_range,
    )
