"""Mutated files for every reader: `TMPDIR=/dev/shm python -m tests.kit.fuzz 100000` tries so many for each.

Whatever becomes of a sound file, its records are read, or a row is left out and counted, or an error names
the file. Any other outcome is returned with the mutation that led to it.
"""

import io
import json
import random
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from mtl.data.formats import READERS
from mtl.data.records import read_records
from mtl.errors import UserError
from mtl.tasks.records import Drop
from mtl.tasks.registry import get_task
from mtl.tasks.shapes import choice, pair, span, tag, text
from mtl.tasks.task import Kind, Shape, Source, Task

_QUESTION = {"id": "q", "question": "Who?", "answers": [{"text": "Ann", "answer_start": 0}]}
_SQUAD = {"data": [{"title": "t", "paragraphs": [{"context": "Ann sang.", "qas": [_QUESTION]}]}]}
_ANSWERED = {"context": "Ann sang. Bob fell.", "sentence_breaks": [[0, 9], [10, 19]], "qas": [_QUESTION]}
_MENTION = {
    "example_id": "m",
    "mention_span": {"start": 0, "end": 3, "text": "Ann"},
    "entity_id": "Q1",
}
_ARTICLE = {"text": "Ann {sang}.", "language": "en", "sentence_spans": [{"start": 0, "end": 11}]}
_NLI = {"premise": "It rains.", "hypothesis": "It is wet.", "label": 1}


def _parquet() -> bytes:
    from pyarrow import Table
    from pyarrow.parquet import write_table

    file = io.BytesIO()
    write_table(Table.from_pylist([_NLI] * 3), file)
    return file.getvalue()


def _conllu() -> str:
    words = [
        ("1-2", "don't", "_", "_"),
        ("1", "do", "AUX", "3"),
        ("2", "not", "PART", "3"),
        ("3", "go", "VERB", "0"),
    ]
    rows = (
        "\t".join([place, form, "_", tag, "_", "_", head, "_", "_", "_"]) for place, form, tag, head in words
    )
    return "# text\n" + "\n".join(rows) + "\n\n1\tYes" + "\t_" * 4 + "\t0" + "\t_" * 3 + "\n\n"


_PAIR = {"text_a": "c0", "text_b": "c1", "label": "c2"}
_CASES: Mapping[str, tuple[Kind, Shape, str | bytes]] = {
    "ccg_auto": (
        "tag",
        tag(id="id"),
        "ID=wsj.1 PARSER=GOLD\n(<T S 0 2> (<L N NN NN a N>) (<L V VB VB b V>))\n",
    ),
    "conll": ("tag", tag(), "Ann\tPROPN\nsang\tVERB\n\nYes\tINTJ\n\n"),
    "conllu": ("tag", tag(), _conllu()),
    "csv": (
        "choice",
        choice(prompt="p", choices=("a", "b")),
        'p,a,b,label\n"Why, ""so""\n?",x,y,1\nWho,x,y,0\n',
    ),
    "jsonl": ("pair", pair(text_a="premise", text_b="hypothesis"), (json.dumps(_NLI) + "\n") * 2),
    "mentions": (
        "embed",
        get_task("mewslix").searches["test"].queries.record,
        (json.dumps({"context": _ARTICLE, "mentions": [_MENTION, _MENTION]}) + "\n") * 2,
    ),
    "parquet": ("pair", pair(text_a="premise", text_b="hypothesis"), b""),
    "squad": ("span", span(), json.dumps(_SQUAD)),
    "squad_sentences": (
        "embed",
        get_task("lareqa").searches["test"].candidates.record,
        json.dumps({"data": [{"paragraphs": [_ANSWERED]}]}),
    ),
    "text": ("mlm", text(), "One line.\n\nAnother line.\n"),
    "tsv": ("pair", pair(text_a="a", text_b="b"), "a\tb\tlabel\nIt rains.\tWet.\t1\nNo.\tYes.\t0\n"),
    "tsv_headless": ("pair", pair(**_PAIR), "It rains.\tWet.\t1\nNo.\tYes.\t0\n"),
    "tsv_quoted": ("pair", pair(**_PAIR), '"It ""rains""."\tWet.\t1\nNo.\tYes.\t0\n'),
    "tsv_ragged": ("pair", pair(text_a="a", text_b="b"), "a\tb\tlabel\nIt\nrains.\tWet.\t1\nNo.\tYes.\t0\n"),
}
_PIECES = [b"\n", b"\r\n", b"\t", b'"', b",", b"\0", b"\xff", b"\xef\xbb\xbf", b"[" * 3000, b"9" * 5000]
_PIECES += [
    b"null",
    b"-1",
    b"1e999",
    b"{}",
    b"\\ud800",
    b"_",
    b"# ",
    b"<L",
    b"ID=",
    b"1-999999",
    "\u200b\u2028".encode(),
]


def fuzz(format: str, rounds: int, seed: int = 0) -> tuple[Counter[str], list[str]]:
    """How often each outcome came about, and what should not have."""
    kind, shape, sound = _CASES[format]
    content = _parquet() if format == "parquet" else sound.encode() if isinstance(sound, str) else sound
    source = Source(files=("file*",), format=format, record=shape)
    task = Task(
        name="fuzz",
        kind=kind,
        splits={"test": (source,)},
        metric="accuracy",
        labels=("0", "1") if kind == "pair" else None,
        num_choices=2 if kind == "choice" else None,
    )
    outcomes: Counter[str] = Counter()
    wrong: list[str] = []
    dice = random.Random(f"{format} {seed}")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        for round in range(rounds):
            mutated = _mutated(content, dice)
            file.write_bytes(mutated)
            outcome = _outcome(task, file)
            outcomes[outcome if outcome in ("parsed", "counted", "refused") else "wrong"] += 1
            if outcome not in ("parsed", "counted", "refused"):
                wrong.append(f"{format}, round {round}: {outcome}: {mutated[:200]!r}")
    return outcomes, wrong


def _outcome(task: Task, file: Path) -> str:
    drops: Counter[str] = Counter()
    try:
        rows = [row for _, row in READERS[task.splits["test"][0].format](file)]
        records = list(read_records(task, "test", root=file.parent, drops=drops))
    except UserError as error:
        told = str(file) in str(error) and "\n" not in str(error)
        return "refused" if told else f"an error that does not name the file: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if len(records) + drops.total() != len(rows):
        return f"{len(rows)} rows became {len(records)} records and {drops.total()} counted ones"
    return "counted" if any(isinstance(row, Drop) for row in rows) else "parsed"


def _mutated(content: bytes, dice: random.Random) -> bytes:
    for _ in range(dice.choice((1, 1, 2, 4))):
        start, end = sorted(dice.randrange(len(content) + 1) for _ in range(2))
        match dice.randrange(6):
            case 0:
                content = content[:start] + dice.choice(_PIECES) + content[start:]
            case 1:
                content = content[:start] + content[end:]
            case 2:
                content = content[:end] + content[start:]
            case 3:
                content = content[:start]
            case 4:
                content = content[:start] + bytes([dice.randrange(256)]) + content[start + 1 :]
            case _:
                content = content[:start] + dice.choice(_PIECES) + content[end:]
    return content


if __name__ == "__main__":
    failed = False
    for name in sorted(_CASES):
        outcomes, wrong = fuzz(name, int(sys.argv[1]), seed=int(sys.argv[2]) if len(sys.argv) > 2 else 1)
        print(name, dict(outcomes), *wrong[:3], sep="\n  ")
        failed |= bool(wrong)
    sys.exit(failed)
