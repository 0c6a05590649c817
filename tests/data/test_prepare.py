"""A data folder is prepared by one process at a time, and nothing happens before all names are known to be right."""

import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path
from types import SimpleNamespace

import pytest

from mtl.data.manifest import Manifest
from mtl.data.prepare import prepare_folder, preparing, verify_folder
from mtl.errors import UserError

ROW = '{"premise": "It rained.", "choice1": "Wet.", "choice2": "Dry.", "question": "effect", "label": 0, "idx": 0}\n'


def bring_copa(root: Path) -> None:
    """The user's own files of a task, which need no hub."""
    (root / "xcopa").mkdir(parents=True)
    for part in ("train", "val"):
        (root / f"xcopa/{part}-en.jsonl").write_text(ROW)


def bring_bucc(root: Path) -> None:
    """The user's own files of a bitext, with its gold."""
    (root / "bucc2018").mkdir(parents=True)
    for part in ("dev", "test"):
        for kind, line in (("de", "de-1\tEins\n"), ("en", "en-1\tOne\n"), ("gold", "de-1\ten-1\n")):
            (root / f"bucc2018/de-en.{part}.{kind}").write_text(line)


def test_the_gold_of_a_bitext_is_listed_and_that_of_dev_wanted(tmp_path: Path) -> None:
    bring_bucc(tmp_path)
    dev, test = (tmp_path / f"bucc2018/de-en.{part}.gold" for part in ("dev", "test"))
    prepare_folder(tmp_path, ["bucc2018"], models=[], say=print)
    assert len(Manifest.read(tmp_path).files) == 6
    dev.write_text("de-1\n")
    assert verify_folder(tmp_path, ["bucc2018"], models=[], say=print) == [
        "bucc2018/de-en.dev.gold: damaged: 5 bytes, not 10"
    ]
    test.unlink()
    prepare_folder(tmp_path, ["bucc2018"], models=[], say=print)
    assert verify_folder(tmp_path, ["bucc2018"], models=[], say=print) == []
    dev.unlink()
    with pytest.raises(UserError, match="no data for bucc2018"):
        prepare_folder(tmp_path, ["bucc2018"], models=[], say=print)
    assert verify_folder(tmp_path, ["bucc2018"], models=[], say=print) == ["bucc2018: no dev files"]


def test_a_wrong_name_is_refused_before_anything_is_prepared(tmp_path: Path) -> None:
    bring_copa(tmp_path)
    said: list[str] = []
    with pytest.raises(UserError, match="unknown task 'xcoppa'; did you mean"):
        prepare_folder(tmp_path, ["copa", "xcoppa"], models=[], say=said.append)
    with pytest.raises(UserError, match="unknown task 'xcoppa'; did you mean"):
        verify_folder(tmp_path, ["copa", "xcoppa"], models=[], say=said.append)
    assert said == []
    assert not (tmp_path / "manifest.json").exists()


def test_preparing_twice_says_nothing_new(tmp_path: Path) -> None:
    bring_copa(tmp_path)
    said: list[str] = []
    prepare_folder(tmp_path, ["copa"], models=[], say=said.append)
    manifest = (tmp_path / "manifest.json").read_bytes()
    first, said = said, []
    prepare_folder(tmp_path, ["copa"], models=[], say=said.append)
    assert said == first[-1:] == [f"{tmp_path}: 2 files in {tmp_path / 'manifest.json'}"]
    assert (tmp_path / "manifest.json").read_bytes() == manifest


def test_a_users_own_file_may_be_mended_or_taken_away(tmp_path: Path) -> None:
    bring_copa(tmp_path)
    prepare_folder(tmp_path, ["copa"], models=[], say=print)
    train, dev = (f"xcopa/{part}-en.jsonl" for part in ("train", "val"))
    (tmp_path / train).write_text(2 * ROW)
    assert verify_folder(tmp_path, ["copa"], models=[], say=print) == [
        f"{train}: damaged: {2 * len(ROW)} bytes, not {len(ROW)}"
    ]
    said: list[str] = []
    prepare_folder(tmp_path, ["copa"], models=[], say=said.append)
    assert said[0] == f"{train}: 2 rows, yours"
    assert verify_folder(tmp_path, ["copa"], models=[], say=print) == []
    (tmp_path / dev).rename(tmp_path / "xcopa" / "elsewhere.jsonl")
    assert Manifest.read(tmp_path).drop_own() == [dev]
    assert list(Manifest.read(tmp_path).files) == [train]


def test_a_folder_where_nothing_was_prepared_is_not_verified(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nothing was prepared here; prepare it, or name the --tasks"):
        verify_folder(tmp_path, [], models=[], say=print)
    with pytest.raises(UserError, match="no such folder"):
        verify_folder(tmp_path / "nowhere", [], models=[], say=print)
    bring_copa(tmp_path)
    assert verify_folder(tmp_path, ["copa"], models=[], say=print) == []


def test_a_task_that_a_named_one_trains_on_must_be_there_too(tmp_path: Path) -> None:
    bring_copa(tmp_path)
    (tmp_path / "xcopa/test-et.jsonl").write_text(ROW)
    assert verify_folder(tmp_path, ["xcopa"], models=[], say=print) == []
    (tmp_path / "xcopa/train-en.jsonl").unlink()
    said: list[str] = []
    assert verify_folder(tmp_path, ["xcopa"], models=[], say=said.append) == ["copa: no train files"]
    assert said == ["copa: without train", "xcopa: there"]


def test_of_all_tasks_none_has_to_be_there(tmp_path: Path) -> None:
    bring_copa(tmp_path)
    assert verify_folder(tmp_path, ["all"], models=[], say=lambda line: None) == []


def test_a_model_of_which_only_a_part_arrived_is_missing(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "some" / "encoder"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    missing = ["models/some/encoder: missing"]
    assert verify_folder(tmp_path, [], models=["some/encoder"], say=print) == missing
    Manifest.read(tmp_path).add("models/some/encoder/config.json", rows=None, origin="hub", licence="")
    assert verify_folder(tmp_path, [], models=["some/encoder"], say=print) == []
    assert verify_folder(tmp_path, [], models=["some/enc"], say=print) == ["models/some/enc: missing"]


def test_a_model_is_listed_also_where_the_data_folder_lies_in_a_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Api:
        def model_info(self, name: str) -> SimpleNamespace:
            files = [SimpleNamespace(rfilename="model.safetensors")]
            return SimpleNamespace(siblings=files, sha="0123", card_data=None)

    def download(name: str, *, local_dir: Path, **_: object) -> None:
        for file in ("model.safetensors", ".cache/huggingface/download/model.safetensors.metadata"):
            (local_dir / file).parent.mkdir(parents=True, exist_ok=True)
            (local_dir / file).write_text("weights")

    monkeypatch.setattr("huggingface_hub.HfApi", Api)
    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    root = tmp_path / ".cache" / "data"
    prepare_folder(root, [], models=["some/encoder"], say=print)
    assert list(Manifest.read(root).files) == ["models/some/encoder/model.safetensors"]


def hold(root: Path, held: Event, done: Event) -> None:
    with preparing(root):
        held.set()
        done.wait(60)


def test_a_second_process_is_told_to_wait_and_a_dead_one_bars_nobody(tmp_path: Path) -> None:
    bring_copa(tmp_path)
    context = multiprocessing.get_context("fork")
    held, done = context.Event(), context.Event()
    other = context.Process(target=hold, args=(tmp_path, held, done))
    other.start()
    assert held.wait(60)
    with pytest.raises(UserError, match="is being prepared by another process; wait for it to end"):
        prepare_folder(tmp_path, ["copa"], models=[], say=print)
    other.kill()
    other.join()
    prepare_folder(tmp_path, ["copa"], models=[], say=print)
