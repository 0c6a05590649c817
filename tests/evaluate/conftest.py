"""A complete folder of predictions and labels for any benchmark, two items a file, all right."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mtl.evaluate.layouts import LAYOUTS
from mtl.evaluate.metrics import SpanAnswer
from mtl.tasks.benchmarks import Benchmark, Member

Folders = tuple[Path, Path]


@pytest.fixture
def write_benchmark(tmp_path: Path) -> Callable[[Benchmark], Folders]:
    """Writes both folders and returns them: predictions, labels."""

    def write(benchmark: Benchmark) -> Folders:
        for member in benchmark.members:
            text = LAYOUTS[member.layout].text(_content(member))
            gold = _SQUAD if member.layout == "answers" else text
            for file in map(member.file, member.languages):
                for folder, content in (("predictions", text), ("labels", gold)):
                    (tmp_path / folder / file).parent.mkdir(parents=True, exist_ok=True)
                    (tmp_path / folder / file).write_text(content, encoding="utf-8")
        return tmp_path / "predictions", tmp_path / "labels"

    return write


def _content(member: Member) -> Any:
    first, second, *_ = member.labels or ("", "")
    return {
        "labels": [first, second],
        "tags": [["O"], [second, second]] if member.labels and "O" in member.labels else [[first], [second]],
        "choices": [0, 1],
        "indices": ["1", "0"],
        "pairs": [("x-1", "en-1"), ("x-2", "en-2")],
        "answers": {"q1": SpanAnswer("Paris"), "q2": SpanAnswer("Rome")},
        "rankings": {"m1": ["Q1"], "m2": ["Q2"]},
    }[member.layout]


_SQUAD = json.dumps(
    {
        "data": [
            {
                "paragraphs": [
                    {
                        "context": "",
                        "qas": [
                            {"id": "q1", "answers": [{"text": "Paris"}]},
                            {"id": "q2", "answers": [{"text": "Rome"}]},
                        ],
                    }
                ]
            }
        ]
    }
)
