"""A model folder for sentence-transformers: the encoder up to the layer that is read, and its pooling."""

from pathlib import Path

from mtl.data.features.template import load_tokenizer
from mtl.errors import UserError
from mtl.files import check_new, replacing
from mtl.model.config import read_config
from mtl.model.sentence_files import write_modules
from mtl.retrieval.embed import EmbedSettings, default_layer


def write_portable(model: str, settings: EmbedSettings, folder: Path) -> None:
    """Write the folder, which must not be there yet; what it embeds, it embeds as these settings do."""
    import torch
    from transformers import AutoConfig, AutoModel

    check_new(folder)
    if not settings.special_tokens:
        raise UserError("special_tokens: sentence-transformers counts them in its mean; leave them in")
    config = AutoConfig.from_pretrained(model, trust_remote_code=False)
    shape = read_config(config, name=model)
    layer = default_layer(shape.num_layers) if settings.layer is None else settings.layer
    if not 0 < layer <= shape.num_layers:
        raise UserError(f"layer {layer}: {model} has layers 1 to {shape.num_layers}; choose one")
    longest = min(settings.max_length, shape.positions)
    tokenizer = load_tokenizer(model)
    tokenizer.model_max_length = longest
    with replacing(folder) as aside:
        encoder = AutoModel.from_pretrained(
            model, num_hidden_layers=layer, trust_remote_code=False, dtype=torch.float32
        )
        encoder.save_pretrained(aside)
        tokenizer.save_pretrained(aside)
        write_modules(aside, width=shape.hidden_size, longest=longest, mean=settings.pooling == "mean")
