"""The page is whole markup in which text from outside stays text, and which assistive programs can walk."""

import re
from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from mtl.report.page import render
from mtl.report.report import Report, read_report
from mtl.tasks.benchmarks import BENCHMARKS
from tests.kit.runs import demo_phases, scores_of, write_run

HOSTILE = "</td><script>alert(1)</script>\"'&"


class Walk(HTMLParser):
    """All elements of a page with their attributes and their own text; an error where tags do not match."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[int] = []
        self.feed(page)
        self.close()
        assert not self._open, "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), []))
        if tag not in ("meta", "link", "br"):
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        for index in self._open:
            self.elements[index][2].append(data)

    def all(self, tag: str) -> list[tuple[dict[str, str | None], str]]:
        return [(attributes, "".join(text)) for name, attributes, text in self.elements if name == tag]


def report_of(folder: Path, phases: list[dict[str, Any]] | None = None) -> Report:
    root = write_run(folder / "demo", demo_phases() if phases is None else phases)
    return read_report([root], benchmarks=BENCHMARKS.values())


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    report = report_of(tmp_path_factory.mktemp("runs"))
    return Walk(render(report, ["results.csv", "heatmaps/xnli.svg", "heatmaps/xnli.png"]))


def test_the_answer_comes_first_and_says_what_it_is(page: Walk) -> None:
    assert [text for _, text in page.all("h1")] == ["demo"]
    assert [text for _, text in page.all("h2")] == [
        "Results",
        "By language",
        "Training",
        "Phases",
        "Reading notes",
        "What was run",
    ]
    figures = [text for attributes, text in page.all("p") if attributes.get("class") == "figure"]
    assert figures == ["+3.8all nine over none57.8 against 54.0,mean over 5 targets"]
    assert "all nine65.0+5.0" in page.all("tr")[3][1]


def test_every_train_phase_has_its_curves_and_every_phase_its_time(page: Walk) -> None:
    drawings = [attributes for attributes, _ in page.all("svg") if attributes.get("role") == "img"]
    charts = [attributes["aria-label"] or "" for attributes in drawings]
    assert len(charts) == 2 + 9 + 2 * 5
    assert (
        sum(
            chart.startswith("xnli, loss. none, seed 7: from ") and " all nine, seed 7: from " in chart
            for chart in charts
        )
        == 1
    )
    assert any(chart.startswith("xnli, dev accuracy. ") and "best at step 59." in chart for chart in charts)
    (lineage,) = [text for attributes, text in page.all("table") if attributes.get("class") == "lineage"]
    assert (
        lineage.index("text")
        < lineage.index("nine")
        < lineage.index("xnli-nine")
        < lineage.index("xnli-text")
    )
    assert "1 min 35 s" in lineage and "all phases7 min 35 s" in lineage


def test_what_a_reader_stumbles_on_is_said(page: Walk) -> None:
    assert [text for _, text in page.all("dt")][-5:] == [
        "Zero-shot",
        "Dev and test are different things",
        "An artificial world",
        "One seed",
        "The numbers",
    ]
    said = " ".join(text for _, text in page.all("dd"))
    assert "80.4 against 79.2" in said
    assert "Nobody speaks qaa, qab, qac, qad" in said


def test_a_selection_by_other_languages_is_no_zero_shot(tmp_path: Path) -> None:
    phases = demo_phases()
    phases[2]["dev_languages"] = ("de", "en")
    walk = Walk(render(report_of(tmp_path, phases), []))
    (told,) = [text for _, text in walk.all("dd") if "none: dev of de, en chose its steps." in text]
    assert "beside no zero-shot number" in told
    assert "Not zero-shot" in [text for _, text in walk.all("dt")]
    assert "none is not zero-shot: dev of de, en chose its steps." in [text for _, text in walk.all("li")]


def test_labels_in_other_languages_are_no_zero_shot(tmp_path: Path) -> None:
    phases = demo_phases()
    phases[1]["labels_in"] = {"xnli": ["de", "sw"]}
    walk = Walk(render(report_of(tmp_path, phases), []))
    told = "all nine is not zero-shot: xnli learned from labels in de, sw."
    assert told in [text for _, text in walk.all("li")]
    assert "Not zero-shot" in [text for _, text in walk.all("dt")]


def test_problems_stand_above_everything(tmp_path: Path) -> None:
    phases = demo_phases()
    phases[-1]["done"] = False
    report = report_of(tmp_path, phases)
    (report.runs[0].folder.phase("nine").metrics).write_text("{}\n", encoding="utf-8")
    text = render(report, [])
    assert text.index("Read this first") < text.index("<main")
    listed = [each for _, each in Walk(text).all("li")]
    assert "phase tatoeba-nine: unfinished" in listed
    assert any("metrics.jsonl: not a diary" in each for each in listed)


def test_a_run_without_scores_shows_what_there_is(tmp_path: Path) -> None:
    walk = Walk(render(report_of(tmp_path, demo_phases()[:2]), []))
    assert [text for _, text in walk.all("h2")] == ["Training", "Phases", "What was run"]
    assert "No target has been scored yet." in [text for _, text in walk.all("p")]


def test_text_from_outside_stays_text(tmp_path: Path) -> None:
    phases = demo_phases()
    for phase in phases:
        phase["arm"] = phase["arm"].replace("all nine", HOSTILE)
        phase["tasks"] = [HOSTILE if task == "xnli" else task for task in phase["tasks"]]
        if "xnli" in phase["scores"]:
            phase["scores"] = {HOSTILE: scores_of("xnli", ("en", HOSTILE), english=50)["xnli"]}
    text = render(report_of(tmp_path, phases), [HOSTILE])
    walk = Walk(text)
    assert walk.all("script") == []
    assert HOSTILE in [content for _, content in walk.all("td")]
    assert HOSTILE in [content for _, content in walk.all("h3")]


def test_nothing_is_fetched_and_nothing_runs(page: Walk) -> None:
    names = Counter(name for name, _, _ in page.elements)
    assert not {"script", "img", "iframe", "object", "form", "input", "button"} & set(names)
    for name, attributes, _ in page.elements:
        assert not any(key.startswith("on") for key in attributes)
        link = attributes.get("href") or ""
        assert link.startswith(("#", "data:,", "results.", "heatmaps/")) or "href" not in attributes, (
            name,
            link,
        )
    assert "url(" not in page.all("style")[0][1]


def test_it_can_be_walked_without_eyes_or_mouse(page: Walk) -> None:
    assert page.all("html")[0][0]["lang"] == "en"
    ids = [attributes["id"] for _, attributes, _ in page.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    wanted = [a["href"][1:] for a, _ in page.all("a") if (a["href"] or "").startswith("#")]  # type: ignore[index]
    wanted += [a["aria-labelledby"] for _, a, _ in page.elements if "aria-labelledby" in a]  # type: ignore[misc]
    assert set(wanted) <= set(ids)
    levels = [int(name[1]) for name, _, _ in page.elements if re.fullmatch("h[1-6]", name)]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in pairwise(levels))
    assert all(attributes.get("scope") for attributes, _ in page.all("th"))
    assert all(
        attributes.get("role") == "img" and attributes.get("aria-label")
        for attributes, _ in page.all("svg")
        if attributes.get("class") != "key"
    )
    scrolls = [a for _, a, _ in page.elements if a.get("class") == "scroll"]
    assert scrolls and all(a["tabindex"] == "0" and a["role"] == "region" for a in scrolls)
    assert all(any(key in a for key in ("aria-label", "aria-labelledby")) for a in scrolls)
