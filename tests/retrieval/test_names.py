"""The names by which recipes and commands choose are each known to the code that is chosen, and cost no torch."""

import subprocess
import sys
from typing import get_args

import numpy as np
import pytest

from mtl.retrieval.mine import MiningSettings, mine
from mtl.retrieval.names import Margin, Retrieval
from mtl.retrieval.neighbours import SearchSettings, search
from mtl.retrieval.vectors import check_vectors
from tests.kit.ranks import ROOT


def test_whoever_reads_a_recipe_or_a_command_line_waits_for_no_torch() -> None:
    program = "import sys, mtl.retrieval.names, mtl.run.recipe.schema; print('torch' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"


@pytest.mark.parametrize("margin", get_args(Margin))
@pytest.mark.parametrize("retrieval", get_args(Retrieval))
def test_every_name_mines(margin: Margin, retrieval: Retrieval) -> None:
    same = check_vectors(np.eye(4, dtype=np.float32), name="four")
    settings = MiningSettings(margin=margin, retrieval=retrieval)
    mined = mine(search(same, same, SearchSettings(k=2)), settings)
    assert [*zip(mined.source, mined.target, strict=True)] == [(0, 0), (1, 1), (2, 2), (3, 3)]
