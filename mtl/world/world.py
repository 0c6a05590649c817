"""The world's files: which there are, how large they are, and the folder that holds them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from mtl.errors import UserError, unknown_name
from mtl.workers import worker_pool
from mtl.world.folder import make_once
from mtl.world.grammar import ARTIFICIAL, ENGLISH, GRAMMARS, SISTERS, grammar
from mtl.world.lexicon import all_words
from mtl.world.tokenizer import write_tokenizer
from mtl.world.writers import (
    choices,
    dictionaries,
    entities,
    machine,
    pairs,
    reading,
    sides,
    tags,
    texts,
)
from mtl.world.writers.rows import Writer

VERSION = 7
"""Raise it when the rows of a seed change: a folder made by another version is not this world."""

File = tuple[str, Writer, int]
"""A file's name, its writer and its rows."""

_LEAST = 6
"""Rows that every file has, however small the world."""

_WORTH_WORKERS = 30_000
"""From so many rows on, which take seconds, worker processes write the files."""


def _intermediate() -> Iterator[File]:
    """The nine tasks: a training set has about a 50th of the real one's rows, or at least 1500."""
    for part, num in (("train", 6000), ("dev", 200), ("test", 200)):
        yield f"snli/snli_1.0_{part}.jsonl", partial(pairs.write_snli, source=f"snli/{part}"), num
    for part, num in (("train", 8000), ("dev_matched", 400), ("dev_mismatched", 200)):
        yield f"mnli/multinli_1.0_{part}.jsonl", partial(pairs.write_mnli, source=f"mnli/{part}"), num
    for number, train in ((1, 300), (2, 800), (3, 1800)):
        for part, num in (("train", train), ("dev", 60), ("test", 60)):
            source = f"anli/R{number}/{part}"
            yield f"{source}.jsonl", partial(pairs.write_anli, source=source), num
    for part, num in (("train", 6000), ("dev", 300)):
        yield f"qqp/{part}.tsv", partial(pairs.write_qqp, source=f"qqp/{part}"), num
    for version, train in (("1.1", 4000), ("2.0", 5000)):
        name = version if version == "1.1" else "v2.0"
        for part, num in (("train", train), ("dev", 300)):
            source = f"squad/{part}-v{version}"
            yield f"{source}.json", partial(reading.write_squad, source=source, version=name), num
    for part, num in (("train", 2500), ("val", 200), ("test", 100)):
        source = f"hellaswag/hellaswag_{part}"
        yield f"{source}.jsonl", partial(choices.write_hellaswag, source=source), num
    for number in range(25):
        source = f"ccg/AUTO/{number:02d}/wsj_{number:02d}01"
        yield f"{source}.auto", partial(tags.write_ccg, source=source), 80
    for part, num in (("train", 2500), ("valid", 200)):
        yield f"cosmosqa/{part}.csv", partial(choices.write_cosmosqa, source=f"cosmosqa/{part}"), num
    yield "cosmosqa/test.jsonl", partial(choices.write_cosmosqa_test, source="cosmosqa/test"), 100
    for part, num in (("train_rand_split", 1500), ("dev_rand_split", 200)):
        source = f"commonsenseqa/{part}"
        yield f"{source}.jsonl", partial(choices.write_commonsenseqa, source=source), num
    source = "commonsenseqa/test_rand_split_no_answers"
    yield f"{source}.jsonl", partial(choices.write_commonsenseqa, source=source, labelled=False), 100


def _targets(codes: Sequence[str] = tuple(GRAMMARS)) -> Iterator[File]:
    """The targets in the layout of XTREME's download folder."""
    for code in codes:
        for task, write, dev, test in (
            ("xnli", pairs.write_xnli, 200, 600),
            ("pawsx", pairs.write_pawsx, 200, 600),
            ("udpos", tags.write_udpos, 200, 500),
            ("panx", tags.write_panx, 200, 500),
        ):
            yield f"{task}/dev-{code}.tsv", partial(write, source=f"{task}/dev", code=code), dev
            yield from _test(f"{task}/test-{code}.tsv", write, code, test)
        source = "xcopa/val"
        yield f"{source}-{code}.jsonl", partial(choices.write_xcopa, source=source, code=code), 100
        yield from _test(f"xcopa/test-{code}.jsonl", choices.write_xcopa, code, 600)
        yield from _reading(code)
        yield from _mentions(code)


def _training() -> Iterator[File]:
    """What the targets train on in English."""
    for task, write, num in (
        ("pawsx", pairs.write_pawsx, 3000),
        ("udpos", tags.write_udpos, 2000),
        ("panx", tags.write_panx, 2000),
    ):
        yield f"{task}/train-en.tsv", partial(write, source=f"{task}/train", code=ENGLISH), num
    yield "xcopa/train-en.jsonl", partial(choices.write_xcopa, source="xcopa/train", code=ENGLISH), 400
    for part, num in (("trn", 3000), ("dev", 200), ("tst", 200)):
        source = f"siqa/socialIQa_v1.4_{part}"
        yield f"{source}.jsonl", partial(choices.write_siqa, source=source), num
    yield "mewslix/candidate_set_entities.jsonl", entities.write_candidates, 1
    for part, num in (("train", 1000), ("dev", 100)):
        source = f"mewslix/wikipedia_pairs-{part}"
        yield f"{source}.jsonl", partial(entities.write_pairs, source=source), num


def _test(name: str, write: Callable[..., Iterator[str]], code: str, num: int) -> Iterator[File]:
    """A test file without what is right, and the file of labels in the scorer's layout."""
    source = name.removesuffix(f"-{code}.tsv").removesuffix(f"-{code}.jsonl")
    yield name, partial(write, source=source, code=code, shown="inputs"), num
    yield f"labels/{name}", partial(write, source=source, code=code, shown="golds"), num


def _reading(code: str) -> Iterator[File]:
    """XQuAD, MLQA and LAReQA are parallel, TyDiQA is not; XTREME blanks the answers of its test files."""
    squad = partial(reading.write_squad, code=code)
    mlqa = "mlqa/MLQA_V1/{part}/{part}-context-{code}-question-{code}.json"
    tydiqa = f"tydiqa/tydiqa-goldp-v1.1-dev/tydiqa.goldp.{code}.dev.json"
    name = mlqa.format(part="test", code=code)
    ids = f"{code}--{{}}"
    yield f"xquad/xquad.{code}.json", partial(squad, source="xquad", blank=True), 600
    yield f"labels/xquad/test-{code}.json", partial(squad, source="xquad"), 600
    yield f"lareqa/xquad-r/{code}.json", partial(squad, source="xquad", sentences=True), 600
    yield mlqa.format(part="dev", code=code), partial(squad, source="mlqa/dev", version=1.0), 100
    yield name, partial(squad, source="mlqa/test", version=1.0, blank=True), 300
    yield f"labels/mlqa/test-{code}.json", partial(squad, source="mlqa/test", version=1.0), 300
    yield tydiqa, partial(squad, source=f"tydiqa/dev/{code}", ids=ids, blank=True), 300
    yield f"labels/tydiqa/test-{code}.json", partial(squad, source=f"tydiqa/dev/{code}", ids=ids), 300
    if code == ENGLISH:
        train = "tydiqa/tydiqa-goldp-v1.1-train/tydiqa.goldp.en.train.json"
        yield train, partial(squad, source="tydiqa/train"), 1500


def _mentions(code: str) -> Iterator[File]:
    mentions, labels = "mewslix/wikinews_mentions", "mewslix/wikinews_labels"
    write = partial(entities.write_mentions, code=code)
    yield f"{mentions}/dev-{code}.jsonl", partial(write, source=f"mewslix/dev/{code}"), 60
    yield f"{labels}/dev-{code}.json", partial(write, source=f"mewslix/dev/{code}", shown="golds"), 60
    source = f"mewslix/test/{code}"
    yield f"{mentions}/test-{code}.jsonl", partial(write, source=source, shown="inputs"), 300
    yield f"labels/mewslix/test-{code}.json", partial(write, source=source, shown="golds"), 300


def _foreign(codes: Sequence[str] = ARTIFICIAL) -> Iterator[File]:
    """Training data in other languages: rows of their own, and translations of English ones."""
    for code in codes:
        for task, write in (("udpos", tags.write_udpos), ("panx", tags.write_panx)):
            yield f"{task}/train-{code}.tsv", partial(write, source=f"{task}/train/{code}", code=code), 2000
        squad = partial(reading.write_squad, code=code)
        tydiqa = f"tydiqa/tydiqa-goldp-v1.1-train/tydiqa.goldp.{code}.train.json"
        yield tydiqa, partial(squad, source=f"tydiqa/train/{code}"), 1500
        translated = f"squad/translate-train/squad.translate.train.en-{code}.json"
        yield translated, partial(squad, source="squad/train-v1.1"), 1500
        yield f"xnli/train-{code}.tsv", partial(pairs.write_xnli, source="mnli/train", code=code), 3000


def _retrieval(codes: Sequence[str] = ARTIFICIAL) -> Iterator[File]:
    """Tatoeba and BUCC."""
    for code in codes:
        source = f"tatoeba/{code}"
        for side in (code, ENGLISH):
            yield f"{source}-en.{side}", partial(sides.write_tatoeba, source=source, code=side), 500
        gold = partial(sides.write_tatoeba_gold, source=source)
        yield f"labels/tatoeba/test-{code}.tsv", gold, 500
        for part, name, num in (
            ("dev", f"bucc2018/{code}-en.dev.gold", 300),
            ("test", f"labels/bucc2018/test-{code}.tsv", 900),
        ):
            source = f"bucc2018/{code}-en.{part}"
            for side in (code, ENGLISH):
                yield f"{source}.{side}", partial(sides.write_bucc, source=source, code=side), num
            yield name, partial(sides.write_bucc_gold, source=source, code=code), num


def _augmentation(codes: Sequence[str] = ARTIFICIAL) -> Iterator[File]:
    """What English training data are augmented by: dictionaries, and translations by a bad machine."""
    for code in codes:
        for folder, shuffled in (("dictionaries", False), ("dictionaries/shuffled", True)):
            write = partial(dictionaries.write_dictionary, code=code, shuffled=shuffled)
            yield f"{folder}/en-{code}.txt", write, 1
        for name, writer, source, num in (
            ("pawsx/translated/en-{}-translated.tsv", machine.write_paraphrases, "pawsx/train", 3000),
            ("udpos/translated/en-{}.tsv", machine.write_parts_of_speech, "udpos/train", 2000),
            ("panx/translated/en-{}.tsv", machine.write_names, "panx/train", 2000),
        ):
            yield name.format(code), partial(writer, source=source, code=code), num


def _texts(codes: Sequence[str] = tuple(GRAMMARS)) -> Iterator[File]:
    for code in codes:
        yield f"text/{code}.txt", partial(texts.write_text, source=f"text/{code}", code=code), 8000
        glosses = f"glosses/{code}"
        yield f"{glosses}.jsonl", partial(texts.write_glosses, source=glosses, code=code), 4000
    for code in (code for code in codes if code != ENGLISH):
        source = f"text/en-{code}"
        yield f"{source}.txt", partial(texts.write_both_texts, source=source, code=code), 8000


FILES: Mapping[str, tuple[Writer, int]] = {
    name: (write, num)
    for part in (_intermediate, _targets, _training, _foreign, _retrieval, _augmentation, _texts)
    for name, write, num in part()
}
"""Every file, its writer and its rows."""


def write_world(
    root: Path, *, seed: int, scale: float = 1.0, sisters: Sequence[str] = (), workers: int = 1
) -> bool:
    """Write the world of `seed` into `root`, all sizes times `scale`; False if it is already there.

    A row depends on seed, file and number alone: a larger world begins with the rows of a smaller one.
    """
    if not scale > 0:
        raise UserError(f"the world's scale is {scale}; give a positive number")
    for code in sisters:
        if code not in SISTERS:
            raise unknown_name("sister language", code, SISTERS, where="data.world.sisters")
    parameters = {"world": VERSION, "seed": seed, "scale": float(scale), "sisters": sorted(set(sisters))}
    files = {**FILES, **_files_of(sorted(set(sisters)))}
    write = partial(_write_files, files=files, seed=seed, scale=scale, workers=workers)
    return make_once(root, parameters, write)


def write_own_tokenizer(folder: Path, root: Path, *, sisters: Sequence[str] = ()) -> bool:
    """Train a tokenizer on the text of the world in `root`; False if it is already there.

    Where no spaces are it would take frequent phrases for words: there it learns from the words alone.
    """
    codes = (code for code in (*GRAMMARS, *sisters) if grammar(code).spaced)
    return write_tokenizer(folder, [root / f"text/{code}.txt" for code in codes], words=all_words(sisters))


def _files_of(sisters: Sequence[str]) -> Mapping[str, tuple[Writer, int]]:
    """What a world has more for its sister languages."""
    parts = (_targets, _foreign, _retrieval, _augmentation, _texts)
    return {name: (write, num) for part in parts for name, write, num in part(sisters)}


def _write_files(
    folder: Path, *, files: Mapping[str, tuple[Writer, int]], seed: int, scale: float, workers: int
) -> None:
    """Write them all, the longest first, so that workers end together."""
    sized = sorted(
        ((folder / name, write, max(_LEAST, round(num * scale))) for name, (write, num) in files.items()),
        key=lambda file: -file[2],
    )
    if workers < 2 or sum(num for _, _, num in sized) < _WORTH_WORKERS:
        for file, write, num in sized:
            _write_file(file, write, num, seed)
        return
    with worker_pool(workers) as pool:
        for done in [pool.submit(_write_file, file, write, num, seed) for file, write, num in sized]:
            done.result()


def _write_file(file: Path, write: Writer, num: int, seed: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="") as out:
        out.writelines(write(seed, num))
