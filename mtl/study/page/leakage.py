"""What arms have seen of their targets, as a table."""

from mtl.report.tables import MISSING, Table, text_columns, text_row
from mtl.study.leakage import Leak, Leakage


def leakage_table(leakage: Leakage) -> Table:
    """What each arm has seen of each target; parts of which it has seen nothing are counted, not listed."""
    found = [leak for leak in leakage.leaks if leak.rows or leak.texts or leak.files]
    return Table(
        name="leakage",
        title="Shared data",
        caption=(
            f"Of {len(leakage.leaks)} pairs of an arm's training data and a part of a target, {len(found)} "
            "share something. Arms that train on part of their data are compared with the whole of it."
        ),
        corner="arm",
        columns=text_columns(("target", "part", "same rows", "rows with a same text", "same files")),
        rows=tuple(text_row(leak.arm, _texts(leak)) for leak in found),
        notes=leakage.problems,
    )


def _texts(leak: Leak) -> tuple[str, ...]:
    return (
        leak.target,
        leak.part,
        f"{leak.rows:.1%}",
        f"{leak.texts:.1%}",
        ", ".join(leak.files) or MISSING,
    )
