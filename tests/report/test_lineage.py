"""Every phase stands once, below the one from which it starts, whatever the records say."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtl.phase_record import Identity
from mtl.report.lineage import duration, in_tree_order
from mtl.report.runs import Phase
from mtl.runfolder import PhaseFolder


def phase(name: str, after: str | None) -> Phase:
    return Phase(
        **{"name": name, "kind": "train", "after": after, "arm": "none", "seed": 0, "tasks": ()},
        **{"identity": Identity(settings={}, data={}, start=""), "seconds": 1.0, "done": True},
        **{"begun": True, "scores": {}, "dev": None},
        folder=PhaseFolder(Path(name)),
    )  # type: ignore[arg-type]


@given(st.lists(st.one_of(st.none(), st.integers(0, 11)), min_size=1, max_size=12))
def test_nothing_is_lost_and_nothing_is_twice(starts: list[int | None]) -> None:
    phases = [phase(str(i), None if start is None else str(start)) for i, start in enumerate(starts)]
    order = list(in_tree_order(phases))
    assert sorted(each.name for each, _ in order) == sorted(each.name for each in phases)


def test_a_phase_follows_the_one_that_it_starts_from() -> None:
    graph = {"text": None, "nine": "text", "xnli-text": "text", "xnli-nine": "nine", "test": "xnli-nine"}
    order = [(each.name, depth) for each, depth in in_tree_order([phase(*pair) for pair in graph.items()])]
    assert order == [("text", 0), ("nine", 1), ("xnli-nine", 2), ("test", 3), ("xnli-text", 1)]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"),
        (59.4, "59 s"),
        (59.7, "1 min 00 s"),
        (455, "7 min 35 s"),
        (3599.6, "1 h 00 min"),
        (90061, "25 h 01 min"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text
