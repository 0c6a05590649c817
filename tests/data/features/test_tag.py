"""Every word of a sentence keeps one site and its tag, whatever its length and however it is written."""

from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.features import FEATURES, Encoded, Shaping
from mtl.tasks.records import TagRecord
from tests.data.features.conftest import Shape
from tests.data.features.texts import pieces

LABELS = tuple("ABCDE")


def encode(
    shape: Shape,
    *records: TagRecord,
    max_length: int = 64,
    labels: tuple[str, ...] = LABELS,
    open_labels: bool = False,
) -> Encoded:
    shaping = Shaping(max_length=max_length, labels=labels, open_labels=open_labels)
    return FEATURES["tag"](records, shape.template, shaping)


def record(words: list[str], tags: list[str] | None) -> TagRecord:
    return TagRecord(id="1", words=tuple(words), tags=None if tags is None else tuple(tags))


words = st.lists(st.lists(pieces, min_size=1, max_size=4).map("".join), min_size=1, max_size=30)


@given(words=words, max_length=st.integers(6, 40), data=st.data())
@settings(max_examples=80, deadline=None)
def test_every_word_keeps_exactly_one_site_and_its_tag(
    shape: Shape, words: list[str], max_length: int, data: st.DataObject
) -> None:
    tags = data.draw(st.lists(st.sampled_from(LABELS), min_size=len(words), max_size=len(words)))
    template = shape.template
    encoded = encode(shape, record(words, tags), max_length=max_length)
    (sentence,) = encoded.examples
    assert [LABELS[gold] for piece in sentence for gold in piece.gold] == tags
    assert all(len(piece.sites) == len(piece.gold) > 0 for piece in sentence)
    firsts = [piece.documents[0].tokens[site] for piece in sentence for site in piece.sites]
    sub_words = template.encode([template.word_prefix + word for word in words])
    assert firsts == [word[0] if word else template.unknown for word in sub_words]
    room = max_length - template.single_specials
    line = [token for piece in sentence for token in piece.documents[0].tokens[1:-1]]
    assert line == [token for word in sub_words for token in (word or [template.unknown])[:room]]
    assert all(len(piece.documents[0].tokens) <= max_length for piece in sentence)
    assert encoded.cuts["sentences split"] == (len(sentence) > 1)
    assert encoded.cuts["words cut to max_length"] == sum(len(word) > room for word in sub_words)
    assert encoded.cuts["words without a sub-word"] == sum(not word for word in sub_words)


@given(words=words)
@settings(max_examples=40, deadline=None)
def test_a_sentence_that_fits_is_what_the_tokenizer_makes_of_its_words(
    shape: Shape, words: list[str]
) -> None:
    known = [word for word in words if shape.template.encode([word])[0]] or ["the"]
    ((example,),) = encode(shape, record(known, None), max_length=2000).examples
    spaced = [shape.template.word_prefix + word for word in known]
    assert (
        list(example.documents[0].tokens)
        == shape.stock.backend_tokenizer.encode(spaced, is_pretokenized=True).ids
    )


def test_pieces_are_as_long_as_words_allow(shape: Shape) -> None:
    (sentence,) = encode(shape, record(["the"] * 50, ["A"] * 50), max_length=22).examples
    width = len(shape.template.encode([shape.template.word_prefix + "the"])[0])
    assert [len(piece.gold) for piece in sentence[:-1]] == [20 // width] * (len(sentence) - 1)


def test_a_word_inside_a_sentence_is_encoded_as_after_a_space() -> None:
    from mtl.data.features import Template
    from tests.kit.tokenizers import roberta_shaped

    template = Template(roberta_shaped())
    assert (
        template.encode([template.word_prefix + "tower"])
        == template.encode([" tower"])
        != template.encode(["tower"])
    )


def test_a_tag_that_training_never_showed_is_unknown_and_counted(shape: Shape) -> None:
    encoded = encode(shape, record(["the", "fox"], ["A", "Z"]), open_labels=True)
    assert encoded.examples[0][0].gold == (0, -1)
    assert encoded.cuts["tags unseen in training"] == 1


def test_a_row_without_tags_has_no_gold_and_counts_none_as_unseen(shape: Shape) -> None:
    encoded = encode(shape, record(["the", "fox"], None), open_labels=True)
    assert encoded.examples[0][0].gold == (-1, -1)
    assert encoded.cuts["tags unseen in training"] == 0


def test_a_word_that_vanishes_becomes_the_unknown_token() -> None:
    from mtl.data.features import Template
    from tests.kit.tokenizers import bert_shaped

    shape = Shape("bert", Template(bert_shaped()), None)
    encoded = encode(shape, record(["the", "\u200b", "fox"], ["A", "B", "C"]))
    ((example,),) = encoded.examples
    assert example.documents[0].tokens[2] == shape.template.unknown
    assert example.gold == (0, 1, 2)
    assert encoded.cuts["words without a sub-word"] == 1
