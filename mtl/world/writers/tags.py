"""Tags: CCGbank's derivations, and UD-POS and PAN-X as XTREME cuts them."""

from collections.abc import Iterator, Sequence

from mtl.world.clauses import Clause
from mtl.world.derivations import draw_sentence as draw_derivation
from mtl.world.derivations import render
from mtl.world.dice import Dice
from mtl.world.facts import draw_firm, draw_somebody, encounter
from mtl.world.prose import draw_sentence
from mtl.world.speech import Word, say
from mtl.world.writers.rows import Shown, dice_of, tab_lines


def write_ccg(seed: int, num: int, *, source: str) -> Iterator[str]:
    """A CCGbank file."""
    name = source.rsplit("/", 1)[-1]
    for i, dice in enumerate(dice_of(seed, source, num), start=1):
        yield f"ID={name}.{i} PARSER=GOLD NUMPARSE=1\n{render(draw_derivation(dice))}\n"


def write_udpos(seed: int, num: int, *, source: str, code: str, shown: Shown = "rows") -> Iterator[str]:
    """Parts of speech, a word a line."""
    for dice in dice_of(seed, source, num):
        words = say(code, draw_sentence(dice))
        yield from word_lines([(word.form, word.speech) for word in words], shown)


def write_panx(seed: int, num: int, *, source: str, code: str, shown: Shown = "rows") -> Iterator[str]:
    """Named entities, a word a line."""
    for dice in dice_of(seed, source, num):
        words = say(code, draw_with_names(dice))
        yield from word_lines(
            [(word.form, tag) for word, tag in zip(words, borders(words), strict=True)], shown
        )


def draw_with_names(dice: Dice) -> Clause:
    """A firm does something, or something is done to it."""
    one, other = draw_somebody(dice), draw_firm(dice)
    return encounter(dice, one, other) if dice.below(2) else encounter(dice, other, one)


def borders(words: Sequence[Word]) -> list[str]:
    """B- where a name begins, I- inside it, O elsewhere."""
    tags = []
    before = ("", "")
    for word in words:
        here = (word.entity, word.part)
        tags.append(f"{'I' if here == before else 'B'}-{word.entity}" if word.entity else "O")
        before = here
    return tags


def word_lines(rows: Sequence[tuple[str, str]], shown: Shown) -> Iterator[str]:
    """A sentence, and the empty line after it."""
    yield from tab_lines(rows, shown)
    yield "\n"
