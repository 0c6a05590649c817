"""The folder for sentence-transformers embeds as we do."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mtl.errors import UserError
from mtl.retrieval.embed import Embedder, EmbedSettings
from mtl.retrieval.names import Pooling
from mtl.retrieval.portable import write_portable

TEXTS = ["a red tower", "привет мир", "tower " * 99]


def test_the_last_layer_of_the_folder_is_the_layer_that_is_read(model_folder: Path, tmp_path: Path) -> None:
    """What sentence-transformers does with such a folder, in its few steps."""
    from transformers import AutoModel, AutoTokenizer

    settings = EmbedSettings(layer=3)
    folder = tmp_path / "st"
    write_portable(str(model_folder), settings, folder)
    modules = json.loads((folder / "modules.json").read_text())
    assert [module["path"] for module in modules] == ["", "1_Pooling"]
    assert json.loads((folder / "1_Pooling" / "config.json").read_text())["pooling_mode_mean_tokens"]
    longest = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    assert model.config.num_hidden_layers == 3
    wanted = []
    for text in TEXTS:
        batch = tokenizer(text, truncation=True, max_length=longest, return_tensors="pt")
        with torch.no_grad():
            wanted.append(model(**batch).last_hidden_state[0].mean(0).numpy())
    np.testing.assert_allclose(
        Embedder.of_encoder(str(model_folder), settings).embed(TEXTS), wanted, atol=2e-5
    )


@pytest.mark.parametrize("pooling", ["mean", "first"])
def test_sentence_transformers_itself_gives_our_vectors(
    model_folder: Path, tmp_path: Path, pooling: Pooling
) -> None:
    library = pytest.importorskip("sentence_transformers")
    settings = EmbedSettings(layer=2, pooling=pooling)
    write_portable(str(model_folder), settings, tmp_path / "st")
    theirs = library.SentenceTransformer(str(tmp_path / "st"), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(
        Embedder.of_encoder(str(model_folder), settings).embed(TEXTS), theirs, atol=2e-5
    )


def test_what_it_cannot_say_is_refused(model_folder: Path, tmp_path: Path) -> None:
    for settings, trouble in (
        (EmbedSettings(special_tokens=False), "special_tokens"),
        (EmbedSettings(layer=9), "layer 9"),
    ):
        with pytest.raises(UserError, match=trouble):
            write_portable(str(model_folder), settings, tmp_path / "st")
    with pytest.raises(UserError, match="exists already"):
        write_portable(str(model_folder), EmbedSettings(), tmp_path)
