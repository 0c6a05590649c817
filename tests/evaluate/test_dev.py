"""Dev scores: the tasks' own metrics on some of their records, one mean, and when to stop for want of a better one."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, distributed

from mtl.data.strip import HeadStore, Strip
from mtl.evaluate import dev
from mtl.evaluate.dev import DevScores, DevSet, EarlyStopping, StoppingState, score_dev
from mtl.evaluate.metrics import Metric
from tests.kit.splits import choice, pair, write_split
from tests.kit.stores import make_task

LABELS = "abc"


class ReadsTokens:
    """Says the label whose number is the token at the site; of choices, the one with the highest token."""

    def predict(self, strip: Strip) -> Tensor:
        scores = []
        for head, sites in strip.sites.items():
            tokens = torch.from_numpy(strip.tokens[sites.rows])
            scores.append(tokens.float() if head == "choices" else torch.eye(3)[tokens].flatten())
        return torch.cat(scores) if scores else torch.zeros(0)


@pytest.fixture
def dev_sets(tmp_path: Path) -> list[DevSet]:
    """Labels: right, wrong, right, right; choices: wrong, wrong, right, wrong."""
    said_and_true = [(0, "a"), (1, "c"), (2, "c"), (1, "b")]
    pairs = [pair(true, said, *[3] * (5 * said)) for said, true in said_and_true]
    choices = [choice(0, 5, 9, 6, 7), choice(3, 9, 5, 6, 7), choice(2, 5, 6, 9, 7), choice(1, 5, 6, 7, 9)]
    pair_store = write_split(tmp_path / "pairs", make_task("labels", "pair"), pairs)
    choice_store = write_split(tmp_path / "choices", make_task("choices", "choice"), choices)
    return [
        DevSet(
            task="labels", metric="accuracy", language="en", source=HeadStore(head="labels", store=pair_store)
        ),
        DevSet(
            task="choices",
            metric="accuracy",
            language="en",
            source=HeadStore(head="choices", store=choice_store),
        ),
    ]


def call(make: Callable[[], Any]) -> Any:
    """What one rank does for itself."""
    return make()


def score(
    dev_sets: list[DevSet],
    *,
    num_records: int | None = None,
    rank: int = 0,
    world: int = 1,
    on_first: Any = call,
) -> DevScores:
    scores = score_dev(
        ReadsTokens(),
        dev_sets,
        num_records=num_records,
        budget=16,
        rank=rank,
        world=world,
        on_first=on_first,
        broken_off=lambda: False,
    )
    assert scores is not None
    return scores


@pytest.mark.parametrize(
    ("num_records", "labels", "choices"),
    [(None, 75.0, 25.0), (4, 75.0, 25.0), (3, 200 / 3, 100 / 3), (2, 50.0, 0.0), (1, 100.0, 0.0)],
)
def test_the_first_records_are_scored_and_the_mean_is_that_of_the_tasks(
    dev_sets: list[DevSet], num_records: int | None, labels: float, choices: float
) -> None:
    scores = score(dev_sets, num_records=num_records)
    assert scores.by_task["labels"] == {"accuracy": pytest.approx(labels)}
    assert scores.by_task["choices"] == {"accuracy": pytest.approx(choices)}
    assert scores.mean == pytest.approx((labels + choices) / 2)


def test_a_metric_of_several_numbers_counts_by_its_main_one(tmp_path: Path, dev_sets: list[DevSet]) -> None:
    task = make_task("labels", "pair")
    made = [pair("yes", 0), pair("no", 1), pair("no", 0), pair("no", 1)]
    changed = type(task)(**{**vars(task), "labels": ("yes", "no", "perhaps")})
    store = write_split(tmp_path / "yes", changed, made)
    dev_set = DevSet(
        task="labels", metric="accuracy_f1", language="en", source=HeadStore(head="labels", store=store)
    )
    scores = score([dev_set, dev_sets[1]])
    assert scores.by_task["labels"] == {
        "accuracy": pytest.approx(75.0),
        "f1": pytest.approx(200 / 3),
        "acc_and_f1": pytest.approx((75 + 200 / 3) / 2),
    }
    assert scores.mean == pytest.approx(((75 + 200 / 3) / 2 + 25) / 2)


def test_every_rank_gets_the_scores_of_all_examples(
    dev_sets: list[DevSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    parts: dict[int, list[Any]] = {0: [], 1: []}
    told: list[Any] = []

    def tell(make: Callable[[], Any]) -> Any:
        told.append(make())
        return told[-1]

    def gather_object(mine: Any, gathered: list[Any] | None) -> None:
        if gathered is None:
            parts[1].append(mine)
        else:
            gathered[:] = [mine, parts[1][len(parts[0])]]
            parts[0].append(mine)

    monkeypatch.setattr(distributed, "gather_object", gather_object)
    nothing = {"accuracy": 0.0}  # nothing was told yet; its parts are with the first rank
    score(dev_sets, rank=1, world=2, on_first=lambda _: nothing)
    first = score(dev_sets, rank=0, world=2, on_first=tell)
    assert all(part and len(part) < 4 for rank in parts.values() for part in rank), "no work was shared"
    assert first == score(dev_sets)
    heard = iter(told)
    assert score(dev_sets, rank=1, world=2, on_first=lambda _: next(heard)) == first


def test_an_evaluation_that_is_broken_off_gives_nothing(dev_sets: list[DevSet]) -> None:
    asked: list[bool] = []

    def broken_off() -> bool:
        asked.append(len(asked) == 1)
        return asked[-1]

    common: dict[str, Any] = {"num_records": 1, "budget": 16, "rank": 0, "world": 1}
    assert score_dev(ReadsTokens(), dev_sets, **common, on_first=call, broken_off=broken_off) is None
    assert asked == [False, True]


def test_the_best_mean_is_remembered_and_an_equal_one_is_no_better() -> None:
    stopping = EarlyStopping(patience=2)
    assert not stopping.exhausted
    assert [
        stopping.update(step, mean) for step, mean in ((9, 50.0), (19, 40.0), (29, 60.0), (39, 60.0))
    ] == [
        True,
        False,
        True,
        False,
    ]
    assert (stopping.best, stopping.best_step, stopping.since, stopping.exhausted) == (60.0, 29, 1, False)
    stopping.update(49, 59.9)
    assert stopping.exhausted


def test_a_mean_that_is_not_a_number_is_never_the_best() -> None:
    stopping = EarlyStopping(patience=1)
    assert not stopping.update(0, float("nan"))
    assert stopping.exhausted and stopping.best_step == -1
    assert stopping.update(1, 0.0)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.none() | st.integers(1, 6))
def test_patience_runs_out_after_so_many_evaluations_since_the_best(
    means: list[int], patience: int | None
) -> None:
    stopping = EarlyStopping(patience)
    for step, mean in enumerate(means):
        best_before = max(means[:step], default=-1)
        assert stopping.update(step, float(mean)) == (mean > best_before)
        since = step - int(np.argmax(means[: step + 1]))
        assert stopping.exhausted == (patience is not None and since >= patience)
    assert (stopping.best, stopping.best_step) == (max(means), int(np.argmax(means)))


def test_what_early_stopping_remembers_survives_a_checkpoint() -> None:
    for means in ([], [50.0], [50.0, 40.0]):
        before, after = EarlyStopping(patience=2), EarlyStopping(patience=2)
        for step, mean in enumerate(means):
            before.update(step, mean)
        record = json.dumps(asdict(before.state()), allow_nan=False)
        after.restore(StoppingState(**json.loads(record)))
        assert vars(after) == vars(before)


def test_answers_are_scored_by_the_rules_of_their_language(
    dev_sets: list[DevSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_language(predictions: Any, golds: Any, *, language: str = "en") -> dict[str, float]:
        return {"accuracy": 100.0 if language == "zh" else 0.0}

    monkeypatch.setattr(dev, "METRICS", {"accuracy": Metric("accuracy", "accuracy", by_language, None)})
    assert score([replace(dev_sets[0], language="zh")]).mean == 100.0
