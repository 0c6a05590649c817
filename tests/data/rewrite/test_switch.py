"""Words change by chance that place and key decide; everything between them stays."""

from collections import Counter

import pytest

from mtl.data.rewrite.switch import AT_EDGE, UNKNOWN, WRITTEN, Edit, Switch, edited, moved

GERMAN = {"the": ("die", "das"), "cat": ("katze",), "ice": ("eis am stiel", "eis")}
FINNISH = {"cat": ("kissa",), "Rome": ("Rooma",)}


def switched(
    text: str, rate: float = 1.0, key: int = 1, edges: tuple[int, ...] = ()
) -> tuple[str, Counter[str]]:
    counts = Counter[str]()
    return edited(text, Switch({"de": GERMAN}, rate).edits(text, key, counts, edges=edges)), counts


def test_words_change_and_what_is_between_them_does_not() -> None:
    text, counts = switched("The cat, the   cat's 2 dogs!\n")
    assert text in {
        f"{one} katze, {two}   katze's 2 dogs!\n" for one in ("Die", "Das") for two in ("die", "das")
    }
    assert counts == {WRITTEN: 4, UNKNOWN: 2}


def test_a_rate_is_kept_and_a_word_does_not_depend_on_the_others() -> None:
    text = "cat " * 4000
    changed, _ = switched(text, rate=0.3)
    assert changed.count("katze") == pytest.approx(1200, abs=100)
    longer, _ = switched(text + "the end", rate=0.3)
    assert longer.startswith(changed)


def test_a_key_decides_everything() -> None:
    text = "the cat the ice " * 20
    assert switched(text, 0.5, key=5) == switched(text, 0.5, key=5)
    assert switched(text, 0.5, key=5) != switched(text, 0.5, key=6)


def test_languages_take_turns_and_each_translation_has_its_chance() -> None:
    counts = Counter[str]()
    words = Switch({"de": GERMAN, "fi": FINNISH}, 1.0).words(["cat", "the"] * 2000, 3, counts)
    seen = Counter(words)
    for word in ("katze", "kissa", "die", "das"):
        assert seen[word] == pytest.approx(1000, abs=120)


def test_spelled_as_in_the_dictionary_first_then_small_letters_made_large_again() -> None:
    counts = Counter[str]()
    assert Switch({"fi": FINNISH}, 1.0).words(["Rome", "Cat", "rome"], 1, counts) == (
        "Rooma",
        "Kissa",
        "rome",
    )


def test_one_word_stays_one_word() -> None:
    counts = Counter[str]()
    assert set(Switch({"de": GERMAN}, 1.0).words(["ice"] * 50, 1, counts)) == {"eis"}
    assert "eis am stiel" in switched("ice " * 50)[0]


def test_a_word_in_which_an_answer_ends_stays() -> None:
    text, counts = switched("cats cat", edges=(2, 5))
    assert text == "cats katze" and counts == {AT_EDGE: 1, WRITTEN: 1}


def test_letters_with_marks_are_one_word() -> None:
    counts = Counter[str]()
    hindi = "\u0939\u093f\u0928\u094d\u0926\u0940"
    edits = Switch({"en": {hindi: ("Hindi",)}}, 1.0).edits(f"({hindi})", 1, counts)
    assert edits == [Edit(1, 1 + len(hindi), "Hindi")]


def test_places_move_with_the_text() -> None:
    edits = [Edit(0, 3, "d"), Edit(4, 7, "katzen")]
    assert edited("the cat sat", edits) == "d katzen sat"
    assert [moved(place, edits) for place in (0, 3, 4, 7, 8, 11)] == [0, 1, 2, 8, 9, 12]
