"""The template joins token lists exactly as the tokenizer would, and knows its special tokens."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.data.features import Template
from mtl.data.features.template import load_tokenizer
from mtl.errors import UserError
from tests.data.features.conftest import Shape
from tests.data.features.texts import texts
from tests.kit.tokenizers import SHAPES, bert_shaped, xlmr_shaped


@given(first=texts(), second=st.none() | texts())
@settings(max_examples=60, deadline=None)
def test_a_document_is_what_the_tokenizer_makes_of_the_texts(
    shape: Shape, first: str, second: str | None
) -> None:
    wanted = shape.stock.backend_tokenizer.encode(first, second)
    encoded = shape.template.encode([first, *([] if second is None else [second])])
    document = shape.template.join(*encoded)
    assert list(document.tokens) == wanted.ids


@given(first=texts(), second=texts())
@settings(max_examples=30, deadline=None)
def test_the_second_text_begins_where_berts_types_change(first: str, second: str) -> None:
    template, stock = Template(bert_shaped()), bert_shaped()
    document = template.join(*template.encode([first, second]))
    types = stock.backend_tokenizer.encode(first, second).type_ids
    assert [int(position >= document.second) for position in range(len(document.tokens))] == types


def test_a_second_text_is_marked_where_the_tokenizer_marks_it_and_only_there(shape: Shape) -> None:
    document = shape.template.join(*shape.template.encode(["the tower", "fell"]))
    types = shape.stock.backend_tokenizer.encode("the tower", "fell").type_ids
    assert [int(position >= document.second) for position in range(len(document.tokens))] == types


def test_a_single_text_has_no_second(shape: Shape) -> None:
    document = shape.template.join(shape.template.encode(["the tower"])[0])
    assert document.second == len(document.tokens)


def test_the_parts_around_the_texts_are_read_off_the_tokenizer() -> None:
    found = {}
    for name, make in SHAPES.items():
        template = Template(make())
        found[name] = (template.prefix, template.middle, template.suffix, template.single_suffix)
    assert found == {
        "xlm-roberta": ((0,), (2, 2), (2,), (2,)),
        "roberta": ((0,), (2, 2), (2,), (2,)),
        "bert": ((2,), (3,), (3,), (3,)),
    }


def test_the_numbers_of_special_tokens_are_those_of_documents(shape: Shape) -> None:
    assert len(shape.template.join([], []).tokens) == shape.template.pair_specials
    assert len(shape.template.join([]).tokens) == shape.template.single_specials


def test_special_tokens_are_all_known_with_the_mask_among_them(shape: Shape) -> None:
    special = shape.template.special
    assert set(special.special) == set(shape.stock.all_special_ids)
    assert special.mask == shape.stock.mask_token_id
    assert special.vocab_size == len(shape.stock)
    assert shape.template.unknown == shape.stock.unk_token_id


def test_a_tokenizers_own_truncation_and_padding_do_not_count() -> None:
    tokenizer = xlmr_shaped()
    tokenizer.backend_tokenizer.enable_truncation(4)
    tokenizer.backend_tokenizer.enable_padding(length=40)
    text = "a small red house stands by the river"
    assert Template(tokenizer).encode([text]) == Template(xlmr_shaped()).encode([text])
    assert Template(tokenizer).fingerprint == Template(xlmr_shaped()).fingerprint


@pytest.mark.parametrize("change", ["another mask token", "another vocabulary", "another normaliser"])
def test_the_fingerprint_changes_with_the_tokenizer(change: str) -> None:
    from tokenizers import normalizers

    tokenizer = xlmr_shaped()
    if change == "another mask token":
        tokenizer.mask_token = "</s>"
    elif change == "another vocabulary":
        tokenizer.add_tokens(["tower"])
    else:
        tokenizer.backend_tokenizer.normalizer = normalizers.Lowercase()
    assert Template(tokenizer).fingerprint != Template(xlmr_shaped()).fingerprint


@pytest.mark.parametrize("lost", ["mask_token", "unk_token"])
def test_a_tokenizer_without_a_token_that_we_need_is_refused(lost: str) -> None:
    tokenizer = bert_shaped()
    setattr(tokenizer, lost, None)
    with pytest.raises(UserError, match=r"model\.tokenizer: .* lacks .* use the tokenizer of"):
        Template(tokenizer)


def test_a_tokenizer_file_of_another_version_is_an_error_in_a_line(tmp_path: Path) -> None:
    xlmr_shaped().save_pretrained(tmp_path)
    file = tmp_path / "tokenizer.json"
    file.write_text(file.read_text().replace('"type": "Unigram"', '"type": "Trigram"'))
    with pytest.raises(UserError, match=r"model.tokenizer: cannot load .*; give a folder or a hub name"):
        load_tokenizer(str(tmp_path))


def test_a_tokenizer_that_puts_nothing_before_a_text_is_refused() -> None:
    from tokenizers import processors

    tokenizer = bert_shaped()
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="$A [SEP]", pair="$A [SEP] $B [SEP]", special_tokens=[("[SEP]", 3)]
    )
    with pytest.raises(UserError, match="lacks a first"):
        Template(tokenizer)


def test_a_saved_tokenizer_loads_by_folder(shape: Shape, tmp_path: Path) -> None:
    shape.stock.save_pretrained(tmp_path)
    template = Template(load_tokenizer(str(tmp_path)))
    assert template.fingerprint == shape.template.fingerprint
    assert template.encode(["straße 北京"]) == shape.template.encode(["straße 北京"])


def test_what_is_no_tokenizer_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^model\.tokenizer: cannot load") as caught:
        load_tokenizer(str(tmp_path))
    assert "\n" not in str(caught.value)
    with pytest.raises(
        UserError, match=r"^model\.tokenizer: .*nowhere: no such folder; give a folder or a hub"
    ):
        load_tokenizer(str(tmp_path / "nowhere"))


def test_a_configuration_of_wrong_types_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "xlm-roberta", "hidden_size": "many"}))
    with pytest.raises(UserError, match=r"cannot load .*hidden_size.*expected int, got str") as caught:
        load_tokenizer(str(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("family", SHAPES)
def test_a_model_without_its_tokenizers_files_is_refused(family: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": family}))
    with pytest.raises(UserError, match=r"^model\.tokenizer: .* has no vocabulary; put"):
        load_tokenizer(str(tmp_path))


def test_a_slow_tokenizer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    import transformers

    class Slow:
        is_fast = False

        @classmethod
        def from_pretrained(cls, name: str, **_: Any) -> Any:
            return cls()

    monkeypatch.setattr(transformers, "AutoTokenizer", Slow)
    with pytest.raises(UserError, match="'mine' has no fast tokenizer"):
        load_tokenizer("mine")
