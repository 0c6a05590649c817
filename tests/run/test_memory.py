"""The model of memory says what a rank really holds and sends, within a tenth."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.autograd.graph import saved_tensors_hooks

from mtl.data.strip import Strip, build_strip
from mtl.engine.ds_config import Precision, resolve_ds_config
from mtl.model.batch import Batch
from mtl.model.load import build_model
from mtl.model.multihead import MultiHead
from mtl.run.memory import Memory, Sharding, Sizes, activation_bytes, memory_of, sent_bytes
from tests.kit import cells
from tests.kit.cells import Cell
from tests.kit.footprint import footprints
from tests.kit.models import make_config, on_cpu
from tests.kit.ranks import ROOT, run_on_ranks
from tests.kit.stores import head_spec

SMALL = 170  # the budget that comes with small buckets and no persistent parameters
SIZES = Sizes(total=1000, trainable=900, persistent=100, largest=400)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("stores")
    cells.make_stores(made)
    return made


CELLS = [
    Cell(0, SMALL, "fp32", steps=2),
    Cell(1, SMALL, "fp32", steps=2),
    Cell(3, SMALL, "fp32", steps=2),
    *(Cell(stage, SMALL, half, steps=2) for half in cells.HALVES for stage in (1, 2, 3)),
    Cell(3, 400, "bf16", steps=2),  # everything persists
    *(Cell(stage, SMALL, "fp32", steps=2, offload=True) for stage in (1, 2, 3)),
    *(Cell(stage, SMALL, half, steps=2, offload=True) for half in cells.HALVES for stage in (1, 2, 3)),
]
"""What is offloaded and what is not is one memory here: only their sum can be measured."""


@pytest.mark.parametrize("world", [1, 2])
def test_a_rank_holds_and_sends_what_the_model_says(folder: Path, world: int) -> None:
    for rank in run_on_ranks(footprints, world, CELLS, folder):
        for cell, found in zip(CELLS, rank, strict=True):
            assert found.held == pytest.approx(found.predicted_held, rel=0.1), cell
            if cell.stage < 3:  # whose gathers and scatters are DeepSpeed's own
                # A head that is idle in one of the two steps sends nothing there.
                assert 0.9 * found.predicted_sent <= found.sent <= 1.05 * found.predicted_sent, cell


def strip_of(folder: Path, first: int, second: int) -> Strip:
    """Twelve examples of either task."""
    task, example = np.repeat([first, second], 12), np.tile(np.arange(12), 2)
    return build_strip(cells.sources(Cell(1), folder), task, example, np.arange(24), key=3)


def kept_by(model: MultiHead, batch: Batch) -> int:
    """Bytes that autograd keeps of a forward pass, weights apart."""
    own = {parameter.untyped_storage().data_ptr() for parameter in model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = tensor
        return tensor

    with saved_tensors_hooks(pack, lambda tensor: tensor):
        assert model(batch).requires_grad
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


@pytest.mark.parametrize("attention_dropout", [0.0, 0.1])
def test_what_attention_keeps_on_cpus_counts_where_documents_are_long_for_the_width(
    folder: Path, attention_dropout: float
) -> None:
    shape = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 4, "num_attention_heads": 8}
    config = make_config(shape).with_dropouts(0.0, attention_dropout)
    model = build_model(None, config, [head_spec(task) for task in cells.tasks()], seed=0)
    spans = [list(cells.TASKS).index(name) for name in ("squad_v1", "squad_v2")]
    strip = strip_of(folder, *spans)
    batch = on_cpu(strip, model)

    def predict(longest: int) -> float:
        tokens = len(batch.tokens)
        return activation_bytes(config, tokens, precision="fp32", recompute=False, kept_keys=longest)

    found = kept_by(model.train(), batch)
    assert predict(0) < 0.8 * found < found < 1.1 * predict(int(np.diff(strip.bounds).max()))


@pytest.mark.parametrize("shape", [(256, 1024, 3), (128, 256, 6)])
@pytest.mark.parametrize("dropout", [0.0, 0.1])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_activations_are_what_autograd_keeps(
    folder: Path, shape: tuple[int, int, int], dropout: float, precision: str
) -> None:
    hidden, wide, layers = shape
    names = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
    config = make_config(dict(zip(names, (hidden, wide, layers, 4), strict=True))).with_dropouts(dropout, 0.0)
    specs = [head_spec(task) for task in cells.tasks()]
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    model = build_model(None, config, specs, seed=0).to(dtype).train()

    def kept_and_predicted(first: int, second: int) -> tuple[int, float]:
        strip = strip_of(folder, first, second)
        batch = on_cpu(strip, model)
        tokens = len(batch.tokens)
        predicted = activation_bytes(config, tokens, precision=precision, recompute=False)
        return kept_by(model, batch), predicted

    names_of_heads = list(cells.TASKS)
    found, predicted = kept_and_predicted(names_of_heads.index("squad_v1"), names_of_heads.index("squad_v2"))
    assert found == pytest.approx(predicted, rel=0.1), "where every token is read"
    found, predicted = kept_and_predicted(names_of_heads.index("anli"), names_of_heads.index("mnli"))
    assert 0.9 * predicted * (layers - 1) / layers < found < predicted, "where one token a document is read"


def plain_and_offloaded(stage: int, precision: Precision) -> list[Memory]:
    """Of one of four ranks."""
    files = (ROOT / "ds_configs" / f"zero{stage}{end}.json" for end in ("", "_offload"))
    configs = (resolve_ds_config(file, precision=precision, clip=1.0) for file in files)
    return [memory_of(SIZES, Sharding.of(each), ranks=4, precision=precision) for each in configs]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_what_is_offloaded_is_the_computers(precision: Precision) -> None:
    one, other = plain_and_offloaded(3, precision)
    assert one.computer == 0 < other.computer
    assert other.optimizer == 0 and other.weights < one.weights and other.total < one.total
    copied = 4 * SIZES.trainable / 4  # fp32 gradients, once where they add up, once for AdamW
    assert other.total + other.computer == pytest.approx(one.total + copied)


def test_in_half_precision_the_card_sums_up_gradients_although_the_optimizer_is_offloaded() -> None:
    (half, half_offloaded), (_, full_offloaded) = (
        plain_and_offloaded(2, precision) for precision in ("bf16", "fp32")
    )
    assert half_offloaded.gradients == half.gradients + 2 * SIZES.largest
    assert full_offloaded.gradients == 4 * SIZES.largest


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_more_ranks_and_higher_stages_never_hold_more(precision: str) -> None:
    def held(stage: int, ranks: int) -> float:
        sharding = Sharding(
            stage=stage,
            reduce_bucket=0,
            prefetch=0,
            persistence_threshold=0,
            overlap=False,
            offloads_optimizer=False,
            offloads_weights=False,
        )
        return memory_of(SIZES, sharding, ranks=ranks, precision=precision).held

    for ranks in (1, 2, 8, 1024):
        assert held(2, ranks) <= held(1, ranks)
        assert held(3, 4 * ranks) <= held(2, 4 * ranks)
        for stage in (1, 2, 3):
            assert held(stage, 4 * ranks) <= held(stage, ranks) or ranks == 1


def test_what_is_sent_grows_with_bins_only_where_gradients_are_not_kept() -> None:
    def sent(stage: int, bins: int, ranks: int = 8) -> float:
        return sent_bytes(SIZES, stage, ranks=ranks, bins=bins, precision="bf16")

    assert sent(1, 1) == sent(1, 5) and sent(0, 1) == sent(0, 5)
    assert sent(2, 1) == sent(1, 1) < sent(2, 5)
    assert sent(3, 5) > sent(3, 1)
    assert all(sent(stage, 3, ranks=1) == 0 for stage in range(4))
