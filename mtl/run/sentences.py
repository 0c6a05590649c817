"""The sentences of a retrieve phase as vectors, by the layers and poolings that it reads."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

from mtl.data.bitext import Sides, read_bitext
from mtl.retrieval.bitext import Side, distinct
from mtl.retrieval.embed import Embedder, Reading
from mtl.retrieval.matrix import Matrix, make_matrices
from mtl.retrieval.mine import MiningSettings
from mtl.retrieval.names import Pooling
from mtl.retrieval.neighbours import SearchSettings
from mtl.retrieval.vectors import check_vectors
from mtl.run.recipe.schema import RetrieveSettings
from mtl.tasks.records import TextRecord
from mtl.tasks.task import Task

Both = tuple[Side, Side]
"""The foreign and the English side."""


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """What a phase's settings make of a task's sentences."""

    settings: RetrieveSettings
    embedder: Embedder
    search: SearchSettings
    """How neighbours are found: as many as a margin looks at."""
    root: Path
    vectors: Path
    """The folder for files of vectors, while they are needed."""
    pause: Callable[[str], None]
    """Called between pieces of the work that is named; it may raise."""
    say: Callable[[str], None]
    """Tells the user what is left out, or read in part."""

    def sides(self, task: Task, split: str, language: str) -> Sides:
        """The text of a split."""
        drops: Counter[str] = Counter()
        sides = read_bitext(task, split, language, root=self.root, drops=drops)
        say_drops(drops, f"{task.name} {language} {split}", self.say)
        return sides

    def embedded(
        self, task: Task, sides: Sides, name: str, readings: Sequence[Reading]
    ) -> Iterator[tuple[Reading, Both]]:
        """A split's vectors for one reading after another, all from one pass through the encoder."""
        embedder = self.embedder.up_to(task.max_length)
        both = [
            self._embedded(embedder, records, f"{name}-{side}", readings)
            for side, records in (("foreign", sides.foreign), ("english", sides.english))
        ]
        for reading, foreign, english in zip(readings, *both, strict=True):
            yield reading, (foreign, english)

    @property
    def mining(self) -> MiningSettings:
        """How neighbours become pairs."""
        return MiningSettings(margin=self.settings.margin, retrieval=self.settings.retrieval)

    @property
    def usual(self) -> Reading:
        """What is read where no dev split decides."""
        return self.embedder.reading

    @property
    def eligible(self) -> list[Reading]:
        """What a dev split may choose from."""
        return [
            Reading(layer=layer, pooling=pooling)
            for pooling in self._poolings
            for layer in (self._layers if self.settings.layer == "dev" else [self.usual.layer])
        ]

    @property
    def looked_at(self) -> list[Reading]:
        """What is scored for the curve by layers: all layers, or none."""
        if not self.settings.curve:
            return []
        return [Reading(layer=layer, pooling=pooling) for pooling in self._poolings for layer in self._layers]

    @property
    def _layers(self) -> Sequence[int]:
        return range(self.embedder.num_layers + 1)

    @property
    def _poolings(self) -> Sequence[Pooling]:
        return get_args(Pooling) if self.settings.pooling == "dev" else (self.settings.pooling,)

    def _embedded(
        self, embedder: Embedder, records: Sequence[TextRecord], name: str, readings: Sequence[Reading]
    ) -> Iterator[Side]:
        sentences = distinct([record.text for record in records])
        matrices = make_matrices(
            self.vectors / name,
            sentences.texts,
            embedder,
            readings,
            centre=self.settings.centre,
            pause=partial(self.pause, f"in {name}"),
        )
        say_cuts(matrices[0], name, self.say)
        for matrix, reading in zip(matrices, readings, strict=True):
            yield Side(
                ids=[record.id for record in records],
                sentences=sentences,
                vectors=check_vectors(matrix.rows, name=f"{name}, {reading}"),
            )


def say_drops(drops: Counter[str], name: str, say: Callable[[str], None]) -> None:
    """Say how many rows or files were left out, and why."""
    for reason, count in drops.items():
        say(f"{name}: left out {count:,} {reason}")


def say_cuts(matrix: Matrix, name: str, say: Callable[[str], None]) -> None:
    """Say how many texts were longer than the encoder was allowed to read."""
    if matrix.num_cut:
        say(f"{name}: {matrix.num_cut:,} of {len(matrix.rows):,} texts were read in part")
