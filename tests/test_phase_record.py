"""A phase's record survives its file, also one of an earlier version; a damaged one is named."""

import json
from pathlib import Path
from typing import Any

import pytest

from mtl.errors import UserError
from mtl.phase_record import Identity, PhaseRecord, read_record, write_record
from mtl.runfolder import PhaseFolder

RECORD = PhaseRecord(
    name="first",
    kind="train",
    after=None,
    arm="none",
    seed=7,
    tasks=("xnli", "panx"),
    identity=Identity(settings={"seed": 7, "train": {"betas": [0.9, 0.98]}}, data={"a": "01"}, start=""),
    dev_languages=("en", "fi"),
    labels_in={"panx": ["fi"]},
    tested_split="dev",
    done=True,
    seconds=1.5,
)


@pytest.fixture
def folder(tmp_path: Path) -> PhaseFolder:
    return PhaseFolder(tmp_path / "first")


def written(folder: PhaseFolder) -> dict[str, Any]:
    """What the file of the record above holds."""
    write_record(folder, RECORD)
    facts: dict[str, Any] = json.loads(folder.record.read_text())
    return facts


def test_a_record_survives_being_written(folder: PhaseFolder) -> None:
    assert read_record(folder) is None
    write_record(folder, RECORD)
    found = read_record(folder)
    assert found == RECORD
    assert found.identity.digest == RECORD.identity.digest


@pytest.mark.parametrize(
    ("words", "languages"),
    [
        (None, None),
        ("last step", ()),
        ("English dev", ("en",)),
        ("dev of fi", ("fi",)),
        ("dev of en, fi", ("en", "fi")),
    ],
)
def test_a_record_that_says_its_dev_languages_in_words_is_read(
    folder: PhaseFolder, words: str | None, languages: tuple[str, ...] | None
) -> None:
    facts = written(folder)
    del facts["dev_languages"]
    folder.record.write_text(json.dumps({**facts, "selection": words}))
    found = read_record(folder)
    assert found is not None and found.dev_languages == languages
    assert found.identity.digest == RECORD.identity.digest


@pytest.mark.parametrize(
    ("settings", "split"), [({"evaluate": {"split": "dev"}}, "dev"), ({"retrieve": {}}, "test")]
)
def test_a_record_whose_settings_alone_name_the_tested_split_is_read(
    folder: PhaseFolder, settings: dict[str, Any], split: str
) -> None:
    facts = written(folder)
    del facts["tested_split"]
    facts["identity"]["settings"] = settings
    folder.record.write_text(json.dumps(facts))
    found = read_record(folder)
    assert found is not None and found.tested_split == split


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", "null", "[" * 100_000, '{"identity": []}', '{"selection": 1}', "\xff"]
)
def test_a_damaged_record_is_named(folder: PhaseFolder, text: str) -> None:
    folder.root.mkdir()
    folder.record.write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match=r"phase\.json: is damaged"):
        read_record(folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seconds", "NaN"),
        ("seconds", "-1"),
        ("seconds", "1e400"),
        ("labels_in", '{"panx": 1}'),
        ("tasks", "1"),
        ("done", "[]"),
        ("identity", '{"settings": {}}'),
    ],
)
def test_a_record_with_a_value_of_another_kind_is_damaged(folder: PhaseFolder, key: str, value: str) -> None:
    text = json.dumps({**written(folder), key: "HERE"}).replace('"HERE"', value)
    folder.record.write_text(text)
    with pytest.raises(UserError, match=r"phase\.json: is damaged"):
        read_record(folder)
