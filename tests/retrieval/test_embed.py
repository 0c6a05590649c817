"""Packed vectors equal those of each text alone, for every layer and pooling."""

from pathlib import Path
from shutil import copy, copyfile, copytree

import numpy as np
import pytest
import torch
from tokenizers import normalizers

from mtl.errors import UserError
from mtl.retrieval.embed import Embedder, EmbedSettings, Reading, default_layer, find_model
from mtl.retrieval.names import Pooling
from tests.kit.tokenizers import xlmr_shaped

POOLINGS: tuple[Pooling, ...] = ("mean", "first")
TEXTS = ["a red tower", "the fox", "привет мир and a small house stands by the river", "x", "the fox", "北京"]


def stock_states(folder: Path) -> tuple[list[list[int]], list[torch.Tensor]]:
    """Each text alone through the library's model, unpadded: its tokens, and its states layer by layer."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    ids = [tokenizer(text, truncation=True, max_length=32)["input_ids"] for text in TEXTS]
    with torch.no_grad():
        outs = [model(torch.tensor([one]), output_hidden_states=True).hidden_states for one in ids]
    return ids, [torch.stack(states)[:, 0] for states in outs]


@pytest.mark.parametrize("budget", [16384, 20])
@pytest.mark.parametrize("special_tokens", [True, False])
@pytest.mark.parametrize("pooling", ["mean", "first"])
@pytest.mark.parametrize("layer", [0, 2, 4])
def test_packed_vectors_are_those_of_each_text_alone(
    model_folder, layer: int, pooling, special_tokens: bool, budget: int
) -> None:
    settings = EmbedSettings(layer=layer, pooling=pooling, special_tokens=special_tokens, token_budget=budget)
    found = Embedder.of_encoder(str(model_folder), settings).embed(TEXTS)
    _, states = stock_states(model_folder)
    rows = [one[layer] if special_tokens or pooling == "first" else one[layer][1:-1] for one in states]
    wanted = [row[0] if pooling == "first" else row.mean(0) for row in rows]
    np.testing.assert_allclose(found, torch.stack(wanted), atol=2e-5)


def test_layers_and_poolings_of_one_pass_are_those_one_by_one(model_folder) -> None:
    readings = [Reading(layer=layer, pooling=pooling) for pooling in POOLINGS for layer in (3, 0, 4)]
    everything = Embedder.of_encoder(str(model_folder), EmbedSettings(layer=1), all_layers=True).read(
        TEXTS, readings
    )
    assert everything.shape == (6, len(TEXTS), 32)
    for reading, rows in zip(readings, everything, strict=True):
        settings = EmbedSettings(layer=reading.layer, pooling=reading.pooling)
        np.testing.assert_allclose(
            rows, Embedder.of_encoder(str(model_folder), settings).embed(TEXTS), atol=1e-6
        )


def test_layers_beyond_the_chosen_one_are_not_there(model_folder) -> None:
    embedder = Embedder.of_encoder(str(model_folder), EmbedSettings(layer=2))
    assert len(embedder._encoder.layers) == 2


def test_a_text_of_ten_thousand_words_is_cut_and_counted(model_folder) -> None:
    embedder = Embedder.of_encoder(str(model_folder), EmbedSettings())
    long = "tower " * 10_000
    rows = embedder.embed([long, long + "fox", "fox"])
    assert embedder.num_cut == 2
    assert np.array_equal(rows[0], rows[1])


def test_a_text_without_a_token_has_a_vector_also_without_special_tokens(model_folder) -> None:
    rows = Embedder.of_encoder(str(model_folder), EmbedSettings(special_tokens=False)).embed(["", "fox"])
    assert np.isfinite(rows).all()


def test_the_default_layer_is_the_papers() -> None:
    assert [default_layer(n) for n in (24, 12, 1, 2, 4)] == [14, 8, 1, 1, 2]


def test_a_layer_that_does_not_exist_is_refused_before_weights_are_read(model_folder, monkeypatch) -> None:
    monkeypatch.setattr("mtl.retrieval.embed.build_model", lambda *_, **__: pytest.fail("weights are read"))
    with pytest.raises(UserError, match=r"layer 5: .* has layers 0 \(the embeddings\) to 4"):
        Embedder.of_encoder(str(model_folder), EmbedSettings(layer=5))


def test_a_run_stands_for_the_encoder_that_it_has_exported(tmp_path: Path) -> None:
    folder = tmp_path / "run" / "intermediate" / "export" / "encoder"
    folder.mkdir(parents=True)
    with pytest.raises(UserError, match="holds neither a model nor an exported encoder"):
        find_model(str(tmp_path / "run"))
    (folder / "config.json").touch()
    for name in (tmp_path / "run", folder.parents[1], folder.parent, folder):
        assert find_model(str(name)) == str(folder)
    other = tmp_path / "run" / "target" / "export" / "encoder"
    other.mkdir(parents=True)
    (other / "config.json").touch()
    with pytest.raises(UserError, match=r"several phases .* \(intermediate, target\); name one"):
        find_model(str(tmp_path / "run"))
    assert find_model("xlm-roberta-large") == "xlm-roberta-large"


def test_a_tokenizer_that_is_given_reads_instead_of_the_models_own(model_folder, tmp_path: Path) -> None:
    settings = EmbedSettings()
    own = Embedder.of_encoder(str(model_folder), settings)
    assert (
        Embedder.of_encoder(str(model_folder), settings, tokenizer=str(model_folder)).identity == own.identity
    )
    without = tmp_path / "without"
    without.mkdir()
    for file in ("config.json", "model.safetensors"):
        copy(model_folder / file, without / file)
    given = Embedder.of_encoder(str(without), settings, tokenizer=str(model_folder))
    np.testing.assert_array_equal(given.embed(TEXTS), own.embed(TEXTS))
    blind = xlmr_shaped()
    blind.backend_tokenizer.normalizer = normalizers.Replace("fox", "dog")
    blind.save_pretrained(tmp_path / "other")
    other = Embedder.of_encoder(str(model_folder), settings, tokenizer=str(tmp_path / "other"))
    assert other.identity != own.identity
    assert not np.allclose(other.embed(TEXTS), own.embed(TEXTS))


def test_a_model_is_the_same_wherever_its_folder_lies(model_folder, tmp_path: Path) -> None:
    here = Embedder.of_encoder(str(model_folder), EmbedSettings())
    copytree(model_folder, tmp_path / "there", copy_function=copyfile)
    assert Embedder.of_encoder(str(tmp_path / "there"), EmbedSettings()).identity == here.identity


def test_a_tokenizer_with_more_tokens_than_the_table_is_refused(model_folder, tmp_path: Path) -> None:
    larger = xlmr_shaped()
    larger.add_tokens(["onemore"])
    larger.save_pretrained(tmp_path)
    with pytest.raises(UserError, match=r"model.tokenizer: .* tokens, the encoder's table .*; use the check"):
        Embedder.of_encoder(str(model_folder), EmbedSettings(), tokenizer=str(tmp_path))
