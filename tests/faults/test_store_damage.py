"""A token store in which one bit or byte is wrong, whichever file it is in, is built anew: never read."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mtl.data.build import StorePlace, open_store
from mtl.data.store import DTYPES, RECORDS, is_whole
from mtl.data.store_header import HEADER
from mtl.tasks.registry import find_tasks
from mtl.world.world import write_world
from tests.kit.checkpoints import HARMS
from tests.kit.tokenizers import xlmr_shaped

FILES = (*(f"{name}.bin" for name in DTYPES), RECORDS, HEADER)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> StorePlace:
    root = tmp_path_factory.mktemp("world")
    write_world(root / "data", seed=1, scale=0.02)
    xlmr_shaped().save_pretrained(root / "tokenizer")
    return StorePlace(root=root / "data", cache=root / "cache", tokenizer=str(root / "tokenizer"), workers=1)


@pytest.fixture(scope="module")
def sound(place: StorePlace) -> Path:
    """A span task's dev store, in which every file has something."""
    folder = open_store(find_tasks()["squad_v1"], "dev", place=place).folder
    assert {path.name for path in folder.iterdir()} == set(FILES)
    assert all((folder / name).stat().st_size for name in FILES)
    return folder


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_found(
    sound: Path, tmp_path: Path, name: str, harm: Callable[[Path], None]
) -> None:
    copy = tmp_path / "store"
    shutil.copytree(sound, copy)
    assert is_whole(copy)
    harm(copy / name)
    assert not is_whole(copy)


def test_a_damaged_store_is_built_anew(sound: Path, place: StorePlace) -> None:
    before = {name: (sound / name).read_bytes() for name in FILES}
    HARMS["byte in the middle flipped"](sound / "tokens.bin")
    assert open_store(find_tasks()["squad_v1"], "dev", place=place).folder == sound
    assert {name: (sound / name).read_bytes() for name in FILES} == before
