"""A loss that is not finite leaves its examples behind, as tokens and text, and a message of one line."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import torch

from mtl.data.draw import StepDraw
from mtl.data.features import Document, Example
from mtl.data.packing import pack
from mtl.data.steps import Plan, RankStep
from mtl.data.strip import HeadStore
from mtl.engine.engine import NonFiniteError
from mtl.engine.launch import Ranks
from mtl.run import failure
from mtl.run.failure import MOST_NAMED, report_failure
from mtl.run.prepare import Prepared
from mtl.runfolder import PhaseFolder
from tests.kit.splits import choice, write_split
from tests.kit.stores import make_task
from tests.kit.tokenizers import xlmr_shaped

TOWER, FOX = "the tall tower", "the quick brown fox"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Two tasks, of which failures need sources and a tokenizer."""
    folder = tmp_path_factory.mktemp("failure")
    tokenizer = xlmr_shaped()
    tokenizer.save_pretrained(folder / "tokenizer")

    def texts(*documents: str) -> Example:
        made = (tuple(tokenizer(text)["input_ids"]) for text in documents)
        return Example(
            documents=tuple(Document(tokens=tokens, second=len(tokens)) for tokens in made),
            sites=(0,) * len(documents),
            gold=(2,),
        )

    record, _ = choice(0, 1)
    pairs = [(record, [texts(TOWER)]), (record, [texts(FOX), texts("grey café")])]
    stores = {
        "pairs": write_split(folder / "pairs", make_task("pairs", "pair"), pairs),
        "choices": write_split(
            folder / "choices", make_task("choices", "choice"), [(record, [texts(TOWER, FOX)])]
        ),
    }
    sources = tuple(HeadStore(head=head, store=store) for head, store in stores.items())
    return cast("Prepared", SimpleNamespace(sources=sources, tokenizer=str(folder / "tokenizer")))


def failed(slots: dict[int, float], *, drawn: tuple[tuple[int, int], ...] = ((0, 0), (0, 2), (1, 0))) -> Any:
    """The engine's error: of the drawn (task, example), these slots have these losses."""
    task, example = np.array(drawn, dtype=np.int64).T
    draw = StepDraw(task=task.astype(np.int32), example=example, epoch=np.zeros(len(drawn), dtype=np.int32))
    ones = np.ones(len(drawn))
    plan = Plan(step=7, draw=draw, packing=pack(ones, ones, budget=99, multiple=1), digest=0)
    work = RankStep(plan=plan, bins=())
    return NonFiniteError("the loss of pairs is not finite", work=work, tasks=["pairs"], slots=slots)


def rank(number: int, world: int) -> Ranks:
    return Ranks(rank=number, world=world, local_rank=number, local_world=world, device=torch.device("cpu"))


def words(example: Any) -> list[str]:
    """The text without special tokens and the signs for spaces."""
    pieces = (piece.removeprefix("▁") for piece in example["text"].split())
    return [piece for piece in pieces if not piece.startswith("<")]


def refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def written(folder: PhaseFolder) -> Any:
    (path,) = folder.failure.iterdir()
    assert path.name == "step-7.json"
    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refuse)


def test_the_file_holds_each_guilty_example_whole(prepared: Prepared, tmp_path: Path) -> None:
    folder = PhaseFolder(tmp_path / "phase")
    report_failure(failed({1: float("nan"), 2: float("inf")}), prepared, folder, rank(0, 1))
    facts = written(folder)
    assert (facts["step"], facts["what"], facts["tasks"]) == (7, "the loss of pairs is not finite", ["pairs"])
    pair, choices = facts["examples"]
    store = prepared.sources[0].store
    assert pair == {
        "task": "pairs",
        "example": 2,
        "record": 1,
        "loss": "nan",
        "store": str(store.folder),
        "tokens": store.tokens[store.doc_starts[2] : store.doc_starts[3]].tolist(),
        "text": pair["text"],
        "gold": [2],
    }
    assert words(pair) == ["grey", "café"]
    # An example of several documents is all of them.
    assert (choices["task"], choices["loss"]) == ("choices", "inf")
    assert choices["tokens"] == prepared.sources[1].store.tokens.tolist()
    assert words(choices) == f"{TOWER} {FOX}".split()


def test_the_message_is_one_line_that_names_step_examples_file_and_remedy(
    prepared: Prepared, tmp_path: Path
) -> None:
    folder = PhaseFolder(tmp_path / "phase")
    error = report_failure(failed({1: float("nan")}), prepared, folder, rank(0, 1))
    assert str(error) == (
        "step 7: the loss of pairs is not finite (pairs example 2); nothing was updated; look at "
        f"{folder.failure / 'step-7.json'}, and lower train.lr or raise train.warmup if the data is sound"
    )


def test_the_message_names_the_first_few_and_the_file_all(prepared: Prepared, tmp_path: Path) -> None:
    many = MOST_NAMED + 2
    error = failed(dict.fromkeys(range(many), float("nan")), drawn=((0, 0),) * many)
    folder = PhaseFolder(tmp_path / "phase")
    assert str(report_failure(error, prepared, folder, rank(0, 1))).count("pairs example 0") == MOST_NAMED
    assert len(written(folder)["examples"]) == many


def test_a_gradient_alone_has_no_guilty_example(prepared: Prepared, tmp_path: Path) -> None:
    folder = PhaseFolder(tmp_path / "phase")
    error = report_failure(failed({}), prepared, folder, rank(0, 1))
    assert "not finite; nothing was updated" in str(error)
    assert written(folder)["examples"] == []


def test_the_first_rank_writes_what_all_ranks_found_and_all_raise_the_same(
    prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[Any] = []

    def on_every(ranks: Ranks, make: Callable[[], Any]) -> list[Any]:
        """The second rank comes first here, and is told of by the other."""
        found.append(make())
        return found[::-1]

    def on_first(ranks: Ranks, make: Callable[[], None]) -> None:
        if ranks.first:
            make()

    monkeypatch.setattr(failure, "on_every", on_every)
    monkeypatch.setattr(failure, "on_first", on_first)
    folder = PhaseFolder(tmp_path / "phase")
    report_failure(failed({2: float("inf")}), prepared, folder, rank(1, 2))
    assert not folder.failure.exists()
    error = report_failure(failed({0: float("nan")}), prepared, folder, rank(0, 2))
    assert "(pairs example 0, choices example 0)" in str(error)
    assert [one["task"] for one in written(folder)["examples"]] == ["pairs", "choices"]
