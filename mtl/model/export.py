"""Trained heads as folders that `transformers` loads by itself: `AutoModelForSequenceClassification` and kin.

    encoder/            config.json  model.safetensors  tokenizer: AutoModel
    heads/<task>/       config.json  tokenizer, and weights in two parts by an index: the encoder, which all
                        heads share on disk where links can be made, and the head

A head's config carries its labels in their order, and under `head` what `transformers` has no word for. The
head of an embed task is the encoder with its pooler (`AutoModel`), and a model of sentence-transformers.
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mtl.data.features.template import load_tokenizer
from mtl.errors import UserError
from mtl.files import json_text, replacing
from mtl.model.config import EncoderConfig, Family, read_config
from mtl.model.heads import HeadSpec
from mtl.model.multihead import MultiHead
from mtl.model.names import SCALE, base_prefix, encoder_to_hf, head_to_hf, hf_names
from mtl.model.sentence_files import write_modules
from mtl.model.trained import LENGTHS, Trained, TrainedHead
from mtl.tasks.task import LABELLED, Kind

ENCODER_FOLDER, HEADS_FOLDER = "encoder", "heads"
_WEIGHTS, _INDEX = "model.safetensors", "model.safetensors.index.json"
_PARTS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
_STEMS: Mapping[Family, str] = {"xlm-roberta": "XLMRoberta", "roberta": "Roberta", "bert": "Bert"}
_CLASSES: Mapping[Kind, str] = {
    "pair": "ForSequenceClassification",
    "choice": "ForMultipleChoice",
    "span": "ForQuestionAnswering",
    "tag": "ForTokenClassification",
    "mlm": "ForMaskedLM",
    "embed": "Model",
}


def export(root: Path, trained: Trained, config: Mapping[str, Any], *, tokenizer: str) -> None:
    """Write the encoder and all heads below `root`; what stood there before is replaced."""
    family = _shape(config, root).family
    config = _without_labels(config)
    prefix = base_prefix(family)
    encoder = {
        f"{prefix}.{name}": tensor for name, tensor in encoder_to_hf(_below(trained, "encoder")).items()
    }
    with replacing(root) as aside:
        source = aside / ENCODER_FOLDER
        _describe(source, {**config, "architectures": [f"{_STEMS[family]}Model"]}, tokenizer)
        _save(source / _WEIGHTS, encoder)
        for name, head in trained.heads.items():
            folder = aside / HEADS_FOLDER / name
            own = {
                head_to_hf(parameter, head.spec.kind, family): tensor
                for parameter, tensor in _below(trained, f"heads.{name}").items()
            }
            scale = own.pop(SCALE, None)
            _describe(folder, {**config, **_head_config(head, family, scale)}, tokenizer)
            _link(source / _WEIGHTS, folder / _PARTS[0])
            _save(folder / _PARTS[1], own)
            places = {**dict.fromkeys(encoder, _PARTS[0]), **dict.fromkeys(own, _PARTS[1])}
            size = sum(4 * tensor.numel() for tensor in (*encoder.values(), *own.values()))
            index = {"metadata": {"total_size": size}, "weight_map": places}
            (folder / _INDEX).write_text(json_text(index), encoding="utf-8")
            if head.spec.kind == "embed":
                dense = _below(trained, f"heads.{name}.dense")
                longest, width = max(head.max_length, head.max_question), config["hidden_size"]
                write_modules(folder, width=width, longest=longest, mean=False, dense=dense)


def load_export(folder: Path) -> tuple[MultiHead, TrainedHead]:
    """The model of an exported head, on the CPU, and what its scores stand for."""
    from safetensors import SafetensorError, safe_open

    config = _read_config(folder)
    head = _head_of(config, folder)
    model = MultiHead(_shape(config, folder), [head.spec])
    own = f"heads.{head.spec.name}."
    try:
        files: list[Any] = [safe_open(str(folder / part), framework="pt") for part in _PARTS]
        theirs = {name: file for file in files for name in file.keys()}  # noqa: SIM118 - no mapping
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                if name.startswith(own):
                    parts = [head_to_hf(name.removeprefix(own), head.spec.kind, model.config.family)]
                    if parts == [SCALE]:
                        parameter.fill_(config["head"][SCALE])
                        continue
                else:
                    inner = hf_names(name.removeprefix("encoder."))
                    parts = [f"{base_prefix(model.config.family)}.{part}" for part in inner]
                parameter.copy_(torch.cat([theirs[part].get_tensor(part) for part in parts]))
    except (SafetensorError, OSError, KeyError, RuntimeError) as error:
        raise UserError(
            f"{folder}: does not hold the weights of its config: {error}; export it anew"
        ) from None
    return model, head


def head_spec(folder: Path) -> HeadSpec:
    """What an exported head is."""
    return _head_of(_read_config(folder), folder).spec


def _without_labels(config: Mapping[str, Any]) -> dict[str, Any]:
    """A start's config without what it says of a head of its own, by which a library would build ours."""
    labels = ("id2label", "label2id", "num_labels", "problem_type")
    return {key: value for key, value in config.items() if key not in labels}


def _head_config(head: TrainedHead, family: Family, scale: Tensor | None) -> dict[str, Any]:
    """What a head's config has beyond the encoder's."""
    spec = head.spec
    config: dict[str, Any] = {
        "architectures": [_STEMS[family] + _CLASSES[spec.kind]],
        "head": {
            "name": spec.name,
            "kind": spec.kind,
            "num_choices": spec.num_choices,
            **{key: getattr(head, key) for key in LENGTHS},
        },
    }
    if scale is not None:  # no class of `transformers` has a tensor for it
        config["head"][SCALE] = float(scale)
    if head.labels is not None and spec.kind in LABELLED:
        config["id2label"] = {str(number): label for number, label in enumerate(head.labels)}
        config["label2id"] = {label: number for number, label in enumerate(head.labels)}
    return config


def _head_of(config: Mapping[str, Any], folder: Path) -> TrainedHead:
    try:
        facts = config["head"]
        labels = None
        if facts["kind"] in LABELLED:
            labels = tuple(config["id2label"][str(number)] for number in range(len(config["id2label"])))
        spec = HeadSpec(
            name=facts["name"],
            kind=facts["kind"],
            num_labels=len(labels or ()) or 1,
            num_choices=facts["num_choices"],
        )
        return TrainedHead(spec=spec, labels=labels, **{key: facts[key] for key in LENGTHS})
    except (KeyError, TypeError, AttributeError):
        raise UserError(
            f"{folder}: is no exported head of ours: config.json does not describe one; export it anew"
        ) from None


def _below(trained: Trained, part: str) -> dict[str, Tensor]:
    """The weights of a part of the model, without its name."""
    return {
        name.removeprefix(f"{part}."): trained.weights[name]
        for name in trained.weights
        if name.startswith(f"{part}.")
    }


def _shape(config: Mapping[str, Any], folder: Path) -> EncoderConfig:
    from huggingface_hub.errors import StrictDataclassError
    from transformers import AutoConfig

    try:
        shape = AutoConfig.for_model(**config)
    except (ValueError, TypeError, StrictDataclassError) as error:
        raise UserError(f"{folder}/config.json: {' '.join(str(error).split())}; export it again") from None
    return read_config(shape, name=str(folder))


def _read_config(folder: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{folder}: holds no exported head: {error}; name a folder of export/heads") from None
    return config


def _describe(folder: Path, config: Mapping[str, Any], tokenizer: str) -> None:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json_text({**config, "dtype": "float32"}), encoding="utf-8")
    load_tokenizer(tokenizer).save_pretrained(folder)


def _save(path: Path, tensors: Mapping[str, Tensor]) -> None:
    from safetensors.torch import save_file

    contiguous = {name: tensor.float().contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, path, metadata={"format": "pt"})


def _link(source: Path, target: Path) -> None:
    """A second name for a file, or a copy where the file system has only one name for each."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
