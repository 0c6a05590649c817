"""Where a phase's weights came from: each start of it, with what it began from and what ran it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mtl.files import write_json
from mtl.run.recipe.schema import Phase
from mtl.run.versions import versions
from mtl.runfolder import PhaseFolder, RunFolder


def note_start(folder: PhaseFolder, *, origin: str, step: int, ranks: int) -> None:
    """Add a start to the phase's lineage."""
    starts = read_starts(folder)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    starts.append({"begun": now, "from": origin, "step": step, **versions(ranks=ranks)})
    write_json(folder.lineage, starts)


def read_starts(folder: PhaseFolder) -> list[dict[str, Any]]:
    """Every start of the phase so far."""
    if not folder.lineage.exists():
        return []
    starts: list[dict[str, Any]] = json.loads(folder.lineage.read_text(encoding="utf-8"))
    return starts


def origin_of(phase: Phase, run: RunFolder, resumed: Path | None) -> str:
    """What a phase starts from, in words: its own checkpoint, that of the phase before it, or a model."""
    if resumed is not None:
        return str(resumed)
    if phase.after is not None:
        return str(run.phase(phase.after).read_result())
    return phase.model.name or f"random weights, seed {phase.seed}"
