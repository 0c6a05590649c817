"""How much scores vary is found from the answers: over seeds, and over the items of the test."""

from pathlib import Path

import pytest

from mtl.study.results import read_results
from mtl.study.spread import find_spreads
from tests.study.test_analysis import study


def test_right_answers_by_chance_vary_as_much_from_seed_to_seed_as_over_items(tmp_path: Path) -> None:
    spread = {each.target: each for each in find_spreads(read_results(study(tmp_path, "seeds=[0,1,2]")))}[
        "xnli"
    ]
    # Two files of the same items: a right answer varies by sqrt(p (1 - p) / n) in each, and so from seed to seed.
    assert spread.low < spread.seeds < spread.high and spread.seeds == pytest.approx(2.4, abs=0.9)
    assert spread.items == pytest.approx(2.4, abs=0.4) and spread.needed is not None and spread.needed > 10
