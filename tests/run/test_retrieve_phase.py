"""A retrieve phase: the same files on one rank and two, scored, with what is there to look at."""

import json
from pathlib import Path

import pytest

from mtl.run.train import run_recipe
from tests.kit.ranks import run_on_ranks
from tests.kit.tokenizers import xlmr_shaped

GRAPH = """
model:
  tokenizer: {tokenizer}
  config: {{hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 64}}
data: {{root: {root}, workers: 1}}
phases:
  find: {{kind: retrieve, tasks: [tatoeba, bucc2018]}}
"""
SENTENCES = ["the fox", "a red tower", "the river jumps", "a lazy dog", "nobody knows", "the house", "1204"]


def write_data(root: Path) -> None:
    (root / "tatoeba").mkdir(parents=True)
    (root / "bucc2018").mkdir()
    for letters, lines in (("deu", SENTENCES), ("eng", [f"{one} stands" for one in SENTENCES])):
        (root / f"tatoeba/tatoeba.deu-eng.{letters}").write_text("\n".join(lines) + "\n")
    for split in ("dev", "test"):
        for code in ("de", "en"):
            lines = [f"{code}-{i}\t{one} {split}\n" for i, one in enumerate(SENTENCES)]
            (root / f"bucc2018/de-en.{split}.{code}").write_text("".join(lines))
        gold = "".join(f"de-{i}\ten-{i}\n" for i in range(len(SENTENCES)))
        (root / f"bucc2018/de-en.{split}.gold").write_text(gold)


def run(folder: Path, out: Path) -> None:
    run_recipe(folder / "graph.yaml", [f"out={out}", f"data.cache={folder / 'cache'}"], resume=True, only=())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("retrieve")
    xlmr_shaped().save_pretrained(folder / "tokenizer")
    write_data(folder / "data")
    graph = GRAPH.format(tokenizer=folder / "tokenizer", root=folder / "data")
    (folder / "graph.yaml").write_text(graph)
    for world in (1, 2):
        run_on_ranks(run, world, folder, folder / f"on{world}")
    return folder


def test_predictions_are_the_same_bytes_on_one_rank_and_two(found: Path) -> None:
    for file in ("tatoeba/test-de.tsv", "bucc2018/test-de.tsv"):
        one, two = (found / f"on{world}/graph/find/predictions" / file for world in (1, 2))
        assert one.read_bytes() == two.read_bytes(), file


def test_equal_sentences_are_all_mined(found: Path) -> None:
    scores = json.loads((found / "on1/graph/find/scores.json").read_text())
    assert scores["bucc2018"]["de"]["f1"] == 100
    assert 0 < scores["tatoeba"]["de"]["accuracy"] <= 100


def test_there_is_something_to_look_at(found: Path) -> None:
    phase = found / "on1/graph/find"
    near, similar = (
        json.loads((phase / f"found/{task}-de.json").read_text()) for task in ("bucc2018", "tatoeba")
    )
    assert all(source.endswith(" test") for _, source, _ in near["near"])
    assert sum(similar["similarities"]["translations"]) == len(SENTENCES)
    assert list((phase / "tensorboard/projector").rglob("metadata.tsv"))
    assert not (phase / "vectors").exists()
