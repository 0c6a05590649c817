"""What must hold between keys does, or the recipe is refused."""

import pytest

from tests.run.recipe.broken import BASE, mistake


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            "{hidden_size: 10, num_attention_heads: 4, num_hidden_layers: 1, intermediate_size: 8}",
            "4 does not divide",
        ),
        (
            "{hidden_size: 8, num_attention_heads: 4, num_hidden_layers: 1, intermediate_size: 8}",
            "model.tokenizer:",
        ),
    ],
)
def test_an_encoder_from_a_config_is_checked(write, config, expected):
    assert expected in mistake(write(BASE), "model.name=null", f"model.config={config}")


def test_more_frozen_layers_than_there_are_is_a_mistake(write):
    config = (
        "model.config={hidden_size: 8, num_attention_heads: 4, num_hidden_layers: 1, intermediate_size: 8}"
    )
    text = mistake(write(BASE), "model.name=null", config, "train.freeze.layers=2")
    assert "train.freeze.layers: 2 is more than the encoder's 1 layers" in text
