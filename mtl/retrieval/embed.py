"""Sentences to vectors: packed without padding, through as many layers as it takes and no more."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from mtl.data.features.example import Document
from mtl.data.features.template import Template, load_tokenizer
from mtl.data.packing import sweep
from mtl.data.strip import Strip
from mtl.errors import UserError
from mtl.model.batch import to_device
from mtl.model.config import read_config
from mtl.model.export import load_export
from mtl.model.heads import EmbedHead
from mtl.model.identity import folder_key
from mtl.model.load import build_model, check_vocabulary, config_of
from mtl.model.multihead import MultiHead
from mtl.retrieval.names import Pooling
from mtl.retrieval.pooling import Pool

Rows = NDArray[np.float32]
LAYERS = {12: 8}
"""Where not three fifths of the layers are meant: 14 of 24 either way."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What of an encoder becomes a sentence's vector."""

    layer: int
    """After how many layers; 0: the embeddings."""
    pooling: Pooling

    def __str__(self) -> str:
        """As it is said to the user."""
        return f"layer {self.layer}, {'mean' if self.pooling == 'mean' else 'first token'}"


@dataclass(frozen=True, kw_only=True)
class EmbedSettings:
    """How a sentence becomes a vector; the defaults are those by which the benchmarks are compared."""

    layer: int | None = None
    """After how many layers; None: 14 of 24, 8 of 12, else three fifths."""
    pooling: Pooling = "mean"
    special_tokens: bool = True
    """Whether the mean counts the tokens around the sentence."""
    max_length: int = 512
    """Most tokens of a sentence, special tokens included; the rest is cut off and counted."""
    precision: Literal["fp32", "bf16"] = "fp32"
    token_budget: int = 16384
    """Tokens that go through the encoder at a time."""
    device: str = "cpu"


def default_layer(num_layers: int) -> int:
    """The layer that retrieval reads where nothing else is said."""
    return LAYERS.get(num_layers, max(round(0.6 * num_layers), 1))


def chosen_layer(wanted: int | None, num_layers: int, *, model: str) -> int:
    """The layer that is read: the one asked for, which the model must have, else the usual one."""
    layer = default_layer(num_layers) if wanted is None else wanted
    if not 0 <= layer <= num_layers:
        raise UserError(
            f"layer {layer}: {model} has layers 0 (the embeddings) to {num_layers}; choose one of them"
        )
    return layer


class Embedder:
    """An encoder with its tokenizer, and the embed head on top if there is one."""

    def __init__(
        self,
        model: MultiHead,
        template: Template,
        settings: EmbedSettings,
        *,
        layer: int,
        read_from: Sequence[str],
    ) -> None:
        """Read `layer` of a model that was read from these folders or hub names, its tokenizer's too."""
        shape = model.eval().config
        self._template = template
        self._device = torch.device(settings.device)
        self._dtype = torch.float32 if settings.precision == "fp32" else torch.bfloat16
        self.num_layers, self.width = shape.num_layers, shape.hidden_size
        self.layer = layer
        self._positions = shape.positions
        self._read_up_to(settings)
        self._encoder = model.encoder.to(self._device, self._dtype)
        head = next(iter(model.heads.values()), None)
        assert head is None or isinstance(head, EmbedHead)
        self._head = None if head is None else head.to(self._device, self._dtype)
        folders = {name: Path(name) for name in read_from}  # each once
        self.identity = tuple(
            folder_key(folder) if folder.is_dir() else name for name, folder in folders.items()
        )
        """What tells this model, and a tokenizer that is not its own, from others; a hub name is its own."""
        self.num_cut = 0
        """Sentences that were longer than `max_length`, so far."""

    @classmethod
    def of_encoder(
        cls, model: str, settings: EmbedSettings, *, tokenizer: str | None = None, all_layers: bool = False
    ) -> "Embedder":
        """Of a Hugging Face folder or hub name, with all layers or as many as are read.

        `tokenizer`: another than the model's own. A UserError says what does not fit.
        """
        words = load_tokenizer(tokenizer or model)
        hf_config = config_of(model, None, vocab_size=len(words))
        check_vocabulary(hf_config, words)
        template, config = Template(words), read_config(hf_config, name=model)
        layer = chosen_layer(settings.layer, config.num_layers, model=model)
        built = build_model(model, config, [], seed=0)
        if not all_layers:  # those beyond the one that is read need no memory
            del built.encoder.layers[layer:]
        read_from = [model] if tokenizer is None else [model, tokenizer]
        return cls(built, template, settings, layer=layer, read_from=read_from)

    @classmethod
    def of_head(cls, folder: Path, settings: EmbedSettings) -> "Embedder":
        """Of an exported embed head with its encoder, which reads the last layer's first token."""
        template = Template(load_tokenizer(str(folder)))
        model, head = load_export(folder)
        if head.spec.kind != "embed":
            raise UserError(
                f"{folder}: is the head of a {head.spec.kind} task; one of an embed task is wanted"
            )
        # The longest texts on which it was trained; `up_to` knows which of its texts are shorter.
        longest = max(head.max_length, head.max_question)
        settings = replace(settings, pooling="first", max_length=longest)
        return cls(model, template, settings, layer=model.config.num_layers, read_from=[str(folder)])

    def up_to(self, max_length: int) -> "Embedder":
        """The same model, for texts of other lengths."""
        other = copy(self)
        other._read_up_to(replace(self.settings, max_length=max_length))
        return other

    def _read_up_to(self, settings: EmbedSettings) -> None:
        least = self._template.single_specials + 1
        self.settings = settings
        self._longest = min(settings.max_length, self._positions)
        if self._longest < least:
            raise UserError(
                f"max_length {settings.max_length}: leaves no room for text; make it {least} or more"
            )

    @property
    def reading(self) -> Reading:
        """What the settings say."""
        return Reading(layer=self.layer, pooling=self.settings.pooling)

    def embed(self, texts: Sequence[str]) -> Rows:
        """[texts, width]: the vectors that the settings mean."""
        rows: Rows = self.read(texts, [self.reading])[0]
        return rows

    def read(self, texts: Sequence[str], readings: Sequence[Reading]) -> Rows:
        """[readings, texts, width]: any number of layers and poolings in one pass through the encoder."""
        documents = self._documents(texts)
        lengths = np.array([len(document.tokens) for document in documents], dtype=np.int64)
        budget = max(self.settings.token_budget, int(lengths.max(initial=0)))
        rows = np.empty((len(readings), len(texts), self.width), dtype=np.float32)
        for slots in sweep(lengths, lengths, budget=budget, ranks=1).bins:
            if slots.size:
                order = slots[np.argsort(-lengths[slots], kind="stable")]
                self._through([documents[slot] for slot in order], readings, rows, order)
        return rows

    def _documents(self, texts: Sequence[str]) -> list[Document]:
        room = self._longest - self._template.single_specials
        encoded = self._template.encode(texts)
        self.num_cut += sum(len(ids) > room for ids in encoded)
        return [self._template.join(ids[:room]) for ids in encoded]

    @torch.inference_mode()
    def _through(
        self,
        documents: Sequence[Document],
        readings: Sequence[Reading],
        rows: Rows,
        places: NDArray[np.int64],
    ) -> None:
        """Put the documents' vectors into their places of [readings, places, width]."""
        strip = _strip(documents)
        width = self._encoder.config.head_width
        batch = to_device(strip, [], device=self._device, dtype=self._dtype, width=width)
        inner = not self.settings.special_tokens
        pools = {
            pooling: Pool(
                strip.bounds,
                how=pooling,
                prefix=len(self._template.prefix) * inner,
                suffix=len(self._template.single_suffix) * inner,
                device=self._device,
            )
            for pooling in {reading.pooling for reading in readings}
        }
        deepest = max(reading.layer for reading in readings)
        states = self._encoder.states(batch.tokens, batch.positions, batch.second, batch.documents)
        for layer, hidden in enumerate(islice(states, deepest + 1)):
            for number, reading in enumerate(readings):
                if reading.layer == layer:
                    vectors = pools[reading.pooling](hidden)
                    if self._head is not None:
                        vectors = self._head.vectors(vectors.to(self._dtype))
                    rows[number, places] = vectors.cpu().numpy()


def _strip(documents: Sequence[Document]) -> Strip:
    """Documents of falling length on one line of tokens, read by no head."""
    lengths = np.array([len(document.tokens) for document in documents], dtype=np.int64)
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    tokens = np.concatenate([document.tokens for document in documents]).astype(np.int64)
    return Strip(
        tokens=tokens,
        positions=np.arange(len(tokens)) - np.repeat(bounds[:-1], lengths),
        second=np.zeros(len(tokens), dtype=np.int64),
        bounds=bounds,
        sites={},
        slots=np.arange(len(documents)),
    )


def find_model(name: str) -> str:
    """The folder of a model: itself, or the encoder that a run or one of its phases has exported.

    A name that is no folder is taken for the hub's.
    """
    root = Path(name)
    if not root.is_dir() or (root / "config.json").is_file():
        return name
    tried = (root / "encoder", root / "export" / "encoder", *sorted(root.glob("*/export/encoder")))
    found = [folder for folder in tried if (folder / "config.json").is_file()]
    if len(found) == 1:
        return str(found[0])
    if not found:
        raise UserError(
            f"--model {name}: holds neither a model nor an exported encoder; name a folder with a config.json"
        )
    names = ", ".join(str(folder.relative_to(root).parents[1]) for folder in found)
    raise UserError(f"--model {name}: several phases have exported an encoder ({names}); name one of them")
