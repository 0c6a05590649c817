"""What the world augments by: dictionaries that tell the truth, a placebo that does not, and a machine that errs."""

from collections import Counter
from pathlib import Path

import pytest

from mtl.data.records import read_records
from mtl.data.rewrite.dictionary import read_dictionary
from mtl.tasks.declared import declare
from mtl.tasks.registry import get_task
from mtl.world.concepts import VERBS
from mtl.world.grammar import ARTIFICIAL, GRAMMARS
from mtl.world.lexicon import lexicon
from mtl.world.world import write_world
from mtl.world.writers import tags


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "data"
    write_world(folder, seed=3, scale=0.02)
    return folder


@pytest.mark.parametrize("code", ARTIFICIAL)
def test_a_dictionary_has_the_lexicons_words_and_a_placebo_has_them_in_disorder(
    root: Path, code: str
) -> None:
    base = {form: verb for verb, forms in VERBS.items() for form in forms}
    true, shuffled = (
        read_dictionary(root / f"dictionaries/{folder}en-{code}.txt") for folder in ("", "shuffled/")
    )
    suffix = GRAMMARS[code].marks_object
    for word, translations in true.items():
        meaning = lexicon(code)[base.get(word, word)]
        assert translations[0] in (meaning, meaning + suffix) and len(translations) <= 2
    assert true.keys() == shuffled.keys() and len(true) > 200
    right = sum(set(true[word]) == set(shuffled[word]) for word in true)
    assert right < 0.05 * len(true)
    some = Counter(translation for translations in true.values() for translation in translations)
    assert some == Counter(translation for translations in shuffled.values() for translation in translations)


def test_translated_pairs_stand_beside_the_english_rows_with_their_labels(root: Path) -> None:
    rows = list(read_records(get_task("pawsx"), "train", root=root, drops=Counter()))
    changed = 0
    for code in ARTIFICIAL:
        task, drops = get_task(f"pawsx-{code}"), Counter[str]()
        translated = list(read_records(task, "train", root=root, drops=drops))
        assert 0 < len(translated) <= len(rows) and not drops
        for one, copy in zip(rows, translated, strict=False):
            assert copy.record.label == one.record.label  # type: ignore[union-attr]
            changed += copy.record.text_a != one.record.text_a  # type: ignore[union-attr]
    assert changed > 100


def test_a_machine_keeps_tags_and_makes_mistakes(root: Path) -> None:
    spec = {"kind": "tag", "files": {"train": "udpos/translated/en-{lang}.tsv"}, "format": "conll"}
    english = list(read_records(get_task("udpos"), "train", root=root, drops=Counter()))
    perfect = "".join(tags.write_udpos(3, len(english), source="udpos/train", code="qac"))
    assert (root / "udpos/translated/en-qac.tsv").read_text() != perfect
    task = get_task("udpos_mt-qac", {"udpos_mt": declare("udpos_mt", spec)})
    translated = [one.record for one in read_records(task, "train", root=root, drops=Counter())]
    assert len(translated) == len(english)
    true = set(lexicon("qac").values())
    words = [(w, t) for record in translated for w, t in zip(record.words, record.tags, strict=True)]  # type: ignore[union-attr]
    assert all(word in true or tag in ("PROPN", "NUM", "PUNCT") for word, tag in words)
