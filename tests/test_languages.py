"""The table of languages covers the benchmarks and holds together."""

import re

import pytest

from mtl.errors import UserError
from mtl.languages import LANGUAGES, SOURCES, distance, language

XTREME_R = """
af ar az bg bn de el en es et eu fa fi fr gu he hi ht hu id it ja jv ka kk
ko lt ml mr ms my nl pa pl pt qu ro ru sw ta te th tl tr uk ur vi wo yo zh
"""
TATOEBA = """
af afr ar ara az aze bg bul bn ben de deu el ell es spa et est eu eus fa pes fi fin fr fra he heb
hi hin hu hun id ind it ita ja jpn jv jav ka kat kk kaz ko kor lt lit ml mal mr mar nl nld pl pol
pt por ro ron ru rus sw swh ta tam te tel th tha tl tgl tr tur uk ukr ur urd vi vie zh cmn
"""


def test_the_fifty_languages_of_xtreme_r_are_there():
    assert sorted(LANGUAGES) == sorted(XTREME_R.split())
    assert len(LANGUAGES) == 50


def test_tatoeba_s_letters_are_those_of_the_protocol():
    words = TATOEBA.split()
    wanted = dict(zip(words[::2], words[1::2], strict=True))
    assert {code: row.tatoeba for code, row in LANGUAGES.items() if row.tatoeba} == wanted
    assert len(wanted) == 41


def test_rows_are_whole():
    for code, row in LANGUAGES.items():
        assert code == row.code and re.fullmatch("[a-z]{2}", code)
        assert row.name and row.family and row.script
        assert len(row.syntax) == 103 and set(row.syntax) == {"0", "1"} and 0 < row.known <= 103
        assert bool(row.branch) == (row.family == "Indo-European")
    assert len({row.name for row in LANGUAGES.values()}) == len(LANGUAGES)


def test_a_language_is_found_by_its_code():
    finnish = language("fi")
    assert (finnish.name, finnish.lineage[:2], finnish.script) == ("Finnish", ("Uralic", "Finnic"), "Latin")
    assert language("ht").name == "Haitian Creole"


@pytest.mark.parametrize("code", ["qaa", "qmz", "qtz"])
def test_a_private_use_code_is_an_artificial_language(code):
    assert (language(code).code, language(code).family) == (code, "artificial")


@pytest.mark.parametrize("code", ["qua", "qa", "qaaa", "Fi", "xx", "", "que"])
def test_any_other_code_is_the_user_s_mistake(code):
    with pytest.raises(UserError, match="unknown language"):
        language(code)


@pytest.mark.parametrize(
    ("code", "resource"),
    [("en", "high"), ("hi", "high"), ("ta", "middle"), ("sw", "low"), ("wo", "none"), ("qaa", "artificial")],
)
def test_a_language_has_a_class_of_resources(code, resource):
    assert language(code).resource == resource


def test_what_xlm_r_never_saw_has_no_size():
    assert [code for code, row in LANGUAGES.items() if row.cc100 is None] == ["ht", "qu", "wo", "yo"]
    assert all(row.cc100 > 0 for row in LANGUAGES.values() if row.cc100 is not None)


def test_where_the_sources_are_silent_nothing_is_known():
    assert {code for code, row in LANGUAGES.items() if not row.lineage} == {"eu", "qu"}
    assert language("eu").family == "unknown"
    assert distance("fi", "qaa") is None


def test_distance_is_one_less_the_cosine_of_the_features():
    for one, other in (("fi", "et"), ("sw", "th")):
        first, second = ([float(digit) for digit in language(code).syntax] for code in (one, other))
        product = sum(a * b for a, b in zip(first, second, strict=True))
        lengths = [sum(a * a for a in vector) ** 0.5 for vector in (first, second)]
        assert (
            distance(one, other)
            == distance(other, one)
            == pytest.approx(1 - product / lengths[0] / lengths[1])
        )
    assert distance("fi", "fi") == pytest.approx(0)
    assert distance("fi", "et") < distance("fi", "hu") < distance("fi", "sw")


def test_every_column_about_languages_names_its_source():
    assert set(SOURCES) == {"family", "script", "resource", "distance"}
