"""What a train phase leaves for the phases after it: its best checkpoint's weights, and its heads."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mtl.engine.checkpoint_files import MARKER, read_checkpoint, read_weights
from mtl.errors import UserError
from mtl.model.heads import HeadSpec
from mtl.model.trained import Trained, TrainedHead
from mtl.runfolder import PhaseFolder

RECORDED_HEADS, RECORDED_CONFIG, RECORDED_TOKENIZER = "heads", "model", "tokenizer"
"""Records of a checkpoint: its heads; the encoder's configuration as `transformers` writes it; a name."""


def heads_record(heads: Sequence[TrainedHead]) -> list[dict[str, Any]]:
    """The heads as a checkpoint keeps them."""
    return [asdict(head) for head in heads]


def read_trained(folder: PhaseFolder) -> Trained:
    """The result of a finished train phase."""
    return trained_of(_result(folder))


def read_heads(folder: PhaseFolder) -> Mapping[str, TrainedHead]:
    """The heads of a finished train phase, without a look at the weights."""
    return _heads(_result(folder))


def has_trained(folder: PhaseFolder) -> bool:
    """Whether the result of a finished train phase is still there."""
    result = folder.read_result()
    return result is not None and (result / MARKER).is_file()


def trained_of(checkpoint: Path) -> Trained:
    """The weights and the heads of a checkpoint."""
    return Trained(weights=read_weights(checkpoint), heads=_heads(checkpoint))


def _result(folder: PhaseFolder) -> Path:
    result = folder.read_result()
    if result is None:
        raise UserError(f"{folder.root}: holds no trained model; run that phase first, or again")
    return result


def _heads(checkpoint: Path) -> dict[str, TrainedHead]:
    heads = [_head(facts) for facts in read_checkpoint(checkpoint).records[RECORDED_HEADS]]
    return {head.spec.name: head for head in heads}


def _head(facts: Mapping[str, Any]) -> TrainedHead:
    labels = facts["labels"]
    return TrainedHead(
        **{
            **facts,
            "spec": HeadSpec(**facts["spec"]),
            "labels": None if labels is None else tuple(labels),
        }
    )
