"""What must hold between keys does, or the recipe is refused."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from tests.kit.graphs import graph
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


def test_a_phase_belongs_to_the_arm_of_the_phase_it_starts_from(tmp_path: Path) -> None:
    given = graph(tmp_path)
    assert [given.arm_of(phase) for phase in given.phase_list()] == ["none", "all nine", "all nine", "none"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("phases.first.after=second", "unknown phase 'second'"),
        ("phases.second.carry={qqp: ccg}", "unknown task 'ccg'"),
        ("phases.second.carry={ccg: qqp}", "unknown task 'ccg'"),
        ("phases.first.carry={mnli: mnli}", "carried into a train phase"),
        ("phases.second.model.config.hidden_size=64", "another encoder than that of all_nine"),
        ("phases.second.model.tokenizer=other", r"model\.tokenizer: is another tokenizer than .* all_nine"),
        ("phases.second.data.world.scale=0.5", r"data\.world: .*is another tokenizer than .* all_nine"),
    ],
)
def test_a_graph_that_cannot_be_run_is_refused(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        graph(tmp_path, override)


def test_retrieval_from_a_phase_that_exports_nothing_is_refused_at_the_start(tmp_path: Path) -> None:
    find = "phases.find={kind: retrieve, after: first, tasks: [tatoeba]}"
    other = "phases.find.data.world.scale=0.5"  # what is exported has its tokenizer
    assert graph(tmp_path, find, other).phases["find"].after == "first"
    with pytest.raises(UserError, match=r"first exports no encoder.*set train\.export=true"):
        graph(tmp_path, find, "phases.first.train.export=false")
