"""The languages of arms: what is known of them, from the built-in tables or the user's."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.study.sources import find_sources, read_facts, told_by
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
