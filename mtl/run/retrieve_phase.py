"""A retrieve phase: vectors find what belongs together, in every language.

An encoder's sentence vectors find translations without training; those of a trained embed head find a query's
candidates. A task's layout says what is found: the nearest foreign line of each English one, pairs mined from
two unequal sides above the threshold that serves the dev split best, or the best candidates of each query.
"""

import json
import shutil
from collections.abc import Mapping
from functools import cached_property, partial
from pathlib import Path

from mtl.data.content import FileHashes
from mtl.data.features.template import load_tokenizer
from mtl.data.sources import unread_names
from mtl.engine.launch import any_rank
from mtl.errors import PreemptedError, UserError
from mtl.evaluate.layouts import LAYOUTS
from mtl.evaluate.metrics.retrieval import DEPTH
from mtl.files import write_atomic
from mtl.model.export import ENCODER_FOLDER, export
from mtl.model.load import build_model
from mtl.model.trained import Trained
from mtl.retrieval.embed import Embedder, EmbedSettings
from mtl.retrieval.look import write_projector
from mtl.retrieval.neighbours import SearchSettings
from mtl.run.exporting import find_head
from mtl.run.finders import FINDERS, TEST, Found
from mtl.run.phase_tasks import told_languages
from mtl.run.places import encoder_config, encoder_shape, model_source, store_place
from mtl.run.recipe.schema import Phase
from mtl.run.scoring import score_phase
from mtl.run.searched import READS, searched_members, searched_tasks
from mtl.run.searches import Searches
from mtl.run.sentences import Sentences
from mtl.run.work import Run
from mtl.together import on_first, together


class RetrievePhase:
    """A retrieve phase, prepared."""

    def __init__(self, run: Run, phase: Phase) -> None:
        """Find the tasks' languages."""
        self._run = run
        self._phase = phase
        self._settings = phase.retrieve
        self._folder = run.folder_of(phase)
        self._store_place = store_place(phase)
        self._tasks = {task.name: task for task in searched_tasks(run.recipe, phase)}
        self._members = searched_members(phase, self._tasks.values())

    def announce(self) -> None:
        """The tasks and their languages."""
        for name, task in self._tasks.items():
            unread = unread_names(READS[task.kind].named(task, TEST), self._store_place.root)
            told = told_languages(self._members[name].languages, self._settings.languages, unread=unread)
            self._run.terminal.say(f"phase {self._phase.name}: {name} {told}")

    def data(self) -> Mapping[str, str]:
        """The content of every file that is read."""
        hashes, keys = FileHashes(self._store_place.cache / "hashes"), {}
        for name, task in self._tasks.items():
            reads = READS[task.kind]
            for split in reads.splits(task):
                for language in self._members[name].languages:
                    for file in reads.files(task, split, language, self._store_place.root):
                        keys[f"{name}-{split}-{language}/{file.name}"] = hashes.of(file)
        return keys

    def do(self, *, begun: bool) -> None:
        """Find what is not found yet, and stop between two pieces of it if so wished; then score all."""
        ranks, terminal = self._run.ranks, self._run.terminal
        missing = on_first(ranks, self._missing)
        with self._run.stop.held():
            for name, language in missing:
                self._pause(f"before {name} {language}")
                found = FINDERS[self._members[name].layout](self, self._tasks[name], language)
                on_first(ranks, partial(self._write, name, language, found))
                facts = ", ".join(f"{key} {value:,.6g}" for key, value in found.facts.items())
                terminal.say(f"{name} {language}: {found.reading}, {facts}")
                del found  # what it shows is mapped from the files that go
                on_first(ranks, partial(self._forget, name, language))
        on_first(ranks, partial(shutil.rmtree, self._vectors, ignore_errors=True))
        on_first(ranks, partial(score_phase, self._folder, self._members, self._store_place.root, terminal))

    @cached_property
    def sentences(self) -> Sentences:
        """The texts and vectors of bitext tasks."""
        settings, ranks = self._settings, self._run.ranks
        load = partial(
            Embedder.of_encoder,
            on_first(ranks, self._model),
            self._embed_settings,
            tokenizer=self._named_tokenizer,
            all_layers=settings.curve or settings.layer == "dev",
        )
        return Sentences(
            settings=settings,
            embedder=together(ranks, load),
            search=self._search_settings(settings.k),
            root=self._store_place.root,
            vectors=self._vectors,
            pause=self._pause,
            say=self._run.terminal.say,
        )

    @cached_property
    def searches(self) -> Searches:
        """The queries, candidates and vectors of embed tasks."""
        return Searches(
            search=self._search_settings(DEPTH),
            embedder=self._dual_encoder,
            root=self._store_place.root,
            vectors=self._vectors,
            pause=self._pause,
            say=self._run.terminal.say,
        )

    def _pause(self, where: str) -> None:
        """Stop all ranks if one was asked to; what has been embedded stays."""
        if any_rank(self._run.ranks, self._run.stop.wanted()):
            raise PreemptedError(f"in phase {self._phase.name}, {where}")

    @property
    def _named_tokenizer(self) -> str | None:
        """That of the recipe; a phase before brings its own, as does an encoder that starts here."""
        named = self._phase.after is None and self._phase.model.tokenizer is not None
        return self._store_place.tokenizer if named else None

    @property
    def _vectors(self) -> Path:
        return self._folder.root / "vectors"

    def _forget(self, name: str, language: str) -> None:
        """Take away the files of vectors of a language: a sweep's are large."""
        for folder in self._vectors.glob(f".{name}-*-{language}-*"):
            shutil.rmtree(folder, ignore_errors=True)  # on NFS, what is still mapped does not go at once

    def _dual_encoder(self, task: str) -> Embedder:
        """The trained head of an embed task, with the encoder below it."""
        assert self._phase.after is not None
        folder = find_head(self._run.folder.phase(self._phase.after).root, task)
        return together(self._run.ranks, partial(Embedder.of_head, folder, self._embed_settings))

    def _search_settings(self, k: int) -> SearchSettings:
        """How the `k` nearest neighbours are found."""
        return SearchSettings(k=k, memory_mb=self._settings.memory_mb, device=str(self._run.ranks.device))

    @property
    def _embed_settings(self) -> EmbedSettings:
        settings = self._settings
        return EmbedSettings(
            layer=None if settings.layer == "dev" else settings.layer,
            pooling="mean" if settings.pooling == "dev" else settings.pooling,
            special_tokens=settings.special_tokens,
            precision=settings.precision,
            token_budget=settings.token_budget,
            device=str(self._run.ranks.device),
        )

    def _model(self) -> str:
        """The encoder: that of the phase before, a checkpoint by name, or a random one."""
        phase = self._phase
        if phase.after is not None:
            exported = self._run.folder.phase(phase.after).export / ENCODER_FOLDER
            if not exported.is_dir():
                raise UserError(
                    f"phase {phase.name}: {exported} is not there; write it again: "
                    f"python launchers/export.py {self._run.folder.root} --phase {phase.after}"
                )
            return str(exported)
        source = model_source(phase)
        if source is not None:
            return source
        tokenizer = self._store_place.tokenizer
        hf_config = encoder_config(phase, vocab_size=len(load_tokenizer(tokenizer)))
        model = build_model(None, encoder_shape(phase, hf_config), [], seed=phase.seed)
        weights = {name: value.detach() for name, value in model.named_parameters()}
        untrained = Trained(weights=weights, heads={})
        export(self._folder.export, untrained, hf_config.to_dict(), tokenizer=tokenizer)
        return str(self._folder.export / ENCODER_FOLDER)

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
        how = json.dumps({"reading": found.reading, **found.facts, **found.look}) + "\n"
        write_atomic(self._folder.found / f"{name}-{language}.json", how)
        if found.shown is not None:
            write_projector(self._folder.tensorboard / "projector", language, *found.shown)
        write_atomic(self._folder.predictions / file, layout.text(found.predictions))
