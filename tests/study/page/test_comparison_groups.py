"""The page and the files of a study have the same tables of comparisons."""

from pathlib import Path

from mtl.study.analysis import analyse
from mtl.study.leakage import Leak, Leakage
from mtl.study.page.page import render
from mtl.study.page.tables import all_tables
from mtl.study.results import read_results
from tests.kit.page_tables import tables_of
from tests.study.test_analysis import study

NAMES = ("tests", "tests-averages", "tests-aside", "tests-apart", "tests-by-target")


def test_every_comparison_stands_in_the_same_table_on_the_page_and_in_the_files(tmp_path: Path) -> None:
    averages = "averages={german: {languages: [de]}}"
    results = read_results(study(tmp_path, "seeds=[0,1,2]", averages, "arms.ccg.aside=bound"))
    leak = Leak(arm="mnli", target="xnli", part="training", rows=1.0, texts=1.0, files=())
    leakage = Leakage(leaks=(leak,), problems=())
    analysis = analyse(results, leakage.leaky, resamples=20)
    page = tmp_path / "page.html"
    page.write_text(render(results, analysis, leakage, commands=[], files=[]), encoding="utf-8")
    shown = {name: [line[0] for line in lines[1:]] for name, lines in tables_of(page).items()}
    kept = {table.name: table for table in all_tables(results, analysis, leakage)}
    assert tuple(name for name in kept if name.startswith("tests")) == NAMES
    assert tuple(name for name in shown if name.startswith("t-tests")) == tuple(f"t-{name}" for name in NAMES)
    for name in NAMES:
        assert shown[f"t-{name}"] == [row.label for row in kept[name].rows]
        assert f'id="t-{name}">{kept[name].title}</h3>' in page.read_text(encoding="utf-8")
