"""The queries and candidates of a retrieve phase as vectors, by the trained heads of its tasks."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from mtl.data.searches import Candidates, read_candidates, read_queries
from mtl.retrieval.embed import Embedder
from mtl.retrieval.matrix import make_matrix
from mtl.retrieval.neighbours import SearchSettings
from mtl.retrieval.progress import bars
from mtl.retrieval.vectors import Vectors, check_vectors
from mtl.run.sentences import say_cuts, say_drops
from mtl.tasks.records import SearchRecord
from mtl.tasks.task import Task


@dataclass(frozen=True, kw_only=True)
class Searches:
    """What a phase searches among, and how."""

    search: SearchSettings
    embedder: Callable[[str], Embedder]
    """Makes that of the head that is trained for a task."""
    root: Path
    vectors: Path
    """The folder for files of vectors, while they are needed."""
    pause: Callable[[str], None]
    """Called between pieces of the work that is named; it may raise."""
    say: Callable[[str], None]
    """Tells the user what is left out, or read in part."""
    _embedders: dict[str, Embedder] = field(default_factory=dict, init=False)
    """The last one asked for."""
    _pools: dict[tuple[str, str], tuple[Candidates, Vectors]] = field(default_factory=dict, init=False)
    """By task and split."""

    def queries(self, task: Task, split: str, language: str) -> tuple[Sequence[SearchRecord], Vectors]:
        """A language's queries, and their vectors."""
        drops: Counter[str] = Counter()
        queries = read_queries(task, split, language, root=self.root, drops=drops)
        say_drops(drops, f"{task.name} {language}", self.say)
        embedder = self._embedder(task).up_to(task.max_question)
        return queries, self._embedded(embedder, [one.text for one in queries], f"{task.name}-{language}")

    def candidates(self, task: Task, split: str) -> tuple[Candidates, Vectors]:
        """All candidates, and their vectors."""
        place = task.name, split
        if place not in self._pools:
            drops: Counter[str] = Counter()
            candidates = read_candidates(task, split, root=self.root, drops=drops)
            say_drops(drops, f"{task.name} candidates", self.say)
            embedder = self._embedder(task).up_to(task.max_length)
            vectors = self._embedded(embedder, candidates.texts, f"{task.name}-candidates")
            self._pools[place] = replace(candidates, texts=()), vectors  # a million texts are a lot
        return self._pools[place]

    def _embedder(self, task: Task) -> Embedder:
        if task.name not in self._embedders:
            self._embedders.clear()  # an encoder is large
            self._embedders[task.name] = self.embedder(task.name)
        return self._embedders[task.name]

    def _embedded(self, embedder: Embedder, texts: Sequence[str], name: str) -> Vectors:
        with bars() as stage:
            progress = stage(f"{name}: embedding", len(texts))
            pause = partial(self.pause, f"in {name}")
            matrix = make_matrix(self.vectors / name, texts, embedder, progress=progress, pause=pause)
        say_cuts(matrix, name, self.say)
        return check_vectors(matrix.rows, name=name)
