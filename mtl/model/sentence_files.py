"""What makes of a model's folder one that sentence-transformers loads: its modules, and their settings."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

_BASE = "sentence_transformers.models"


def write_modules(
    folder: Path,
    *,
    width: int,
    longest: int,
    mean: bool,
    dense: Mapping[str, Tensor] | None = None,
) -> None:
    """After the encoder the mean over a text's tokens, else its first one's vector.

    With a `dense` layer (weight and bias) also that, tanh, and length one.
    """
    modules = ["Transformer", "Pooling", *(("Dense", "Normalize") if dense is not None else ())]
    paths = [f"{i}_{module}" if i else "" for i, module in enumerate(modules)]
    listed = [
        {"idx": i, "name": str(i), "path": path, "type": f"{_BASE}.{module}"}
        for i, (module, path) in enumerate(zip(modules, paths, strict=True))
    ]
    for path in paths[1:]:
        (folder / path).mkdir()
    pooled = {
        "word_embedding_dimension": width,
        "pooling_mode_cls_token": not mean,
        "pooling_mode_mean_tokens": mean,
    }
    _write(folder / paths[1] / "config.json", pooled)
    if dense is not None:
        _write_dense(folder / paths[2], width, dense)
    _write(folder / "sentence_bert_config.json", {"max_seq_length": longest, "do_lower_case": False})
    _write(folder / "modules.json", listed)


def _write_dense(folder: Path, width: int, dense: Mapping[str, Tensor]) -> None:
    from safetensors.torch import save_file

    tanh = "torch.nn.modules.activation.Tanh"
    facts = {"in_features": width, "out_features": width, "bias": True, "activation_function": tanh}
    _write(folder / "config.json", facts)
    tensors = {f"linear.{name}": tensor.float().contiguous() for name, tensor in dense.items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def _write(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
