"""Ends a run in which a rank has died or hangs, in bounded time, and says which: rank, host, phase and step.

A thread of each rank leaves a beat in the store by which the ranks found each other. The first rank looks at
all beats, the others at the first one's; whoever finds one missing leaves a verdict, and every rank that
reads it ends. The main thread may be stuck in a collective by then, so nothing is asked of it. Where the
store itself no longer answers, as behind a cut link, a second thread ends this rank.
"""

import faulthandler
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from types import FrameType, TracebackType
from typing import Any, Self

from torch import distributed

from mtl.engine.launch import Ranks
from mtl.errors import OURS, PreemptedError, leave_at_once

INTERVAL = 1.0
SILENT = 60.0
"""Seconds without a beat after which a process is dead or stopped; without an answer, the store."""
GRACE = 10.0
"""Seconds that the others have to hear of a failure by themselves."""
LOST = re.compile(r"gloo|nccl|connection|socket|peer|timed? ?out", re.IGNORECASE)
COLLECTIVE = ("torch/distributed/", "deepspeed/comm/")


Progress = Callable[[], tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Beat:
    """What a rank says of itself."""

    number: int
    host: str
    phase: str
    step: int
    moved: int
    """Pieces of work that its main thread has done."""
    limit: float
    """Seconds in which it wants to see all move; 0 while nothing is expected of anybody."""
    place: str
    waits: bool
    """Whether its main thread is in a collective."""
    end: str | None = None
    """Why it has left: empty where in good order."""


class Watch:
    """While open, another rank's death or standstill ends this process."""

    def __init__(self, ranks: Ranks) -> None:
        """Nothing is watched where there is but one rank."""
        self._ranks = ranks
        self._main = threading.main_thread().ident
        self._number = 0
        self._phase, self._limit = "none", 0.0
        self._progress: Progress = lambda: (0, 0)
        self._seen: dict[int, tuple[Beat, float, float]] = {}
        self._silent = SILENT
        self._over = threading.Event()
        self._answered = time.monotonic()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        if self._ranks.world > 1:
            # A clone, so that no call of the main thread's keeps this one waiting.
            store: Any = distributed.distributed_c10d._get_default_store()
            self._store = store.clone()
            self._tell()
            self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
            self._thread.start()
            threading.Thread(target=self._guard, name="guard", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread is None:
            return
        if isinstance(error, RuntimeError) and LOST.search(str(error)):
            # Somebody else is gone; the thread finds out who, and ends this process.
            self._silent = GRACE
            self._thread.join(SILENT + GRACE)
        self._over.set()
        self._thread.join()
        in_order = error is None or (isinstance(error, PreemptedError) and not error.alone)
        with suppress(RuntimeError, distributed.DistError):  # rank 0, whose store it is, may be gone
            self._tell(end="" if in_order else f"{type(error).__name__}: {error}")

    @contextmanager
    def over(self, phase: str, progress: Progress, *, limit: float) -> Iterator[None]:
        """Expect that some rank moves within `limit` seconds; `progress` gives the step and what is done."""
        self._phase, self._progress, self._limit = phase, progress, limit
        try:
            yield
        finally:
            # What is known last stays known, without what `progress` holds on to.
            last = progress()
            self._limit, self._progress = 0.0, lambda: last

    def _run(self) -> None:
        while not self._over.wait(INTERVAL):
            try:
                self._tell()
                verdict = self._read("verdict") or self._judge()
            except (RuntimeError, distributed.DistError):
                if self._over.wait(GRACE):
                    return
                verdict = "rank 0, which keeps the ranks' common store, is gone"
            self._answered = time.monotonic()
            if verdict is not None:
                self._end(verdict)

    def _guard(self) -> None:
        """A call to a store behind a cut link never returns, and never fails."""
        while not self._over.wait(INTERVAL):
            patience = max(min(SILENT, self._limit or SILENT), GRACE)
            if time.monotonic() - self._answered > INTERVAL + patience:
                self._end(
                    f"rank 0, which keeps the ranks' common store, has not answered for {patience:.0f} s: "
                    "its host or the link to it is gone"
                )

    def _tell(self, *, end: str | None = None) -> None:
        self._number += 1
        step, moved = self._progress()
        frames = list(_stack(sys._current_frames().get(self._main or 0)))
        beat = Beat(
            number=self._number,
            host=os.uname().nodename,
            phase=self._phase,
            step=step,
            moved=moved,
            limit=self._limit,
            place=next((f"{file}:{line}" for file, line in frames if "/mtl/" in file), "outside of our code"),
            waits=any(part in file for file, _ in frames for part in COLLECTIVE),
            end=end,
        )
        self._store.set(f"watch/{self._ranks.rank}", json.dumps(asdict(beat)))

    def _read(self, key: str) -> str | None:
        key = f"watch/{key}"
        return self._store.get(key).decode() if self._store.check([key]) else None

    def _judge(self) -> str | None:
        """What is wrong, if anything; the first rank looks at all others, they at it."""
        now = time.monotonic()
        for rank in range(self._ranks.world) if self._ranks.first else (0,):
            text = self._read(str(rank))
            if text is not None:
                self._note(rank, Beat(**json.loads(text)), now)
        verdict = self._failed(now) or (self._hanging(now) if self._ranks.first else None)
        if verdict is not None:
            self._store.set("watch/verdict", verdict)
        return verdict

    def _note(self, rank: int, beat: Beat, now: float) -> None:
        """Remember since when a rank has not beaten, and since when it has not moved."""
        last, _, moved = self._seen.get(rank, (None, now, now))
        if last is not None and last.number == beat.number:
            return
        same = last is not None and (last.moved, last.limit) == (beat.moved, beat.limit)
        self._seen[rank] = (beat, now, moved if same else now)

    def _failed(self, now: float) -> str | None:
        for rank, (beat, heard, _) in self._seen.items():
            if beat.end is None and now - heard > self._silent:
                return f"{self._name(rank, beat)} is dead or stopped: no sign of life for {now - heard:.0f} s"
            if beat.end and now - heard > GRACE:
                return f"{self._name(rank, beat)} has failed: {beat.end}"
        return None

    def _hanging(self, now: float) -> str | None:
        """All stand still once one does; the one that is behind, and waits for no other, is to blame."""
        beats = {rank: beat for rank, (beat, _, _) in self._seen.items()}
        if len(beats) < self._ranks.world or not all(beat.limit for beat in beats.values()):
            return None
        still = min(now - moved for _, _, moved in self._seen.values())
        if still <= min(beat.limit for beat in beats.values()):
            return None
        behind = min(beat.moved for beat in beats.values())
        slow = {rank: beat for rank, beat in beats.items() if beat.moved == behind}
        guilty = {rank: beat for rank, beat in slow.items() if not beat.waits} or slow
        names = ", ".join(f"{self._name(rank, beat)}, at {beat.place}" for rank, beat in guilty.items())
        return f"nothing has moved for {still:.0f} s; it hangs: {names}"

    def _name(self, rank: int, beat: Beat) -> str:
        # Ranks go from step to step together, and what this one knows may be younger than the beat.
        step = max(beat.step, self._progress()[0])
        return f"rank {rank} on {beat.host} (phase {beat.phase}, step {step})"

    def _end(self, verdict: str) -> None:
        sys.stderr.write(f"error (rank {self._ranks.rank}): {verdict}; go on with --resume\n")
        faulthandler.dump_traceback(all_threads=True)
        leave_at_once(OURS)


def _stack(frame: FrameType | None) -> Iterator[tuple[str, int]]:
    """Files and lines of a thread, innermost first."""
    while frame is not None:
        yield frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
