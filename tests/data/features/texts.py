"""Texts for property tests: words that the tiny tokenizers know, and letters that make tokenizing hard."""

from hypothesis import strategies as st

from tests.kit.tokenizers import WORDS

HARD = [
    "e\u0301",  # a combining accent
    "\ufb01",  # a ligature, which becomes two letters
    "\u00bd",  # one half, which becomes three
    "\u200b",  # a space without width, which vanishes
    "\u00a0",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # joined emoji
    "\U0001d54f",  # outside the basic plane
    "\u0e01\u0e47",
    "\u1112\u1161\u11ab",  # a syllable in three letters
    "\ufffd",
    "北京",
    "ß",
    "\t",
    "\n",
]

pieces = st.one_of(
    st.sampled_from(WORDS), st.sampled_from(HARD), st.characters(codec="utf-8", exclude_categories=("Cc",))
)
spaces = st.sampled_from(["", " ", " ", "  ", ", "])


@st.composite
def texts(draw: st.DrawFn, *, min_pieces: int = 0, max_pieces: int = 30) -> str:
    """Pieces and what stands between them."""
    parts = draw(st.lists(st.tuples(pieces, spaces), min_size=min_pieces, max_size=max_pieces))
    return "".join(piece + space for piece, space in parts)
