"""Features of real questions in several scripts, with XLM-R's own tokenizer, where both are at hand."""

import os
from collections import Counter
from pathlib import Path

import pytest

from mtl.data.features import FEATURES, Shaping, Template
from mtl.data.features.template import load_tokenizer
from mtl.data.records import read_records
from mtl.tasks.declared import declare
from mtl.tasks.records import PairRecord, SpanRecord

SAMPLES = Path(
    os.environ.get("MTL_SHARED_DATA") or Path(__file__).resolve().parents[3] / ".." / "shared" / "data"
)
NEEDED = ("xlmr_tokenizer/sentencepiece.bpe.model", "xquad/xquad.en.json")

pytestmark = pytest.mark.skipif(
    not all((SAMPLES / file).is_file() for file in NEEDED),
    reason=f"no XLM-R tokenizer or no XQuAD in {SAMPLES}",
)

RECORDS = 400


@pytest.fixture(scope="module")
def template() -> Template:
    return Template(load_tokenizer(str(SAMPLES / "xlmr_tokenizer")))


def questions(lang: str) -> list[SpanRecord]:
    task = declare("xquad", {"kind": "span", "files": {"train": "xquad/xquad.{lang}.json"}})
    located = read_records(task, "train", root=SAMPLES, lang=lang, drops=Counter())
    records = [one.record for one in located]
    return [record for record in records if isinstance(record, SpanRecord)][:RECORDS]


@pytest.mark.parametrize("lang", ["ar", "de", "en", "th", "zh"])
def test_every_answer_is_in_its_gold_with_less_than_a_word_around_it(template: Template, lang: str) -> None:
    records = questions(lang)
    encoded = FEATURES["span"](records, template, Shaping(max_length=384))
    exact = wider = 0
    for record, windows in zip(records, encoded.examples, strict=True):
        assert record.answers is not None
        answer = record.answers[0]
        holding = [window for window in windows if window.gold != (0, 0)]
        assert holding, f"{record.id} has no window with its answer"
        for window in holding:
            first, last = window.gold
            start, end = window.offsets[first][0], window.offsets[last][1]
            assert start <= answer.start
            assert answer.start + len(answer.text) <= end
            assert len(record.context[start:end]) - len(answer.text) <= 12
            exact += record.context[start:end] == answer.text
            wider += record.context[start:end] != answer.text
    # Where an answer ends within a sub-word, the sub-word is the finest that tokens can say.
    assert wider <= 0.05 * exact, f"{lang}: {wider} of {wider + exact} golds are wider than their answers"


def test_documents_are_the_tokenizers_own(template: Template) -> None:
    stock = load_tokenizer(str(SAMPLES / "xlmr_tokenizer")).backend_tokenizer
    for lang in ("ar", "th", "zh"):
        for record in questions(lang)[:40]:
            pair = PairRecord(id="1", text_a=record.question, text_b=record.context, label=None)
            ((example,),) = FEATURES["pair"]([pair], template, Shaping(max_length=128)).examples
            stock.enable_truncation(128, strategy="longest_first")
            assert list(example.documents[0].tokens) == stock.encode(record.question, record.context).ids


def test_special_tokens_are_xlm_rs(template: Template) -> None:
    assert template.special.special == (0, 1, 2, 3, 250001)
    assert (template.special.mask, template.special.vocab_size) == (250001, 250002)
    assert (template.prefix, template.middle, template.suffix, template.single_suffix) == (
        (0,),
        (2, 2),
        (2,),
        (2,),
    )
