"""Whatever has happened to a run's files, the report says so in words: it is made, or it is the user's mistake."""

import shutil
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mtl.errors import UserError
from mtl.report.page import render
from mtl.report.report import read_report
from tests.kit.runs import demo_phases, write_run

VALUES = (b"null", b"[]", b"{}", b'"x"', b"-1e308", b"1e400", b"NaN", b"true")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("runs") / "demo", demo_phases(steps=6))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32))
@example(32048)  # a best step of more digits than a float holds
def test_damage_to_any_file_is_told_and_not_fallen_over(whole: Path, tmp_path: Path, seed: int) -> None:
    dice = Random(seed)
    root = tmp_path / "demo"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(whole, root)
    for file in dice.sample(sorted(file for file in root.rglob("*") if file.is_file()), 2):
        damaged = damage(file.read_bytes(), dice)
        if damaged is None:
            file.unlink()
        else:
            file.write_bytes(damaged)
    try:
        assert render(read_report([root], benchmarks=()), []).startswith("<!doctype html>")
    except UserError as error:
        assert "\n" not in str(error)


def damage(content: bytes, dice: Random) -> bytes | None:
    """A file that was cut short, holds a strange byte or another value somewhere, or is gone."""
    way, place = dice.randrange(4), dice.randrange(max(len(content), 1))
    if way == 0:
        return content[:place]
    if way == 1:
        return content[:place] + bytes([dice.randrange(256)]) + content[place + 1 :]
    if way == 2:
        start = content.find(dice.choice((b": ", b", ")), place) + 2
        return content[:start] + dice.choice(VALUES) + content[start + dice.randrange(8) :]
    return None
