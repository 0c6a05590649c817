"""Models from checkpoints and from nothing: the right weights, or one line that says what is wrong."""

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl import seeds
from mtl.data.strip import HeadStore
from mtl.errors import UserError
from mtl.model.config import FAMILIES, EncoderConfig, Family, read_config
from mtl.model.heads import HeadSpec
from mtl.model.load import build_model, config_of
from mtl.model.multihead import MultiHead
from tests.kit.models import make_strip, on_cpu, tiny_config

PAIR = HeadSpec(name="pair", kind="pair", num_labels=3)
CHOICE = HeadSpec(name="choice", kind="choice", num_choices=4)
MASKED = HeadSpec(name="mlm", kind="mlm")
STEMS = {"xlm-roberta": "XLMRoberta", "roberta": "Roberta", "bert": "Bert"}


def save(folder: Path, family: Family, ending: str) -> Any:
    """A stock model with random weights, biases included, saved as its users would."""
    import transformers

    stock = getattr(transformers, STEMS[family] + ending)(tiny_config(family))
    with torch.no_grad():
        for parameter in stock.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    stock.save_pretrained(folder)
    return stock.eval()


def load(folder: Path, *specs: HeadSpec) -> MultiHead:
    config = read_config(config_of(str(folder), None, vocab_size=120), name=str(folder))
    return build_model(str(folder), config, specs, seed=0).eval()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkpoint") / "mlm"
    save(folder, "xlm-roberta", "ForMaskedLM")
    return folder


@pytest.mark.parametrize("family", FAMILIES)
def test_a_saved_masked_language_model_gives_its_own_scores(
    family: Family, tmp_path: Path, sources: list[HeadStore]
) -> None:
    stock = save(tmp_path, family, "ForMaskedLM")
    model = load(tmp_path, MASKED)
    masked = [source for source in sources if source.head == "mlm"]
    strip = make_strip(masked, [(0, 4)])
    scores = model(on_cpu(strip, model), scores=True).view(-1, model.config.vocab_size)
    wanted = stock(input_ids=torch.as_tensor(strip.tokens)[None]).logits[0, strip.sites["mlm"].rows]
    torch.testing.assert_close(scores, wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("ending", ["Model", "ForSequenceClassification"])
def test_an_encoder_alone_or_under_another_head_is_enough_without_masks(ending: str, tmp_path: Path) -> None:
    stock = save(tmp_path, "xlm-roberta", ending)
    model = load(tmp_path, PAIR)
    encoder = getattr(stock, "roberta", stock)
    assert torch.equal(model.encoder.embeddings.word.weight, encoder.embeddings.word_embeddings.weight)
    last = encoder.encoder.layer[1].output.dense
    assert torch.equal(model.encoder.layers[1].down.weight, last.weight)  # type: ignore[union-attr]
    with pytest.raises(UserError, match=r"lacks 5 of the tensors .* lm_head\.bias for one"):
        load(tmp_path, PAIR, MASKED)


def test_heads_of_a_checkpoint_are_not_taken_over(tmp_path: Path) -> None:
    stock = save(tmp_path, "xlm-roberta", "ForSequenceClassification")
    model = load(tmp_path, PAIR)
    assert not torch.equal(model.heads["pair"].dense.weight, stock.classifier.dense.weight)  # type: ignore[arg-type]


def edit_config(folder: Path, **changes: Any) -> None:
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def drop_tensor(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    del tensors["roberta.encoder.layer.1.output.dense.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def truncate(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:3000])


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "a tensor is missing": (
        drop_tensor,
        r"lacks 1 of the tensors .* roberta\.encoder\.layer\.1\.output\.dense\.weight",
    ),
    "weights of another shape": (
        lambda folder: edit_config(folder, hidden_size=64),
        r"of shape \(.*mend config\.json",
    ),
    "more layers than it holds": (
        lambda folder: edit_config(folder, num_hidden_layers=3),
        r"lacks 16 .*layer\.2\.",
    ),
    "another family's weights": (
        lambda folder: edit_config(folder, model_type="bert"),
        r"lacks \d+ .*bert\.embeddings",
    ),
    "a model of another kind": (
        lambda folder: edit_config(folder, model_type="gpt2"),
        "is a 'gpt2' model; the families known",
    ),
    "another activation": (
        lambda folder: edit_config(folder, hidden_act="relu"),
        "activation 'relu'; only 'gelu'",
    ),
    "heads that do not divide": (
        lambda folder: edit_config(folder, num_attention_heads=5),
        "5 attention heads, which do not divide",
    ),
    "no padding token": (lambda folder: edit_config(folder, pad_token_id=None), "names no padding token"),
    "torn weights": (truncate, "cannot load"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "cannot load .*no file named"),
    "a pointer to weights": (
        lambda folder: (folder / "model.safetensors").write_text(
            "version https://git-lfs.github.com/spec/v1"
        ),
        r"model\.safetensors is a pointer of git-lfs; get the weights: git lfs pull",
    ),
    "empty weights": (
        lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin").write_bytes(b""),
        "cannot load",
    ),
    "a torn configuration": (
        lambda folder: (folder / "config.json").write_text("{"),
        "cannot load .*not a valid JSON",
    ),
    "no configuration": (lambda folder: (folder / "config.json").unlink(), "cannot load|model_type"),
    "nothing": (
        lambda folder: shutil.rmtree(folder),
        "cannot load .*give a hub name, or a folder with config.json",
    ),
}


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What transformers says in its log."""
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("transformers").addHandler(handler)
    yield messages
    logging.getLogger("transformers").removeHandler(handler)


@pytest.mark.parametrize("trouble", BROKEN)
def test_what_is_wrong_with_a_checkpoint_is_said_in_one_line(
    trouble: str, checkpoint: Path, tmp_path: Path, said: list[str]
) -> None:
    spoil, message = BROKEN[trouble]
    folder = tmp_path / "spoilt"
    shutil.copytree(checkpoint, folder)
    spoil(folder)
    with pytest.raises(UserError, match=message) as caught:
        load(folder, PAIR)
    assert str(caught.value).startswith("model.name: ")
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert said == []


def test_an_intact_checkpoint_loads_without_a_report(checkpoint: Path, said: list[str]) -> None:
    load(checkpoint, PAIR)
    assert said == []


def tiny() -> EncoderConfig:
    return read_config(tiny_config("xlm-roberta"), name="tiny")


def scratch(*specs: HeadSpec, seed: int = 0) -> dict[str, torch.Tensor]:
    model = build_model(None, tiny(), specs, seed=seed)
    return {name: parameter.detach() for name, parameter in model.named_parameters()}


def test_first_weights_do_not_depend_on_which_other_heads_there_are() -> None:
    alone, together = scratch(PAIR), scratch(MASKED, CHOICE, PAIR)
    assert alone.keys() < together.keys()
    assert all(torch.equal(alone[name], together[name]) for name in alone)


def test_first_weights_depend_on_the_seed_and_the_name() -> None:
    one, other = scratch(PAIR, seed=0), scratch(PAIR, seed=1)
    assert not torch.equal(one["heads.pair.dense.weight"], other["heads.pair.dense.weight"])
    twins = scratch(HeadSpec(name="a", kind="pair"), HeadSpec(name="b", kind="pair"))
    assert not torch.equal(twins["heads.a.dense.weight"], twins["heads.b.dense.weight"])


def test_first_weights_are_spread_as_the_configuration_says() -> None:
    for name, value in scratch(PAIR, MASKED).items():
        if name.endswith("bias"):
            assert not value.any(), name
        elif "norm" in name:
            assert bool((value == 1).all()), name
        else:
            assert value.std().item() == pytest.approx(0.02, rel=0.25), name
    assert not scratch(PAIR)["encoder.embeddings.word.weight"][1].any(), "the padding row"


def test_building_does_not_touch_the_global_generator() -> None:
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    scratch(PAIR)
    assert torch.equal(torch.rand(3), wanted)


def carried(*specs: HeadSpec, to: HeadSpec) -> MultiHead:
    """A model that starts from a phase with other heads."""
    return build_model(None, tiny(), [to], seed=1, start=scratch(*specs))


def test_a_head_that_is_carried_is_carried_whole_and_one_that_is_not_stays_fresh() -> None:
    taken = carried(PAIR, to=PAIR).heads["pair"].dense.weight
    assert torch.equal(taken, scratch(PAIR)["heads.pair.dense.weight"])  # type: ignore[arg-type]
    fresh = carried(CHOICE, to=PAIR).heads["pair"].dense.weight
    assert torch.equal(fresh, scratch(PAIR, seed=1)["heads.pair.dense.weight"])  # type: ignore[arg-type]


def test_what_a_phase_starts_from_is_taken_as_it_is_the_padding_row_too() -> None:
    start = scratch(PAIR)
    start["encoder.embeddings.word.weight"][1] = 0.5
    taken = dict(build_model(None, tiny(), [PAIR], seed=1, start=start).named_parameters())
    assert taken.keys() == start.keys()
    assert all(torch.equal(taken[name], start[name]) for name in start)


def test_only_weights_that_nobody_gives_are_drawn(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start, drawn, whole = scratch(PAIR), [], seeds.key

    def key(*parts: int | str) -> int:
        drawn.append(parts[-1])
        return whole(*parts)

    monkeypatch.setattr(seeds, "key", key)
    build_model(None, tiny(), [PAIR], seed=0, start=start)
    load(checkpoint, MASKED)
    assert drawn == []
    model = load(checkpoint, PAIR)
    assert drawn == ["heads.pair.dense.weight", "heads.pair.out.weight"]
    fresh = dict(model.heads.named_parameters(prefix="heads"))
    assert fresh and all(torch.equal(value, start[name]) for name, value in fresh.items())


def test_a_head_of_which_only_some_parameters_are_there_is_refused() -> None:
    tags = HeadSpec(name="pair", kind="tag", num_labels=3)
    with pytest.raises(UserError, match=r"^heads\.pair is of another kind .*heads\.pair\.dense"):
        carried(tags, to=PAIR)
    with pytest.raises(UserError, match=r"^heads\.pair is of another kind .*heads\.pair\.dense"):
        carried(PAIR, to=tags)
