"""What retrieval left to look at is drawn: layers for each arm, similarities and pairs for each language."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mtl.report.histogram import histogram
from mtl.report.page import render
from mtl.report.report import read_report
from tests.kit.runs import demo_phases, write_run

LOOK = {
    "qaa": {
        "threshold": 1.0625,
        "reading": "layer 1, mean",
        "layers": {"of": "accuracy", "mean": [0.1, 0.3, 0.5]},
        "similarities": {"edges": [0.0, 0.5, 1.0], "translations": [1, 9], "nearest wrong": [8, 2]},
    },
    "qab": {
        "pairs": 1234567,
        "layers": {"of": "accuracy", "mean": [0.3, 0.5, 0.9]},
        "near": [[1.0625, "<foreign>", "english"]],
    },
}


def page(folder: Path, look: Any) -> str:
    root = write_run(folder / "demo", demo_phases())
    (root / "tatoeba-nine" / "found").mkdir()
    for language, found in look.items():
        file = root / "tatoeba-nine" / "found" / f"tatoeba-{language}.json"
        file.write_text(json.dumps(found), encoding="utf-8")
    return render(read_report([root], benchmarks=()), [])


def test_layers_are_a_line_for_each_arm_and_the_mean_over_languages(tmp_path: Path) -> None:
    text = page(tmp_path, LOOK)
    assert "tatoeba, accuracy by layer. all nine: from 20 at layer 0 to 70 at layer 2." in text
    assert '<h2 id="retrieval-title">Retrieval</h2>' in text


def test_a_language_may_have_a_region(tmp_path: Path) -> None:
    assert '<th scope="row">pt-br, all nine</th>' in page(tmp_path, {"pt-br": LOOK["qaa"]})


def test_two_poolings_are_two_lines(tmp_path: Path) -> None:
    layers = {"of": "F1 on dev", "mean": [0.1, 0.3], "first": [0.2, 0.2]}
    text = page(tmp_path, {"qaa": {"layers": layers}})
    assert (
        "tatoeba, F1 on dev by layer. all nine, mean of all tokens: from 10 at layer 0 to 30 at layer" in text
    )
    assert "all nine, first token: from 20 at layer 0 to 20 at layer 1." in text
    section = text[text.index('id="retrieval-title"') :]
    for name in ("all nine, mean of all tokens", "all nine, first token"):
        (keyed,) = re.findall(rf'<line [^>]*class="([^"]+)"></line></svg>{name}</li>', section)
        (drawn,) = re.findall(rf'<path [^>]*class="([^"]+)"><title>{name}</title>', section)
        assert keyed == drawn
    assert len(set(re.findall(r'<path [^>]*class="(line [^"]+)"', section))) == 2


def test_similarities_and_pairs_are_there_for_those_who_ask(tmp_path: Path) -> None:
    text = page(tmp_path, LOOK)
    assert (
        "tatoeba, qaa, all nine. translations: 10, mostly near 0.75; nearest wrong: 10, mostly near 0.25."
        in text
    )
    assert '<td>1.062</td><td class="text">&lt;foreign&gt;</td>' in text
    assert text.index("<details><summary>Pairs near the threshold") < text.index("&lt;foreign&gt;")


DAMAGED = [
    1,
    {"threshold": "high"},
    {"layers": ["high"]},
    {"layers": {"of": "accuracy", "mean": ["high"]}},
    {"near": [[0.5, "one"]]},
    {"similarities": {}},
    {"similarities": {"edges": [0, 1], "translations": [1, 2], "nearest wrong": [1]}},
]


@pytest.mark.parametrize("found", DAMAGED)
def test_what_cannot_be_read_is_named_and_the_rest_is_there(tmp_path: Path, found: Any) -> None:
    text = page(tmp_path, {"qaa": found, "qab": LOOK["qab"]})
    assert "found/tatoeba-qaa.json: " in text[: text.index("<main")]
    assert "from 30 at layer 0 to 90 at layer 2." in text


def test_the_facts_are_listed_by_language_and_arm(tmp_path: Path) -> None:
    text = page(tmp_path, LOOK)
    assert (
        '<th scope="row">qaa, all nine</th><td class="text">layer 1, mean</td><td>1.0625</td><td>\N{EN DASH}</td>'
        in text
    )
    assert (
        '<th scope="row">qab, all nine</th><td class="text">\N{EN DASH}</td><td>\N{EN DASH}</td><td>1,234,567</td>'
        in text
    )


def test_no_look_is_no_section(tmp_path: Path) -> None:
    assert "retrieval-title" not in page(tmp_path, {})


def test_a_histogram_of_nothing_is_flat() -> None:
    assert "M38 128L38.0 128.0L272.0 128.0L272 128Z" in histogram("none", [0.0, 1.0], {"translations": [0]})
