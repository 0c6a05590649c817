"""A retrieve phase: an encoder's sentence vectors find translations in every language, without training.

A task's layout says what is found: the nearest foreign line of each English one, or pairs mined from two
unequal sides, above the threshold that serves the dev split best.
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from mtl.data.bitext import bitext_files, bitext_languages, read_bitext
from mtl.data.content import FileHashes
from mtl.data.features.template import load_tokenizer
from mtl.engine.together import any_rank, on_first
from mtl.errors import PreemptedError, UserError
from mtl.evaluate.exam import member_of
from mtl.evaluate.layouts import LAYOUTS
from mtl.model.export import ENCODER, export
from mtl.model.load import build_model, config_of
from mtl.model.trained import Trained
from mtl.retrieval.bitext import Side, distinct, mine_bitext, nearest_lines, tune
from mtl.retrieval.embed import Embedder, EmbedSettings
from mtl.retrieval.look import near_threshold, similarities, write_projector
from mtl.retrieval.matrix import make_matrix
from mtl.retrieval.mine import MiningSettings
from mtl.retrieval.neighbours import SearchSettings
from mtl.retrieval.vectors import check_vectors
from mtl.run.prepare import choose_tasks, model_source, store_place
from mtl.run.recipe import Phase
from mtl.run.scoring import score_phase
from mtl.run.work import Run
from mtl.runfolder import write_atomic
from mtl.tasks.benchmarks import Layout, Member
from mtl.tasks.task import Task

DEV, TEST = "dev", "test"
Gold = Sequence[tuple[str, str]] | None


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found for one language."""

    predictions: Sequence[Any]
    golds: Sequence[Any] | None
    """None where they are not told."""
    facts: Mapping[str, float]
    """How it was found."""
    look: Mapping[str, Any]
    """For whoever draws."""
    shown: tuple[Side, Side] | None = None
    """What TensorBoard's projector shows."""


class RetrievalWork:
    """A retrieve phase, prepared."""

    def __init__(self, run: Run, phase: Phase) -> None:
        """Find the tasks' languages."""
        self._run = run
        self._phase = phase
        self._settings = phase.retrieve
        self._folder = run.folder_of(phase)
        self._tasks = {task.name: task for task in choose_tasks(run.recipe, phase)}
        for task in self._tasks.values():
            if task.kind != "bitext":
                raise UserError(
                    f"phase {phase.name}: {task.name} is a {task.kind} task; a retrieve phase is for bitexts"
                )
        self._place = store_place(phase)
        self._members = {name: self._member(task) for name, task in self._tasks.items()}

    def announce(self) -> None:
        """The tasks and their languages."""
        for member in self._members.values():
            self._run.terminal.say(
                f"phase {self._phase.name}: {member.task} in {len(member.languages)} languages: "
                f"{' '.join(member.languages)}"
            )

    def data(self) -> Mapping[str, str]:
        """The content of every file of sentences."""
        hashes, keys = FileHashes(self._place.cache / "hashes"), {}
        for name, task in self._tasks.items():
            for split in task.bitexts:
                for language in self._members[name].languages:
                    for file in bitext_files(task, split, language, self._place.root):
                        keys[f"{name}-{split}-{language}/{file.name}"] = hashes.of(file)
        return keys

    def do(self, *, begun: bool) -> None:
        """Find what is not found yet, and stop between two languages if so wished; then score all."""
        ranks, terminal = self._run.ranks, self._run.terminal
        missing = on_first(ranks, self._missing)
        with self._run.stop.held():
            for name, language in missing:
                if any_rank(ranks, self._run.stop.wanted()):
                    raise PreemptedError(f"in phase {self._phase.name}, before {name} {language}")
                found = FINDERS[self._members[name].layout](self, self._tasks[name], language)
                on_first(ranks, partial(self._write, name, language, found))
                facts = ", ".join(f"{key} {value:,.6g}" for key, value in found.facts.items())
                terminal.say(f"{name} {language}: {facts}")
        on_first(ranks, partial(shutil.rmtree, self._vectors, ignore_errors=True))
        on_first(
            ranks, partial(score_phase, self._folder, self._members, self._place.root / "labels", terminal)
        )

    def sides(self, task: Task, split: str, language: str) -> tuple[Side, Side, Gold]:
        """The foreign and the English side of a split with their vectors, and the pairs that are right."""
        sides = read_bitext(task, split, language, root=self._place.root, drops=Counter())
        foreign, english = (
            self._embedded(
                [record.id for record in records],
                [record.text for record in records],
                self._vectors / f"{task.name}-{split}-{language}-{name}",
            )
            for name, records in (("foreign", sides.foreign), ("english", sides.english))
        )
        return foreign, english, sides.gold

    @property
    def search(self) -> SearchSettings:
        """How neighbours are found."""
        device = str(self._run.ranks.device)
        return SearchSettings(k=self._settings.k, memory_mb=self._settings.memory_mb, device=device)

    @property
    def mining(self) -> MiningSettings:
        """How neighbours become pairs."""
        return MiningSettings(margin=self._settings.margin, retrieval=self._settings.retrieval)

    @property
    def _vectors(self) -> Path:
        return self._folder.root / "vectors"

    def _embedded(self, ids: Sequence[str], texts: Sequence[str], path: Path) -> Side:
        sentences = distinct(texts)
        matrix = make_matrix(path, sentences.texts, self._embedder, centre=self._settings.centre)
        return Side(ids=ids, sentences=sentences, vectors=check_vectors(matrix.rows, name=path.name))

    @cached_property
    def _embedder(self) -> Embedder:
        settings = self._settings
        return Embedder(
            on_first(self._run.ranks, self._model),
            EmbedSettings(
                layer=settings.layer,
                pooling=settings.pooling,
                special_tokens=settings.special_tokens,
                precision=settings.precision,
                token_budget=settings.token_budget,
                device=str(self._run.ranks.device),
            ),
        )

    def _model(self) -> str:
        """The encoder: that of the phase before, a checkpoint by name, or a random one."""
        phase = self._phase
        if phase.after is not None:
            return str(self._run.folder.phase(phase.after).export / ENCODER)
        source = model_source(phase)
        if source is not None:
            return source
        assert phase.model.config is not None
        tokenizer = self._place.tokenizer
        size = len(load_tokenizer(tokenizer))
        config = config_of(None, phase.model.config.model_dump(), vocab_size=size)
        weights = dict(build_model(None, config, [], seed=phase.seed).named_parameters())
        untrained = Trained(weights={name: value.detach() for name, value in weights.items()}, heads={})
        export(self._folder.export, untrained, config.to_dict(), tokenizer=tokenizer)
        return str(self._folder.export / ENCODER)

    def _member(self, task: Task) -> Member:
        found = bitext_languages(task, TEST, self._place.root)
        wanted = self._settings.languages or found
        chosen = tuple(language for language in found if language in wanted)
        if not chosen:
            there = (
                f"is there in {', '.join(found)} only" if found else f"has no files below {self._place.root}"
            )
            raise UserError(f"phase {self._phase.name}: retrieve.languages: {task.name} {there}")
        return member_of(task, chosen, TEST)

    def _missing(self) -> list[tuple[str, str]]:
        return [
            (name, language)
            for name, member in self._members.items()
            for language in member.languages
            if not (self._folder.predictions / member.file(language)).is_file()
        ]

    def _write(self, name: str, language: str, found: Found) -> None:
        """What is right, if that is told; how it was found; and the answers, last."""
        member = self._members[name]
        layout, file = LAYOUTS[member.layout], member.file(language)
        if found.golds is not None:
            write_atomic(self._folder.labels / file, layout.golds_text(found.golds))
        how = json.dumps({**found.facts, **found.look}) + "\n"
        write_atomic(self._folder.found / f"{name}-{language}.json", how)
        if found.shown is not None:
            write_projector(self._folder.tensorboard / "projector", language, *found.shown)
        write_atomic(self._folder.predictions / file, layout.text(found.predictions))


def find_lines(work: RetrievalWork, task: Task, language: str) -> Found:
    """For each English line the nearest foreign one."""
    foreign, english, gold = work.sides(task, TEST, language)
    lines = nearest_lines(foreign, english, work.search)
    return Found(
        predictions=lines,
        golds=None if gold is None else [source for source, _ in gold],
        facts={"foreign sentences": len(foreign.ids), "English sentences": len(english.ids)},
        look={} if gold is None else {"similarities": similarities(foreign, english, gold, work.search)},
        shown=(foreign, english),
    )


def find_pairs(work: RetrievalWork, task: Task, language: str) -> Found:
    """Mined pairs above the threshold that is best on the dev split."""
    *sides, gold = work.sides(task, DEV, language)
    if gold is None:
        raise UserError(
            f"{task.name} {language}: the dev split has no gold, by which the threshold is chosen"
        )
    tuned = tune(mine_bitext(*sides, search_by=work.search, mine_by=work.mining), gold)
    *sides, gold = work.sides(task, TEST, language)
    mined = mine_bitext(*sides, search_by=work.search, mine_by=work.mining)
    # The benchmark's layout knows no empty file: where no pair is good enough, the best one stands there.
    pairs = mined.above(tuned.threshold) or list(mined.ids[:1])
    return Found(
        predictions=pairs,
        golds=gold,
        facts={
            "threshold": tuned.threshold,
            "dev F1": 100 * tuned.f1,
            "pairs": len(pairs),
            "candidates left out, of sentences on several lines": mined.left_out,
        },
        look={"near": near_threshold(mined, tuned.threshold, *sides)},
    )


FINDERS: Mapping[Layout, Callable[[RetrievalWork, Task, str], Found]] = {
    "indices": find_lines,
    "pairs": find_pairs,
}
