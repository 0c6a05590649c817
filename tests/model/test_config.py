"""The shape read from a configuration, and what a model from scratch has unless it is told otherwise."""

from typing import Any

import pytest

from mtl.errors import UserError
from mtl.model.config import FAMILIES, read_config
from mtl.model.load import config_of

SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}


@pytest.mark.parametrize(
    ("family", "positions", "first", "types", "padding"),
    [("xlm-roberta", 512, 2, 1, 1), ("roberta", 512, 2, 1, 1), ("bert", 512, 0, 2, 0)],
)
def test_a_family_from_scratch_is_like_its_published_checkpoints(
    family: str, positions: int, first: int, types: int, padding: int
) -> None:
    config = read_config(config_of(None, {"family": family, **SHAPE}, vocab_size=77), name="mine")
    assert (config.family, config.vocab_size) == (family, 77)
    assert (config.positions, config.first_position, config.num_types) == (positions, first, types)
    assert config.pad_token_id == padding
    assert (config.hidden_size, config.num_layers, config.num_heads, config.intermediate_size) == (
        32,
        2,
        4,
        48,
    )
    assert config.norm_eps == (1e-12 if family == "bert" else 1e-5)


def test_a_heads_own_dropout_is_the_classifiers_where_there_is_one() -> None:
    def head_dropout(**settings: Any) -> float:
        return read_config(config_of(None, {**SHAPE, **settings}, vocab_size=9), name="mine").head_dropout

    assert head_dropout(hidden_dropout_prob=0.2) == 0.2
    assert head_dropout(hidden_dropout_prob=0.2, classifier_dropout=0.0) == 0.0


def test_operations_are_those_of_the_matrix_products() -> None:
    config = read_config(config_of(None, SHAPE, vocab_size=77), name="mine")
    costs = config.costs
    # Query, key, value and output; up and down: two operations a weight, two layers.
    assert costs.per_token + costs.per_read == 2 * 2 * (4 * 32 * 32 + 2 * 32 * 48)
    # What the last layer does for read tokens alone: all but key and value.
    assert costs.per_read == 2 * (2 * 32 * 32 + 2 * 32 * 48)
    # Scores and weighted sum: 2 * 32 operations a pair of tokens each, in one layer of all tokens.
    assert (costs.per_square, costs.per_look) == (2 * 2 * 32, 2 * 2 * 32)
    assert costs.per_masked == 2 * 32 * 77


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_attention_heads": 5}, "5 attention heads, which do not divide its width of 32"),
        ({"hidden_act": "relu"}, "activation 'relu'"),
        ({"position_embedding_type": "relative_key"}, "relative positions"),
        ({"pad_token_id": None}, "no padding token"),
    ],
)
@pytest.mark.parametrize("family", FAMILIES)
def test_what_the_encoder_cannot_do_is_refused(family: str, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=rf"^model\.name: 'mine' .*{message}"):
        read_config(config_of(None, {"family": family, **SHAPE, **changes}, vocab_size=9), name="mine")
