"""Writes the tables of these pages from the code that they describe: `python docs/tables.py`."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TypeVar

from pydantic.fields import FieldInfo

from mtl.run.recipe.keys import section_of, wording
from mtl.run.recipe.schema import Phase, Recipe, Settings, TaskSettings
from mtl.study.schema import Amount, Arm, Augment, Average, Comparison, Interaction, Study, Target
from mtl.tasks.benchmarks import BENCHMARKS
from mtl.tasks.registry import find_tasks
from mtl.tasks.task import Bitext, Source, Task

Files = TypeVar("Files", Source, Bitext)
PAGES = Path(__file__).parent
REGION = re.compile(r"(<!-- table: (\w+) -->\n).*?(?=<!-- end -->)", re.DOTALL)
HEADER = ("key", "holds", "default", "meaning")
SPLITS = ("train", "dev", "test")
MOST_FILES, MOST_LABELS = 5, 7


def main() -> None:
    """Bring every page up to date."""
    for page in sorted(PAGES.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        page.write_text(filled(text), encoding="utf-8")


def filled(text: str) -> str:
    """A page with its tables as the code has them now."""
    return REGION.sub(lambda region: f"{region[1]}\n{TABLES[region[2]]()}\n", text)


def key_tables() -> str:
    """Every key of a recipe: without a section, of a phase alone, then a table for each section."""
    own = {name: field for name, field in Recipe.model_fields.items() if name not in Settings.model_fields}
    plain = {name: field for name, field in Settings.model_fields.items() if not section_of(field.annotation)}
    phase = {name: field for name, field in Phase.model_fields.items() if name not in Settings.model_fields}
    del phase["name"]  # which is the key under `phases`
    tables = [table(HEADER, _key_rows({**own, **plain})), table(HEADER, _key_rows(phase, "phases.PHASE."))]
    for name in (each for each in Settings.model_fields if each not in plain):
        tables.append(table(HEADER, _key_rows({name: Settings.model_fields[name]})))
    tables.append(table(HEADER, _key_rows(TaskSettings.model_fields, "tasks.TASK.")))
    return "\n".join(tables)


def study_table() -> str:
    """Every key of a study beside those of a recipe."""
    parts = {
        "": Study,
        "arms.ARM.": Arm,
        "arms.ARM.augment.": Augment,
        "variants.VARIANT.": Amount,
        "targets.TARGET.": Target,
        "averages.AVERAGE.": Average,
        "comparisons.": Comparison,
        "interactions.": Interaction,
    }
    rows = [
        (f"`{prefix}{name}`", *_holds(field), _meaning(field))
        for prefix, schema in parts.items()
        for name, field in schema.model_fields.items()
        if name not in Settings.model_fields and f"{prefix}{name}." not in parts
    ]
    return table(HEADER, rows)


def _meaning(field: FieldInfo) -> str:
    """On one line, as a table wants it."""
    return " ".join((field.description or "").split())


def _holds(field: FieldInfo) -> tuple[str, str]:
    """What a key holds and its default; settings in one word, for their keys have tables of their own."""
    if section_of(field.annotation) is not None:
        return "settings, as of a phase", ""
    return wording(field.annotation), _default(field)


def task_table() -> str:
    """Every declared task, and the files that it wants below the data folder."""
    rows = [
        (
            f"`{task.name}`",
            task.kind,
            _labels(task),
            task.metric,
            *(_split_files(task, one) for one in SPLITS),
        )
        for task in find_tasks().values()
    ]
    return table(("task", "kind", "labels", "metric", "training files", "dev files", "test files"), rows)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def _key_rows(fields: Mapping[str, FieldInfo], prefix: str = "") -> Iterator[tuple[str, ...]]:
    for name, field in fields.items():
        section = section_of(field.annotation)
        if section is None:
            yield f"`{prefix}{name}`", wording(field.annotation), _default(field), _meaning(field)
        else:
            yield from _key_rows(section.model_fields, f"{prefix}{name}.")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    value = json.dumps(field.get_default(call_default_factory=True), default=str)
    return f"`{value}`".replace('"', "")


def _labels(task: Task) -> str:
    """The labels that a head of the task has, or how many choices."""
    if task.labels is None:
        return f"{task.num_choices} choices" if task.num_choices is not None else ""
    labels = [f"`{label}`" for label in task.labels]
    return " ".join(labels if len(labels) <= MOST_LABELS else (*labels[:3], "...", labels[-1]))


def _split_files(task: Task, split: str) -> str:
    """The files of a split, each source's alternatives one after another."""
    if split == "train" and task.train_on is not None:
        return f"as `{task.train_on}`"
    if task.bitexts:
        bitexts = _chain(task.bitexts[split]) if split in task.bitexts else []
        sides = [(*one.foreign.files, *one.english.files) for one in bitexts]
        return "<br>or ".join(map(_files, sides))
    if split in task.searches:
        search = task.searches[split]
        return "<br>".join(
            f"{name}: {'<br>or '.join(_files(one.files) for one in _chain(source))}"
            for name, source in (("queries", search.queries), ("candidates", search.candidates))
        )
    wanted = [[_files(one.files) for one in _chain(source)] for source in task.splits.get(split, ())]
    return "<br>".join("<br>or ".join(each) for each in wanted)


def _chain(one: Files) -> list[Files]:
    return [one, *(_chain(one.otherwise) if one.otherwise is not None else ())]


def _files(patterns: Sequence[str]) -> str:
    some = patterns if len(patterns) <= MOST_FILES else (patterns[0], "...", patterns[-1])
    return "<br>".join(f"`{pattern}`" for pattern in some)


def source_table() -> str:
    """Every declared task: what it is, where from, how large, in which languages, under which licence."""
    header = ("task", "what it is", "train / dev / test", "on the hub", "languages", "text", "licence")
    return table(header, (_facts(task) for task in find_tasks().values()))


def _facts(task: Task) -> tuple[str, ...]:
    sources = [one for each in task.splits.values() for source in each for one in _chain(source)]
    sources += [one.foreign for bitext in task.bitexts.values() for one in _chain(bitext)]
    hubs = dict.fromkeys(f"`{one.hub.repository}`" for one in sources if one.hub is not None)
    what = (import_module(f"mtl.tasks.{task.name}").__doc__ or "").partition("\n")[0]
    spoken = {
        name: len(member.languages)
        for name, benchmark in BENCHMARKS.items()
        for member in benchmark.members
        if member.task == task.name
    }
    return (
        f"`{task.name}`",
        what,
        " / ".join(f"{task.sizes[split]:,}" if split in task.sizes else "-" for split in SPLITS),
        "<br>".join(hubs) or "files only",
        "<br>".join(f"{name}: {count}" for name, count in spoken.items()) or "English",
        task.notes.get("genre", ""),
        task.notes.get("licence", ""),
    )


TABLES = {"keys": key_tables, "sources": source_table, "study": study_table, "tasks": task_table}

if __name__ == "__main__":
    main()
