"""The small tokenizer has XLM-R's shape: the same files, the same special ids, loaded by the same classes."""

import json
from pathlib import Path
from typing import Any

import pytest

from mtl.errors import UserError
from mtl.world.lexicon import lexicon
from mtl.world.tokenizer import LEAST_PIECES, MODEL_FILE, write_tokenizer
from mtl.world.world import write_own_tokenizer, write_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world") / "data"
    write_world(folder, seed=0, scale=0.1)
    return folder


@pytest.fixture(scope="module")
def folder(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer") / "small"
    assert write_own_tokenizer(folder, world)
    return folder


@pytest.fixture(scope="module", params=["XLMRobertaTokenizer", "AutoTokenizer"])
def tokenizer(request: pytest.FixtureRequest, folder: Path) -> Any:
    import transformers

    return getattr(transformers, request.param).from_pretrained(folder)


def test_special_tokens_have_xlm_rs_ids(tokenizer: Any) -> None:
    ids = tokenizer.convert_tokens_to_ids(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    assert ids == [0, 1, 2, 3, len(tokenizer) - 1]
    assert tokenizer.is_fast
    assert tokenizer.model_max_length == 512


def test_a_pair_is_joined_as_xlm_r_joins_it(tokenizer: Any) -> None:
    first, second = (
        tokenizer(text, add_special_tokens=False).input_ids for text in ("Anna sings.", "Ben swims.")
    )
    assert tokenizer("Anna sings.", "Ben swims.").input_ids == [0, *first, 2, 2, *second, 2]


def test_ids_are_the_models_pieces_one_further(tokenizer: Any, folder: Path, world: Path) -> None:
    from sentencepiece import SentencePieceProcessor

    model = SentencePieceProcessor(model_file=str(folder / MODEL_FILE))
    assert len(tokenizer) == model.vocab_size() + 2
    assert [model.id_to_piece(i) for i in range(3)] == ["<unk>", "<s>", "</s>"]
    for line in (line for file in world.glob("text/*.txt") for line in file.read_text().splitlines()[:200]):
        assert tokenizer(line, add_special_tokens=False).input_ids == [
            piece + 1 for piece in model.encode(line)
        ]


def test_the_worlds_own_words_are_pieces_and_no_ascii_text_is_unknown(tokenizer: Any) -> None:
    assert tokenizer.tokenize("Anna lives in Oslo.") == ["▁Anna", "▁lives", "▁in", "▁Oslo", "."]
    assert 3 not in tokenizer('Qix "zwölf"? #7 & {x|y}~'.replace("ö", "o")).input_ids
    assert 3 in tokenizer("日").input_ids


@pytest.mark.parametrize("code", ["qaa", "qab", "qac", "qad"])
def test_most_words_of_every_language_are_pieces(tokenizer: Any, code: str) -> None:
    words = list(lexicon(code).values())
    whole = [word for word in words if len(set(tokenizer.tokenize(word)) - {"▁"}) == 1]
    assert len(whole) > 0.8 * len(words)


def test_where_no_spaces_are_a_piece_is_a_word_all_the_same(tokenizer: Any, world: Path) -> None:
    words = set(lexicon("qad").values())
    pieces = [
        piece.removeprefix("▁")
        for line in (world / "text/qad.txt").read_text().splitlines()[:200]
        for piece in tokenizer.tokenize(line)
    ]
    kana = [piece for piece in pieces if piece and ord(piece[0]) >= 0x3040]
    assert kana and words.issuperset(kana)


def test_the_same_text_gives_the_same_bytes(folder: Path, world: Path, tmp_path: Path) -> None:
    write_own_tokenizer(tmp_path / "again", world)
    for file in folder.iterdir():
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_tokenizer_is_trained_once_and_another_refused(folder: Path, world: Path) -> None:
    assert not write_own_tokenizer(folder, world)
    with pytest.raises(UserError, match=r"was made from other parameters"):
        write_tokenizer(folder, [world / "text/en.txt"])


def test_the_length_and_the_class_are_written_beside_it(folder: Path) -> None:
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    assert settings["tokenizer_class"] == "XLMRobertaTokenizer"


def test_pieces_are_at_most_what_was_asked(world: Path, tmp_path: Path) -> None:
    from sentencepiece import SentencePieceProcessor

    write_tokenizer(tmp_path / "few", [world / "text/en.txt"], pieces=200)
    assert SentencePieceProcessor(model_file=str(tmp_path / "few" / MODEL_FILE)).vocab_size() == 200


@pytest.mark.parametrize(
    ("content", "trouble"),
    [
        (None, "cannot be read: .*No such file"),
        (b"\n \n", "no text there"),
        (b"caf\xe9", "cannot be read: .*0xe9"),
    ],
)
def test_a_text_that_gives_none_is_refused(tmp_path: Path, content: bytes | None, trouble: str) -> None:
    if content is not None:
        (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(UserError, match=rf"a.txt: {trouble}"):
        write_tokenizer(tmp_path / "t", [tmp_path / "a.txt"])


def test_a_tokenizer_too_small_for_ascii_is_refused(world: Path, tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"a tokenizer of 50 pieces has no room for ASCII; ask for 200 or more"
    ):
        write_tokenizer(tmp_path / "t", [world / "text/en.txt"], pieces=50)


def test_a_single_line_of_text_is_enough(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x")
    assert write_tokenizer(tmp_path / "t", [tmp_path / "a.txt"], pieces=LEAST_PIECES)
