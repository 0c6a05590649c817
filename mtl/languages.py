"""The languages of XTREME and XTREME-R: what their codes mean, and how Tatoeba's files call them.

Private-use codes (qaa to qtz of ISO 639-2) are languages too: artificial ones, such as the built-in world's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mtl.errors import unknown_name

PRIVATE_USE = re.compile(r"q[a-t][a-z]")

RESOURCES: Mapping[str, float] = {"high": 20.0, "middle": 5.0, "low": 0.0}
"""Classes of languages by their text in CC-100, and the least GiB of each."""


@dataclass(frozen=True)
class Language:
    """A language as our tables and plots know it."""

    code: str
    name: str
    family: str
    branch: str
    """The branch of a family whose branches are told apart (Indo-European); else empty."""
    script: str
    tatoeba: str | None
    """Its three letters in the names of Tatoeba's files; None where Tatoeba is not scored."""
    cc100: float | None
    """GiB of its text in CC-100, XLM-R's training data (Conneau et al. 2020, table 6); None: not in it."""

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
af Afrikaans         Indo-European Germanic    Latin      afr    1.3
ar Arabic            Afro-Asiatic  -           Arabic     ara   28.0
az Azerbaijani       Turkic        -           Latin      aze    6.5
bg Bulgarian         Indo-European Slavic      Cyrillic   bul   57.5
bn Bengali           Indo-European Indo-Aryan  Bengali    ben    8.4
de German            Indo-European Germanic    Latin      deu   66.6
el Greek             Indo-European Hellenic    Greek      ell   46.9
en English           Indo-European Germanic    Latin      -    300.8
es Spanish           Indo-European Romance     Latin      spa   53.3
et Estonian          Uralic        -           Latin      est    6.1
eu Basque            isolate       -           Latin      eus    2.0
fa Persian           Indo-European Iranian     Arabic     pes  111.6
fi Finnish           Uralic        -           Latin      fin   54.3
fr French            Indo-European Romance     Latin      fra   56.8
gu Gujarati          Indo-European Indo-Aryan  Gujarati   -      1.9
he Hebrew            Afro-Asiatic  -           Hebrew     heb   31.6
hi Hindi             Indo-European Indo-Aryan  Devanagari hin   20.2
ht Haitian_Creole    creole        -           Latin      -        -
hu Hungarian         Uralic        -           Latin      hun   58.4
id Indonesian        Austronesian  -           Latin      ind  148.3
it Italian           Indo-European Romance     Latin      ita   30.2
ja Japanese          Japonic       -           Japanese   jpn   69.3
jv Javanese          Austronesian  -           Latin      jav    0.2
ka Georgian          Kartvelian    -           Georgian   kat    9.1
kk Kazakh            Turkic        -           Cyrillic   kaz    6.4
ko Korean            Koreanic      -           Hangul     kor   54.2
lt Lithuanian        Indo-European Baltic      Latin      lit   13.7
ml Malayalam         Dravidian     -           Malayalam  mal    7.6
mr Marathi           Indo-European Indo-Aryan  Devanagari mar    2.8
ms Malay             Austronesian  -           Latin      -      8.5
my Burmese           Sino-Tibetan  -           Burmese    -      2.0
nl Dutch             Indo-European Germanic    Latin      nld   29.3
pa Punjabi           Indo-European Indo-Aryan  Gurmukhi   -      0.8
pl Polish            Indo-European Slavic      Latin      pol   44.6
pt Portuguese        Indo-European Romance     Latin      por   49.1
qu Quechua           Quechuan      -           Latin      -        -
ro Romanian          Indo-European Romance     Latin      ron   61.4
ru Russian           Indo-European Slavic      Cyrillic   rus  278.0
sw Swahili           Niger-Congo   -           Latin      swh    1.6
ta Tamil             Dravidian     -           Tamil      tam   12.2
te Telugu            Dravidian     -           Telugu     tel    4.7
th Thai              Kra-Dai       -           Thai       tha   71.7
tl Tagalog           Austronesian  -           Latin      tgl    3.1
tr Turkish           Turkic        -           Latin      tur   20.9
uk Ukrainian         Indo-European Slavic      Cyrillic   ukr   84.6
ur Urdu              Indo-European Indo-Aryan  Arabic     urd    5.7
vi Vietnamese        Austroasiatic -           Latin      vie  137.3
wo Wolof             Niger-Congo   -           Latin      -        -
yo Yoruba            Niger-Congo   -           Latin      -        -
zh Mandarin_Chinese  Sino-Tibetan  -           Han        cmn   63.5
"""


def _row(line: str) -> Language:
    code, name, family, branch, script, tatoeba, cc100 = line.split()
    return Language(
        code=code,
        name=name.replace("_", " "),
        family=family,
        branch="" if branch == "-" else branch,
        script=script,
        tatoeba=None if tatoeba == "-" else tatoeba,
        cc100=None if cc100 == "-" else float(cc100),
    )


LANGUAGES: Mapping[str, Language] = {
    row.code: row for row in (_row(line) for line in _ROWS.strip().splitlines())
}


def language(code: str) -> Language:
    """The language of a two-letter code, or of a private-use code."""
    if PRIVATE_USE.fullmatch(code):
        return Language(code, f"artificial {code}", "artificial", "", "unknown", None, None)
    if code not in LANGUAGES:
        raise unknown_name("language", code, LANGUAGES)
    return LANGUAGES[code]
