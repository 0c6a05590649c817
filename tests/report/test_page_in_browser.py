"""The page in a real browser: nothing on the console, nothing cut off on a phone, marks in every chart, text to read.

A page of the test's own holds the report in frames of several widths and writes down what it finds there.
"""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mtl.report.report import read_report
from mtl.report.write import write_report
from mtl.tasks.benchmarks import BENCHMARKS
from tests.kit.runs import demo_phases, write_run

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--allow-file-access-from-files"),
    *("--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom"),
)
WIDTHS = (360, 1280)
CONTRAST = 4.5
"""What WCAG 2 asks of small text."""

HARNESS = """<!doctype html><title>frames</title>
<iframe src="report.html" width="360" height="900"></iframe><iframe src="report.html" width="1280" height="900"></iframe>
<pre id="found"></pre>
<script>
function channels(colour) {
  const numbers = colour.match(/[\\d.]+/g).map(Number);
  return colour.startsWith("rgb") ? numbers.slice(0, 3).map(n => n / 255) : numbers.slice(0, 3);
}
function luminance(colour) {
  const [r, g, b] = channels(colour).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
function ground(element, view) {
  for (let each = element; each; each = each.parentElement) {
    const colour = view.getComputedStyle(each).backgroundColor;
    if (!/^rgba\\(.*, 0\\)$/.test(colour)) return colour;
  }
}
function look(frame) {
  const page = frame.contentDocument, view = frame.contentWindow;
  const texts = [...page.body.querySelectorAll("*")].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()));
  const html = texts.filter(e => !e.closest("svg") && e.getClientRects().length);
  return {
    width: frame.clientWidth,
    overflow: page.documentElement.scrollWidth - frame.clientWidth,
    charts: [...page.querySelectorAll("figure.chart")].map(figure => ({
      title: figure.querySelector("figcaption").textContent,
      lines: [...figure.querySelectorAll("path.line:not(.raw)")].map(path => path.getBBox().width),
      texts: [...figure.querySelectorAll("text")].filter(text => text.getBBox().width > 0).length,
    })),
    tinted: [...page.querySelectorAll("td.up, td.down")].filter(cell => {
      const colour = view.getComputedStyle(cell).backgroundColor;
      return colour !== view.getComputedStyle(page.body).backgroundColor;
    }).length,
    faint: html.map(e => [contrast(view.getComputedStyle(e).color, ground(e, view)), e.textContent.slice(0, 40)])
      .filter(([value]) => value < CONTRAST),
    seen: html.length,
  };
}
window.onload = () => {
  document.getElementById("found").textContent = JSON.stringify([...document.querySelectorAll("iframe")].map(look));
};
</script>
""".replace("CONTRAST", str(CONTRAST))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if BROWSER is None:
        assert "MTL_NEEDS_BROWSER" not in os.environ, "no Chromium, but this test must not be left out"
        pytest.skip("no Chromium on this machine")
    root = write_run(tmp_path_factory.mktemp("runs") / "demo", demo_phases(steps=100))
    write_report(read_report([root], benchmarks=BENCHMARKS.values()), root)
    (root / "harness.html").write_text(HARNESS, encoding="utf-8")
    return root


def browse(folder: Path, page: str, *more: str) -> tuple[str, list[str]]:
    """The page as the browser has built it, and what it said on the console."""
    profile = folder / "profile"
    done = subprocess.run(
        [str(BROWSER), *FLAGS, *more, f"--user-data-dir={profile}", (folder / page).as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize("more", [(), ("--blink-settings=preferredColorScheme=0",)], ids=["light", "dark"])
def test_the_page_is_whole_at_every_width(folder: Path, more: tuple[str, ...]) -> None:
    dom, console = browse(folder, "harness.html", *more)
    found = re.search(r'<pre id="found">(.*?)</pre>', dom, re.DOTALL)
    assert found and found[1], f"the harness wrote nothing: {console}"
    views: list[dict[str, Any]] = json.loads(
        found[1].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">")
    )
    assert console == []
    assert [view["width"] for view in views] == list(WIDTHS)
    for view in views:
        assert view["overflow"] <= 0, "the page itself does not scroll sideways"
        assert len(view["charts"]) == 21
        for chart in view["charts"]:
            assert chart["lines"] and all(width > 50 for width in chart["lines"]), chart["title"]
            assert chart["texts"] >= 4, chart["title"]
        assert view["tinted"] > 30
        assert view["seen"] > 200
        assert view["faint"] == []


def test_the_console_of_the_page_itself_stays_empty(folder: Path) -> None:
    dom, console = browse(folder, "report.html")
    assert console == []
    assert "all nine over none" in dom
