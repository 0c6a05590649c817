"""Mining between two files of sentences, from text to a table of pairs; a second start goes on.

The files' sentences are held in memory, their vectors on disk beside the table until it is written.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mtl.data.formats.lines import read_lines
from mtl.errors import UserError
from mtl.files import make_folder, make_room_for
from mtl.retrieval.bitext import distinct
from mtl.retrieval.embed import Embedder
from mtl.retrieval.matrix import Matrix, make_matrix
from mtl.retrieval.mine import MiningSettings, Pairs, mine
from mtl.retrieval.neighbours import Neighbours, SearchSettings, search
from mtl.retrieval.progress import Stage
from mtl.retrieval.ranks import here
from mtl.retrieval.vectors import check_vectors
from mtl.together import on_first, together


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """The distinct sentences of a file."""

    texts: Sequence[str]
    num_blank: int
    num_repeated: int


@dataclass(frozen=True, kw_only=True)
class Job:
    """What to mine, and how."""

    source: Path
    target: Path
    out: Path
    search: SearchSettings = field(default_factory=SearchSettings)
    mine: MiningSettings = field(default_factory=MiningSettings)
    threshold: float | None = None
    """Only pairs of this score or more; None: all."""
    top: int | None = None
    """Only so many of the best; None: all."""
    centre: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it."""

    num_pairs: int
    num_cut: int
    """Sentences too long to be read to their end."""


def read_sentences(path: Path) -> list[str]:
    """The lines of a file, plain or gzipped, without the space around them."""
    if not path.is_file():
        raise UserError(f"{path}: no such file of sentences; name a text, plain or gzipped")
    texts = [line.strip() for _, line in read_lines(path)]
    if not any(texts):
        raise UserError(f"{path}: holds no sentence; give it one a line")
    return texts


def read_corpus(path: Path) -> Corpus:
    """What takes part in mining; blank lines and repetitions do not."""
    texts = read_sentences(path)
    filled = [text for text in texts if text]
    kept = distinct(filled).texts
    return Corpus(texts=kept, num_blank=len(texts) - len(filled), num_repeated=len(filled) - len(kept))


def read_corpora(job: Job) -> tuple[Corpus, Corpus]:
    """The two texts, and a folder for the table: what may be wrong with files, before a model is loaded."""
    corpora = read_corpus(job.source), read_corpus(job.target)
    make_room_for(job.out, beside=[job.source, job.target])
    return corpora


def mine_files(job: Job, corpora: tuple[Corpus, Corpus], embedder: Embedder, stage: Stage) -> Outcome:
    """Write the table: score, source sentence and target sentence a line, the best first."""
    ranks, work = here(), job.out.with_name(f".{job.out.name}.work")
    on_first(ranks, partial(make_folder, work))
    matrices = [
        _vectors(job, embedder, corpus, work / side, stage)
        for side, corpus in zip(("source", "target"), corpora, strict=True)
    ]
    x, y = (
        check_vectors(matrix.rows, name=f"vectors of {path}")
        for matrix, path in zip(matrices, (job.source, job.target), strict=True)
    )
    found = search(x, y, job.search, progress=stage("comparing", x.size * y.size // ranks.world))
    num_cut = sum(matrix.num_cut for matrix in matrices)
    del matrices, x, y  # on NFS, what any rank still maps does not go
    pairs = together(ranks, partial(_best, found, job))
    on_first(ranks, partial(_finish, pairs, corpora, work, job.out))
    return Outcome(num_pairs=len(pairs), num_cut=num_cut)


def _best(found: Neighbours, job: Job) -> Pairs:
    pairs = mine(found, job.mine)
    if job.threshold is not None:
        pairs = pairs.above(job.threshold)
    return pairs.pick(slice(job.top))


def _finish(pairs: Pairs, corpora: tuple[Corpus, Corpus], work: Path, out: Path) -> None:
    """Write the table, and take away what its making has left."""
    _write(pairs, *corpora, work / "pairs.tsv")
    (work / "pairs.tsv").replace(out)
    shutil.rmtree(work, ignore_errors=True)


def _vectors(job: Job, embedder: Embedder, corpus: Corpus, path: Path, stage: Stage) -> Matrix:
    return make_matrix(
        path,
        corpus.texts,
        embedder,
        half=True,  # they are many, and serve this table alone
        centre=job.centre,
        progress=stage(f"embedding {path.name}", len(corpus.texts)),
    )


def _write(pairs: Pairs, source: Corpus, target: Corpus, path: Path) -> None:
    rows = zip(pairs.score.tolist(), pairs.source.tolist(), pairs.target.tolist(), strict=True)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for score, i, j in rows:
            # A tab inside a sentence would be one column more.
            x, y = (text.replace("\t", " ") for text in (source.texts[i], target.texts[j]))
            file.write(f"{score:.6f}\t{x}\t{y}\n")
