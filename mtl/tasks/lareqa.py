"""LAReQA: which sentences answer a question, among those of all paragraphs of XQuAD in eleven languages."""

from mtl.tasks.answer_sentences import candidate, question, training_pair
from mtl.tasks.task import Search, Source, Task, first_of, from_hub

_FILE = "lareqa/xquad-r/{lang}.json"


def _pairs(part: str, hub_split: str) -> tuple[Source, ...]:
    return first_of(
        Source(files=(f"squad/{part}-v1.1.json",), format="squad", record=training_pair),
        from_hub("rajpurkar/squad", "plain_text", hub_split, record=training_pair),
    )


TASK = Task(
    name="lareqa",
    kind="embed",
    splits={"train": _pairs("train", "train"), "dev": _pairs("dev", "validation")},
    searches={
        "test": Search(
            queries=Source(files=(_FILE,), format="squad", record=question),
            candidates=Source(files=(_FILE,), format="squad_sentences", record=candidate),
        )
    },
    metric="map_at_20",
    max_length=256,
    max_question=96,
    sizes={"train": 87_599, "dev": 10_570, "test": 1_190},
    notes={"genre": "Wikipedia", "licence": "CC BY-SA 4.0"},
)
