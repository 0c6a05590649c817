"""Looks before a run whether the machines can carry it: one finding a check, in the same order on every rank.

What a process sees of its own host comes first, compared over all ranks; then what only all ranks together
can know: how fast they speak to each other, whether they share a folder, whether DeepSpeed trains rightly.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import torch
from torch import distributed

from mtl.engine.ds_config import DsConfig
from mtl.engine.host import host_facts
from mtl.engine.host_checks import GIB, HOST_CHECKS, Level
from mtl.engine.launch import Ranks, wait_for_all
from mtl.engine.selfcheck import check_engine
from mtl.errors import UserError
from mtl.files import make_folder, sync_folder, write_atomic
from mtl.model.config import EncoderConfig
from mtl.model.flash import has_flash
from mtl.model.heads import HeadSpec
from mtl.tasks.task import Kind
from mtl.together import OtherRankError, on_every, on_first

KINDS: tuple[Kind, ...] = ("pair", "span", "tag")
LEAST_DISK = 10 * GIB
MOST_CLOCK_SPREAD = 2.0
"""Seconds between two hosts' clocks from which on times in logs mislead."""
SEEN_WITHIN = 15.0
"""Seconds that a network file system may take to show a new file."""
REPEATS = 5
HEAD_WIDTH = 64


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one check found."""

    check: str
    level: Level
    text: str


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What is to be looked at."""

    shared: Path
    """Where runs go: all hosts must see the same folder."""
    cache: Path
    """Where token stores go: each host must be able to write."""
    megabytes: int
    """Of the timed all-reduce."""
    ds_config: DsConfig
    """How the test steps are sharded."""


SPECS = tuple(HeadSpec(name=kind, kind=kind, num_labels=2, num_choices=1) for kind in KINDS)
TINY = EncoderConfig(
    family="xlm-roberta",
    vocab_size=32,
    hidden_size=16,
    num_layers=1,
    num_heads=2,
    intermediate_size=32,
    positions=16,
    first_position=2,
    pad_token_id=1,
    num_types=1,
    norm_eps=1e-5,
    dropout=0.0,
    attention_dropout=0.0,
    head_dropout=0.0,
    initializer_range=0.02,
)


def examine(ranks: Ranks, subject: Subject) -> Iterator[Finding]:
    """Every check, one after another; every rank must run through all of them."""
    everyone = on_every(ranks, host_facts)
    for name, compare in HOST_CHECKS.items():
        level, text = compare(everyone)
        yield Finding(check=name, level=level, text=text)
    yield _guarded("attention", partial(check_attention, ranks))
    yield check_clocks(ranks)
    yield from _links(ranks, subject.megabytes)
    for name, folder in (("runs folder", subject.shared), ("cache folder", subject.cache)):
        yield _guarded(name, partial(_folder, ranks, name, folder))
    yield _guarded("shared folder", partial(_seen_by_all, ranks, subject.shared))
    yield _guarded("deepspeed", partial(_trains, ranks, subject.ds_config))


def _guarded(check: str, look: Callable[[], Finding]) -> Finding:
    """The finding, or the error on whichever rank as one that fails."""
    try:
        return look()
    except (UserError, OtherRankError) as error:
        return Finding(check=check, level="fail", text=str(error))
    except Exception as error:  # whatever it was, the other ranks go on to the next check
        return Finding(check=check, level="fail", text=f"{type(error).__name__}: {error}")


def check_attention(ranks: Ranks) -> Finding:
    """Which kernel half precision has on all ranks, for heads as wide as the published encoders'."""
    if not all(on_every(ranks, lambda: ranks.device.type == "cuda")):
        return Finding(check="attention", level="ok", text="documents of a length side by side")
    if all(on_every(ranks, partial(has_flash, ranks.device, torch.bfloat16, HEAD_WIDTH))):
        return Finding(check="attention", level="ok", text="the flash kernel in half precision")
    text = "a GPU lacks the flash kernel, so documents of a length go side by side, which is slower"
    return Finding(check="attention", level="warn", text=text)


def check_clocks(ranks: Ranks) -> Finding:
    """The spread of clocks read right after a barrier; leaving it takes as long as a message, at most."""
    wait_for_all()
    times = on_every(ranks, time.time)
    spread = max(times) - min(times)
    text = f"{spread:.3f} s apart at most"
    if spread > MOST_CLOCK_SPREAD:
        return Finding(check="clocks", level="warn", text=f"{text}; set them by NTP, or logs mislead")
    return Finding(check="clocks", level="ok", text=text)


def _links(ranks: Ranks, megabytes: int) -> Iterator[Finding]:
    """A small and a large all-reduce, timed, and their sums checked."""
    if ranks.world == 1:
        yield Finding(check="all-reduce", level="ok", text="one rank speaks to nobody")
        return
    small = _all_reduce_seconds(ranks, 1)
    large = _all_reduce_seconds(ranks, megabytes * 2**18)
    if small is None or large is None:
        yield Finding(check="all-reduce", level="fail", text="gives a wrong sum; look at the network cards")
        return
    share = 2 * (ranks.world - 1) / ranks.world
    rate = share * megabytes * 2**20 / large
    text = (
        f"{megabytes} MiB in {large * 1e3:,.1f} ms, {rate / 1e9:,.2f} GB/s at every rank; "
        f"4 bytes in {small * 1e3:,.2f} ms"
    )
    yield Finding(check="all-reduce", level="ok", text=text)


def _all_reduce_seconds(ranks: Ranks, count: int) -> float | None:
    """The median time of an all-reduce of so many fp32 numbers, of the slowest rank; None for a wrong sum."""
    seconds, right = [], True
    for _ in range(REPEATS):
        values = torch.full((count,), float(ranks.rank + 1), device=ranks.device)
        wait_for_all()
        begun = time.perf_counter()
        distributed.all_reduce(values)
        wanted = ranks.world * (ranks.world + 1) / 2
        right &= bool((values == wanted).all())  # on a GPU this waits for it
        seconds.append(time.perf_counter() - begun)
    everyone = on_every(ranks, lambda: (sorted(seconds)[REPEATS // 2], right))
    return max(time_ for time_, _ in everyone) if all(good for _, good in everyone) else None


def _folder(ranks: Ranks, check: str, folder: Path) -> Finding:
    """Whether every rank can write there, and what is free."""

    def look() -> tuple[int, float]:
        make_folder(folder)
        probe = folder / f".doctor-{uuid4().hex}"
        begun = time.perf_counter()
        write_atomic(probe, "x" * 2**20)
        probe.unlink()
        return shutil.disk_usage(folder).free, time.perf_counter() - begun

    everyone = on_every(ranks, look)
    free, seconds = min(each[0] for each in everyone), max(each[1] for each in everyone)
    text = f"{folder}: every rank can write, {free / GIB:,.0f} GiB free, 1 MiB to the disk in {seconds:.2f} s"
    if free < LEAST_DISK:
        return Finding(check=check, level="warn", text=f"{text}; make room")
    return Finding(check=check, level="ok", text=text)


def _seen_by_all(ranks: Ranks, folder: Path) -> Finding:
    """Whether a file that any rank writes is soon seen by all."""
    mark: str = on_first(ranks, lambda: f".doctor-{uuid4().hex}")
    place = folder / mark

    def write() -> None:
        write_atomic(place / str(ranks.rank), "here")

    def wait() -> float:
        begun = time.monotonic()
        while (waited := time.monotonic() - begun) < SEEN_WITHIN:
            if all((place / str(rank)).is_file() for rank in range(ranks.world)):
                return waited
            sync_folder(folder)  # network file systems look again when a folder is opened
            time.sleep(0.05)
        return float("inf")

    try:
        on_every(ranks, write)
        waits = on_every(ranks, wait)
        wait_for_all()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    blind = [rank for rank, waited in enumerate(waits) if waited == float("inf")]
    if blind:
        names = ", ".join(map(str, blind[:8]))
        text = f"{folder}: ranks {names} do not see what others write; choose a folder that all hosts share"
        return Finding(check="shared folder", level="fail", text=text)
    return Finding(
        check="shared folder", level="ok", text=f"{folder}: seen by all after {max(waits):.2f} s at most"
    )


def _trains(ranks: Ranks, ds_config: DsConfig) -> Finding:
    """Whether two tiny steps, with other tasks on each rank, give plain PyTorch's weights."""
    check_engine(SPECS, TINY, ds_config, ranks)
    text = f"two test steps at ZeRO {ds_config.stage} equal plain PyTorch's"
    return Finding(check="deepspeed", level="ok", text=text)


def all_agree(ranks: Ranks, findings: Sequence[Finding]) -> bool:
    """Whether no check failed on any rank."""
    mine: Any = any(finding.level == "fail" for finding in findings)
    return not any(on_every(ranks, lambda: mine))
