"""Plain text is cut into pieces that lose nothing, but for pieces in which there is nothing to mask."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.features import FEATURES, Encoded, Shaping
from mtl.tasks.records import TextRecord
from tests.data.features.conftest import Shape
from tests.data.features.texts import texts


def encode(shape: Shape, *documents: str, max_length: int = 64) -> Encoded:
    records = [TextRecord(id=str(i), text=text) for i, text in enumerate(documents)]
    return FEATURES["mlm"](records, shape.template, Shaping(max_length=max_length))


@given(text=texts(), max_length=st.integers(6, 40))
@settings(max_examples=80, deadline=None)
def test_pieces_are_the_text_in_order(shape: Shape, text: str, max_length: int) -> None:
    template = shape.template
    encoded = encode(shape, text, max_length=max_length)
    (ids,) = template.encode([text])
    room = max_length - template.single_specials
    pieces = [ids[start : start + room] for start in range(0, len(ids), room)]
    useful = [piece for piece in pieces if set(piece) - set(template.special.special)]
    (examples,) = encoded.examples
    assert [example.documents for example in examples] == [(template.join(piece),) for piece in useful]
    assert all(example.sites == example.gold == () for example in examples)
    assert encoded.cuts["texts split"] == (len(pieces) > 1)
    assert encoded.cuts["texts without a token"] == (not ids)
    assert encoded.cuts["pieces of unknown tokens alone, left out"] == len(pieces) - len(useful)


def test_a_piece_that_fits_is_what_the_tokenizer_makes_of_the_text(shape: Shape) -> None:
    ((example,),) = encode(shape, "the quick brown fox").examples
    assert (
        list(example.documents[0].tokens) == shape.stock.backend_tokenizer.encode("the quick brown fox").ids
    )


def test_a_text_in_unknown_letters_is_left_out_and_counted(shape: Shape) -> None:
    encoded = encode(shape, "\u1400\u1401", "the fox")
    lost = int(shape.name == "bert")  # the others know at least bytes, or the sign for the space
    assert [len(examples) for examples in encoded.examples] == [1 - lost, 1]
    assert encoded.cuts["pieces of unknown tokens alone, left out"] == lost
