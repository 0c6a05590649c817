"""CCG supertagging: the lexical category of each word, from CCGbank's derivations of newspaper text."""

from mtl.tasks.shapes import tag
from mtl.tasks.task import Source, Task, first_of


def _source(part: str, first: int, last: int) -> tuple[Source, ...]:
    files = tuple(f"ccg/AUTO/{section:02d}/*.auto" for section in range(first, last + 1))
    return first_of(
        Source(files=files, format="ccg_auto", record=tag(id="id")),
        Source(files=(f"ccg/{part}.tsv",), format="tsv_headless", record=tag(words="c0", tags="c1")),
    )


TASK = Task(
    name="ccg",
    kind="tag",
    splits={"train": _source("train", 0, 18), "dev": _source("dev", 19, 21), "test": _source("test", 22, 24)},
    metric="tag_accuracy",
    sizes={"train": 38_015, "dev": 5_484},
    notes={"genre": "Wall Street Journal", "licence": "Linguistic Data Consortium"},
)
