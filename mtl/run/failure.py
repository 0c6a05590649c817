"""What is left behind when a loss is not finite: the guilty examples as tokens and text, and their losses."""

from functools import partial
from typing import Any

from mtl.data.features.template import load_tokenizer
from mtl.data.steps import RankStep
from mtl.engine.engine import NonFiniteError
from mtl.engine.launch import Ranks
from mtl.errors import UserError
from mtl.files import write_json
from mtl.run.prepare import Prepared
from mtl.runfolder import PhaseFolder
from mtl.together import on_every, on_first

MOST_NAMED = 5


def report_failure(error: NonFiniteError, prepared: Prepared, folder: PhaseFolder, ranks: Ranks) -> UserError:
    """Write the examples of all ranks to the failure folder; gives the error that ends the run."""
    work = error.work
    mine = [_describe(slot, loss, work, prepared) for slot, loss in error.slots.items()]
    examples = [example for part in on_every(ranks, lambda: mine) for example in part]
    step = work.plan.step
    path = folder.failure / f"step-{step}.json"
    facts = {"step": step, "what": str(error), "tasks": error.tasks, "examples": examples}
    # All ranks wait for it: a launcher ends the others as soon as one has failed.
    on_first(ranks, partial(write_json, path, facts))
    named = ", ".join(f"{one['task']} example {one['example']}" for one in examples[:MOST_NAMED])
    named += f", and {len(examples) - MOST_NAMED} more" if len(examples) > MOST_NAMED else ""
    return UserError(
        f"step {step}: {error}{f' ({named})' if named else ''}; nothing was updated; look at {path}, "
        "and lower train.lr or raise train.warmup if the data is sound"
    )


def _describe(slot: int, loss: float, work: RankStep, prepared: Prepared) -> dict[str, Any]:
    draw = work.plan.draw
    source = prepared.sources[int(draw.task[slot])]
    store, example = source.store, int(draw.example[slot])
    first, last = (int(store.doc_starts[store.example_docs[example + i]]) for i in (0, 1))
    tokens = [int(token) for token in store.tokens[first:last]]
    return {
        "task": source.head,
        "example": example,
        "record": int(store.record[example]),
        "loss": str(loss),
        "store": str(store.folder),
        "tokens": tokens,
        "text": load_tokenizer(prepared.tokenizer).decode(tokens),
        "gold": [int(g) for g in store.gold[store.gold_starts[example] : store.gold_starts[example + 1]]],
    }
