"""A model folder for sentence-transformers: the encoder up to the layer that is read, and its pooling."""

import json
from pathlib import Path

from mtl.data.features.template import load_tokenizer
from mtl.errors import UserError
from mtl.model.config import read_config
from mtl.retrieval.embed import EmbedSettings, default_layer
from mtl.runfolder import replacing

_BASE = "sentence_transformers.models"


def write_portable(model: str, settings: EmbedSettings, folder: Path) -> None:
    """Write the folder, which must not be there yet; what it embeds, it embeds as these settings do."""
    from transformers import AutoConfig, AutoModel

    if folder.exists():
        raise UserError(f"{folder}: exists already; name a new folder")
    if not settings.special_tokens:
        raise UserError("special_tokens: sentence-transformers counts them in its mean; leave them in")
    config = AutoConfig.from_pretrained(model)
    shape = read_config(config, name=model)
    layer = default_layer(shape.num_layers) if settings.layer is None else settings.layer
    if not 0 < layer <= shape.num_layers:
        raise UserError(f"layer {layer}: {model} has layers 1 to {shape.num_layers}")
    longest = min(settings.max_length, shape.positions)
    pooling = {
        "word_embedding_dimension": shape.hidden_size,
        "pooling_mode_cls_token": settings.pooling == "first",
        "pooling_mode_mean_tokens": settings.pooling == "mean",
    }
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": f"{_BASE}.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{_BASE}.Pooling"},
    ]
    tokenizer = load_tokenizer(model)
    tokenizer.model_max_length = longest
    with replacing(folder) as aside:
        AutoModel.from_pretrained(model, num_hidden_layers=layer).save_pretrained(aside)
        tokenizer.save_pretrained(aside)
        (aside / "1_Pooling").mkdir()
        _write(aside / "1_Pooling" / "config.json", pooling)
        _write(aside / "sentence_bert_config.json", {"max_seq_length": longest, "do_lower_case": False})
        _write(aside / "modules.json", modules)


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
