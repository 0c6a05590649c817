"""What `transformers` makes of exported heads, with nothing of ours: `stock_answers.py KIND HEAD ROWS ...`."""

import json
import sys
from pathlib import Path
from typing import Any

import torch
import transformers

CLASSES = {
    "pairs": "AutoModelForSequenceClassification",
    "choices": "AutoModelForMultipleChoice",
    "spans": "AutoModelForQuestionAnswering",
    "tags": "AutoModelForTokenClassification",
}
MAX_ANSWER = 30


def answers_of(kind: str, head: str, rows: str) -> list[Any]:
    """The answer to each row."""
    model = getattr(transformers, CLASSES[kind]).from_pretrained(head).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(head)
    lines = Path(rows).read_text(encoding="utf-8").splitlines()
    with torch.no_grad():
        return [ANSWERS[kind](model, tokenizer, json.loads(line)) for line in lines]


def label_of(model: Any, tokenizer: Any, row: dict[str, Any]) -> str:
    logits = model(**tokenizer(row["a"], row["b"], return_tensors="pt")).logits
    return str(model.config.id2label[int(logits.argmax())])


def choice_of(model: Any, tokenizer: Any, row: dict[str, Any]) -> int:
    prompts = [row["prompt"]] * len(row["choices"])
    batch = tokenizer(prompts, row["choices"], padding=True, return_tensors="pt")
    return int(model(**{name: value[None] for name, value in batch.items()}).logits.argmax())


def span_of(model: Any, tokenizer: Any, row: dict[str, Any]) -> str:
    batch = tokenizer(row["question"], row["context"], return_offsets_mapping=True, return_tensors="pt")
    (offsets,) = batch.pop("offset_mapping").tolist()
    out = model(**batch)
    inside = [i for i, part in enumerate(batch.sequence_ids(0)) if part == 1]
    pairs = [(i, j) for i in inside for j in inside if i <= j < i + MAX_ANSWER]
    first, last = max(
        pairs, key=lambda pair: float(out.start_logits[0, pair[0]] + out.end_logits[0, pair[1]])
    )
    return str(row["context"][offsets[first][0] : offsets[last][1]])


def tags_of(model: Any, tokenizer: Any, row: dict[str, Any]) -> list[str]:
    batch = tokenizer(row["words"], is_split_into_words=True, return_tensors="pt")
    best = model(**batch).logits[0].argmax(-1).tolist()
    words = batch.word_ids(0)
    return [model.config.id2label[best[words.index(number)]] for number in range(len(row["words"]))]


ANSWERS = {"pairs": label_of, "choices": choice_of, "spans": span_of, "tags": tags_of}

if __name__ == "__main__":
    given = iter(sys.argv[1:])
    answers = {
        kind: answers_of(kind, head, rows) for kind, head, rows in zip(given, given, given, strict=True)
    }
    assert "mtl" not in sys.modules
    print(json.dumps(answers))
