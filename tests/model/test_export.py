"""An exported head is what `transformers` loads by itself: the same scores, for every kind and family."""

import json
import os
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from mtl.errors import UserError
from mtl.model.config import FAMILIES, Family
from mtl.model.export import export, load_export
from mtl.model.multihead import MultiHead
from mtl.model.trained import Trained, TrainedHead
from mtl.tasks.task import Kind
from tests.kit.models import KINDS, make_model, make_sources, make_strip, on_cpu, pad, tiny_config
from tests.kit.tokenizers import xlmr_shaped

AUTO = {
    "pair": "AutoModelForSequenceClassification",
    "choice": "AutoModelForMultipleChoice",
    "span": "AutoModelForQuestionAnswering",
    "tag": "AutoModelForTokenClassification",
    "mlm": "AutoModelForMaskedLM",
    "embed": "AutoModel",
}
LABELS = {"pair": ("c", "a", "b"), "tag": tuple(f"t{i}" for i in reversed(range(11)))}


def trained(model: MultiHead) -> Trained:
    heads = {
        spec.name: TrainedHead(spec=spec, labels=LABELS.get(spec.kind), max_length=40, stride=9)
        for spec in model.specs
    }
    return Trained(weights={n: p.detach() for n, p in model.named_parameters()}, heads=heads)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder: Path = tmp_path_factory.mktemp("tokenizer")
    xlmr_shaped().save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module", params=FAMILIES)
def exported(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tokenizer: str
) -> tuple[MultiHead, Path]:
    family: Family = request.param
    model = make_model(family)
    root: Path = tmp_path_factory.mktemp("out") / "export"
    export(root, trained(model), tiny_config(family).to_dict(), tokenizer=tokenizer)
    return model, root


@pytest.mark.parametrize("kind", KINDS)
def test_the_stock_class_gives_our_scores(
    exported: tuple[MultiHead, Path], tmp_path: Path, kind: Kind
) -> None:
    import transformers

    model, root = exported
    stock, info = getattr(transformers, AUTO[kind]).from_pretrained(
        root / "heads" / kind, output_loading_info=True
    )
    assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"]
    strip = make_strip(make_sources(tmp_path), [(KINDS.index(kind), i) for i in range(3)])
    spans = list(pairwise(strip.bounds.tolist()))
    documents = [strip.tokens[first:last] for first, last in spans]
    batch = pad(documents, [int((strip.second[first:last] == 0).sum()) for first, last in spans])
    if model.config.num_types == 1:
        del batch["token_type_ids"]
    if kind == "choice":
        batch = {name: value[:, None] for name, value in batch.items()}  # each a choice of one
    with torch.no_grad():
        ours = model(on_cpu(strip, model), scores=True)
        out = stock.eval()(**batch)
    if kind == "span":
        theirs = torch.stack([out.start_logits, out.end_logits], -1)
    else:
        theirs = functional.normalize(out.pooler_output) if kind == "embed" else out.logits
    if kind in ("pair", "choice", "embed"):  # a row of scores a document: that of each of its tokens
        theirs = theirs[:, None].expand(-1, max(map(len, documents)), -1)
    by_token = torch.cat([theirs[row, : len(document)] for row, document in enumerate(documents)])
    theirs = by_token[torch.from_numpy(strip.sites[kind].rows)]
    assert torch.allclose(ours, theirs.reshape(-1), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_we_read_back_what_we_wrote(exported: tuple[MultiHead, Path], kind: Kind) -> None:
    model, root = exported
    loaded, head = load_export(root / "heads" / kind)
    assert head == trained(model).heads[kind] or kind not in LABELS
    assert head.spec.kind == kind and (head.max_length, head.stride) == (40, 9)
    own = dict(model.named_parameters())
    for name, parameter in loaded.named_parameters():
        assert torch.equal(parameter, own[name]), name


def test_the_encoder_alone_loads_with_its_tokenizer(exported: tuple[MultiHead, Path], tmp_path: Path) -> None:
    from transformers import AutoModel, AutoTokenizer

    model, root = exported
    stock, info = AutoModel.from_pretrained(root / "encoder", output_loading_info=True)
    assert all("pooler" in name for name in info["missing_keys"]) and not info["unexpected_keys"]
    assert AutoTokenizer.from_pretrained(root / "encoder")("the tower").input_ids[0] == 0
    table = model.encoder.embeddings.word.weight
    assert torch.equal(stock.get_input_embeddings().weight, table)


def test_labels_keep_their_order(exported: tuple[MultiHead, Path]) -> None:
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(exported[1] / "heads" / "pair")
    assert [config.id2label[i] for i in range(3)] == ["c", "a", "b"]
    assert config.label2id == {"c": 0, "a": 1, "b": 2}


def test_heads_share_the_encoder_on_disk(exported: tuple[MultiHead, Path]) -> None:
    root = exported[1]
    files = {path.stat().st_ino for path in root.rglob("*00001-of*")}
    assert files == {(root / "encoder" / "model.safetensors").stat().st_ino}


def test_what_is_no_export_is_the_users_mistake(exported: tuple[MultiHead, Path], tmp_path: Path) -> None:
    _, root = exported
    for folder in (tmp_path, root / "encoder"):
        with pytest.raises(UserError, match="no exported head"):
            load_export(folder)
    torn = tmp_path / "torn"
    torn.mkdir()
    for file in (root / "heads" / "pair").iterdir():
        os.link(file, torn / file.name)
    (torn / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(UserError, match="does not hold the weights"):
        load_export(torn)
    config = json.loads((torn / "config.json").read_text())
    (torn / "config.json").unlink()
    (torn / "config.json").write_text(json.dumps({**config, "head": 3}))
    with pytest.raises(UserError, match="no exported head of ours"):
        load_export(torn)
