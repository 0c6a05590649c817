"""A save looks first whether the run is still where it was."""

from pathlib import Path
from typing import Any, cast

import pytest
import torch

from mtl.engine.launch import Ranks
from mtl.errors import UserError
from mtl.run.keeping import Keeper
from mtl.runfolder import PhaseFolder

ALONE = Ranks(rank=0, world=1, local_rank=0, local_world=1, device=torch.device("cpu"))
UNUSED = cast("Any", None)


def test_a_folder_that_has_vanished_is_not_made_anew_without_its_past(tmp_path: Path) -> None:
    mount = tmp_path / "run"
    mount.mkdir()  # the empty place at which a volume was
    keeper = Keeper(UNUSED, UNUSED, PhaseFolder(mount / "phase"), UNUSED, ALONE)
    with pytest.raises(UserError, match=r"run/phase: is no longer there.*bring it back.*--resume"):
        keeper.save(3, {}, best_step=-1)
    assert list(mount.iterdir()) == []
