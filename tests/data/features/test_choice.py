"""A choice keeps its tokens and its prompt gives way, from the front; every cut is counted."""

from itertools import accumulate

from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.features import FEATURES, Encoded, Shaping
from mtl.tasks.records import ChoiceRecord
from tests.data.features.conftest import Shape
from tests.data.features.texts import texts


def encode(shape: Shape, *records: ChoiceRecord, max_length: int = 64) -> Encoded:
    return FEATURES["choice"](records, shape.template, Shaping(max_length=max_length))


def record(prompt: str, *choices: str, label: int | None = 0) -> ChoiceRecord:
    return ChoiceRecord(id="1", prompt=prompt, choices=choices, label=label)


@given(
    prompt=texts(),
    choices=st.lists(texts(max_pieces=8), min_size=2, max_size=4),
    max_length=st.integers(6, 40),
)
@settings(max_examples=80, deadline=None)
def test_the_prompt_loses_its_front_and_the_choice_only_its_end(
    shape: Shape, prompt: str, choices: list[str], max_length: int
) -> None:
    template = shape.template
    encoded = encode(shape, record(prompt, *choices), max_length=max_length)
    ((example,),) = encoded.examples
    room = max_length - template.pair_specials
    front, *endings = template.encode([prompt, *choices])
    for document, ending in zip(example.documents, endings, strict=True):
        kept = ending[:room]
        left = room - len(kept)
        assert document == template.join(front[-left:] if left else [], kept)
        assert len(document.tokens) <= max_length
    assert encoded.cuts["choices cut to max_length"] == sum(len(ending) > room for ending in endings)
    too_long = sum(len(front) + min(len(ending), room) > room for ending in endings)
    assert encoded.cuts["prompts cut at the front"] == too_long


def test_a_choice_that_fits_is_what_the_tokenizer_makes_of_prompt_and_choice(shape: Shape) -> None:
    ((example,),) = encode(shape, record("who built the tower", "a fox", "the small lazy dog")).examples
    stock = shape.stock.backend_tokenizer
    wanted = [stock.encode("who built the tower", choice).ids for choice in ("a fox", "the small lazy dog")]
    assert [list(document.tokens) for document in example.documents] == wanted


def test_sites_are_the_first_tokens_of_the_documents(shape: Shape) -> None:
    ((example,),) = encode(shape, record("who", "a fox", "the small lazy dog", "", label=2)).examples
    lengths = [len(document.tokens) for document in example.documents]
    assert example.sites == tuple(accumulate(lengths[:-1], initial=0))
    assert example.gold == (2,)
    line = [token for document in example.documents for token in document.tokens]
    assert {line[site] for site in example.sites} == {shape.template.prefix[0]}


def test_each_record_gets_its_own_choices(shape: Shape) -> None:
    records = [record("who", "a", "the"), record("when", "fox", "dog", "river", label=None)]
    together = encode(shape, *records)
    assert [len(example.documents) for (example,) in together.examples] == [2, 3]
    assert [together.examples[i] for i in (0, 1)] == [encode(shape, one).examples[0] for one in records]
    assert [example.gold for (example,) in together.examples] == [(0,), (-1,)]
