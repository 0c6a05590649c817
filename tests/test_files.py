"""A file is whole or absent, and a place that cannot be written is told at once."""

import os
import stat

import pytest

from mtl.errors import UserError
from mtl.files import aside_of, check_new, make_folder, replacing, write_atomic, write_json


def test_a_file_is_written_with_its_folders_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "a" / "b" / "file.txt"
    write_atomic(path, "one\n")
    write_atomic(path, "zwei ä\r\n")
    assert path.read_bytes() == "zwei ä\r\n".encode()
    assert [file.name for file in path.parent.iterdir()] == ["file.txt"]
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask, "others may read it as any file of this user"


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    write_atomic(path, "old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["file.txt"]


def test_json_is_written_for_people_to_read(tmp_path):
    write_json(tmp_path / "facts.json", {"name": "für", "steps": [1]})
    assert (tmp_path / "facts.json").read_bytes() == '{\n "name": "für",\n "steps": [\n  1\n ]\n}\n'.encode()


def test_a_folder_that_is_there_is_not_new(tmp_path):
    check_new(tmp_path / "new")
    with pytest.raises(UserError, match=r": exists already; name a new folder$"):
        check_new(tmp_path)


def test_a_folder_that_cannot_be_replaced_stays_and_the_way_out_is_told(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "old").touch()
    with (
        pytest.raises(UserError, match=r"store: cannot be written: No space left .*; make room$"),
        replacing(tmp_path / "store", way_out="make room"),
    ):
        raise OSError(28, os.strerror(28))
    assert [path.name for path in tmp_path.rglob("*")] == ["store", "old"]


def test_what_a_dead_process_of_the_same_number_left_is_no_obstacle(tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    for left in (aside_of(folder), aside_of(folder).with_suffix(".old")):
        left.mkdir()
        (left / "half").touch()
    with replacing(folder) as new:
        assert list(new.iterdir()) == []
    assert list(tmp_path.iterdir()) == [folder]


def test_what_a_killed_process_left_of_a_folder_goes_when_the_folder_is_written_again(tmp_path):
    folder = tmp_path / "export"
    aside = aside_of(folder).name.replace(f".{os.getpid()}.", f".{2**22 + 1}.")
    left = [tmp_path / aside, (tmp_path / aside).with_suffix(".old")]
    for place in left:
        (place / "encoder").mkdir(parents=True)
    with replacing(folder) as new:
        assert not any(place.exists() for place in left)
        (new / "encoder").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_a_folder_that_cannot_be_written_is_the_user_s_to_mend(tmp_path):
    blocker = tmp_path / "file"
    blocker.write_text("")
    for attempt in (lambda: make_folder(blocker / "runs"), lambda: write_atomic(blocker / "runs" / "x", "")):
        with pytest.raises(UserError, match=r"cannot be written: .*; name another folder"):
            attempt()


def test_the_key_that_names_such_a_folder_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file/runs: cannot be written: .*; name another folder with out$"):
        make_folder(tmp_path / "file" / "runs", key="out")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_found_at_once(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(UserError, match="cannot be written"):
            make_folder(tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_is_made_once_and_probed_without_a_trace(tmp_path):
    assert make_folder(make_folder(tmp_path / "runs" / "x")) == tmp_path / "runs" / "x"
    assert list((tmp_path / "runs" / "x").iterdir()) == []
