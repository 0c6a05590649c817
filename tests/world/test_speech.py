"""Each language says the same clause its own way: order, words, spaces; and words know where they stand."""

import re
from collections import Counter

import pytest

from mtl.world.clauses import Asked, At, Clause, Manner, Name, Noun, Number, Quality
from mtl.world.concepts import VERBS
from mtl.world.dice import Dice
from mtl.world.grammar import ARTIFICIAL, GRAMMARS, unlikeness
from mtl.world.lexicon import all_words, lexicon, shared_words
from mtl.world.prose import draw_piece, draw_sentence, write_both
from mtl.world.speech import say, tell, write

ANNA = Name(("Anna",), "PER")
FOREIGN = set(lexicon("qab").values()) - set(lexicon("en").values())
ENGLISH = {*lexicon("en").values(), *(form for forms in VERBS.values() for form in forms)}
BREAD = Noun("bread", quality="old")
ATE = Clause(subject=ANNA, verb="eat", object=BREAD, adjuncts=(At("in", Noun("kitchen")),))


@pytest.mark.parametrize(
    ("clause", "text"),
    [
        (ATE, "Anna ate the old bread in the kitchen."),
        (Clause(subject=ANNA, verb="eat", object=BREAD, negated=True), "Anna did not eat the old bread."),
        (
            Clause(subject=ANNA, verb="live", object=At("in", Asked("where")), past=False),
            "Where does Anna live?",
        ),
        (
            Clause(subject=ANNA, verb="work", object=At("as", Asked("what")), past=False),
            "What does Anna work as?",
        ),
        (
            Clause(subject=Noun("home", owner=ANNA), verb="be", object=Asked("what"), past=False),
            "What is the home of Anna?",
        ),
        (
            Clause(subject=ANNA, verb="be", object=Quality("full"), past=False, opening=Manner("now")),
            "Now Anna is full.",
        ),
        (
            Clause(subject=ANNA, verb="wear", object=Noun("garment", "a"), past=False),
            "Anna wears a garment.",
        ),
        (
            Clause(subject=ANNA, verb="grow", object=Noun("onion", "a"), past=False),
            "Anna grows an onion.",
        ),
        (
            Clause(subject=ANNA, verb="call", object=Name(("Ben",), "PER"), opening=At("at", Number("7"))),
            "At 7 Anna called Ben.",
        ),
    ],
)
def test_english_inflects_denies_and_asks(clause: Clause, text: str) -> None:
    assert tell("en", clause) == text


def test_every_language_has_its_own_order() -> None:
    orders = set()
    for code in GRAMMARS:
        parts = [word.part for word in say(code, ATE) if word.part]
        orders.add("".join(part for i, part in enumerate(parts) if part not in parts[:i]))
    assert len(orders) == len(GRAMMARS)


def test_one_language_has_no_spaces_but_around_latin_words_and_digits() -> None:
    clause = Clause(subject=ANNA, verb="eat", object=BREAD, adjuncts=(At("at", Number("7")),))
    for code in GRAMMARS:
        parts = tell(code, clause, clause).split(" ")
        if code == "qad":
            assert len(parts) == 8 and parts[0] == "Anna" and parts[2] == "7" and parts[3].endswith(".")
        else:
            assert len(parts) > 8


def test_all_languages_share_names_digits_and_stops() -> None:
    clause = Clause(subject=ANNA, verb="eat", object=BREAD, adjuncts=(At("at", Number("7")),))
    for code in GRAMMARS:
        text = tell(code, clause)
        assert "Anna" in text and "7" in text and text.endswith(".")


@pytest.mark.parametrize("code", GRAMMARS)
def test_a_word_stands_where_its_start_says(code: str) -> None:
    for i in range(50):
        text = write(code, [say(code, clause) for clause in draw_piece(Dice("piece", i))])
        for word, start in zip(text.words, text.starts, strict=True):
            assert text.text[start : start + len(word.form)] == word.form


@pytest.mark.parametrize("code", ARTIFICIAL)
def test_a_lexicon_has_a_word_a_concept_and_few_are_english(code: str) -> None:
    words = lexicon(code)
    assert set(words) == set(lexicon("en"))
    assert len(set(words.values())) == len(words)
    borrowed = [concept for concept, word in words.items() if word in lexicon("en")]
    assert all(words[concept] == concept for concept in borrowed)
    assert 0.03 < len(borrowed) / len(words) < 0.10


def test_no_word_is_said_in_two_languages_unless_it_is_borrowed() -> None:
    counts = Counter(word for code in ARTIFICIAL for word in lexicon(code).values())
    assert all(word in lexicon("en") for word, count in counts.items() if count > 1)
    listed = " ".join(all_words())
    assert all(word in listed for word in lexicon("qad").values())


def test_parts_of_speech_are_those_of_the_words_in_every_language() -> None:
    for i in range(100):
        clause = draw_sentence(Dice("tags", i))
        tags = [Counter(word.speech for word in say(code, clause)) for code in GRAMMARS]
        for speech in ("NOUN", "PROPN", "NUM", "ADJ"):
            assert len({one[speech] for one in tags}) == 1


def test_a_line_of_two_languages_is_mixed_or_a_translation_or_a_glossary() -> None:
    kinds: Counter[str] = Counter()
    for i in range(200):
        line = write_both("qab", Dice("pair", i))
        words = re.findall(r"[^\W\d_]+", line)
        foreign = [word for word in words if word in FOREIGN]
        known = [word for word in words if word.lower() in ENGLISH]
        kinds["both"] += bool(foreign) and bool(known)
        if ", " in line:
            kinds["glossary"] += 1
            for entry in line.split(", "):
                one, other = entry.split()
                assert lexicon("qab").get(one) == other or lexicon("qab").get(other) == one
    assert kinds["both"] > 170
    assert 30 < kinds["glossary"] < 70


def test_a_sister_has_its_elder_s_grammar_and_most_of_its_words() -> None:
    assert unlikeness("qaa", "qae") == 0
    assert 0.7 < shared_words("qaa", "qae") < 0.8
    assert len(set(lexicon("qae").values())) == len(lexicon("qae"))
    for code in ("en", *ARTIFICIAL[1:]):
        assert unlikeness(code, "qae") > 0.5 and shared_words(code, "qae") < 0.05
    words = [word.form for word in say("qae", ATE)]
    assert len(words) == len(say("qaa", ATE)) and words[-2] in lexicon("qae").values()
    assert set(all_words()) < set(all_words(("qae",)))
