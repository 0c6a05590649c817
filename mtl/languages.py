"""The languages of XTREME and XTREME-R: codes, kin, scripts, sizes, and how far apart they are.

`languages.tsv` beside this file holds what other people's tables say; `docs/languages.py` writes it.
Private-use codes (qaa to qtz of ISO 639-2) are languages too: artificial ones, as the built-in world's.
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from mtl.errors import unknown_name

ENGLISH = "en"
"""What models are fine-tuned on; the other languages are zero-shot."""
PRIVATE_USE = re.compile(r"q[a-t][a-z]")

ABOUT = Path(__file__).with_name("languages.tsv")
"""By language: its lineage, script, and features of its syntax; blank where the source says nothing."""

SOURCES: Mapping[str, str] = {
    "family": "Glottolog, as URIEL has it (lang2vec 1.1.2, CC BY-SA 4.0)",
    "script": "CLDR's likely subtags, named as in IANA's registry (langcodes 3.5.1)",
    "resource": "GiB in CC-100 (Conneau et al. 2020, table 6); the cuts at 20 and 5 are ours",
    "distance": "1 - cosine of URIEL's features of syntax, with its own guesses for gaps (lang2vec 1.1.2)",
}
"""Where each column of a table about languages comes from."""

UNKNOWN = "unknown"

RESOURCES: Mapping[str, float] = {"high": 20.0, "middle": 5.0, "low": 0.0}
"""Classes of languages by their text in CC-100, and the least GiB of each."""


@dataclass(frozen=True)
class Language:
    """A language as our tables and plots know it."""

    code: str
    name: str
    lineage: tuple[str, ...]
    """Its groups in Glottolog's tree, the largest first; empty: none is known (or it has no kin)."""
    script: str
    tatoeba: str | None
    """Its three letters in the names of Tatoeba's files; None where Tatoeba is not scored."""
    cc100: float | None
    """GiB of its text in CC-100, XLM-R's training data (Conneau et al. 2020, table 6); None: not in it."""
    syntax: str = ""
    """A digit for each of URIEL's features of syntax; empty: not known."""
    known: int = 0
    """So many of them are told by a source; the others are its nearest neighbours'."""

    @property
    def family(self) -> str:
        """The largest group."""
        if self.artificial:
            return "artificial"
        return self.lineage[0] if self.lineage else UNKNOWN

    @property
    def branch(self) -> str:
        """The branch of a family whose branches are told apart (Indo-European); else empty."""
        return self.lineage[1] if self.family == "Indo-European" else ""

    @property
    def resource(self) -> str:
        """How much text XLM-R had of it; where the classes are cut is our choice."""
        if self.artificial:
            return "artificial"
        if self.cc100 is None:
            return "none"
        return next(name for name, least in RESOURCES.items() if self.cc100 >= least)

    @property
    def artificial(self) -> bool:
        """Whether nobody speaks it."""
        return PRIVATE_USE.fullmatch(self.code) is not None


_ROWS = """
af Afrikaans         afr    1.3
ar Arabic            ara   28.0
az Azerbaijani       aze    6.5
bg Bulgarian         bul   57.5
bn Bengali           ben    8.4
de German            deu   66.6
el Greek             ell   46.9
en English           -    300.8
es Spanish           spa   53.3
et Estonian          est    6.1
eu Basque            eus    2.0
fa Persian           pes  111.6
fi Finnish           fin   54.3
fr French            fra   56.8
gu Gujarati          -      1.9
he Hebrew            heb   31.6
hi Hindi             hin   20.2
ht Haitian_Creole    -        -
hu Hungarian         hun   58.4
id Indonesian        ind  148.3
it Italian           ita   30.2
ja Japanese          jpn   69.3
jv Javanese          jav    0.2
ka Georgian          kat    9.1
kk Kazakh            kaz    6.4
ko Korean            kor   54.2
lt Lithuanian        lit   13.7
ml Malayalam         mal    7.6
mr Marathi           mar    2.8
ms Malay             -      8.5
my Burmese           -      2.0
nl Dutch             nld   29.3
pa Punjabi           -      0.8
pl Polish            pol   44.6
pt Portuguese        por   49.1
qu Quechua           -        -
ro Romanian          ron   61.4
ru Russian           rus  278.0
sw Swahili           swh    1.6
ta Tamil             tam   12.2
te Telugu            tel    4.7
th Thai              tha   71.7
tl Tagalog           tgl    3.1
tr Turkish           tur   20.9
uk Ukrainian         ukr   84.6
ur Urdu              urd    5.7
vi Vietnamese        vie  137.3
wo Wolof             -        -
yo Yoruba            -        -
zh Mandarin_Chinese  cmn   63.5
"""


def _read_languages() -> Mapping[str, Language]:
    with ABOUT.open(encoding="utf-8", newline="") as lines:
        about = {row["code"]: row for row in csv.DictReader(lines, delimiter="\t")}
    found = [_language(line, about) for line in _ROWS.strip().splitlines()]
    return {each.code: each for each in found}


def _language(line: str, about: Mapping[str, Mapping[str, str]]) -> Language:
    code, name, tatoeba, cc100 = line.split()
    own = about[code]
    return Language(
        code=code,
        name=name.replace("_", " "),
        lineage=tuple(own["lineage"].split(" > ")) if own["lineage"] else (),
        script=own["script"],
        tatoeba=None if tatoeba == "-" else tatoeba,
        cc100=None if cc100 == "-" else float(cc100),
        syntax=own["syntax"],
        known=int(own["known"]),
    )


LANGUAGES = _read_languages()


def find_language(code: str) -> Language | None:
    """The language of a two-letter code, or of a private-use code; None where the table has none."""
    if PRIVATE_USE.fullmatch(code):
        return Language(code, f"artificial {code}", (), UNKNOWN, None, None)
    return LANGUAGES.get(code)


def language(code: str) -> Language:
    """The same, where it has to be there."""
    found = find_language(code)
    if found is None:
        raise unknown_name("language", code, LANGUAGES)
    return found


def distance(one: str, other: str) -> float | None:
    """How unlike two languages are in syntax, from 0 to 1; None where nothing is known of one."""
    first, second = language(one).syntax, language(other).syntax
    if not first or not second:
        return None
    both = sum(a == b == "1" for a, b in zip(first, second, strict=True))
    return 1 - both / sqrt(first.count("1") * second.count("1"))
