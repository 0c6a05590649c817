"""The two sides of a bitext task: sentences of a language and of English, and which translate each other."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mtl.data.records import Located, check_new_id, read_found
from mtl.data.sources import FoundFiles, find, source_languages
from mtl.errors import UserError, unknown_name
from mtl.languages import ENGLISH
from mtl.tasks.records import TextRecord
from mtl.tasks.task import Bitext, Source, Task


@dataclass(frozen=True, kw_only=True)
class Sides:
    """One language's sentences and the English ones; one without an id is called by its line, from 0."""

    foreign: Sequence[TextRecord]
    english: Sequence[TextRecord]
    gold: Sequence[tuple[str, str]] | None
    """Pairs of ids, the foreign one first; None where they are not told."""


def bitext_languages(task: Task, split: str, root: Path) -> tuple[str, ...]:
    """The languages whose sentences are there, English left out."""
    bitexts = _bitext(task, split).alternatives
    found = {code for one in bitexts for code in source_languages(one.foreign, root)}
    return tuple(sorted(found - {ENGLISH}))


def bitext_files(task: Task, split: str, lang: str, root: Path) -> list[Path]:
    """The files of a language's sides and gold, those of the first alternative that is there.

    Labels of a test split are not among them: they decide nothing that is found, and may come late.
    """
    bitext, *sides = _there(task, split, lang, root)[0]
    gold = None if bitext.gold is None else find(bitext.gold, root, lang)
    files = [file for found in (*sides, gold) if found is not None for file in found.files]
    return [file for file in files if split != "test" or not file.is_relative_to(root / "labels")]


def read_bitext(task: Task, split: str, lang: str, *, root: Path, drops: Counter[str]) -> Sides:
    """The sides of a split, of the first alternative that is there; `drops` counts what is left out."""
    (bitext, foreign, english), *others = _there(task, split, lang, root)
    passed_over = {file for _, *sides in others for side in sides for file in side.files}
    if passed_over:
        seen = foreign.files[0].relative_to(root).as_posix()
        drops[f"files passed over, as {seen} holds their rows"] += len(passed_over)
    sides = Sides(
        foreign=_side(task, split, foreign, root, lang, drops),
        english=_side(task, split, english, root, lang, drops),
        gold=None,
    )
    if bitext.aligned:
        return _sorted(sides, f"{foreign.files[0]} and {english.files[0]}")
    return replace(sides, gold=_gold(task, split, bitext.gold, sides, root, lang, drops))


def _there(task: Task, split: str, lang: str, root: Path) -> list[tuple[Bitext, FoundFiles, FoundFiles]]:
    """The alternatives whose sides are there, in the order in which they are preferred; one at least."""
    there = []
    for bitext in _bitext(task, split).alternatives:
        foreign, english = (find(source, root, lang) for source in (bitext.foreign, bitext.english))
        if foreign is not None and english is not None:
            there.append((bitext, foreign, english))
    if not there:
        raise _missing(task, split, lang, root)
    return there


def _bitext(task: Task, split: str) -> Bitext:
    if split not in task.bitexts:
        raise UserError(
            f"task {task.name} declares no {split} split, only {', '.join(task.bitexts)}; name one of these"
        )
    return task.bitexts[split]


def _side(
    task: Task, split: str, found: FoundFiles, root: Path, lang: str, drops: Counter[str]
) -> list[TextRecord]:
    sentences: list[TextRecord] = []
    places: dict[str, str] = {}
    for located in read_found(task, split, found, root=root, lang=lang, drops=drops):
        assert isinstance(located.record, TextRecord), f"{task.name} shapes its sentences as something else"
        record = located.record
        if record.id == located.where:
            record = replace(record, id=_line(located))
        check_new_id(
            record.id, located.where, places, root, what="an id belongs to one sentence: mend the file"
        )
        sentences.append(record)
    if not sentences:
        raise UserError(f"task {task.name}: {found.files[0]} holds no sentence; look at the file")
    return sentences


def _line(located: Located) -> str:
    """What a sentence without an id is called by."""
    return str(int(located.where.rsplit(":", 1)[1]) - 1)


def _sorted(sides: Sides, files: str) -> Sides:
    """XTREME's order of aligned sentences: the English ones by text, equal ones as they stood."""
    if [record.id for record in sides.foreign] != [record.id for record in sides.english]:
        trouble = f"{files}: {len(sides.foreign)} and {len(sides.english)} lines, or blank ones among them"
        raise UserError(f"{trouble}; line n of the one must translate line n of the other: mend the files")
    stripped = [record.text.strip() for record in sides.english]
    order = sorted(range(len(stripped)), key=stripped.__getitem__)
    return Sides(
        foreign=sides.foreign,
        english=[TextRecord(id=str(i), text=stripped[place]) for i, place in enumerate(order)],
        gold=[(sides.foreign[place].id, str(i)) for i, place in enumerate(order)],
    )


def _gold(
    task: Task,
    split: str,
    source: Source | None,
    sides: Sides,
    root: Path,
    lang: str,
    drops: Counter[str],
) -> list[tuple[str, str]] | None:
    found = find(source, root, lang) if source is not None else None
    if found is None:
        return None
    known = [{record.id for record in side} for side in (sides.foreign, sides.english)]
    pairs = []
    for located in read_found(task, split, found, root=root, lang=lang, drops=drops):
        assert isinstance(located.record, TextRecord), f"{task.name} shapes its gold as something else"
        pair = (located.record.id, located.record.text)
        if located.record.id == located.where:  # for each English line that of its translation
            pair = (located.record.text.strip(), _line(located))
        for one, ids in zip(pair, known, strict=True):
            if one not in ids:
                trouble = f"{root / located.where}: no sentence has the id {one!r}"
                raise UserError(f"{trouble}; take sentences and gold from the same release")
        pairs.append(pair)
    return pairs


def _missing(task: Task, split: str, lang: str, root: Path) -> UserError:
    there = bitext_languages(task, split, root)
    if there and lang not in there:
        return unknown_name("language", lang, there, where=f"task {task.name}, split {split}")
    bitext = _bitext(task, split)
    wanted = " and ".join(file for side in (bitext.foreign, bitext.english) for file in side.files)
    trouble = f"task {task.name}: no {split} files for {lang} below {root}, such as {wanted}"
    return UserError(f"{trouble}; put them there, or set data.root to the folder that holds them")
