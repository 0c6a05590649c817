"""Stores are built once for what determines them, whole or not at all, by one process; the others wait."""

import errno
import json
import os
import signal
import time
import tracemalloc
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl.data import build, content
from mtl.data.build import StorePlace, labels_of, open_store, store_folder
from mtl.data.store import Store
from mtl.data.store_header import HEADER, Stretch
from mtl.data.subset import smoothed
from mtl.errors import UserError
from mtl.tasks.declared import declare
from mtl.tasks.registry import get_task, joined
from mtl.tasks.task import Task
from tests.kit.tokenizers import bert_shaped, xlmr_shaped

SPEC = {"kind": "pair", "labels": ["yes", "no"], "files": {"train": "rows.jsonl", "dev": "rows.jsonl"}}
ROWS = [
    {"sentence1": f"the tower {'stands ' * (i % 5)}", "sentence2": "a fox", "label": "no" if i % 3 else "yes"}
    for i in range(11)
]


def write_rows(file: Path, rows: list[dict[str, Any]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    folder = tmp_path_factory.mktemp("tokenizers")
    for name, make in (("xlmr", xlmr_shaped), ("bert", bert_shaped)):
        make().save_pretrained(folder / name)
    return {name: str(folder / name) for name in ("xlmr", "bert")}


@pytest.fixture
def home(tmp_path: Path, tokenizers: Mapping[str, str]) -> StorePlace:
    """Eleven rows of a pair task, and an empty cache."""
    write_rows(tmp_path / "data/rows.jsonl", ROWS)
    return StorePlace(
        root=tmp_path / "data", cache=tmp_path / "cache", tokenizer=tokenizers["xlmr"], workers=1
    )


@pytest.fixture
def task() -> Task:
    return declare("mine", SPEC)


def stores(home: StorePlace) -> list[Path]:
    """All folders that count as stores, and leftovers."""
    folder = home.cache / "stores"
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def bytes_of(store: Store) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in store.folder.iterdir()}


def test_a_second_start_reads_no_text(home: StorePlace, task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    first = open_store(task, "train", place=home)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("text was read again")

    monkeypatch.setattr(build, "read_records", refuse)
    monkeypatch.setattr(content, "content_hash", refuse)
    second = open_store(task, "train", place=home)
    assert second.folder == first.folder
    assert second.header.num_examples == len(ROWS)


def test_each_thing_that_determines_a_store_makes_another(
    home: StorePlace, task: Task, tokenizers: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = [open_store(task, "train", place=home)]
    opened.append(open_store(task, "dev", place=home))
    opened.append(open_store(replace(task, max_length=20), "train", place=home))
    opened.append(open_store(replace(task, origin="another declaration"), "train", place=home))
    opened.append(open_store(task, "train", place=replace(home, tokenizer=tokenizers["bert"])))
    with monkeypatch.context() as patch:
        patch.setattr(build, "code_hash", lambda: "another code")
        opened.append(open_store(task, "train", place=home))
    write_rows(home.root / "rows.jsonl", [{**row, "sentence2": "a dog"} for row in ROWS])
    opened.append(open_store(task, "train", place=home))
    assert len({store.folder for store in opened}) == len(opened)
    assert stores(home) == sorted(store.folder for store in opened)


def test_where_a_store_lies_is_known_before_it_is_built(
    home: StorePlace, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(build, "read_records", lambda *_, **__: pytest.fail("read"))
        folders = [store_folder(task, split, place=home) for split in ("train", "dev")]
    assert stores(home) == []
    assert folders == [open_store(task, split, place=home).folder for split in ("train", "dev")]


def test_equal_content_elsewhere_is_the_same_store(home: StorePlace, task: Task, tmp_path: Path) -> None:
    first = open_store(task, "train", place=home)
    write_rows(tmp_path / "elsewhere/rows.jsonl", ROWS)
    assert open_store(task, "train", place=replace(home, root=tmp_path / "elsewhere")).folder == first.folder


def test_a_build_that_fails_leaves_nothing_and_the_next_one_succeeds(
    home: StorePlace, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = build._encode

    def broken(*args: Any) -> Iterator[Any]:
        yield from list(original(*args))[:1]
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(build, "CHUNK", 4)
        patch.setattr(build, "_encode", broken)
        with pytest.raises(UserError, match="no space left"):
            open_store(task, "train", place=home)
    assert stores(home) == []
    assert open_store(task, "train", place=home).header.num_examples == len(ROWS)


def open_elsewhere(home: StorePlace, *, die: bool, log: Path) -> Any:
    """A process of its own that opens the store; one that is to die kills itself in the middle of a build."""

    def work() -> None:
        original = build._encode

        def watched(*args: Any) -> Iterator[Any]:
            with log.open("a") as file:
                file.write("built\n")
            for number, item in enumerate(original(*args)):
                if die and number == 2:
                    os.kill(os.getpid(), signal.SIGKILL)
                time.sleep(0.05)  # a build that the others have time to run into
                yield item

        build._encode = watched
        open_store(declare("mine", SPEC), "train", place=home)

    process = get_context("fork").Process(target=work)
    process.start()
    return process


def test_a_killed_build_leaves_no_store_and_of_later_ones_one_builds_and_all_read(
    home: StorePlace, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "CHUNK", 2)
    log = tmp_path / "log"
    killed = open_elsewhere(home, die=True, log=log)
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    assert not list((home.cache / "stores").glob(f"mine*/{HEADER}"))

    racing = [open_elsewhere(home, die=False, log=log) for _ in range(3)]
    for process in racing:
        process.join(60)
    assert [process.exitcode for process in racing] == [0, 0, 0]
    assert log.read_text().split() == ["built"] * 2, "by the killed one, and by one of the three"
    monkeypatch.setattr(build, "read_records", lambda *_, **__: pytest.fail("read again"))
    assert open_store(task, "train", place=home).header.num_examples == len(ROWS)


def test_worker_processes_give_the_same_bytes(
    home: StorePlace, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "CHUNK", 2)
    monkeypatch.setattr(build, "SECONDS_ALONE", 0.0)
    here = open_store(task, "dev", place=home)
    there = open_store(task, "dev", place=replace(home, cache=tmp_path / "other", workers=2))
    assert bytes_of(here) == bytes_of(there)
    assert here.folder != there.folder


def test_records_are_not_read_ahead_of_the_workers(monkeypatch: pytest.MonkeyPatch, home: StorePlace) -> None:
    monkeypatch.setattr(build, "CHUNK", 1)
    read = 0

    def records() -> Iterator[Any]:
        nonlocal read
        for located in build.read_records(
            declare("mine", SPEC), "train", root=home.root, drops=build.Counter()
        ):
            read += 1
            yield located

    shaping = build.Shaping(max_length=64, labels=("yes", "no"))
    chunks = build._encode(records(), "pair", shaping, home)
    next(chunks)
    assert read == 1
    list(chunks)
    assert read == len(ROWS), "none is left out where no worker starts"


def test_workers_that_cost_more_than_the_work_are_not_started(
    home: StorePlace, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "CHUNK", 1)
    monkeypatch.setattr(ProcessPoolExecutor, "submit", lambda *_: pytest.fail("a worker"))
    assert open_store(task, "dev", place=replace(home, workers=2)).header.num_examples == len(ROWS)


def test_ten_times_the_rows_need_no_more_memory(
    monkeypatch: pytest.MonkeyPatch, home: StorePlace, task: Task
) -> None:
    monkeypatch.setattr(build, "CHUNK", 16)
    open_store(task, "train", place=home)  # loads what stays
    peaks = []
    for copies in (10, 100):
        write_rows(home.root / "rows.jsonl", ROWS * copies)
        tracemalloc.start()
        assert open_store(task, "train", place=home).header.num_records == len(ROWS) * copies
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] <= 1.1 * peaks[0], peaks


def test_dev_keeps_its_records_and_train_does_not(home: StorePlace, task: Task) -> None:
    dev, train = (open_store(task, split, place=home) for split in ("dev", "train"))
    assert [record["text_b"] for record in dev.records()] == ["a fox"] * len(ROWS)
    assert list(train.records()) == []


def test_the_header_tells_the_largest_example_its_place_and_what_was_cut(
    home: StorePlace, task: Task
) -> None:
    write_rows(home.root / "rows.jsonl", [*ROWS, {**ROWS[0], "sentence1": "the tower " * 99}, ROWS[1]])
    header = open_store(replace(task, max_length=20), "train", place=home).header
    assert (header.max_document, header.max_example, header.max_example_where) == (20, 20, "rows.jsonl:12")
    assert header.cuts == {"texts cut to max_length": 1}
    assert header.num_records == header.num_examples == 13
    assert header.softmaxes == 1
    assert header.labels == ("yes", "no")


def test_rows_that_are_left_out_are_counted_and_a_split_of_them_alone_is_refused(home: StorePlace) -> None:
    lossy = declare("mine", {**SPEC, "labels": ["yes"], "drop_labels": ["no"]})
    header = open_store(lossy, "train", place=home).header
    assert header.num_examples == sum(row["label"] == "yes" for row in ROWS)
    assert sum(header.drops.values()) == sum(row["label"] == "no" for row in ROWS)
    write_rows(home.root / "rows.jsonl", [row for row in ROWS if row["label"] == "no"])
    with pytest.raises(UserError, match=r"task mine: no train records are in .*rows.jsonl \(left out 7"):
        open_store(lossy, "train", place=home)
    assert len(stores(home)) == 1


def test_a_split_without_anything_to_mask_is_refused(home: StorePlace, tokenizers: Mapping[str, str]) -> None:
    (home.root / "rows.txt").write_text("\u1400\n\u1401 \u1402\n")
    task = declare("mine", {"kind": "mlm", "files": {"train": "rows.txt"}})
    with pytest.raises(UserError, match="task mine: the train split has no example left"):
        open_store(task, "train", place=replace(home, tokenizer=tokenizers["bert"]))
    assert stores(home) == []


def test_a_length_without_room_is_refused_before_anything_is_read(
    home: StorePlace, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "read_records", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(UserError, match=r"tasks\.mine\.max_length: 5 tokens leave no room"):
        open_store(replace(task, max_length=5), "train", place=home)


def test_a_bad_row_is_refused_with_its_place_and_leaves_nothing(home: StorePlace, task: Task) -> None:
    write_rows(home.root / "rows.jsonl", [*ROWS, {**ROWS[0], "label": "maybe"}])
    with pytest.raises(UserError, match=r"rows\.jsonl:12: .*'maybe' is none of: yes, no"):
        open_store(task, "train", place=home)
    assert stores(home) == []


TAGS = {"kind": "tag", "files": {"train": "train.jsonl", "dev": "dev.jsonl"}}


def test_open_labels_come_from_the_training_split_sorted(home: StorePlace) -> None:
    task = declare("tags", TAGS)
    write_rows(home.root / "train.jsonl", [{"words": ["the", "fox"], "tags": ["Z", "A"]}])
    write_rows(home.root / "dev.jsonl", [{"words": ["the", "dog", "fox"], "tags": ["A", "new", "Z"]}])
    assert labels_of(task, "train", place=home) == ("A", "Z")
    assert stores(home) == []
    train = open_store(task, "train", place=home)
    dev = open_store(task, "dev", place=home, labels=train.header.labels)
    assert train.header.labels == dev.header.labels == ("A", "Z")
    assert train.gold.tolist() == [1, 0]
    assert dev.gold.tolist() == [0, -1, 1]
    assert dev.header.cuts == {"tags unseen in training": 1}


def test_other_labels_make_another_dev_store(home: StorePlace) -> None:
    task = declare("tags", TAGS)
    write_rows(home.root / "dev.jsonl", [{"words": ["the"], "tags": ["A"]}])
    write_rows(home.root / "train.jsonl", [{"words": ["the"], "tags": ["A"]}])
    one, other = (open_store(task, "dev", place=home, labels=labels) for labels in (("A",), ("A", "B")))
    assert one.folder != other.folder


@pytest.mark.parametrize("cache", ["file", "file/below", "/proc/nowhere"])
def test_a_cache_that_cannot_be_written_is_refused_by_the_name_of_its_key(
    home: StorePlace, task: Task, tmp_path: Path, cache: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot be written: .*; make room there, or .* with data\.cache$"):
        open_store(task, "train", place=replace(home, cache=tmp_path / cache))


def test_a_disk_that_fills_up_while_a_store_is_written_is_told_by_the_same_key(
    home: StorePlace, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(build, "write_header", full)
    with pytest.raises(UserError, match=r"No space left on device; make room there, or .* with data\.cache$"):
        open_store(task, "train", place=home)
    assert stores(home) == []


def test_a_language_has_a_store_of_its_own(home: StorePlace) -> None:
    for language, word in (("fi", "fox"), ("sw", "dog")):
        write_rows(home.root / f"{language}.jsonl", [{**ROWS[0], "sentence1": word}])
    task = declare("mine", {**SPEC, "files": {"train": "rows.jsonl", "test": "{lang}.jsonl"}})
    opened = [open_store(task, "test", place=home, language=language) for language in ("fi", "sw")]
    assert [store.header.language for store in opened] == ["fi", "sw"]
    assert [next(store.records())["text_a"] for store in opened] == ["fox", "dog"]


def test_smoothing_evens_out_languages_that_stand_in_one_file(home: StorePlace) -> None:
    counts = {"finnish": 12, "swahili": 6, "korean": 3}
    questions = [
        {"id": f"{name}-{i}", "question": "Who?", "answers": [{"text": "fox", "answer_start": 4}]}
        for name, count in counts.items()
        for i in range(count)
    ]
    data = [{"paragraphs": [{"context": "the fox jumps", "qas": questions}]}]
    file = home.root / "tydiqa/tydiqa-goldp-v1.1-train.json"
    file.parent.mkdir()
    file.write_text(json.dumps({"data": data}))
    task = joined(get_task("tydiqa-fi"), [get_task("tydiqa-sw"), get_task("tydiqa-ko")])
    store = open_store(task, "train", place=home)
    read = [("fi", 12), ("sw", 6), ("ko", 3)]
    assert store.header.stretches == tuple(Stretch(f"tydiqa/{file.name}", *one) for one in read)
    drawn = smoothed(store, np.arange(21), 0.0, key=1)
    assert np.histogram(drawn, [0, 12, 18, 21])[0].tolist() == [7, 7, 7]
