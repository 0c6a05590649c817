"""A retrieve phase: the same files on one rank and two, scored, with what is there to look at."""

import json
import re
import shutil
import signal
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl.errors import PreemptedError, UserError
from mtl.retrieval import matrix
from mtl.retrieval.embed import Embedder, EmbedSettings
from mtl.retrieval.neighbours import SearchSettings
from mtl.run.recipe.schema import RetrieveSettings
from mtl.run.running import run_recipe
from mtl.run.sentences import Sentences
from mtl.tasks.registry import get_task
from tests.kit.ranks import run_on_ranks
from tests.kit.tokenizers import xlmr_shaped

GRAPH = """
model:
  tokenizer: {tokenizer}
  config: {{hidden_size: 32, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 64}}
data: {{root: {root}, workers: 1}}
phases:
  find: {{kind: retrieve, tasks: [tatoeba, bucc2018]}}
  choose: {{kind: retrieve, tasks: [tatoeba, bucc2018], retrieve: {{layer: dev, pooling: dev, curve: true}}}}
"""
AFTER = """
model: {{name: a/folder/that/is/not/read}}
data: {{root: {root}}}
train: {{steps: 1}}
phases:
  squad: {{tasks: [{trained}]}}
  find: {{kind: retrieve, {after}tasks: [tatoeba_squad]}}
"""
SENTENCES = ["the fox", "a red tower", "the river jumps", "a lazy dog", "nobody knows", "the house", "1204"]
ENGLISH = [f"{one} stands" for one in SENTENCES]


def write_data(root: Path) -> None:
    (root / "tatoeba").mkdir(parents=True, exist_ok=True)
    (root / "bucc2018").mkdir()
    for letters, lines in (("deu", SENTENCES), ("eng", ENGLISH)):
        (root / f"tatoeba/tatoeba.deu-eng.{letters}").write_text("\n".join(lines) + "\n")
    for split in ("dev", "test"):
        for code in ("de", "en"):
            lines = [f"{code}-{i}\t{one} {split}\n" for i, one in enumerate(SENTENCES)]
            (root / f"bucc2018/de-en.{split}.{code}").write_text("".join(lines))
        gold = "".join(f"de-{i}\ten-{i}\n" for i in range(len(SENTENCES)))
        (root / f"bucc2018/de-en.{split}.gold").write_text(gold)


def run(folder: Path, out: Path, *changes: str) -> None:
    places = [f"out={out}", f"data.cache={folder / 'cache'}"]
    run_recipe(folder / "graph.yaml", [*places, *changes], resume=True, only=())


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
    for phase in ("find", "choose"):
        for file in ("tatoeba/test-de.tsv", "bucc2018/test-de.tsv"):
            one, two = (found / f"on{world}/graph/{phase}/predictions" / file for world in (1, 2))
            assert one.read_bytes() == two.read_bytes(), (phase, file)


def test_asked_to_stop_it_leaves_before_the_next_piece_and_goes_on_there(
    found: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive, read = Embedder.read, []

    def reading(self: Embedder, texts: Any, readings: Any) -> Any:
        read.append(tuple(texts))
        if len(read) == 2:
            signal.raise_signal(signal.SIGUSR1)
        return alive(self, texts, readings)

    monkeypatch.setattr(Embedder, "read", reading)
    monkeypatch.setattr(matrix, "CHUNK", 4)
    model = f"model={{name: {found / 'on1/graph/find/export/encoder'}}}"
    with pytest.raises(PreemptedError, match="in phase find, in tatoeba-test-de-english"):
        run(found, tmp_path, model)
    run(found, tmp_path, model)
    assert [*read[0], *read[1]] == SENTENCES
    assert {*read[2], *read[3]} == {*ENGLISH}
    one, two = (each / "graph/find/predictions/tatoeba/test-de.tsv" for each in (found / "on1", tmp_path))
    assert one.read_bytes() == two.read_bytes()


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


def said_by(folder: Path, out: Path) -> str:
    """What a run says."""
    with redirect_stdout(StringIO()) as said:
        run(folder, out)
    return said.getvalue()


def test_a_checkpoint_is_read_through_the_tokenizer_that_the_recipe_names(
    found: Path, tmp_path: Path
) -> None:
    encoder = found / "on1/graph/find/export/encoder"
    (tmp_path / "bare").mkdir()
    for file in ("config.json", "model.safetensors"):
        shutil.copy(encoder / file, tmp_path / "bare" / file)
    shutil.copytree(found / "data", tmp_path / "data")
    for code in ("de", "en"):  # as in XTREME, beside the aligned files
        (tmp_path / f"data/tatoeba/de-en.{code}").write_text("\n".join(SENTENCES) + "\n")
    model = f"model: {{name: {tmp_path / 'bare'}, tokenizer: {found / 'tokenizer'}}}"
    phases = "phases: {find: {kind: retrieve, tasks: [tatoeba, bucc2018]}}"
    (tmp_path / "graph.yaml").write_text(f"{model}\ndata: {{root: {tmp_path / 'data'}}}\n{phases}\n")
    (said,) = run_on_ranks(said_by, 1, tmp_path, tmp_path)
    one, other = (
        folder / "find/predictions/bucc2018/test-de.tsv"
        for folder in (found / "on1/graph", tmp_path / "graph")
    )
    assert one.read_bytes() == other.read_bytes()
    passed_over = "tatoeba de test: left out 2 files passed over, as tatoeba/de-en.de holds their rows"
    assert passed_over in " ".join(said.split())


def test_a_tasks_max_length_bounds_its_sentences_and_what_is_cut_is_told(found: Path, tmp_path: Path) -> None:
    said: list[str] = []
    embedder = Embedder.of_encoder(str(found / "on1/graph/find/export/encoder"), EmbedSettings())
    sentences = Sentences(
        settings=RetrieveSettings(),
        embedder=embedder,
        search=SearchSettings(),
        root=found / "data",
        vectors=tmp_path,
        pause=lambda what: None,
        say=said.append,
    )

    def foreign(max_length: int) -> np.ndarray:
        task = replace(get_task("tatoeba"), max_length=max_length)
        sides = sentences.sides(task, "test", "de")
        ((_, (side, _)),) = sentences.embedded(task, sides, "them", [sentences.usual])
        return np.array(side.vectors.rows)

    whole = foreign(512)
    np.testing.assert_allclose(whole, embedder.embed(SENTENCES), atol=1e-6)
    assert said == []
    short = foreign(3)
    assert said == [
        "them-foreign: 6 of 7 texts were read in part",
        "them-english: 7 of 7 texts were read in part",
    ]
    words = [one.split()[0] for one in SENTENCES]
    np.testing.assert_allclose(short, embedder.embed(words), atol=1e-6)


def search_after(folder: Path, trained: str, after: str) -> None:
    write_data(folder / "data")
    (folder / "after.yaml").write_text(AFTER.format(root=folder / "data", trained=trained, after=after))
    run_recipe(folder / "after.yaml", [f"out={folder}"], dry_run=True, only=["find"])


@pytest.mark.parametrize("trained", ["squad_v1", "mlqa"])
def test_a_task_that_says_so_searches_with_the_encoder_fine_tuned_on_another(
    tmp_path: Path, trained: str, capsys: pytest.CaptureFixture[str]
) -> None:
    search_after(tmp_path, trained, "after: squad, ")
    assert "tatoeba_squad in 1 languages: de" in capsys.readouterr().out


def test_files_whose_names_tell_no_language_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "data/tatoeba").mkdir(parents=True)
    (tmp_path / "data/tatoeba/german-en.german").touch()
    search_after(tmp_path, "squad_v1", "after: squad, ")
    told = "1 languages: de; not read, for want of a language code in their names: tatoeba/german-en.german"
    assert told in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("trained", "after"),
    [("squad_v1", ""), ("mnli", "after: squad, "), ("squad_v1, mnli", "after: squad, ")],
)
def test_it_refuses_any_other_encoder(tmp_path: Path, trained: str, after: str) -> None:
    with pytest.raises(
        UserError, match=r"phase find: tatoeba_squad searches with .* fine-tuned on squad_v1 alone"
    ):
        search_after(tmp_path, trained, after)


def looked(found: Path, phase: str, task: str) -> Any:
    return json.loads((found / f"on1/graph/{phase}/found/{task}-de.json").read_text())


def test_dev_chooses_layer_and_pooling_where_there_is_a_dev_split(found: Path) -> None:
    chosen, layers = (looked(found, "choose", "bucc2018")[key] for key in ("reading", "layers"))
    assert layers["of"] == "F1 on dev"
    best = max(layers["mean"] + layers["first"])
    layer, pooling = re.fullmatch(r"layer (\d), (mean|first token), best on dev", chosen).groups()  # type: ignore[union-attr]
    assert (
        layers[pooling.split()[0]][int(layer)] == best == looked(found, "choose", "bucc2018")["dev F1"] / 100
    )


def test_a_task_without_a_dev_split_keeps_the_usual_layer_and_its_curve_meets_the_score(found: Path) -> None:
    look, scores = (
        looked(found, "choose", "tatoeba"),
        json.loads((found / "on1/graph/choose/scores.json").read_text()),
    )
    assert look["reading"] == looked(found, "find", "tatoeba")["reading"] == "layer 1, mean"
    assert (look["layers"]["of"], len(look["layers"]["mean"]), len(look["layers"]["first"])) == (
        "accuracy",
        3,
        3,
    )
    assert 100 * look["layers"]["mean"][1] == pytest.approx(scores["tatoeba"]["de"]["accuracy"])
    assert "layers" not in looked(found, "find", "tatoeba")
