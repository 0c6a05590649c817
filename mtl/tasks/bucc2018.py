"""BUCC 2018: find the translations among hundreds of thousands of sentences of two languages."""

from mtl.tasks.shapes import text
from mtl.tasks.task import Bitext, Source, Task

_SHAPE = text(text="c1", id="c0")


def _table(file: str, otherwise: Source | None = None) -> Source:
    """Sentences with their ids, or pairs of ids."""
    return Source(files=(file,), format="tsv_headless", record=_SHAPE, otherwise=otherwise)


def _bitext(part: str, published: str) -> Bitext:
    """What XTREME calls dev and test was published as sample and training data."""
    xtreme, original = f"bucc2018/{{lang}}-en.{part}", f"bucc2018/{{lang}}-en/{{lang}}-en.{published}"
    return Bitext(
        foreign=_table(f"{xtreme}.{{lang}}"),
        english=_table(f"{xtreme}.en"),
        gold=_table(f"{xtreme}.gold", _table(f"labels/bucc2018/{part}-{{lang}}.tsv")),
        otherwise=Bitext(
            foreign=_table(f"{original}.{{lang}}"),
            english=_table(f"{original}.en"),
            gold=_table(f"{original}.gold"),
        ),
    )


TASK = Task(
    name="bucc2018",
    kind="bitext",
    bitexts={"dev": _bitext("dev", "sample"), "test": _bitext("test", "training")},
    metric="bucc_f1",
    max_length=512,
    notes={"genre": "Wikipedia and news commentaries"},
)
