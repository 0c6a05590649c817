"""A small model on disk."""

from pathlib import Path

import pytest
import torch

from mtl.model.load import config_of
from tests.kit.tokenizers import xlmr_shaped


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small XLM-R of four layers with random weights, as the library saves one."""
    from transformers import AutoModel

    folder = tmp_path_factory.mktemp("model")
    tokenizer = xlmr_shaped()
    shape = {
        "hidden_size": 32,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "intermediate_size": 48,
        "max_position_embeddings": 34,
        "initializer_range": 0.3,
    }
    torch.manual_seed(0)
    model = AutoModel.from_config(config_of(None, shape, vocab_size=len(tokenizer)))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
