"""What tests of a prepared phase share: a small built-in world on disk, with the stores of nine tasks."""

from pathlib import Path

import pytest

from tests.kit.worlds import prepared


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("cache")
    prepared(made)
    return made
