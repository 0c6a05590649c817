"""A store gives back what was written, and its header sums it up."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.features import Document, Encoded, Example, Shaping
from mtl.data.masking import num_masked
from mtl.data.records import Located
from mtl.data.store import Store
from mtl.data.store_header import Stretch, write_header
from mtl.data.writer import StoreWriter
from mtl.errors import UserError
from mtl.tasks.records import TagRecord
from tests.kit.stores import SPECIAL, make_task, write_store


def document(*tokens: int) -> Document:
    return Document(tokens=tokens, second=len(tokens) - 1)


def span(*tokens: int, gold: tuple[int, int] = (0, 0)) -> Example:
    offsets = tuple((i, i + 1) for i in range(len(tokens)))
    return Example(
        documents=(document(*tokens),), sites=tuple(range(len(tokens))), gold=gold, offsets=offsets
    )


def tag(*tokens: int) -> Example:
    return Example(documents=(document(*tokens),), sites=tuple(range(1, len(tokens))), gold=tokens[1:])


tokens = st.lists(st.integers(0, 99), min_size=2, max_size=12).map(tuple)
examples = st.lists(
    st.builds(
        lambda texts, gold: Example(
            documents=tuple(document(*text) for text in texts), sites=tuple(range(len(texts))), gold=gold
        ),
        st.lists(tokens, min_size=1, max_size=4),
        st.lists(st.integers(-1, 2000), min_size=1, max_size=6).map(tuple),
    ),
    min_size=1,
    max_size=8,
)


@given(examples=examples)
@settings(max_examples=40, deadline=None)
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, examples: list[Example]) -> None:
    store = write_store(tmp_path_factory.mktemp("s") / "store", make_task("t", "tag"), examples)
    read = []
    for i in range(len(examples)):
        docs = range(*store.example_docs[i : i + 2])
        read.append(
            Example(
                documents=tuple(
                    Document(
                        tokens=tuple(store.tokens[store.doc_starts[d] : store.doc_starts[d + 1]].tolist()),
                        second=int(store.doc_second[d]),
                    )
                    for d in docs
                ),
                sites=tuple(store.sites[slice(*store.site_starts[i : i + 2])].tolist()),
                gold=tuple(store.gold[slice(*store.gold_starts[i : i + 2])].tolist()),
            )
        )
    assert read == examples
    assert store.used_tokens.tolist() == sorted(set(store.tokens.tolist()))
    lengths = [[len(document.tokens) for document in example.documents] for example in examples]
    backwards = np.arange(len(examples))[::-1]
    assert store.tokens_of(backwards).tolist() == [sum(own) for own in lengths[::-1]]
    assert store.squares_of(backwards).tolist() == [sum(n * n for n in own) for own in lengths[::-1]]
    assert store.record.tolist() == list(range(len(examples)))


def test_offsets_are_read_back_per_token(tmp_path: Path) -> None:
    store = write_store(tmp_path / "s", make_task("q", "span"), [span(0, 5, 2), span(0, 6, 7, 2)])
    assert store.offsets.tolist() == [[0, 1], [1, 2], [2, 3], [0, 1], [1, 2], [2, 3], [3, 4]]


def test_the_header_counts_and_finds_the_largest(tmp_path: Path) -> None:
    small = Example(documents=(document(0, 5, 2),) * 4, sites=(0, 3, 6, 9), gold=(1,))
    large = Example(
        documents=(document(0, 5, 6, 7, 8, 2), *(document(0, 5, 2),) * 3), sites=(0, 6, 9, 12), gold=(0,)
    )
    header = write_store(tmp_path / "s", make_task("c", "choice"), [small, large, small]).header
    assert (header.num_records, header.num_examples, header.num_documents, header.num_tokens) == (
        3,
        3,
        12,
        39,
    )
    assert (header.max_document, header.max_example, header.max_example_where) == (6, 15, "made:1")
    assert (header.task, header.split, header.kind, header.num_choices) == ("c", "train", "choice", 4)
    assert header.softmaxes == 1


def test_a_span_has_two_softmaxes_and_a_tag_example_one_a_word(tmp_path: Path) -> None:
    assert (
        write_store(tmp_path / "q", make_task("q", "span"), [span(0, 5, 2), span(0, 6, 2)]).header.softmaxes
        == 2
    )
    tagged = [tag(0, 5, 2), tag(0, 5, 6, 7, 2), tag(0, 5, 6, 2)]
    assert write_store(tmp_path / "t", make_task("t", "tag"), tagged).header.softmaxes == (2 + 4 + 3) / 3


def test_a_text_has_as_many_softmaxes_as_it_has_masks(tmp_path: Path) -> None:
    # 43 ordinary tokens, with an unknown (special) one among them, and 3 ordinary ones.
    long, short = (0, *range(10, 30), 3, *range(30, 53), 2), (0, 7, 8, 9, 2)
    texts = [Example(documents=(document(*text),), sites=(), gold=()) for text in (long, short)]
    header = write_store(tmp_path / "m", make_task("m", "mlm"), texts).header
    assert header.softmaxes == (num_masked(43) + num_masked(3)) / 2 == (6 + 1) / 2


def test_records_with_several_examples_or_none_are_counted_as_records(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    folder.mkdir()
    task = make_task("t", "tag")
    records = [
        Located(TagRecord(id=str(i), words=("é",), tags=None), f"f:{i}", language)
        for i, language in enumerate(("sw", None, None))
    ]
    cuts = Counter({"sentences split": 1, "words cut": 0})
    with StoreWriter(folder, task, SPECIAL, keep_records=True) as writer:
        writer.add(records, Encoded(examples=[[tag(0, 5, 2), tag(0, 6, 2)], [], [tag(0, 7, 2)]], cuts=cuts))
        writer.add(records[1:2], Encoded(examples=[[tag(0, 8, 2)]], cuts=cuts))
    header = writer.header(
        "dev", "fi", Shaping(max_length=9, labels=("x",)), {"rows without a label": 4, "other": 0}
    )
    write_header(folder, header)
    store = Store(folder)
    assert store.record.tolist() == [0, 0, 2, 3]
    assert (store.header.num_records, store.header.num_examples) == (4, 4)
    assert [record["id"] for record in store.records()] == ["0", "1", "2", "1"]
    assert store.header.stretches == (Stretch("f", "sw", 1), Stretch("f", "en", 3))
    assert next(store.records())["words"] == ["é"]
    assert store.header.cuts == {"sentences split": 2}
    assert store.header.drops == {"rows without a label": 4}
    assert (store.header.labels, store.header.language) == (("x",), "fi")


def test_a_store_without_an_example_is_refused(tmp_path: Path) -> None:
    with StoreWriter(tmp_path, make_task("m", "mlm"), SPECIAL, keep_records=False) as writer:
        writer.add([Located(TagRecord(id="1", words=("a",), tags=None), "f:1")], Encoded(examples=[[]]))
    with pytest.raises(UserError, match="task m: the train split has no example left; look at its files"):
        writer.header("train", None, Shaping(max_length=9), {})


def test_arrays_are_memory_maps_that_cannot_be_written_to(tmp_path: Path) -> None:
    store = write_store(tmp_path / "s", make_task("q", "span"), [span(0, 5, 2)])
    assert isinstance(store.tokens, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        store.tokens[0] = 1
