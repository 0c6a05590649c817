"""Real samples, where a machine has them: a folder beside the checkout, or the one that MTL_SHARED_DATA names."""

import os
from pathlib import Path

import pytest

from tests.kit.ranks import ROOT


def shared_data(name: str) -> Path:
    """A sample's folder; the test is skipped where it is absent."""
    folder = Path(os.environ.get("MTL_SHARED_DATA") or ROOT.parent / "shared" / "data") / name
    if not folder.exists():
        pytest.skip(f"no real samples at {folder}")
    return folder
