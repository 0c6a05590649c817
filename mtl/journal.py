"""A phase's diary: every scalar as a line of metrics.jsonl and as a TensorBoard event.

Lines are strict JSON. A number that JSON cannot write becomes null, and `not_finite` says what it was.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from mtl.errors import UserError
from mtl.files import make_folder, write_atomic
from mtl.runfolder import PhaseFolder

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter


class Journal:
    """Writes when `enabled` (on rank 0 alone), and stays silent otherwise."""

    def __init__(self, folder: PhaseFolder, *, enabled: bool, first_step: int = 0) -> None:
        """Open the diary at the step that comes next; what it holds from that step on is cut off."""
        self._lines = None
        self._events: SummaryWriter | None = None
        if not enabled:
            return
        from torch.utils import tensorboard

        make_folder(folder.root)
        make_folder(folder.tensorboard)
        cut_metrics(folder.metrics, first_step)
        try:
            self._lines = folder.metrics.open("a", encoding="utf-8")
            self._events = tensorboard.SummaryWriter(str(folder.tensorboard), purge_step=first_step)
        except OSError as error:
            raise _unwritable(folder.root, error) from None

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close, also when the run failed: of two troubles the first is told."""
        try:
            self.close()
        except UserError:
            if kind is None:
                raise

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """One line and one point a curve: what was measured at a step."""
        assert "step" not in values and "not_finite" not in values, "these keys are the journal's own"
        if self._lines is None or self._events is None:
            return
        try:
            self._lines.write(metrics_line(step, values) + "\n")
            self._lines.flush()
            for name, value in values.items():
                self._events.add_scalar(name, value, step)
        except OSError as error:
            raise _unwritable(self._lines.name, error) from None

    def hparams(self, settings: Mapping[str, Any], metrics: Mapping[str, float], *, step: int = 0) -> None:
        """The run's settings beside what it reached, for TensorBoard's table of runs."""
        if self._events is not None:
            plain = {key: _hparam(value) for key, value in settings.items()}
            self._events.add_hparams(plain, dict(metrics), run_name=".", global_step=step)

    def charts(self, pages: Mapping[str, Mapping[str, Sequence[str]]]) -> None:
        """Pages of charts, each chart with several curves in one: page -> chart -> names of scalars."""
        if self._events is not None:
            self._events.add_custom_scalars(
                {
                    page: {
                        title: ["Multiline", [_exactly(name) for name in names]]
                        for title, names in charts.items()
                    }
                    for page, charts in pages.items()
                }
            )

    def close(self) -> None:
        """Flush and let go of the files; nothing can be written afterwards."""
        lines, events = self._lines, self._events
        self._lines = self._events = None
        if lines is not None and events is not None:
            try:
                lines.close()
                events.close()
            except OSError as error:
                raise _unwritable(lines.name, error) from None


def _unwritable(path: Path | str, error: OSError) -> UserError:
    return UserError(f"{path}: cannot be written: {error.strerror}; make room, and go on with --resume")


def metrics_line(step: int, values: Mapping[str, float]) -> str:
    """A line of metrics.jsonl, without its end."""
    numbers = {name: value if isinstance(value, int) else float(value) for name, value in values.items()}
    odd = {name: str(value) for name, value in numbers.items() if not math.isfinite(value)}
    line: dict[str, Any] = {
        "step": step,
        **{name: None if name in odd else numbers[name] for name in numbers},
    }
    return json.dumps({**line, "not_finite": odd} if odd else line, allow_nan=False)


def cut_metrics(path: Path, first_step: int) -> None:
    """Drop the lines of a metrics file from a step on, and what a killed process left of a last line."""
    if not path.exists():
        return
    *lines, rest = path.read_text(encoding="utf-8").split("\n")
    kept = [line for number, line in enumerate(lines, 1) if _step(line, f"{path}:{number}") < first_step]
    if rest or len(kept) < len(lines):
        write_atomic(path, "".join(line + "\n" for line in kept))


def _step(line: str, where: str) -> int:
    try:
        step = json.loads(line)["step"]
    except (json.JSONDecodeError, KeyError, TypeError):
        step = None
    if not isinstance(step, int):
        raise UserError(f"{where}: not a line of metrics with a step; move the file away to begin a new one")
    return step


def _hparam(value: Any) -> bool | int | float | str:
    return value if isinstance(value, bool | int | float | str) else str(value)


def _exactly(name: str) -> str:
    """The pattern that matches one scalar's name, since TensorBoard wants a pattern."""
    return f"^{re.escape(name)}$"
