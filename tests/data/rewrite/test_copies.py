"""Copies of every kind of record: gold, answers and tags stay right, whatever words the dice choose."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mtl.data.build import StorePlace, open_store
from mtl.data.checks import check_record
from mtl.data.records import Located
from mtl.data.rewrite.copies import SAME, Rewriting
from mtl.data.rewrite.switch import WRITTEN
from mtl.data.store_header import Stretch, report
from mtl.tasks.declared import declare
from mtl.tasks.records import (
    Answer,
    ChoiceRecord,
    EmbedRecord,
    PairRecord,
    Record,
    SpanRecord,
    TagRecord,
    TextRecord,
)
from mtl.tasks.registry import get_task, joined
from tests.kit.tokenizers import xlmr_shaped

WORDS = ("the", "cat", "Rome", "42", "sat,", "'mat'", "dog's", "\u0939\u093f\u0928\u094d\u0926\u0940", "x")
DICTIONARY = "the die\nthe d\ncat katze\ncat eine lange katze\nrome Rom am Tiber\nmat m\ndog hund\ns ist\n"


@pytest.fixture
def rewriting(tmp_path: Path) -> Rewriting:
    file = tmp_path / "en-de.txt"
    file.write_text(DICTIONARY, encoding="utf-8")
    return Rewriting(dictionaries={"de": file}, rate=0.6, copies=3, seed=1)


def text(dice: random.Random) -> str:
    return " ".join(dice.choices(WORDS, k=dice.randint(1, 30)))


def draw_span(dice: random.Random, number: int) -> SpanRecord:
    """Answers anywhere: whole words, parts of words, several that overlap, or none."""
    context = text(dice)
    bounds = [sorted(dice.sample(range(len(context) + 1), 2)) for _ in range(dice.randint(0, 3))]
    answers = tuple(Answer(text=context[start:end], start=start) for start, end in bounds)
    return SpanRecord(id=str(number), question=text(dice), context=context, answers=answers)


def copies_of(rewriting: Rewriting, records: list[Record]) -> Iterator[tuple[Record, list[Record]]]:
    """Each record with its copies."""
    located = [Located(record, f"made:{number}") for number, record in enumerate(records)]
    found: dict[str, list[Record]] = {one.where: [] for one in located}
    for one in rewriting.add(iter(located), Counter()):
        found[one.where].append(one.record)
    for record, (first, *others) in zip(records, found.values(), strict=True):
        assert first == record, "the original comes first, untouched"
        yield record, others


def test_answers_stand_where_their_offsets_say_and_keep_what_is_in_them(rewriting: Rewriting) -> None:
    dice, task = random.Random(1), get_task("squad_v1")
    records: list[Record] = [draw_span(dice, number) for number in range(400)]
    translations = dict(line.split(" ", 1) for line in DICTIONARY.splitlines())
    num_copies = num_changed = 0
    for record, copies in copies_of(rewriting, records):
        for copy in copies:
            assert isinstance(record, SpanRecord) and isinstance(copy, SpanRecord)
            check_record(task, copy)  # every answer reads as the context does at its offset
            assert len(copy.answers or ()) == len(record.answers or ())
            for old, new in zip(record.answers or (), copy.answers or (), strict=True):
                num_copies += 1
                num_changed += old.text != new.text
                if not any(word in old.text.lower() for word in translations):
                    assert old.text == new.text
                # What is no letter never changes, so the numbers of each sign within an answer stay.
                assert [new.text.count(sign) for sign in "4,'"] == [old.text.count(sign) for sign in "4,'"]
    assert num_changed > 100 and num_copies - num_changed > 100


def test_every_word_keeps_its_tag(rewriting: Rewriting) -> None:
    dice = random.Random(2)
    records: list[Record] = []
    for number in range(200):
        words = tuple(dice.choices(WORDS, k=dice.randint(1, 20)))
        records.append(TagRecord(id=str(number), words=words, tags=tuple(f"T-{word}" for word in words)))
    allowed = {"the": {"the", "die", "d"}, "cat": {"cat", "katze"}, "mat": {"mat", "m"}}
    changed = 0
    for record, copies in copies_of(rewriting, records):
        for copy in copies:
            assert isinstance(record, TagRecord) and isinstance(copy, TagRecord)
            assert copy.tags == record.tags and len(copy.words) == len(record.words)
            for old, new in zip(record.words, copy.words, strict=True):
                assert new in allowed.get(old, {old})
                changed += old != new
    assert changed > 500


def test_labels_and_ids_stay_and_each_text_has_dice_of_its_own(rewriting: Rewriting) -> None:
    same = " ".join(["cat"] * 40)
    records: list[Record] = [
        PairRecord(id="p", text_a=same, text_b=same, label="no"),
        PairRecord(id="q", text_a=same, text_b=None, label="no"),
        ChoiceRecord(id="c", prompt=same, choices=(same, same), label=1),
        TextRecord(id="t", text=same),
    ]
    (_, pairs), (_, singles), (_, choices), (_, texts) = copies_of(rewriting, records)
    assert all((copy.id, copy.label) == ("p", "no") and copy.text_a != copy.text_b for copy in pairs)  # type: ignore[union-attr]
    assert all(copy.text_b is None for copy in singles)  # type: ignore[union-attr]
    assert all(copy.label == 1 and len({copy.prompt, *copy.choices}) == 3 for copy in choices)  # type: ignore[union-attr]
    assert len({copy.text for copy in texts}) == 3, "no two copies are alike"  # type: ignore[union-attr]


def test_a_pair_of_texts_keeps_the_key_of_its_original(rewriting: Rewriting) -> None:
    """By which a copy is no wrong answer to it."""
    record = EmbedRecord(id="7", query="the cat sat, the dog", candidate="Rome the cat", key="Rome the cat")
    ((_, copies),) = copies_of(rewriting, [record])
    assert copies
    for copy in copies:
        assert isinstance(copy, EmbedRecord)
        assert (copy.id, copy.key) == ("7", "Rome the cat")
        assert (copy.query, copy.candidate) != (record.query, record.candidate)


def test_a_copy_depends_on_seed_record_and_number_and_not_on_its_neighbours(rewriting: Rewriting) -> None:
    records: list[Record] = [TextRecord(id=str(n), text="the cat " * 10) for n in range(5)]
    whole = dict(zip("01234", (copies for _, copies in copies_of(rewriting, records)), strict=True))
    located = [Located(records[3], "made:3"), Located(records[1], "made:1")]
    alone = [one.record for one in rewriting.add(iter(located), Counter())]
    assert alone == [records[3], *whole["3"], records[1], *whole["1"]]


def test_what_no_dictionary_has_makes_no_copy_and_is_counted(rewriting: Rewriting) -> None:
    counts = Counter[str]()
    located = Located(TextRecord(id="", text="42 x?"), "made:1")
    assert list(rewriting.add(iter([located]), counts)) == [located]
    assert counts[SAME] == 3 and counts[WRITTEN] == 0


@pytest.fixture
def place(tmp_path: Path) -> StorePlace:
    """English and German rows of a pair task, and a dictionary."""
    root = tmp_path / "data"
    root.mkdir()
    for code, row in (("en", "the cat"), ("de", "das Haus")):
        (root / f"{code}.tsv").write_text("".join(f"{row} {n}\tyes\n" for n in range(8)), encoding="utf-8")
    xlmr_shaped().save_pretrained(tmp_path / "tokenizer")
    return StorePlace(root=root, cache=tmp_path / "cache", tokenizer=str(tmp_path / "tokenizer"), workers=1)


SPEC = {
    "kind": "pair",
    "files": {"train": "{lang}.tsv"},
    "format": "tsv_headless",
    "columns": {"text_a": "c0", "text_b": None, "label": "c1"},
    "labels": ["no", "yes"],
}


def test_a_store_counts_copies_as_records_and_says_what_was_rewritten(
    place: StorePlace, rewriting: Rewriting
) -> None:
    task = declare("mine", SPEC)
    plain, copied = (open_store(task, "train", place=place, rewriting=each) for each in (None, rewriting))
    assert plain.header.num_records == 8 and 20 < copied.header.num_records <= 32
    assert copied.header.rewriting[WRITTEN] > 10
    assert "words rewritten" in report(copied.header) and "rewritten" not in report(plain.header)


def test_a_store_is_another_for_another_rewriting_or_another_dictionary(
    place: StorePlace, rewriting: Rewriting
) -> None:
    task = declare("mine", SPEC)

    def folder(wish: Rewriting | None) -> Path:
        return open_store(task, "train", place=place, rewriting=wish).folder

    first = folder(rewriting)
    assert folder(rewriting) == first
    others = [None, *(replace(rewriting, **change) for change in ({"rate": 0.7}, {"copies": 1}, {"seed": 2}))]
    assert len({first, *map(folder, others)}) == 5
    rewriting.dictionaries["de"].write_text("the der\n", encoding="utf-8")
    assert folder(rewriting) != first


def test_a_store_is_another_for_another_order_of_languages(place: StorePlace, rewriting: Rewriting) -> None:
    file = rewriting.dictionaries["de"]
    other = file.with_name("en-fi.txt")
    other.write_text("the se\ncat kissa\n", encoding="utf-8")

    def folder(dictionaries: dict[str, Path]) -> Path:
        wish = replace(rewriting, dictionaries=dictionaries)
        return open_store(declare("mine", SPEC), "train", place=place, rewriting=wish).folder

    assert folder({"de": file, "fi": other}) != folder({"fi": other, "de": file})


def test_data_of_other_languages_join_behind_and_are_not_rewritten(
    place: StorePlace, rewriting: Rewriting
) -> None:
    known = {"mine": declare("mine", SPEC)}
    task = joined(known["mine"], [get_task("mine-de", known)])
    store = open_store(task, "train", place=place, rewriting=rewriting)
    english, german = store.header.stretches
    assert (english.file, english.language, german) == ("en.tsv", "en", Stretch("de.tsv", "de", 8))
    assert english.records > 20
    assert open_store(known["mine"], "train", place=place, rewriting=rewriting).folder != store.folder
