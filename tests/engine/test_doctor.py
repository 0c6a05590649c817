"""The doctor finds what is wrong, says it in a line, and says the same on every rank."""

import time
from pathlib import Path

import pytest

from mtl.engine import doctor
from mtl.engine.doctor import Finding, Subject, all_agree, check_attention, check_clocks, examine
from mtl.engine.ds_config import resolve_ds_config
from mtl.engine.launch import Ranks, join_run
from tests.kit.ranks import ROOT, run_on_ranks


def look(shared: list[Path], cache: Path, *, patience: float = 15) -> tuple[list[Finding], bool]:
    """All findings of a rank, each rank with its own idea of the shared folder; and whether all is well."""
    doctor.SEEN_WITHIN = patience
    ranks = join_run()
    ds_config = resolve_ds_config(ROOT / "ds_configs" / "zero3.json", precision="fp32", clip=1.0)
    subject = Subject(shared=shared[ranks.rank], cache=cache, megabytes=1, ds_config=ds_config)
    findings = list(examine(ranks, subject))
    return findings, all_agree(ranks, findings)


def look_wrong(shared: list[Path], cache: Path) -> tuple[list[Finding], bool]:
    return look(shared, cache, patience=0.2)


def test_on_sound_machines_every_check_is_well_and_nothing_stays_behind(tmp_path: Path) -> None:
    (findings, well), (others, _) = run_on_ranks(look, 2, [tmp_path / "runs"] * 2, tmp_path / "cache")
    assert well and [one.check for one in findings] == [one.check for one in others]
    assert {one.level for one in findings} <= {"ok", "warn"}, findings  # this machine may be small
    assert not [one for one in findings if "\n" in one.text]
    by_check = {one.check: one.text for one in findings}
    assert "2 on 1 hosts" in by_check["ranks"] and "GB/s" in by_check["all-reduce"]
    assert "seen by all" in by_check["shared folder"] and "ZeRO 3" in by_check["deepspeed"]
    assert list((tmp_path / "runs").iterdir()) == list((tmp_path / "cache").iterdir()) == []


def test_a_folder_that_is_not_shared_is_found_by_all_ranks(tmp_path: Path) -> None:
    by_rank = run_on_ranks(look_wrong, 2, [tmp_path / "a", tmp_path / "b"], tmp_path / "cache")
    for findings, well in by_rank:
        (found,) = [one for one in findings if one.check == "shared folder"]
        assert not well and found.level == "fail" and "do not see" in found.text


def test_a_folder_that_one_rank_cannot_write_fails_on_all(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    by_rank = run_on_ranks(look_wrong, 2, [tmp_path / "runs", tmp_path / "file"], tmp_path / "cache")
    for findings, well in by_rank:
        (found,) = [one for one in findings if one.check == "runs folder"]
        assert not well and found.level == "fail" and "cannot be written" in found.text


@pytest.mark.parametrize(
    ("kernel", "level", "words"),
    [(True, "ok", "the flash kernel"), (False, "warn", "lacks the flash kernel")],
)
def test_which_attention_gpus_have_is_told(
    monkeypatch: pytest.MonkeyPatch, kernel: bool, level: str, words: str
) -> None:
    monkeypatch.setattr(doctor, "has_flash", lambda *which: kernel)
    found = check_attention(Ranks.alone("cuda:0"))
    assert found.level == level and words in found.text


def clocks_apart(seconds: float) -> Finding:
    ranks = join_run()
    now = time.time
    doctor.time.time = lambda: now() + seconds * ranks.rank
    return check_clocks(ranks)


def test_a_clock_that_is_wrong_is_told() -> None:
    found = run_on_ranks(clocks_apart, 2, 100.0)[0]
    assert found.level == "warn" and "NTP" in found.text
