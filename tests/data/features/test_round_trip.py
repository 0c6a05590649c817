"""With XLM-R's vocabulary: answers come back from their tokens, words keep their tags, windows lose nothing."""

from collections import Counter
from pathlib import Path

import pytest

from mtl.data.features import FEATURES, Shaping, Template
from mtl.data.features.template import load_tokenizer
from mtl.data.records import read_records
from mtl.data.sources import languages
from mtl.tasks.records import SpanRecord, TagRecord
from mtl.tasks.registry import get_task
from tests.kit.samples import lay_out
from tests.kit.shared import shared_data

SETS = [
    *(("xquad", "test", lang) for lang in ("ar", "de", "en", "th", "zh")),
    *(("mlqa", "dev", lang) for lang in ("de", "en", "hi", "zh")),
    *(("tydiqa", "test", lang) for lang in ("ar", "en", "fi", "ko", "sw")),
]
TAGGED = [
    *(("udpos", "dev", lang) for lang in ("de", "en", "et", "fi", "te", "tr", "vi", "zh")),
    *(("udpos", "test", lang) for lang in ("en", "fi", "te", "th", "tl", "tr", "yo")),
    *(
        ("panx", "dev", lang)
        for lang in ("ar", "de", "en", "et", "fi", "ja", "my", "sw", "ta", "th", "tr", "yo", "zh")
    ),
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("samples"))


@pytest.fixture(scope="module")
def template() -> Template:
    return Template(load_tokenizer(str(shared_data("xlmr_tokenizer"))))


def test_every_language_whose_answers_are_at_hand_is_tried(root: Path) -> None:
    for name, split in {(name, split) for name, split, _ in SETS}:
        tried = {lang for one, _, lang in SETS if one == name}
        assert set(languages(get_task(name), split, root)) == tried


@pytest.mark.parametrize(("name", "split", "lang"), SETS)
def test_real_answers_come_back_from_their_tokens(
    root: Path, template: Template, name: str, split: str, lang: str
) -> None:
    task = get_task(name)
    records = [one.record for one in read_records(task, split, root=root, lang=lang, drops=Counter())][:400]
    encoded = FEATURES["span"](records, template, Shaping(max_length=384))
    whole = 0
    for record, windows in zip(records, encoded.examples, strict=True):
        assert isinstance(record, SpanRecord)
        assert record.answers
        answer = record.answers[0]
        held = [window for window in windows if window.gold != (0, 0)]
        for window in held:
            first, last = window.gold
            start, end = window.offsets[first][0], window.offsets[last][1]
            # A piece may hold more than the answer (a sign beside it), never less.
            assert start <= answer.start
            assert end >= answer.start + len(answer.text)
            around = record.context[start:end].replace(answer.text, "", 1)
            assert not any(sign.isspace() for sign in around.strip())
            whole += record.context[start:end].strip() == answer.text
        assert held or encoded.cuts["answers that no window holds whole"]
        covered = {place for window in windows for place in window.offsets if place != (-1, -1)}
        text = record.context
        missing = set(range(len(text))) - {i for start, end in covered for i in range(start, end)}
        assert not any(text[i].isalnum() for i in missing), "a letter is in no window"
    assert whole > 0.8 * len(records)


@pytest.mark.parametrize(("name", "split", "lang"), TAGGED)
def test_every_real_word_keeps_its_tag_at_its_first_piece(
    root: Path, template: Template, name: str, split: str, lang: str
) -> None:
    task = get_task(name)
    records = [one.record for one in read_records(task, split, root=root, lang=lang, drops=Counter())][:300]
    labels = task.labels
    assert labels is not None
    encoded = FEATURES["tag"](records, template, Shaping(max_length=128, labels=labels))
    for record, pieces in zip(records, encoded.examples, strict=True):
        assert isinstance(record, TagRecord)
        tags = [labels[gold] for piece in pieces for gold in piece.gold]
        assert tags == list(record.tags or ())
        first = [piece.documents[0].tokens[site] for piece in pieces for site in piece.sites]
        expected = template.encode([template.word_prefix + word for word in record.words])
        assert first == [ids[0] if ids else template.unknown for ids in expected]
