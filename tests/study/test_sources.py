"""The languages of arms: what is known of them, from the built-in tables or the user's; gains held to distances."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.runfolder import StudyFolder
from mtl.study.analysis import analyse
from mtl.study.closeness import find_closeness
from mtl.study.matrix import StudyMatrix
from mtl.study.results import read_results
from mtl.study.sources import find_sources, read_facts, told_by
from tests.study.test_analysis import ITEMS, SKILL, finish, take_test
from tests.study.test_graph import laid_out

LANGUAGES = ("en", "qaa", "qab", "qac", "qad")
SOURCES = ", ".join(f"{code}: {{tasks: {{udpos: {{language: {code}}}}}}}" for code in LANGUAGES)
MORE = "both: {tasks: {udpos: {also: [udpos-qaa]}}}, text: {tasks: [hellaswag]}"
ARMS = f"arms={{none: {{}}, {SOURCES}, {MORE}}}"


def test_an_arm_s_language_is_that_of_its_tasks_and_a_mixture_has_none(tmp_path: Path) -> None:
    sources = find_sources(laid_out(tmp_path, ARMS, "variants={}", "distance_to=qae"))
    assert [(each.row.label, each.language) for each in sources] == [
        *((code, code) for code in LANGUAGES),
        ("text", "en"),
    ]
    assert {each.tasks for each in sources} == {("udpos",), ("hellaswag",)}
    facts = {each.language: each.facts for each in sources}
    assert facts["qab"].script == "Armenian" and facts["qaa"].family == "qaa"
    distances = {code: facts[code].distance or 1.0 for code in LANGUAGES}
    assert min(distances, key=distances.__getitem__) == "qaa" and distances["qaa"] < 0.2


def test_real_languages_have_the_built_in_table_s_facts(tmp_path: Path) -> None:
    arms = "arms={none: {}, et: {tasks: {panx: {language: et}}}, xx: {tasks: {panx: {language: tlh}}}}"
    matrix = laid_out(
        tmp_path, arms, "variants={}", "data={root: d, world: null}", "model={name: m}", "distance_to=fi"
    )
    et, unknown = (each.facts for each in find_sources(matrix))
    assert (et.family, et.script, et.resource) == ("Uralic", "Latin", "middle")
    assert et.distance == pytest.approx(0.065, abs=0.001)
    assert unknown.distance is None and unknown.family == ""
    assert "lang2vec" in told_by(matrix.study)["distance"]


def test_a_table_of_the_user_s_own_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "mine.tsv"
    file.write_text("code\tfamily\tdistance\nqaa\tmine\t0.25\nqab\t\t\n")
    matrix = laid_out(tmp_path, ARMS, "variants={}", f"languages={file}", "distance_to=fi")
    facts = {each.language: each.facts for each in find_sources(matrix)}
    assert (facts["qaa"].family, facts["qaa"].distance) == ("mine", 0.25)
    assert facts["qab"].distance is None and facts["qad"].distance is None
    assert set(told_by(matrix.study).values()) == {str(file)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code\tfamly\nqaa\tx\n", "unknown column 'famly'; did you mean family"),
        ("family\nx\n", "has no column `code`"),
        ("", "has no column `code`"),
        ("code\tdistance\nqaa\tfar\n", r"mine.tsv:2: distance is no number"),
    ],
)
def test_a_mistake_in_it_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "mine.tsv").write_text(text)
    with pytest.raises(UserError, match=message) as caught:
        read_facts(tmp_path / "mine.tsv")
    assert "\n" not in str(caught.value)


def finish_all(matrix: StudyMatrix) -> None:
    """Leave what every phase of the study leaves."""
    for number, cell in enumerate(matrix.cells):
        take_test(matrix, number)
        for name in cell.phases[:-1]:
            finish(matrix, name)


def test_a_language_is_one_source_of_each_variant_whatever_its_arms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = ("qaa", "qab", "qac")
    for label in (*codes, *(f"{code}, small" for code in codes), "again", "again, small"):
        monkeypatch.setitem(SKILL, label, 0.9 if label == "again" else 0.6)
    arms = ", ".join(f"{code}: {{tasks: {{udpos: {{language: {code}}}}}}}" for code in codes)
    matrix = laid_out(
        tmp_path,
        f"arms={{none: {{}}, {arms}, again: {{tasks: {{udpos: {{language: qab}}}}, train: {{lr: 1e-4}}}}}}",
        "variants={'': {}, small: {records: 10}}",
        "targets={xnli: {}}",
        "seeds=[0]",
        "distance_to=qae",
        f"out={tmp_path}",
    )
    finish_all(matrix)
    whole, small = find_closeness(read_results(matrix))
    assert (whole.trains_on, small.trains_on) == (("udpos",), ("udpos", "small"))
    for each in (whole, small):
        assert sorted(point.source.language for point in each.points) == list(codes)
    (twice,) = (point for point in whole.points if point.source.language == "qab")
    assert twice.gain == pytest.approx(25, abs=6), "the mean of 10 and 40 points"
    again = next(c for c in matrix.cells if c.row.label == "again")
    StudyFolder(matrix.recipe.folder).phase(again.phases[-1]).scores.write_text("{}")
    alone = next(iter(find_closeness(read_results(matrix))))
    (once,) = (point for point in alone.points if point.source.language == "qab")
    assert once.gain < twice.gain, "an arm without results leaves the language its other one"


def test_where_the_close_source_gains_most_the_page_finds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skills = {"none": 0.4, "qaa": 0.9, "qac": 0.7, "qad": 0.65, "en": 0.55, "qab": 0.45, "qae": 0.99}
    for label, skill in skills.items():
        monkeypatch.setitem(SKILL, label, skill)
    top = "qae: {tasks: {udpos: {language: qae}}, aside: upper bound}"
    matrix = laid_out(
        tmp_path,
        f"arms={{none: {{}}, {SOURCES}, {top}}}",
        "variants={}",
        "targets={xnli: {}, pawsx: {}}",
        "seeds=[0,1,2]",
        "distance_to=qae",
        "averages={foreign: {languages: [de]}, gap: {languages: [en], less: [de]}, lacking: {languages: [sw]}}",
        f"out={tmp_path}",
    )
    finish_all(matrix)
    analysis = analyse(read_results(matrix), resamples=50)
    whole, *by_target = analysis.closeness
    assert whole.points[0].source.language == "qaa"
    assert "qae" not in [point.source.language for point in whole.points]
    assert max(whole.points, key=lambda point: point.gain).source.language == "qaa"
    assert whole.agreement is not None and whole.agreement.rho < -0.8 and len(by_target) == 2
    assert len(whole.by_seed) == 3
    assert {finding.comparison.arm for finding in analysis.aside} == {"qae"}
    assert "qae" not in {finding.comparison.arm for finding in (*analysis.means, *analysis.averages)}
    assert {finding.family for finding in analysis.aside} == {1}
    by_average = {(f.average, f.comparison.arm): f for f in analysis.averages}
    assert {name for name, _ in by_average} == {"foreign", "gap"}
    foreign = by_average["foreign", "qaa"]
    assert foreign.gain == pytest.approx(50, abs=6) and foreign.num_items == 2 * ITEMS
    assert foreign.adjusted is not None and foreign.adjusted < 0.05 and foreign.family == 5
    gap = by_average["gap", "qaa"]
    assert abs(gap.gain) < 6 and gap.adjusted is not None and gap.adjusted > 0.05
    assert set(gap.by_language) == {(t, code) for t in ("xnli", "pawsx") for code in ("de", "en")}
    spread = {each.target: each for each in analysis.spreads}["xnli"]
    # Two files of the same items: a right answer varies by sqrt(p (1 - p) / n) in each, and so from seed to seed.
    assert spread.low < spread.seeds < spread.high and spread.seeds == pytest.approx(2.2, abs=0.8)
    assert spread.items == pytest.approx(2.2, abs=0.4) and spread.needed is not None and spread.needed > 10
