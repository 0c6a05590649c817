"""The smoke versions of the studies go from file to page, and the page says what the CSV says."""

import csv
import json
import random
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from mtl.study.file import load_study
from mtl.study.graph import lay_out
from tests.kit.page_tables import tables_of
from tests.kit.ranks import ROOT
from tests.kit.waiting import wait_until
from tests.report.test_page_in_browser import BROWSER, FLAGS

MINUS = "\N{MINUS SIGN}"
CLOCKED = {"t-costs"}
"""Tables that tell what was measured by the clock."""
SMOKE = ("domain", "paper", "augmentation", "scale", "resource", "finnish")


@pytest.fixture(scope="module", params=[f"{name}_smoke" for name in SMOKE])
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a smoke version that has run."""
    root: Path = tmp_path_factory.mktemp("studies")
    start(request.param, root)
    return root / request.param


def command(name: str, root: Path, *options: str) -> list[str]:
    """The launcher's, for a study below a folder."""
    places = [f"out={root}", f"data.cache={root}/cache"]
    return [sys.executable, "launchers/study.py", f"recipes/studies/{name}.yaml", *options, *places]


def start(name: str, root: Path, *options: str) -> str:
    """Run the launcher; what it said."""
    done = subprocess.run(
        command(name, root, *options),
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    logs = "\n".join(log.read_text()[-2000:] for log in (root / name).glob("logs/*.log"))
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{logs}"
    return done.stdout


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_scores_on_the_page_are_those_of_the_csv(study: Path) -> None:
    scores: dict[tuple[str, str, str], dict[str, float]] = defaultdict(dict)
    for row in rows_of(study / "scores.csv"):
        scores[row["arm"], row["target"], row["language"]][row["seed"]] = float(row["percent"])
    tables = tables_of(study / "study.html")
    targets = list(dict.fromkeys(target for _, target, _ in scores))
    _groups, heading, *lines = tables["t-scores"]
    assert heading == [*targets, "mean"]
    for arm, *cells in lines:
        for target, cell in zip(targets, cells, strict=False):
            own, base = scores[arm, target, "avg"], scores["none", target, "avg"]
            if not own:  # an arm without data
                assert cell == "\N{EN DASH}"
                continue
            assert cell.startswith(_mean(own))
            if arm != "none":
                gain = sum(own[seed] - base[seed] for seed in own) / len(own)
                assert f"[{_signed(gain)}]" in cell
    for target in targets:
        if f"t-{target}" not in tables:  # one language, whose scores are the target's
            assert len({language for _, scored, language in scores if scored == target} - {"avg"}) == 1
            continue
        (_, *arms), *lines = tables[f"t-{target}"]
        for language, *cells in lines:
            for arm, cell in zip(arms, cells, strict=True):
                own = scores[arm, target, language]
                assert cell.startswith(_mean(own))


def _mean(by_seed: dict[str, float]) -> str:
    """What a cell begins with; seeds that all score the same may be one model, which has no deviation."""
    return f"{sum(by_seed.values()) / len(by_seed):.1f}" + (" ±" if len({*by_seed.values()}) > 1 else "")


def _signed(value: float) -> str:
    text = f"{value:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", MINUS)


def test_the_tests_on_the_page_are_those_of_the_csv(study: Path) -> None:
    gains = {
        (row["arm"], row["against"], row["targets"]): row
        for row in rows_of(study / "gains.csv")
        if not row["average"]
    }
    tables = tables_of(study / "study.html")
    heading, *lines = tables.get("t-tests-by-target") or tables["t-tests"]
    assert lines
    for label, *cells in lines:
        arm, against, target = re.fullmatch(r"(.*) against (.*): (.*)", label).groups()  # type: ignore[union-attr]
        row, shown = gains[arm, against, target], dict(zip(heading[1:], cells, strict=True))
        assert shown["gain"] == f"{float(row['gain']):+.2f}".replace("-", MINUS)
        for column, key in (
            ("p, items and seeds", "p"),
            ("p after Holm", "p_holm"),
            ("p, permutation", "p_permutation"),
        ):
            value = float(row[key])
            assert shown[column] == ("< 0.0001" if value < 0.0001 else f"{value:.4f}")
        assert shown["seeds"] == "3" and shown["comparisons"] == row["comparisons"] == str(len(lines))
        assert shown["items"].replace(",", "") == row["items"]


def test_a_gain_of_the_csv_of_gains_is_the_difference_of_its_scores(study: Path) -> None:
    scores = {
        (r["arm"], r["target"], r["seed"]): float(r["percent"])
        for r in rows_of(study / "scores.csv")
        if r["language"] == "avg"
    }
    gains = [row for row in rows_of(study / "gains.csv") if not row["average"]]
    assert gains
    for row in gains:
        targets, seeds = row["targets"].split(), row["seeds"].split()
        differences = [
            scores[row["arm"], t, s] - scores[row["against"], t, s] for t in targets for s in seeds
        ]
        assert float(row["gain"]) == pytest.approx(sum(differences) / len(differences))


def test_averages_on_the_page_are_those_of_the_csv(study: Path) -> None:
    averages = lay_out(load_study(ROOT / f"recipes/studies/{study.name}.yaml")).study.averages
    if not averages:
        assert "t-averages" not in tables_of(study / "study.html")
        return
    scores = {
        (r["arm"], r["seed"], r["language"]): float(r["percent"]) for r in rows_of(study / "scores.csv")
    }

    def mean(arm: str, seed: str, codes: tuple[str, ...]) -> float:
        return sum(scores[arm, seed, code] for code in codes) / max(len(codes), 1)

    heading, *lines = tables_of(study / "study.html")["t-averages"]
    assert heading[1:] == list(averages) and lines
    for arm, *cells in lines:
        for average, cell in zip(averages.values(), cells, strict=True):
            own = [mean(arm, seed, average.languages) - mean(arm, seed, average.less) for seed in "012"]
            assert cell.replace(MINUS, "-").startswith(f"{sum(own) / 3:.1f} ±")
    tested = [row for row in rows_of(study / "gains.csv") if row["average"]]
    assert {row["average"] for row in tested} == set(averages)
    for row in tested:
        parts = averages[row["average"]]
        gains = [
            sum(
                sign * mean(row[key], seed, codes) for codes, sign in ((parts.languages, 1), (parts.less, -1))
            )
            * (1 if key == "arm" else -1)
            for seed in "012"
            for key in ("arm", "against")
        ]
        assert float(row["gain"]) == pytest.approx(sum(gains) / 3)


def test_sources_are_held_to_their_distance_and_every_fact_has_its_source(study: Path) -> None:
    laid_out = lay_out(load_study(ROOT / f"recipes/studies/{study.name}.yaml"))
    if laid_out.study.distance_to is None:
        return
    tables, text = tables_of(study / "study.html"), (study / "study.html").read_text(encoding="utf-8")
    languages = [line[2] for line in tables["t-sources"][1:]]
    assert languages == ["qaa", "qab", "qac", "qae"]
    assert "the built-in world: the mean of the shares" in text
    elder, *others, target = (float(line[6]) for line in tables["t-sources"][1:])
    assert target == 0 < elder < min(others)
    assert len(re.findall(r'class="seed"', text)) == 3 * 3  # sources that compete, times seeds
    assert "t-closeness" in tables and "t-spread" in tables and "t-tests-aside" in tables


def test_a_second_start_trains_nothing_and_says_the_same(study: Path) -> None:
    before = {file: (study / file).read_bytes() for file in ("gains.csv", "scores.csv")}
    said = start(study.name, study.parent)
    phases = re.search(r"(\d+) of (\d+) phases are done", said)
    assert phases and phases[1] == phases[2]
    assert {file: (study / file).read_bytes() for file in before} == before


def done_at(folder: Path) -> dict[str, int]:
    """When each phase that is done was written down as such."""
    records = {file.parent.name: file for file in folder.glob("*/phase.json")}
    return {
        name: file.stat().st_mtime_ns
        for name, file in records.items()
        if json.loads(file.read_text())["done"]
    }


@pytest.mark.slow
@pytest.mark.parametrize("study", ["domain_smoke"], indirect=True)
def test_killed_at_random_and_started_again_nothing_is_done_twice_and_the_page_is_the_same(
    study: Path, tmp_path: Path
) -> None:
    folder, phases = tmp_path / study.name, len(done_at(study))
    for share in sorted(random.Random(7).sample(range(1, phases), 2)):
        begun = subprocess.Popen(command(study.name, tmp_path), cwd=ROOT, stdout=subprocess.DEVNULL)
        wait_until(lambda share=share: len(done_at(folder)) >= share, 900, f"{share} phases")  # type: ignore[misc]
        before = done_at(folder)
        begun.kill()
        begun.wait()
    start(study.name, tmp_path)
    after = done_at(folder)
    assert len(after) == phases and {name: after[name] for name in before} == before
    for file in ("scores.csv", "gains.csv"):
        assert (folder / file).read_bytes() == (study / file).read_bytes()
    disturbed, whole = (tables_of(place / "study.html") for place in (folder, study))
    assert disturbed.keys() == whole.keys()
    assert {name for name in whole if disturbed[name] != whole[name]} <= CLOCKED


def test_the_page_says_what_it_is_and_needs_nobody(study: Path) -> None:
    text = (study / "study.html").read_text(encoding="utf-8")
    assert "artificial world" in text and "launchers/study.py" in text
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", text)
    assert "<script" not in text
    for name in ("study.md", "study.tex", "scores.csv", "gains.csv"):
        assert f'href="{name}"' in text and (study / name).stat().st_size > 0
    for link in re.findall(r'href="([^"#:]+/)"', text):
        assert (study / link).is_dir()


LOOK = """<!doctype html><iframe src="study.html" width="360" height="900"></iframe><iframe src="study.html" width="1280" height="900"></iframe>
<pre id="found"></pre><script>
window.onload = () => {
  document.getElementById("found").textContent = JSON.stringify([...document.querySelectorAll("iframe")].map(frame => {
    const page = frame.contentDocument;
    return {
      overflow: page.documentElement.scrollWidth - frame.clientWidth,
      forests: [...page.querySelectorAll(".forest svg")].map(svg => [...svg.querySelectorAll("circle, .range")]
        .filter(mark => mark.getBoundingClientRect().width > 0).length),
      charts: [...page.querySelectorAll(".chart svg")].map(svg => [...svg.querySelectorAll("circle, path")]
        .filter(mark => mark.getBoundingClientRect().width > 0).length),
      map: [...page.querySelectorAll(".map rect")].filter(rect => rect.getBoundingClientRect().width > 0).length,
      cut: [...page.querySelectorAll(".map svg text, .forest svg text")].filter(text => {
        const [inner, outer] = [text.getBoundingClientRect(), text.closest("svg").getBoundingClientRect()];
        return inner.left < outer.left - 1 || inner.right > outer.right + 1;
      }).map(text => text.textContent),
      tinted: page.querySelectorAll("td.up, td.down").length,
    };
  }));
};</script>"""


@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_in_a_browser_every_chart_has_marks_and_nothing_is_cut_off(study: Path) -> None:
    (study / "look.html").write_text(LOOK)
    done = subprocess.run(
        [str(BROWSER), *FLAGS, (study / "look.html").as_uri()], capture_output=True, text=True, timeout=120
    )
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    assert "CONSOLE" not in done.stderr
    for frame in json.loads(found[1].replace("&quot;", '"')):
        assert frame["overflow"] <= 0 and frame["cut"] == []
        assert frame["forests"] and all(frame["forests"])
        assert bool(frame["charts"]) == (study.name == "scale_smoke")
        assert all(count >= 4 for count in frame["charts"])
        assert frame["map"] > 4 and frame["tinted"] > 0


def test_slurm_gets_rounds_that_wait_for_one_another(tmp_path: Path) -> None:
    said = start("domain_smoke", tmp_path, "--slurm")
    folder = tmp_path / "domain_smoke" / "slurm"
    assert f"bash {folder}/submit.sh" in said.replace("\n", "")
    rounds = [file.read_text().splitlines() for file in sorted(folder.glob("round*.txt"))]
    assert [len(lines) for lines in rounds[:2]] == [1, 12]
    fake = tmp_path / "sbatch"
    fake.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nwc -l < {tmp_path}/asked\n')
    fake.chmod(0o755)
    path = f"{tmp_path}:{Path(shutil.which('bash') or '/bin/bash').parent}:/usr/bin:/bin"
    subprocess.run(["bash", str(folder / "submit.sh")], check=True, env={"PATH": path})
    asked = (tmp_path / "asked").read_text().splitlines()
    assert len(asked) == len(rounds)
    assert "--dependency" not in asked[0] and "--dependency=afterany:1 " in asked[1]
    assert f"--array=1-{len(rounds[1])} " in asked[1] and "--gres=gpu:1" in asked[1]
    subprocess.run(["bash", "-n", str(folder / "job.sh")], check=True)


@pytest.mark.slow
def test_the_finnish_study_finds_the_language_that_was_made_close(tmp_path: Path) -> None:
    """`qaa` is the sister of the target `qae`: tagged words of hers teach most about tags of its."""
    start("finnish_small", tmp_path)
    folder = tmp_path / "finnish_small"
    (row,) = (
        cells for label, *cells in tables_of(folder / "study.html")["t-closeness"] if label == "udpos: udpos"
    )
    assert row[-2:] == ["qaa", "qaa"]  # the largest gain, and the closest
    rows = {row["arm"]: row for row in rows_of(folder / "gains.csv") if row["targets"] == "udpos"}
    sister = rows.pop("qaa")
    assert float(sister["gain"]) > 0 and float(sister["p_holm"]) < 0.05
    assert len(rows) == 4 and all(float(row["gain"]) < float(sister["low"]) for row in rows.values())
    assert "qae, not zero-shot" in (folder / "study.html").read_text(encoding="utf-8")
