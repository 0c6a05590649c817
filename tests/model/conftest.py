"""Random stores of every kind, made once."""

import pytest

from mtl.data.strip import HeadStore
from tests.kit.models import make_sources


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[HeadStore]:
    return make_sources(tmp_path_factory.mktemp("stores"))
