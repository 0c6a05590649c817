"""mine.py, embed.py and predict.py: ranks wait for one that is slow, however long its share takes."""

import runpy
import sys
from datetime import timedelta
from pathlib import Path
from typing import Never

import pytest

from mtl.engine import launch
from tests.kit.ranks import ROOT


class JoinedError(Exception):
    """A launcher wants to meet the other ranks."""


@pytest.mark.parametrize("verb", ["mine", "embed", "predict"])
def test_ranks_that_are_through_wait_for_days(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"text": "a fox"}\n')
    (tmp_path / "config.json").touch()  # which makes it a head
    words = {
        "mine": ["--source", rows, "--target", rows],
        "embed": ["--text", rows],
        "predict": ["--input", rows],
    }[verb]

    def join(*, timeout: timedelta) -> Never:
        raise JoinedError(timeout)

    monkeypatch.setattr(launch, "join_run", join)
    words = ["--model", tmp_path, *words, "--out", tmp_path / "out"]
    monkeypatch.setattr(sys, "argv", [verb, *map(str, words)])
    main = runpy.run_path(str(ROOT / "launchers" / f"{verb}.py"))["main"]
    with pytest.raises(JoinedError) as caught:
        main()
    assert caught.value.args[0] >= timedelta(days=1)
