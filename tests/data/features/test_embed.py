"""A group's documents alternate, each is cut at its own end to its own length, and gold numbers the keys."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.features import FEATURES, Encoded, Shaping
from mtl.tasks.records import EmbedRecord, GroupRecord
from tests.data.features.conftest import Shape
from tests.data.features.texts import texts


def encode(shape: Shape, *groups: GroupRecord, max_length: int = 64, max_question: int = 64) -> Encoded:
    shaping = Shaping(max_length=max_length, max_question=max_question)
    return FEATURES["embed"](groups, shape.template, shaping)


def group(*pairs: tuple[str, str, str]) -> GroupRecord:
    made = (EmbedRecord(id=str(i), query=q, candidate=c, key=key) for i, (q, c, key) in enumerate(pairs))
    return GroupRecord(id="0", pairs=tuple(made))


@given(
    pairs=st.lists(st.tuples(texts(), texts(), st.sampled_from("abc")), min_size=1, max_size=4),
    max_length=st.integers(4, 40),
    max_question=st.integers(4, 40),
)
@settings(max_examples=60, deadline=None)
def test_queries_and_candidates_alternate_and_lose_their_ends(
    shape: Shape, pairs: list[tuple[str, str, str]], max_length: int, max_question: int
) -> None:
    template = shape.template
    encoded = encode(shape, group(*pairs), max_length=max_length, max_question=max_question)
    ((example,),) = encoded.examples
    lengths = [(query, max_question) for query, _, _ in pairs], [(text, max_length) for _, text, _ in pairs]
    parts = [one for pair in zip(*lengths, strict=True) for one in pair]
    for document, (text, most) in zip(example.documents, parts, strict=True):
        (ids,) = template.encode([text])
        assert document == template.join(ids[: most - template.single_specials])
        assert len(document.tokens) <= most
    line = [token for document in example.documents for token in document.tokens]
    assert [line[site] for site in example.sites] == [template.prefix[0]] * len(parts)
    keys = [key for _, _, key in pairs]
    assert [[one == two for two in example.gold] for one in example.gold] == [
        [one == two for two in keys] for one in keys
    ]


def test_what_is_cut_and_what_shares_a_key_is_counted(shape: Shape) -> None:
    long = "the quick brown fox " * 9
    encoded = encode(
        shape,
        group((long, "a fox", "x"), ("who", long, "x"), ("when", "a dog", "y")),
        group((long, "a", "x"), ("b", "c", "y")),
        max_length=16,
        max_question=12,
    )
    assert +encoded.cuts == {
        "queries cut to max_question": 2,
        "candidates cut to max_length": 1,
        "pairs, in groups of up to 4": 5,
        "pairs whose key another of their group has": 2,
    }
    assert [len(examples[0].documents) for examples in encoded.examples] == [6, 4]
