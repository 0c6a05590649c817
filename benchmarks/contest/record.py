"""What a benchmark found, as a small file beside the others: from these files RESULTS.md is composed."""

import argparse
import json
import os
import platform
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

import psutil

FOLDER = Path(__file__).resolve().parents[1] / "results"
PACKAGES = (
    "torch", "deepspeed", "transformers", "accelerate", "sentence-transformers", "datasets", "faiss-cpu", "numpy",
)  # fmt: skip
LOAD_BEFORE = os.getloadavg()[0]
"""Who else used the machine when the script began."""


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """How we stand against something, measured side by side: the median of the rounds, and their range."""

    what: str
    value: float
    low: float | None = None
    high: float | None = None
    at_least: float | None = None
    """What is wanted, where more is better; both are None where nothing is wanted."""
    at_most: float | None = None
    """What is wanted, where less is better."""

    @classmethod
    def of(cls, what: str, rounds: Sequence[float], **wanted: float) -> "Ratio":
        """The ratio of each round, in one number."""
        return cls(what=what, value=median(rounds), low=min(rounds), high=max(rounds), **wanted)


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of text under columns; the first column says what a row is about."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Lines:
    """Curves over steps, to be laid over each other."""

    title: str
    across: str
    curves: Mapping[str, Sequence[float]]


@dataclass(frozen=True, kw_only=True)
class Bars:
    """Numbers of one kind by what they belong to, in order."""

    title: str
    unit: str
    values: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """When, where and with what something was measured."""

    command: str
    date: str
    machine: str
    versions: str
    load: str

    @classmethod
    def here(cls) -> "Conditions":
        """This process, now."""
        found = {name: _version(name) for name in PACKAGES}
        return cls(
            command=shlex.join(["python", _script(), *(word for word in sys.argv[1:] if word != "--rank")]),
            date=datetime.now(UTC).date().isoformat(),
            machine=_machine(),
            versions=", ".join(
                [f"Python {platform.python_version()}", *(f"{n} {v}" for n, v in found.items() if v)]
            ),
            load=f"{LOAD_BEFORE:.1f} when it began, {os.getloadavg()[0]:.1f} when it ended",
        )


@dataclass(frozen=True, kw_only=True)
class Record:
    """A benchmark's result; `name` is that of its file, and of its pictures."""

    name: str
    title: str
    about: str
    """What was compared, in a sentence or two."""
    ratios: Sequence[Ratio] = ()
    tables: Sequence[Table] = ()
    plots: Sequence[Lines | Bars] = ()
    notes: Sequence[str] = ()
    conditions: Conditions = field(default_factory=Conditions.here)

    def text(self) -> str:
        """The result for the terminal."""
        parts = [
            self.title,
            self.about,
            *map(_aligned, self.tables),
            *self.notes,
            *map(ratio_text, self.ratios),
        ]
        return "\n\n".join([*parts, f"load: {self.conditions.load}"]) + "\n"


def add_options(parser: argparse.ArgumentParser) -> None:
    """What every benchmark can be told."""
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a rehearsal: the smallest sizes; leaves no record but where --out says",
    )
    parser.add_argument(
        "--out", type=Path, help=f"the folder for the record (default: {FOLDER.name}, beside this)"
    )


def passed_on(arguments: argparse.Namespace) -> list[str]:
    """The same options, for a process of one part of a benchmark."""
    return [*(["--quick"] if arguments.quick else []), *(["--out", arguments.out] if arguments.out else [])]


def publish(record: Record, arguments: argparse.Namespace) -> None:
    """Print a record, and keep it where the command line says."""
    sys.stdout.write(record.text())
    sys.stdout.flush()
    folder = arguments.out or (None if arguments.quick else FOLDER)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(record), indent=1, ensure_ascii=False)
        (folder / f"{record.name}.json").write_text(f"{text}\n", encoding="utf-8")


def read_records(folder: Path = FOLDER) -> list[Record]:
    """All records of a folder, by name."""
    return [_record(json.loads(file.read_text(encoding="utf-8"))) for file in sorted(folder.glob("*.json"))]


def ratio_text(ratio: Ratio) -> str:
    """A ratio in a line."""
    return " ".join(filter(None, [f"{ratio.what}: {digits(ratio.value)}", range_text(ratio)])) + _wanted(
        ratio
    )


def digits(value: float) -> str:
    """As many as tell something."""
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def range_text(ratio: Ratio) -> str:
    """From the lowest round to the highest, where there were several."""
    if ratio.low is None or ratio.high is None:
        return ""
    return f"({digits(ratio.low)} to {digits(ratio.high)})"


def median_and_range(values: Sequence[float], form: str) -> str:
    """The rounds' numbers, each in that form."""
    return f"{median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def _wanted(ratio: Ratio) -> str:
    if ratio.at_least is not None:
        return f", wanted at least {ratio.at_least:g}"
    return "" if ratio.at_most is None else f", wanted at most {ratio.at_most:g}"


def _record(spec: dict[str, Any]) -> Record:
    plots = [Lines(**plot) if "curves" in plot else Bars(**plot) for plot in spec["plots"]]
    return Record(
        **{
            **spec,
            "ratios": [Ratio(**ratio) for ratio in spec["ratios"]],
            "tables": [Table(**table) for table in spec["tables"]],
            "plots": plots,
            "conditions": Conditions(**spec["conditions"]),
        }
    )


def _aligned(table: Table) -> str:
    """A table whose columns stand under each other, numbers to the right."""
    rows = [table.columns, *table.rows]
    widths = [max(len(row[i]) for row in rows) for i in range(len(table.columns))]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]
        ).rstrip()
        for row in rows
    ]
    return "\n".join([*([table.title] if table.title else []), *lines])


def _script() -> str:
    script = Path(sys.argv[0]).resolve()
    root = FOLDER.parents[1]
    return str(script.relative_to(root)) if script.is_relative_to(root) else script.name


def _machine() -> str:
    import torch

    cores, threads = len(os.sched_getaffinity(0)), torch.get_num_threads()
    memory = f"{psutil.virtual_memory().total / 2**30:.0f} GiB"
    return (
        f"{cores} {'core' if cores == 1 else 'cores'} ({_processor()}), {threads} threads, {memory}, {_gpu()}"
    )


def _processor() -> str:
    """The processor's name, and of its abilities those that decide how fast it multiplies."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    facts = dict(reversed([[part.strip() for part in line.split(":", 1)] for line in lines if ":" in line]))
    flags = [
        flag for flag in ("avx512f", "avx512_bf16", "amx_bf16") if flag in facts.get("flags", "").split()
    ]
    return " ".join([facts.get("model name", platform.machine()), *flags])


def _gpu() -> str:
    import torch

    return torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
