"""The targets read real rows, in XTREME's layout and as published: counts, labels, offsets, languages."""

from collections import Counter
from pathlib import Path

import pytest

from mtl.data.checks import is_told
from mtl.data.records import read_records
from mtl.data.sources import languages
from mtl.tasks.records import ChoiceRecord, PairRecord, Record, SpanRecord, TagRecord
from mtl.tasks.registry import get_task
from tests.kit.samples import lay_out


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("samples"))


def read(root: Path, name: str, split: str, lang: str | None = None) -> tuple[list[Record], Counter[str]]:
    drops: Counter[str] = Counter()
    found = read_records(get_task(name), split, root=root, lang=lang, drops=drops)
    return [one.record for one in found], drops


@pytest.mark.parametrize(
    ("name", "split", "lang", "num"),
    [
        ("xnli", "dev", "ur", 2490),
        ("xnli", "test", "ru", 1),
        ("mnli_mt-sw", "train", None, 4),
        ("pawsx", "dev", "de", 2000),
        ("pawsx", "test", "zh", 2000),
        ("pawsx-ko", "train", None, 4),
        ("udpos", "train", "en", 21253),
        ("udpos", "dev", "tr", 988),
        ("udpos", "dev", "vi", 800),
        ("udpos-te", "train", None, 1051),
        ("panx", "train", "en", 20000),
        ("panx", "test", "en", 10000),
        ("panx", "dev", "yo", 100),
        ("panx-fi", "train", None, 1),
        ("xquad", "test", "th", 1190),
        ("xquad", "test", "zh", 1190),
        ("mlqa", "dev", "en", 1148),
        ("mlqa", "dev", "hi", 507),
        ("tydiqa", "test", "en", 440),
        ("tydiqa", "test", "fi", 782),
        ("tydiqa", "test", "ko", 276),
        ("tydiqa", "test", "sw", 499),
        ("tydiqa-fi", "train", None, 2),
        ("xcopa", "dev", "et", 100),
        ("xcopa", "test", "qu", 500),
        ("copa", "train", None, 400),
        ("copa", "dev", None, 100),
    ],
)
def test_real_rows_are_as_many_as_were_published(
    root: Path, name: str, split: str, lang: str | None, num: int
) -> None:
    assert len(read(root, name, split, lang)[0]) == num


@pytest.mark.parametrize("name", ["xquad", "mlqa", "tydiqa"])
def test_every_real_answer_stands_at_its_offset(root: Path, name: str) -> None:
    task = get_task(name)
    split = "dev" if name == "mlqa" else "test"
    found = languages(task, split, root)
    assert found
    for lang in found:
        for record in read(root, name, split, lang)[0]:
            assert isinstance(record, SpanRecord)
            assert record.answers
            for answer in record.answers:
                assert record.context[answer.start : answer.start + len(answer.text)] == answer.text


def test_quotes_of_pawsx_are_the_texts_own_in_both_layouts(root: Path, tmp_path: Path) -> None:
    german = [one for one in read(root, "pawsx", "dev", "de")[0] if isinstance(one, PairRecord)]
    texts = [text for one in german for text in (one.text_a, one.text_b or "")]
    assert sum('"' in one.text_a or '"' in (one.text_b or "") for one in german) == 9
    assert not any('""' in text for text in texts)
    (tmp_path / "pawsx").mkdir()
    (tmp_path / "pawsx/x-final").symlink_to(root / "pawsx/x-final")
    published = [one for one in read(tmp_path, "pawsx", "dev", "de")[0] if isinstance(one, PairRecord)]
    pairs = [(one.text_a, one.text_b, one.label) for one in german]
    assert [(one.text_a, one.text_b, one.label) for one in published] == pairs[: len(published)]


def test_withheld_labels_are_told_apart_from_told_ones(root: Path) -> None:
    assert not any(is_told(one) for one in read(root, "xnli", "test", "de")[0])
    assert not any(is_told(one) for one in read(root, "panx", "test", "en")[0])
    assert all(is_told(one) for one in read(root, "xnli", "test", "ru")[0])


def test_labels_are_spelt_alike_in_every_layout(root: Path) -> None:
    for name, split, lang in (("xnli", "dev", "sw"), ("xnli", "dev", "ru"), ("mnli_mt-de", "train", None)):
        labels = {one.label for one in read(root, name, split, lang)[0] if isinstance(one, PairRecord)}
        assert labels <= {"entailment", "neutral", "contradiction"}


def test_published_names_of_panx_lose_their_prefix(root: Path) -> None:
    (record,) = read(root, "panx", "train", "yo")[0]
    assert isinstance(record, TagRecord)
    assert not any(word.startswith("yo:") for word in record.words)
    first = read(root, "panx", "dev", "yo")[0][0]
    assert isinstance(first, TagRecord)
    assert first.words[0] == "Ilé-ìgbìmọ̀"


def test_english_training_questions_of_tydiqa_are_english(root: Path) -> None:
    records, drops = read(root, "tydiqa", "train")
    assert len(records) == 1000
    assert all(one.id.startswith("english-") for one in records)
    assert list(drops) == [
        "files passed over, as tydiqa/tydiqa-goldp-v1.1-train/tydiqa.goldp.en.train.json holds their rows"
    ]


def test_xcopa_asks_for_the_cause_or_the_effect(root: Path) -> None:
    record = read(root, "xcopa", "dev", "et")[0][0]
    assert isinstance(record, ChoiceRecord)
    assert record.prompt == "Mees keeras kraani lahti. What was the effect?"
    assert (record.label, len(record.choices)) == (1, 2)


def test_the_languages_are_those_whose_files_are_there(root: Path) -> None:
    assert languages(get_task("xquad"), "test", root) == ("ar", "de", "en", "th", "zh")
    assert len(languages(get_task("xnli"), "test", root)) == 15
    assert len(languages(get_task("panx"), "train", root)) == 48


def test_every_label_set_of_a_benchmark_is_the_tasks_own() -> None:
    from mtl.tasks.benchmarks import BENCHMARKS

    for benchmark in BENCHMARKS.values():
        for member in benchmark.members:
            if member.task in ("xnli", "pawsx", "udpos", "panx"):
                assert set(member.labels or ()) == set(get_task(member.task).labels or ())
