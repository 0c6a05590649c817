"""English training rows as a bad machine translates them, in the layouts of XTREME's translate-train files.

Row n of a file translates row n of the English file. The word order is right; some words are wrong or lost.
"""

from collections.abc import Iterator

from mtl.world.clauses import Clause
from mtl.world.concepts import SPEECH
from mtl.world.dice import Dice
from mtl.world.grammar import ENGLISH
from mtl.world.items import draw_paraphrase
from mtl.world.lexicon import lexicon
from mtl.world.prose import draw_sentence
from mtl.world.speech import Word, say, tell, write
from mtl.world.writers.rows import dice_of, tab_lines
from mtl.world.writers.tags import borders, draw_with_names, word_lines

WRONG, LOST = 10, 30
"""One word in so many is another of its kind; one in so many is not there."""


def write_paraphrases(seed: int, num: int, *, source: str, code: str) -> Iterator[str]:
    """Two English sentences, the same translated, and the label."""
    for i, dice in enumerate(dice_of(seed, source, num)):
        item, noise = draw_paraphrase(dice), Dice(seed, source, "machine", code, i)
        clauses = (item.first, item.second)
        english = [tell(ENGLISH, clause) for clause in clauses]
        other = [write(code, [translate(code, noise, clause)]).text for clause in clauses]
        yield from tab_lines([(*english, *other, str(int(item.same)))], "rows")


def write_parts_of_speech(seed: int, num: int, *, source: str, code: str) -> Iterator[str]:
    """A word a line; each keeps the tag of the English word that it stands for."""
    for i, dice in enumerate(dice_of(seed, source, num)):
        words = translate(code, Dice(seed, source, "machine", code, i), draw_sentence(dice))
        yield from word_lines([(word.form, word.speech) for word in words], "rows")


def write_names(seed: int, num: int, *, source: str, code: str) -> Iterator[str]:
    """Named entities, likewise."""
    for i, dice in enumerate(dice_of(seed, source, num)):
        words = translate(code, Dice(seed, source, "machine", code, i), draw_with_names(dice))
        yield from word_lines([(w.form, tag) for w, tag in zip(words, borders(words), strict=True)], "rows")


def translate(code: str, noise: Dice, clause: Clause) -> tuple[Word, ...]:
    """The clause in a language, with the mistakes that the dice choose."""
    return tuple(word for said in say(code, clause) for word in _mistaken(code, noise, said))


def _mistaken(code: str, noise: Dice, word: Word) -> Iterator[Word]:
    if not word.concept:
        yield word
    elif not noise.below(WRONG):
        yield word._replace(form=lexicon(code)[noise.pick(SPEECH[word.speech])])
    elif noise.below(LOST):
        yield word
