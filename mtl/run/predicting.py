"""Predictions for a user's own rows: in chunks of lines that processes share, each written once it is whole.

A chunk that is there is not predicted again, so a call that was interrupted goes on where it was.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any

from mtl.data.build import StorePlace, open_store
from mtl.data.features.template import load_tokenizer
from mtl.data.formats.lines import read_lines
from mtl.data.packing import check_budget
from mtl.data.store_header import check_positions
from mtl.data.strip import HeadStore
from mtl.engine.launch import Ranks
from mtl.errors import UserError
from mtl.evaluate.decode import DECODERS, are_finite
from mtl.evaluate.fill import fill_masks
from mtl.evaluate.metrics import SpanAnswer
from mtl.evaluate.plain import PlainPredictor
from mtl.evaluate.predict import examples_of, predict, records_of
from mtl.files import make_folder, make_room_for, write_atomic
from mtl.model.export import head_spec, load_export
from mtl.model.trained import TrainedHead
from mtl.tasks.declared import declare
from mtl.tasks.task import LABELLED, Task
from mtl.together import on_first, together

CHUNK = 2000
"""Rows of a part."""
_NOWHERE = "\0"
"""A column that no row has."""
_GOLD: Mapping[str, Mapping[str, str | None]] = {
    "pair": {"label": _NOWHERE},
    "choice": {"label": _NOWHERE},
    "span": {"answers": _NOWHERE, "answer_text": None, "answer_start": None},
    "tag": {"tags": _NOWHERE},
}
"""By kind: columns of what is right, which are not read; they may be spelled as no task of ours has them."""


@dataclass(frozen=True, kw_only=True)
class PredictionRequest:
    """What is to be predicted."""

    head: Path
    """An exported head."""
    rows: Path
    out: Path
    columns: Mapping[str, Any]
    token_budget: int


@dataclass(frozen=True, kw_only=True)
class _Ready:
    """A head that can answer."""

    head: TrainedHead
    positions: int
    """Tokens that its encoder reads at most."""
    predictor: PlainPredictor


def check_files(rows: Path, out: Path) -> None:
    """Read the rows through and make room for the answers: what is wrong there is found before any model."""
    if not rows.is_file():
        raise UserError(f"{rows}: no such file; name one of JSON lines")
    if not _count(rows):
        raise UserError(f"{rows}: holds no row; give it one JSON object a line")
    make_room_for(out, beside=[rows])


def predict_file(wish: PredictionRequest, ranks: Ranks) -> int:
    """Write a line of predictions for each line of rows; gives their number. All ranks take part."""
    _check_kind(wish.head)
    parts = wish.out.with_name(f".{wish.out.name}.parts")
    on_first(ranks, partial(_begin, wish, parts))
    chunks = -(-on_first(ranks, partial(_count, wish.rows)) // CHUNK)
    together(ranks, partial(_predict_chunks, wish, parts, range(ranks.rank, chunks, ranks.world), ranks))
    return on_first(ranks, partial(_finish, wish.out, parts, chunks))


def _check_kind(head: Path) -> None:
    """Refuse a head whose answers are no words."""
    if head_spec(head).kind == "embed":
        raise UserError(
            f"{head}: the head of an embed task, which makes vectors; use launchers/embed.py --head "
            f"{head.name}"
        )


def _begin(wish: PredictionRequest, parts: Path) -> None:
    """Keep the parts of an earlier call only if it was this one."""
    status, config = wish.rows.stat(), (wish.head / "config.json").stat()
    facts = [str(wish.head), config.st_mtime_ns, str(wish.rows), status.st_size, status.st_mtime_ns]
    key = blake2b(json.dumps([*facts, dict(wish.columns)]).encode(), digest_size=8).hexdigest()
    if not (parts / key).exists():
        shutil.rmtree(parts, ignore_errors=True)
        make_folder(parts)
        write_atomic(parts / key, "")


def _count(rows: Path) -> int:
    return sum(1 for _ in _rows(rows))


def _rows(rows: Path) -> Iterator[tuple[int, str]]:
    """The lines that hold a row, with their numbers in the file."""
    return ((number, line) for number, line in read_lines(rows) if line.strip())


def _predict_chunks(wish: PredictionRequest, parts: Path, mine: range, ranks: Ranks) -> None:
    left = [number for number in mine if not _part(parts, number).exists()]
    if not left:
        return
    model, head = load_export(wish.head)
    predictor = PlainPredictor(model, device=ranks.device, dtype=next(model.parameters()).dtype)
    ready = _Ready(head=head, positions=model.config.positions, predictor=predictor)
    answer = _filled if head.spec.kind == "mlm" else _answers
    for number, lines in _chunks(wish.rows):
        if number in left:
            answers = answer(wish, ready, number * CHUNK + 1, lines)
            text = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in answers)
            write_atomic(_part(parts, number), text)


def _chunks(rows: Path) -> Iterator[tuple[int, list[tuple[int, str]]]]:
    lines = _rows(rows)
    number = 0
    while chunk := list(islice(lines, CHUNK)):
        yield number, chunk
        number += 1


def _answers(
    wish: PredictionRequest, ready: _Ready, first: int, lines: list[tuple[int, str]]
) -> Iterator[dict[str, Any]]:
    """What the head says about each row of a chunk, which begins at row `first`."""
    head = ready.head
    name = f"rows-from-{first}.jsonl"  # the user's own name may hold what a pattern takes for a sign
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / name).write_text("".join(line + "\n" for _, line in lines), encoding="utf-8")
        place = StorePlace(root=folder, cache=folder / "cache", tokenizer=str(wish.head), workers=1)
        try:
            store = open_store(_task(head, name, wish.columns), "test", place=place, labels=head.labels)
            check_positions(store.header, ready.positions)
            check_budget([store.header.largest], budget=wish.token_budget, key="--token-budget")
        except UserError as error:
            raise UserError(_at_home(str(error), folder / name, wish.rows, lines)) from None
        source = HeadStore(head=head.spec.name, store=store)
        examples, budget = examples_of(source, None), wish.token_budget
        scores = predict(ready.predictor, source, examples, budget=budget, rank=0, world=1)
        assert scores is not None
        if not are_finite(scores):
            trouble = "not all of its scores are finite numbers, so they tell no answers"
            raise UserError(f"{wish.head}: {trouble}; export a checkpoint whose weights are sound")
        records = records_of(source, None)
        answers, _ = DECODERS[head.spec.kind].decode(store, records, scores)
    for row, (record, (_, line), answer) in enumerate(zip(records, lines, answers, strict=True), first):
        made = record["id"].startswith(f"{name}:")  # from the place in the file, for want of a named column
        yield {"row": row, **(_own_id(line) if made else {"id": record["id"]}), **_words(answer)}


def _own_id(line: str) -> dict[str, Any]:
    """The id of a row that has one, where no column of ids was named."""
    found = json.loads(line).get("id")
    return {} if found in (None, "") else {"id": found}


def _at_home(trouble: str, chunk: Path, rows: Path, lines: list[tuple[int, str]]) -> str:
    """Trouble with a line of a chunk's file, which nobody knows, as trouble with that line of the user's."""

    def own(found: re.Match[str]) -> str:
        return f"{rows}:{lines[int(found[1]) - 1][0]}"

    return re.sub(rf"(?:{re.escape(str(chunk.parent))}/)?{re.escape(chunk.name)}:(\d+)", own, trouble)


def _filled(
    wish: PredictionRequest, ready: _Ready, first: int, lines: list[tuple[int, str]]
) -> Iterator[dict[str, Any]]:
    """What stands at the masks of each row's text."""
    head, column = ready.head.spec.name, str(wish.columns.get("text", "text"))
    tokenizer = load_tokenizer(str(wish.head))
    for row, (number, line) in enumerate(lines, first):
        where = f"{wish.rows}:{number}"
        text = _text(line, column, where)
        filled = fill_masks(ready.predictor, tokenizer, text, where, head=head, longest=ready.positions)
        yield {"row": row, **_own_id(line), "prediction": [best[0] for best in filled], "best": filled}


def _text(line: str, column: str, where: str) -> str:
    try:
        text = json.loads(line)[column]
    except (ValueError, TypeError, KeyError):
        text = None
    if not isinstance(text, str):
        raise UserError(f"{where}: no text under {column!r}; name the column: --columns text=COLUMN")
    return text


def _words(answer: Any) -> dict[str, Any]:
    if not isinstance(answer, SpanAnswer):
        return {"prediction": answer}
    score = answer.no_answer_score
    return {"prediction": answer.text, "no_answer": score if score is not None and isfinite(score) else None}


def _task(head: TrainedHead, name: str, columns: Mapping[str, Any]) -> Task:
    spec = head.spec
    declared: dict[str, Any] = {
        "kind": spec.kind,
        "files": {"train": name, "test": name},
        "columns": {"id": None, **columns, **_GOLD[spec.kind]},  # not every row has an id
        "labels": head.labels if spec.kind in LABELLED else None,
        "num_choices": spec.num_choices if spec.kind == "choice" else None,
        "max_length": head.max_length,
        **({"stride": head.stride, "max_question": head.max_question} if spec.kind == "span" else {}),
    }
    return declare(spec.name, declared)


def _part(parts: Path, number: int) -> Path:
    return parts / f"{number:06d}.jsonl"


def _finish(out: Path, parts: Path, chunks: int) -> int:
    text = "".join(_part(parts, number).read_text(encoding="utf-8") for number in range(chunks))
    write_atomic(out, text)
    shutil.rmtree(parts, ignore_errors=True)
    return text.count("\n")
