"""The languages of XTREME and XTREME-R: what their codes mean, and how Tatoeba's files call them.

Private-use codes (qaa to qtz of ISO 639-2) are languages too: artificial ones, such as the built-in world's.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mtl.errors import unknown_name

PRIVATE_USE = re.compile(r"q[a-t][a-z]")


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


_ROWS = """
af Afrikaans         Indo-European Germanic    Latin      afr
ar Arabic            Afro-Asiatic  -           Arabic     ara
az Azerbaijani       Turkic        -           Latin      aze
bg Bulgarian         Indo-European Slavic      Cyrillic   bul
bn Bengali           Indo-European Indo-Aryan  Bengali    ben
de German            Indo-European Germanic    Latin      deu
el Greek             Indo-European Hellenic    Greek      ell
en English           Indo-European Germanic    Latin      -
es Spanish           Indo-European Romance     Latin      spa
et Estonian          Uralic        -           Latin      est
eu Basque            isolate       -           Latin      eus
fa Persian           Indo-European Iranian     Arabic     pes
fi Finnish           Uralic        -           Latin      fin
fr French            Indo-European Romance     Latin      fra
gu Gujarati          Indo-European Indo-Aryan  Gujarati   -
he Hebrew            Afro-Asiatic  -           Hebrew     heb
hi Hindi             Indo-European Indo-Aryan  Devanagari hin
ht Haitian_Creole    creole        -           Latin      -
hu Hungarian         Uralic        -           Latin      hun
id Indonesian        Austronesian  -           Latin      ind
it Italian           Indo-European Romance     Latin      ita
ja Japanese          Japonic       -           Japanese   jpn
jv Javanese          Austronesian  -           Latin      jav
ka Georgian          Kartvelian    -           Georgian   kat
kk Kazakh            Turkic        -           Cyrillic   kaz
ko Korean            Koreanic      -           Hangul     kor
lt Lithuanian        Indo-European Baltic      Latin      lit
ml Malayalam         Dravidian     -           Malayalam  mal
mr Marathi           Indo-European Indo-Aryan  Devanagari mar
ms Malay             Austronesian  -           Latin      -
my Burmese           Sino-Tibetan  -           Burmese    -
nl Dutch             Indo-European Germanic    Latin      nld
pa Punjabi           Indo-European Indo-Aryan  Gurmukhi   -
pl Polish            Indo-European Slavic      Latin      pol
pt Portuguese        Indo-European Romance     Latin      por
qu Quechua           Quechuan      -           Latin      -
ro Romanian          Indo-European Romance     Latin      ron
ru Russian           Indo-European Slavic      Cyrillic   rus
sw Swahili           Niger-Congo   -           Latin      swh
ta Tamil             Dravidian     -           Tamil      tam
te Telugu            Dravidian     -           Telugu     tel
th Thai              Kra-Dai       -           Thai       tha
tl Tagalog           Austronesian  -           Latin      tgl
tr Turkish           Turkic        -           Latin      tur
uk Ukrainian         Indo-European Slavic      Cyrillic   ukr
ur Urdu              Indo-European Indo-Aryan  Arabic     urd
vi Vietnamese        Austroasiatic -           Latin      vie
wo Wolof             Niger-Congo   -           Latin      -
yo Yoruba            Niger-Congo   -           Latin      -
zh Mandarin_Chinese  Sino-Tibetan  -           Han        cmn
"""


def _row(line: str) -> Language:
    code, name, family, branch, script, tatoeba = line.split()
    return Language(
        code=code,
        name=name.replace("_", " "),
        family=family,
        branch="" if branch == "-" else branch,
        script=script,
        tatoeba=None if tatoeba == "-" else tatoeba,
    )


LANGUAGES: Mapping[str, Language] = {
    row.code: row for row in (_row(line) for line in _ROWS.strip().splitlines())
}


def language(code: str) -> Language:
    """The language of a two-letter code, or of a private-use code."""
    if PRIVATE_USE.fullmatch(code):
        return Language(code, f"artificial {code}", "artificial", "", "unknown", None)
    if code not in LANGUAGES:
        raise unknown_name("language", code, LANGUAGES)
    return LANGUAGES[code]
