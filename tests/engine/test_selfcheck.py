"""The self-check passes on a sound installation, and refuses the usual design, whose gradients are silently wrong."""

from pathlib import Path

import pytest

from mtl.engine.ds_config import resolve_ds_config
from mtl.engine.launch import join_run
from mtl.engine.selfcheck import check_engine, shape_of
from mtl.errors import UserError
from mtl.model import multihead
from mtl.model.config import read_config
from mtl.model.heads import HEADS, HeadSpec
from mtl.model.load import config_of
from mtl.tasks.task import Kind
from tests.kit import cells
from tests.kit.ranks import ROOT, is_mixed_up, run_on_ranks
from tests.kit.stores import VOCABULARY, head_spec

SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
EQUAL = [HeadSpec(name=name, kind="pair", num_labels=3) for name in ("anli", "mnli", "xnli", "snli")]
"""Heads of one shape: mixed up, their gradients add up without a complaint."""


def verdict(stage: int, precision: str, *, broken: bool, equal: bool = False) -> str:
    config = read_config(config_of(None, SHAPE, vocab_size=VOCABULARY), name="tiny")
    specs = EQUAL if equal else [head_spec(task) for task in cells.tasks()]
    path = ROOT / "ds_configs" / f"zero{stage}.json"
    ds_config = resolve_ds_config(Path(path), precision=precision, clip=1.0)  # type: ignore[arg-type]
    whole = multihead.MultiHead.forward
    if broken:
        multihead.MultiHead.forward = cells.forward_of_present_heads  # type: ignore[method-assign]
    try:
        check_engine(specs, config, ds_config, join_run())
    except UserError as error:
        return str(error)
    finally:
        multihead.MultiHead.forward = whole  # type: ignore[method-assign]
    return "sound"


def sound_verdicts() -> list[str]:
    fp32 = [verdict(stage, "fp32", broken=False) for stage in (0, 1, 2, 3)]
    return fp32 + [verdict(stage, half, broken=False) for half in cells.HALVES for stage in (1, 2, 3)]


@pytest.mark.parametrize("kind", HEADS)
def test_each_kind_of_head_has_an_example_to_learn_from(kind: Kind) -> None:
    """And `cells` has a task of it, so that the stages below train it."""
    shape = shape_of(HeadSpec(name=kind, kind=kind, num_labels=3, num_choices=2), vocab_size=VOCABULARY)
    assert shape.documents > 0 and shape.num_gold > 0 and shape.classes > 1
    assert kind in {task.kind for task in cells.tasks()}


@pytest.mark.parametrize("world", [1, 2])
def test_all_stages_pass(world: int) -> None:
    for verdicts in run_on_ranks(sound_verdicts, world):
        assert verdicts == ["sound"] * (4 + 3 * len(cells.HALVES))


def broken_verdict(stage: int) -> str:
    return verdict(stage, "fp32", broken=True, equal=True)


@pytest.mark.parametrize(("stage", "world"), [(1, 2), (2, 2), (3, 1)])
def test_running_only_the_heads_with_examples_is_refused_in_one_line(stage: int, world: int) -> None:
    for text in run_on_ranks(broken_verdict, world, stage, timeout=120):
        assert text.startswith("DeepSpeed 0.") and "constraints.txt" in text and "\n" not in text


def test_it_never_passes_at_stage_3_on_two_ranks() -> None:
    """There the ranks' collectives no longer match: the verdict comes, or the processes end or wait before it."""
    try:
        texts = run_on_ranks(broken_verdict, 2, 3, timeout=30)
    except AssertionError as crash:
        assert is_mixed_up(crash)
    else:
        assert all("constraints.txt" in text for text in texts)
