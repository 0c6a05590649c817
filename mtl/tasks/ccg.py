"""CCG supertagging: the lexical category of each word, from CCGbank's derivations of newspaper text."""

from mtl.tasks.shapes import tag
from mtl.tasks.task import Source, Task


def _source(first: int, last: int) -> tuple[Source, ...]:
    files = tuple(f"ccg/AUTO/{section:02d}/*.auto" for section in range(first, last + 1))
    return (Source(files=files, format="ccg_auto", record=tag(id="id")),)


TASK = Task(
    name="ccg",
    kind="tag",
    splits={"train": _source(0, 18), "dev": _source(19, 21), "test": _source(22, 24)},
    metric="tag_accuracy",
    notes={"genre": "Wall Street Journal", "licence": "Linguistic Data Consortium"},
)
