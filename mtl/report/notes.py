"""What a reader of the tables will stumble on, said where it applies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mtl.languages import PRIVATE_USE
from mtl.report.results import Results
from mtl.report.runs import Phase


@dataclass(frozen=True)
class Note:
    """A thing to know, and what it is about."""

    title: str
    text: str


def reading_notes(results: Results, phases: Sequence[Phase]) -> list[Note]:
    """The notes that apply."""
    if not results.arms:
        return []
    return [
        *_selection(results, phases),
        DEV_AND_TEST,
        *_world(results),
        *([ONE_SEED] if all(len(seeds) == 1 for seeds in results.arms.values()) else []),
        *_numbers(results),
    ]


DEV_AND_TEST = Note(
    "Dev and test are different things",
    "Dev scores and curves come from English dev splits, often 500 of their rows alone, and decide "
    "which step is kept. The tables are test splits in every language. A gain on the one promises none "
    "on the other: in the paper, XNLI is flat on dev whichever single task came before, yet 80.4 against "
    "79.2 on test with the best task for each target.",
)
ONE_SEED = Note(
    "One seed",
    "Another seed would give other numbers, by a point or more on small test sets. A difference between "
    "single seeds is no evidence by itself.",
)


def _selection(results: Results, phases: Sequence[Phase]) -> Iterator[Note]:
    chosen = dict.fromkeys(phase.selection for phase in phases if phase.selection is not None)
    if results.seen:
        arms = " ".join(f"{arm}: {how}." for arm, how in results.seen.items())
        yield Note(
            "Not zero-shot",
            f"Labels in other languages than English were looked at. {arms} What comes of that belongs "
            "beside no zero-shot number.",
        )
    elif chosen:
        yield Note(
            "Zero-shot",
            f"Which step of a phase was kept: {', '.join(chosen)}. No other language was looked at.",
        )


def _world(results: Results) -> Iterator[Note]:
    every = {code for codes in results.tasks.values() for code in codes}
    codes = sorted(code for code in every if PRIVATE_USE.fullmatch(code))
    if codes:
        yield Note(
            "An artificial world",
            f"Nobody speaks {', '.join(codes)}: the built-in world tells the same facts in each of them. "
            "Its scores show that the method works and what it transfers, not how well it does on real "
            "languages, and no published number is beside them.",
        )


def _numbers(results: Results) -> Iterator[Note]:
    """What the numbers are, as far as names mislead."""
    tasks = set(results.tasks)
    says = [
        ({"udpos", "panx"}, "POS and NER are F1 over spans by the benchmark's rule, not token accuracy."),
        (
            {"udpos"},
            "As the hub has it, UD-POS splits words that XTREME keeps whole: such numbers are of other "
            "tokens than published ones.",
        ),
        ({"xquad", "mlqa", "tydiqa"}, "Questions are scored by the mean of exact match and F1."),
        (
            {"tydiqa"},
            "TyDiQA has no English test rows of its own: a step was kept by the very rows that its English "
            "number is of.",
        ),
        ({"tatoeba", "bucc2018"}, "Retrieval compares embeddings and trains nothing."),
        (
            {"tatoeba_squad"},
            "tatoeba_squad is Tatoeba as XTREME-R has it: the arm's encoder was fine-tuned on SQuAD before "
            "it was searched.",
        ),
    ]
    told = [text for names, text in says if names & tasks]
    yield Note("The numbers", " ".join(("All are percentages, and targets weigh alike in a mean.", *told)))
