"""Makes a model: its shape from a configuration, its encoder from a checkpoint or at random, its heads fresh.

Random values are keyed by the parameter's name, so that a head's first weights do not depend on which others
exist, nor on the rank.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mtl import seeds
from mtl.errors import UserError, reason_of
from mtl.model.config import EncoderConfig
from mtl.model.heads import Head, HeadSpec
from mtl.model.identity import weight_files
from mtl.model.multihead import MultiHead
from mtl.model.names import base_prefix, head_to_hf, hf_names

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedTokenizerFast

PADDING = 1
"""XLM-R's and RoBERTa's padding token, without which `transformers` counts the positions of a text."""


SPARE_ROWS = 1024
"""Of a table, rows that no token needs: XLM-R XL has 878, and tables are padded to round sizes."""
POINTER = b"version https://git-lfs"


def config_of(name: str | None, scratch: Mapping[str, Any] | None, *, vocab_size: int) -> "PretrainedConfig":
    """The Hugging Face configuration of a checkpoint, or of a model from scratch that fits the tokenizer."""
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig

    if name is not None:
        try:
            config: PretrainedConfig = AutoConfig.from_pretrained(name, trust_remote_code=False)
        except (OSError, ValueError, StrictDataclassError) as error:
            raise _not_loadable(name, error) from error
        return config
    settings = dict(scratch or {})
    family = settings.pop("family", "xlm-roberta")
    # What the published checkpoints of the families have, where the library's defaults are BERT's.
    special = {} if family == "bert" else {"pad_token_id": PADDING, "bos_token_id": 0, "eos_token_id": 2}
    norm_eps, types = (1e-12, 2) if family == "bert" else (1e-5, 1)
    positions = 512 if family == "bert" else 514
    defaults = {
        "max_position_embeddings": positions,
        "type_vocab_size": types,
        "layer_norm_eps": norm_eps,
        **special,
    }
    return AutoConfig.for_model(family, **{"vocab_size": vocab_size, **defaults, **settings})


def check_padding(family: str, tokenizer: "PreTrainedTokenizerFast") -> None:
    """Refuse a tokenizer with which a model from scratch, once exported, would count positions otherwise."""
    if family != "bert" and tokenizer.pad_token_id != PADDING:
        raise UserError(
            f"model.tokenizer: {tokenizer.name_or_path} pads with token {tokenizer.pad_token_id}, {family} "
            f"with {PADDING}; take model.config.family=bert, a tokenizer such as XLM-R's, or "
            "train.export=false"
        )


def check_vocabulary(config: "PretrainedConfig", tokenizer: "PreTrainedTokenizerFast") -> None:
    """Refuse a tokenizer of another vocabulary than a checkpoint was trained with, as far as the two tell."""
    name, size, table = tokenizer.name_or_path, len(tokenizer), config.vocab_size
    way_out = "use the checkpoint's own tokenizer"
    if not table - max(SPARE_ROWS, table // 50) <= size <= table:
        raise UserError(f"model.tokenizer: {name} has {size} tokens, the encoder's table {table}; {way_out}")
    # BERT counts positions without it, and encoders of that shape with XLM-R's words do not agree on it.
    own, theirs = tokenizer.pad_token_id, getattr(config, "pad_token_id", None)
    if config.model_type != "bert" and theirs not in (None, own):
        raise UserError(
            f"model.tokenizer: {name} pads with token {own}, the encoder with {theirs}; {way_out}"
        )


def build_model(
    name: str | None,
    config: EncoderConfig,
    specs: Sequence[HeadSpec],
    *,
    seed: int,
    recompute: bool = False,
    start: Mapping[str, Tensor] | None = None,
) -> MultiHead:
    """The model on the CPU in fp32: what `start` has, else the checkpoint's encoder, else random values."""
    model = MultiHead(config, specs, recompute=recompute)
    taken: Container[str] = ()
    if start is not None:
        taken = _take(model, start)
    elif name is not None:
        taken = _load_pretrained(model, name)
    initialise(model, seed, taken=taken)
    return model


def _take(model: MultiHead, start: Mapping[str, Tensor]) -> set[str]:
    """Copy the weights that an earlier phase has trained, and name them; the other heads have none yet."""
    for head in model.heads:
        own, given = (_of_head(head, names) for names in (dict(model.named_parameters()), start))
        if given and given != own:
            raise UserError(
                f"heads.{head} is of another kind in the phase that this one starts from, without the same "
                f"parameters as here ({', '.join(sorted(given ^ own))}); leave it out of carry"
            )
    taken = set()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            value = start.get(name)
            if value is None and not name.startswith("encoder."):
                continue
            if value is None or value.shape != parameter.shape:
                theirs = "missing" if value is None else f"of shape {tuple(value.shape)}"
                raise UserError(
                    f"{name} is {theirs} in the phase that this one starts from, and of shape "
                    f"{tuple(parameter.shape)} here; give both phases the same model and, for a head, labels"
                )
            parameter.copy_(value)
            taken.add(name)
    return taken


def _of_head(head: str, names: Iterable[str]) -> set[str]:
    return {name for name in names if name.startswith(f"heads.{head}.")}


def initialise(model: MultiHead, seed: int, *, taken: Container[str] = ()) -> None:
    """Fill every parameter that is not taken from elsewhere.

    Weights are drawn, norms one, biases and the padding row zero; a head may say otherwise.
    """
    norms = {
        id(p) for module in model.modules() if isinstance(module, nn.LayerNorm) for p in module.parameters()
    }
    heads = ((name, head) for name, head in model.heads.items() if isinstance(head, Head))
    starts = {f"heads.{name}.{own}": value for name, head in heads for own, value in head.starts.items()}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name in taken:
                continue
            if name in starts:
                parameter.fill_(starts[name])
            elif name.endswith("bias"):
                parameter.zero_()
            elif id(parameter) in norms:
                parameter.fill_(1.0)
            else:
                generator = torch.Generator().manual_seed(seeds.key(seed, "weights", name) >> 1)
                parameter.normal_(0.0, model.config.initializer_range, generator=generator)
                if parameter is model.encoder.embeddings.word.weight:
                    parameter[model.config.pad_token_id].zero_()


def _load_pretrained(model: MultiHead, name: str) -> set[str]:
    """Copy the weights that a checkpoint holds, and name them."""
    theirs = _read_checkpoint(name)
    wanted = _their_names(model)
    lacking = [their for parts in wanted.values() for their in parts if their not in theirs]
    if lacking:
        raise UserError(
            f"model.name: {name!r} lacks {len(lacking)} of the tensors that this run needs, {lacking[0]} for "
            "one; name a checkpoint of a whole masked language model"
        )
    with torch.no_grad():
        for own, parameter in model.named_parameters():
            if own in wanted:
                value = torch.cat([theirs[part] for part in wanted[own]])
                assert value.shape == parameter.shape, own
                parameter.copy_(value)
    return set(wanted)


def _their_names(model: MultiHead) -> dict[str, list[str]]:
    """The parameters that a checkpoint holds, each with the tensors there that make it up."""
    family = model.config.family
    base = base_prefix(family)
    wanted = {
        f"encoder.{own}": [f"{base}.{their}" for their in hf_names(own)]
        for own, _ in model.encoder.named_parameters()
    }
    for head in (spec.name for spec in model.specs if spec.kind == "mlm"):
        own_names = (own for own, _ in model.heads[head].named_parameters())
        wanted |= {f"heads.{head}.{own}": [head_to_hf(own, "mlm", family)] for own in own_names}
    return wanted


def _read_checkpoint(name: str) -> dict[str, Tensor]:
    """The tensors that a checkpoint holds, under its masked language model's names."""
    from safetensors import SafetensorError
    from transformers import AutoModelForMaskedLM

    try:
        _refuse_pointers(weight_files(Path(name)))
        with _quiet_transformers():
            stock, info = AutoModelForMaskedLM.from_pretrained(
                name,
                output_loading_info=True,
                ignore_mismatched_sizes=True,
                dtype=torch.float32,
                trust_remote_code=False,
                weights_only=True,
            )
    except UnpicklingError:
        raise UserError(
            f"model.name: {name!r}: its weights are a pickle of more than tensors, which is not read, since "
            "it could run code; convert it to safetensors, or name another checkpoint"
        ) from None
    except (OSError, EOFError, ValueError, RuntimeError, SafetensorError) as error:
        raise _not_loadable(name, error) from error
    for key, theirs, needed in sorted(info["mismatched_keys"]):
        raise UserError(
            f"model.name: {name!r} has {key} of shape {tuple(theirs)} where its config.json asks for "
            f"{tuple(needed)}; mend config.json, or name another checkpoint"
        )
    return {key: tensor for key, tensor in stock.state_dict().items() if key not in info["missing_keys"]}


def _refuse_pointers(files: Iterable[Path]) -> None:
    for file in files:
        with file.open("rb") as content:
            if content.read(len(POINTER)) == POINTER:
                raise UserError(f"model.name: {file} is a pointer of git-lfs; get the weights: git lfs pull")


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Without bars, and without its table of missing tensors: what matters of it is an error here."""
    from transformers.utils import logging

    level, shown = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if shown:
            logging.enable_progress_bar()


def _not_loadable(name: str, error: Exception) -> UserError:
    reason = reason_of(error).rstrip(".")
    return UserError(
        f"model.name: cannot load {name!r}: {reason}; "
        "give a hub name, or a folder with config.json and weights"
    )
