"""LAReQA's way to read SQuAD: what answers a question is a sentence, with the whole paragraph behind it."""

from mtl.tasks.records import Drop, EmbedRecord, Record, SearchRecord, SpanRecord
from mtl.tasks.sentences import sentence_at, sentence_spans
from mtl.tasks.shapes import as_text, span
from mtl.tasks.task import Row

_SPAN = span(unanswerable=False)
_OUTSIDE = Drop("questions whose answer begins in no sentence")


def training_pair(row: Row) -> Record | Drop:
    """A question and its candidate; those of one paragraph, which holds the answers to all, share a key."""
    record, sentence = _with_sentence(row)
    if sentence is None:
        return _OUTSIDE
    return EmbedRecord(
        id=record.id,
        query=record.question,
        candidate=candidate_text(sentence, record.context),
        key=record.context,
    )


def question(row: Row) -> Record | Drop:
    """A question; right are the sentences that answer the question of its id, in whatever language."""
    record, sentence = _with_sentence(row)
    return (
        _OUTSIDE if sentence is None else SearchRecord(id=record.id, text=record.question, keys=(record.id,))
    )


def candidate(row: Row) -> Record:
    """A sentence of a paragraph, and the questions that it answers."""
    context = as_text(row["context"], "context")
    return SearchRecord(
        id=row["id"], text=candidate_text(row["sentence"], context), keys=tuple(row["answers"])
    )


def candidate_text(sentence: str, paragraph: str) -> str:
    """As the benchmark writes it: nothing between the two, no line break in either."""
    return (sentence + paragraph).replace("\n", "")


def _with_sentence(row: Row) -> tuple[SpanRecord, str | None]:
    """A question, and the sentence in which its first answer begins; None where none does."""
    record = _SPAN(row)
    assert isinstance(record, SpanRecord)
    if not record.answers:
        raise ValueError(
            "the answer is blank, by which the question's sentence is known; take the original data"
        )
    breaks = row.get("sentence_breaks") or sentence_spans(record.context)
    answer = record.answers[0]
    if answer.start < 0 or not record.context.startswith(answer.text, answer.start):
        raise ValueError(f"offset {answer.start} of the context should read {answer.text!r}")
    found = sentence_at(breaks, answer.start)
    return record, None if found is None else record.context[slice(*found)]
