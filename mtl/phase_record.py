"""The record of a phase: what the phase is, what determines its result, and whether it is done."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from mtl.errors import UserError
from mtl.files import write_json
from mtl.languages import ENGLISH
from mtl.runfolder import PhaseFolder


@dataclass(frozen=True, kw_only=True)
class Identity:
    """All that determines a phase's result."""

    settings: Mapping[str, Any]
    data: Mapping[str, str]
    """By name of what is read, the key of its content."""
    start: str
    """The digest of the phase from which it starts; empty for none."""

    @property
    def digest(self) -> str:
        """A few letters that stand for it."""
        text = json.dumps(asdict(self), sort_keys=True)
        return blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, kw_only=True)
class PhaseRecord:
    """What a phase's folder says of itself."""

    name: str
    kind: str
    after: str | None
    arm: str
    seed: int
    tasks: tuple[str, ...]
    identity: Identity
    dev_languages: tuple[str, ...] | None = None
    """Train: the languages of the dev splits that chose which step's weights are kept; empty: the last."""
    labels_in: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Train: by task, the languages other than English of the labels that it learns from."""
    tested_split: str = "test"
    """Evaluate and retrieve: the split that is scored."""
    done: bool = False
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """Spent on it so far; what a start that was killed has spent is not known."""


_RECORD = TypeAdapter(PhaseRecord)


def read_begun(folder: PhaseFolder) -> PhaseRecord | None:
    """The record of a phase that has begun; None also where it failed before there was anything to lose."""
    record = read_record(folder)
    return record if record is not None and (record.done or folder.has_work()) else None


def read_record(folder: PhaseFolder) -> PhaseRecord | None:
    """The record of a phase's folder; None where nobody has tried the phase."""
    try:
        facts = json.loads(folder.record.read_text(encoding="utf-8"))
        return _RECORD.validate_python(_in_todays_fields(facts))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise UserError(f"{folder.record}: is damaged; remove the folder to run the phase anew") from None


def _in_todays_fields(facts: dict[str, Any]) -> dict[str, Any]:
    """What a record says that an earlier version wrote. Its identity stays, for phases that start from it."""
    facts = dict(facts)
    words = facts.pop("selection", None)
    if words is not None:  # "English dev", "dev of en, fi" or "last step"
        codes = words.removeprefix("dev of ").replace("English dev", ENGLISH).split(", ")
        facts["dev_languages"] = () if words == "last step" else codes
    if "tested_split" not in facts:
        settings = facts["identity"]["settings"]
        facts["tested_split"] = settings["evaluate"]["split"] if "evaluate" in settings else "test"
    return facts


def write_record(folder: PhaseFolder, record: PhaseRecord) -> None:
    """Save the record."""
    write_json(folder.record, asdict(record))
