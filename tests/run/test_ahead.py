"""What a later phase cannot read or draw is told before the first phase begins."""

from collections.abc import Iterable
from pathlib import Path
from shutil import rmtree

import pytest

from mtl.errors import UserError
from mtl.run import ahead
from mtl.run.ahead import look_ahead
from mtl.run.recipe.read import load_recipe
from mtl.run.running import run_recipe
from mtl.run.terminal import Terminal
from mtl.study.processes import Workers
from mtl.study.verbs import do_study
from mtl.tasks.benchmarks import Member
from tests.kit.ranks import ROOT
from tests.kit.worlds import settings

PHASES = """
model: {config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
data: {world: {seed: 1}}
train: {precision: fp32, export: true}
declare:
  other: {kind: pair, labels: [no, yes], files: {test: "other.tsv"}, train_on: pawsx}
  lost: {kind: pair, labels: [a, b], files: {train: "lost/*.jsonl", test: "lost/{lang}.jsonl"}}
phases:
  first: {tasks: [mnli]}
  second: {after: first, tasks: [pawsx]}
  test: {kind: evaluate, after: second, tasks: [pawsx]}
  search: {kind: retrieve, after: second, tasks: [tatoeba]}
"""
TROUBLES = {
    "phases.second.tasks={pawsx: {records: 1000000}}": "phase second: tasks.pawsx.records: 1000000 are asked",
    "phases.second.train={epochs: 1, steps: null, warmup: 100000}": "phase second: train.warmup: 100000 steps of",
    "phases.second.tasks=[pawsx, lost]": "phase second: task lost: no train file matches 'lost/*.jsonl'",
    "phases.test.tasks=[xnli]": "phase test, after second: unknown head 'xnli'; known: pawsx",
    "phases.test.evaluate={languages: [zz]}": "phase test: evaluate.languages: pawsx is there in ",
    "phases.test.evaluate={split: dev, languages: [zz]}": "phase test: evaluate.languages: pawsx is there in ",
    "phases.search.retrieve={languages: [zz]}": "phase search: retrieve.languages: tatoeba is there in ",
    "phases.search.tasks=[xnli]": "phase search: xnli is a pair task",
    "phases.search.retrieve={layer: 2}": "phase search: layer 2: model.config has layers 0 (the embeddings) to 1; choose",
    "phases.second.train.token_budget=16": "phase second: train.token_budget: 16 tokens cannot hold the largest",
    "phases.second={tasks: [pawsx], after: first, deepspeed: ds_configs/zero0.json, train: {precision: bf16}}": "phase second: ",
    "phases.second.train.precision=fp16": "phase second: train.precision: fp16 needs a GPU",
    "phases.second.train.bins_multiple=9": "phase second: train.bins_multiple: 9 is not a multiple of the 2 ranks",
    "phases.test.tasks=[other]": "phase test: task other: train_on names pawsx, which has other answers (pair: 0, 1)",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "long.yaml"
    written.write_text(PHASES)
    return written


@pytest.mark.parametrize("phase", ["test", "search"])
def test_labels_that_cannot_be_read_are_told(
    cache: Path, file: Path, phase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(root: Path, members: Iterable[Member]) -> None:
        (member,) = members
        if member.task == {"test": "pawsx", "search": "tatoeba"}[phase]:
            raise UserError(f"{root}/labels: not UTF-8")

    monkeypatch.setattr(ahead, "check_labels", refuse)
    recipe = load_recipe(file, settings(cache, []))
    with pytest.raises(UserError, match=rf"^phase {phase}: .*/labels: not UTF-8"):
        look_ahead(recipe, recipe.phase_list()[2:], device="cpu", ranks=2)


@pytest.mark.parametrize("change", TROUBLES)
def test_what_a_later_phase_lacks_is_told(cache: Path, file: Path, change: str) -> None:
    recipe = load_recipe(file, settings(cache, [change]))
    with pytest.raises(UserError) as caught:
        look_ahead(recipe, recipe.phase_list()[1:], device="cpu", ranks=2)
    assert TROUBLES[change] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_is_found_where_nothing_is_wrong(cache: Path, file: Path) -> None:
    recipe = load_recipe(file, settings(cache, []))
    look_ahead(recipe, recipe.phase_list())


NAMED = """
model: {name: MODEL}
data: {world: {seed: 1}}
phases:
  first: {tasks: [mnli]}
  search: {kind: retrieve, after: first, tasks: [tatoeba], retrieve: {layer: 14}}
"""


def test_a_layer_is_held_against_the_checkpoint_or_what_was_exported_of_it(
    cache: Path, tmp_path: Path
) -> None:
    from transformers import XLMRobertaConfig

    XLMRobertaConfig(num_hidden_layers=12).save_pretrained(tmp_path / "model")
    (tmp_path / "named.yaml").write_text(NAMED.replace("MODEL", str(tmp_path / "model")))
    recipe = load_recipe(tmp_path / "named.yaml", settings(cache, [f"out={tmp_path}/runs"]))
    search = [recipe.phases["search"]]
    with pytest.raises(
        UserError, match=r"^phase search: layer 14: .*model has layers 0 .* to 12; choose one"
    ):
        look_ahead(recipe, search)
    XLMRobertaConfig(num_hidden_layers=24).save_pretrained(recipe.folder / "first" / "export" / "encoder")
    rmtree(tmp_path / "model")
    look_ahead(recipe, search)


def test_a_run_begins_no_phase_before_all_can_be_read(cache: Path, file: Path, tmp_path: Path) -> None:
    changes = [f"out={tmp_path}/runs", "phases.second.tasks={pawsx: {records: 1000000}}"]
    with pytest.raises(UserError, match="phase second"):
        run_recipe(file, settings(cache, changes))
    assert not (tmp_path / "runs" / "long" / "first").exists()


def test_a_study_begins_no_phase_before_all_can_be_read(tmp_path: Path) -> None:
    changes = [f"out={tmp_path}", f"data.cache={tmp_path}/cache", "arms.mnli.records=1000000"]
    with pytest.raises(UserError, match=r"phase mnli-0: tasks\.mnli\.records: 1000000 are asked for"):
        do_study(
            ROOT / "recipes" / "studies" / "paper_smoke.yaml",
            changes,
            Workers(launcher=("no-such-launcher",), devices=(None,)),
            Terminal(enabled=False),
        )
    assert not list(tmp_path.glob("*/pretrain"))
