"""What must hold between keys does, or the recipe is refused."""

import pytest

from mtl.run.recipe import load_recipe
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


GRAPH = """
model: {config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
data: {world: {}}
train: {steps: 4}
phases:
  first: {tasks: [mnli]}
  all_nine: {after: first, tasks: [mnli, qqp]}
  second: {after: all_nine, tasks: [qqp], carry: {qqp: qqp}}
"""


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("phases.first.after=second", "unknown phase 'second'"),
        ("phases.second.carry={qqp: ccg}", "unknown task 'ccg'"),
        ("phases.second.carry={ccg: qqp}", "unknown task 'ccg'"),
        ("phases.first.carry={mnli: mnli}", "carried into a train phase"),
        ("phases.second.model.config.hidden_size=64", "another encoder than that of all_nine"),
        (
            "phases.second.model.tokenizer=other",
            "model.tokenizer: is another tokenizer than that of all_nine",
        ),
        (
            "phases.second.data.world.scale=0.5",
            "data.world: in phase second: is another tokenizer than that of all_nine",
        ),
    ],
)
def test_a_graph_that_cannot_be_run_is_refused(write, override, expected):
    assert expected in mistake(write(GRAPH), override)


def test_retrieval_from_a_phase_that_exports_nothing_is_refused_at_the_start(write):
    find = "phases.find={kind: retrieve, after: first, tasks: [tatoeba]}"
    other = "phases.find.data.world.scale=0.5"  # what is exported has its tokenizer
    assert load_recipe(write(GRAPH), [find, other]).phases["find"].after == "first"
    text = mistake(write(GRAPH), find, "phases.first.train.export=false")
    assert "first exports no encoder" in text and "set train.export=true" in text
