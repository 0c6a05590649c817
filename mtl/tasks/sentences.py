"""Where the sentences of an English text end: by rule, for data that do not say it themselves."""

import re
from collections.abc import Iterator, Sequence

Spans = Sequence[tuple[int, int]]

_END = re.compile(
    r"[.!?]+(?:[)\]\"'\u201d\u2019]|\[[^\]]{1,20}\])*\s+(?=[(\[\"'\u201c\u2018]*[A-Z0-9\u00c0-\u00de])"
)
"""What ends a sentence, quotes, brackets and notes behind it, before what may begin one."""
_TITLES = "Mr Mrs Ms Dr Prof St Rev Fr Lt Gen Col Maj Capt Sgt Adm Gov Sen Rep Pres Mt Ft Jr Sr"
_OTHERS = (
    "vs v cf ca c b d r al No no Vol vol pp p fl approx Jan Feb Aug Sept Oct Nov Dec Inc Op ed eds trans"
)
_SHORT = "|".join(f"{_TITLES} {_OTHERS}".split())
_NO_END = re.compile(rf"(?:^|[\s(\[\"'])(?:{_SHORT}|[A-Z]|(?:[A-Za-z]\.)+[A-Za-z])\.$")
"""A title, another abbreviation, or initials: their full stop ends nothing."""


def sentence_spans(text: str) -> Spans:
    """The first and the last place, exclusive, of each sentence, without the space between them."""
    return tuple(_spans(text))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = len(text) - len(text.lstrip())
    for match in _END.finditer(text):
        end = match.start() + len(match.group().rstrip())
        if _NO_END.search(text[start:end]) is None:
            yield start, end
            start = match.end()
    if start < len(text.rstrip()):
        yield start, len(text.rstrip())


def sentence_at(spans: Spans, place: int) -> tuple[int, int] | None:
    """The sentence that a place in the text is in; None between sentences."""
    return next(((start, end) for start, end in spans if start <= place < end), None)
