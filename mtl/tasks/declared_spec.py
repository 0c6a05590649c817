"""The keys with which a recipe declares a task, their types, and the errors that name the wrong one."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, ValidationError

from mtl.errors import UserError, unknown_name
from mtl.languages import ENGLISH
from mtl.tasks.shapes import Columns
from mtl.tasks.task import LearntKind

Split = Literal["train", "dev", "test"]
Model = TypeVar("Model", bound="Strict")


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_spelling(value: Any) -> str:
    """Labels are text, yet YAML reads 0 as a number (harmless) and `yes` as a truth value (another word)."""
    if isinstance(value, bool) or value is None:
        raise ValueError(f"holds the label {value}, as YAML reads it; put the label in quotes")
    if not isinstance(value, str | int):
        raise ValueError(f"holds {value!r}; a label is text")
    if not (label := str(value).strip()):
        raise ValueError("holds an empty label; leave it out, as an empty cell is no label anyway")
    return label


def _as_spellings(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"is {value!r}; write a list")
    return tuple(_as_spelling(one) for one in value)


def _as_labels(value: Any) -> tuple[str, ...] | Mapping[str, str] | None:
    if isinstance(value, Mapping):
        return {_as_spelling(raw): _as_spelling(label) for raw, label in value.items()}
    found = None if value is None else _as_spellings(value)
    if found is not None and len(set(found)) < len(found):
        raise ValueError("lists a label twice; list each once")
    return found


def _as_columns(value: Any) -> Columns | None:
    if isinstance(value, list | tuple) and value and all(isinstance(one, str) for one in value):
        return tuple(value)
    if value is None or isinstance(value, str):
        return value
    raise ValueError(f"is {value!r}; name a column, or list several")


def _as_named_columns(value: Any) -> Columns:
    columns = _as_columns(value)
    if columns is None:
        raise ValueError("is null; name a column, or list several")
    return columns


Spellings = Annotated[tuple[str, ...], PlainValidator(_as_spellings)]
Labels = Annotated[tuple[str, ...] | Mapping[str, str] | None, PlainValidator(_as_labels)]
Texts = Annotated[Columns, PlainValidator(_as_named_columns)]
OptionalTexts = Annotated[Columns | None, PlainValidator(_as_columns)]
LANGUAGE_CODE = r"[a-z]{2,3}(?:[-_][A-Z][a-z]{3})?(?:[-_](?:[A-Z]{2}|[a-z]{2}))?"
"""Two or three small letters, perhaps a script, perhaps a region: fi, yue, deu_Latn, zh-Hant-TW, pt-br."""
LanguageCode = Annotated[str, Field(pattern=f"^{LANGUAGE_CODE}$")]
Patterns = Annotated[tuple[str, ...], BeforeValidator(_as_list), Field(min_length=1)]


class Strict(BaseModel):
    """A mapping whose every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DeclaredTask(Strict):
    """What a recipe says of a task of its own."""

    kind: LearntKind
    """The machinery: pair, choice, span, tag, mlm or embed."""
    files: Mapping[Split, Patterns] = Field(min_length=1)
    """Per split one glob pattern below the data folder, or several; {lang} stands for a language code."""
    format: str | None = None
    """The files' format; by default their suffix tells it."""
    columns: Mapping[str, Any] = {}
    """Which column holds what; what can be named depends on the kind."""
    labels: Labels = None
    """The labels in order, or a label for each of the file's spellings; choice: how the file spells them."""
    drop_labels: Spellings = ()
    """Pair: rows with these labels are left out, and counted."""
    drop_lost: bool = False
    """Span: questions whose answer is not at its offset, as in translations, are left out, and counted."""
    num_choices: int | None = Field(default=None, ge=2)
    """Choice: how many choices every row has."""
    metric: str | None = None
    """The main metric; by default the kind's."""
    max_length: int | None = Field(default=None, ge=8)
    """Most tokens of one sequence; 256 by default, 384 for spans."""
    stride: int = Field(default=128, ge=1)
    """Span: context tokens from one window's start to the next's."""
    max_question: int = Field(default=64, ge=1)
    """Span: a question keeps this many tokens. Embed: most tokens of a query, special tokens included."""
    group: int = Field(default=4, ge=2)
    """Embed: so many pairs are learnt together, each other's wrong answers."""
    train_on: str | None = None
    """The task whose training data and dev split stand in for this one's own."""
    language: LanguageCode = ENGLISH
    """The language of the training and dev files, and of a test file whose name tells none."""


class PairColumns(Strict):
    """Columns of a pair task; a `text_b` of null makes it a task on single texts."""

    text_a: Texts = "sentence1"
    text_b: OptionalTexts = "sentence2"
    label: str = "label"
    id: str | None = None


class ChoiceColumns(Strict):
    """Columns of a choice task: a column for each choice, or one that holds a list."""

    prompt: Texts = "prompt"
    choices: Texts = "choices"
    label: str = "label"
    id: str | None = None


class SpanColumns(Strict):
    """Columns of a span task: SQuAD's `answers`, or a column each for an answer's text and its offset."""

    question: str = "question"
    context: str = "context"
    answers: str = "answers"
    answer_text: str | None = None
    answer_start: str | None = None
    id: str | None = "id"


class TagColumns(Strict):
    """Columns of a tag task: lists, or texts joined by spaces."""

    words: str = "words"
    tags: str = "tags"
    id: str | None = None


class TextColumns(Strict):
    """Columns of plain text."""

    text: Texts = "text"
    id: str | None = None


class EmbedColumns(Strict):
    """Columns of an embed task; without a key, pairs of the same candidate share one."""

    query: Texts = "query"
    candidate: Texts = "candidate"
    key: str | None = None
    id: str | None = None


def validate(model: type[Model], value: Any, task: str, *path: str) -> Model:
    """The model of a mapping, or the error that names its first wrong key."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join((*path, *(str(part) for part in first["loc"] if part != "[key]")))
        if first["type"] == "extra_forbidden":
            *above, wrong = key.split(".")
            where = f"task {task}: {'.'.join(above)}" if above else f"task {task}"
            raise unknown_name("key", wrong, model.model_fields, where=where) from error
        trouble = first["msg"].removeprefix("Value error, ")
        if first["type"] != "value_error":
            trouble = (
                f"is {first['input']!r}: {trouble}" if first["type"] != "missing" else "is missing; give it"
            )
        raise misfit(task, key, trouble) from error


def misfit(task: str, key: str, trouble: str) -> UserError:
    """The error for a key of a declared task."""
    return UserError(f"task {task}: {key} {trouble}" if key else f"task {task}: {trouble}")
