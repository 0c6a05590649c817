"""Dual encoders from files to scores: the same on one rank and two, and what `transformers` and NumPy find by themselves."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl.errors import UserError
from mtl.retrieval.embed import Embedder, EmbedSettings
from mtl.retrieval.neighbours import SearchSettings
from mtl.run.exporting import find_head
from mtl.run.predicting import PredictionRequest, predict_file
from mtl.run.running import run_recipe
from mtl.run.searches import Searches
from mtl.tasks.registry import get_task
from tests.kit.ranks import run_on_ranks

TASKS = ("lareqa", "mewslix")
GRAPH = """
model:
  config: {{hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
  dropout: 0.0
data: {{world: {{scale: 0.02}}, cache: {folder}/cache, workers: 1}}
train: {{steps: 4, examples_per_step: 4, token_budget: 2048, bins_multiple: 2, lr: 3e-3, precision: fp32, eval_every: 4}}
deepspeed: ds_configs/zero1.json
phases:
  pairs: {{arm: dual, tasks: {{lareqa: {{group: 3}}, mewslix: {{}}}}}}
  find: {{kind: retrieve, after: pairs, tasks: [lareqa, mewslix]}}
"""


def run(folder: Path, out: Path, *overrides: str, only: tuple[str, ...] = ()) -> None:
    run_recipe(folder / "graph.yaml", [f"out={out}", *overrides], resume=True, only=only)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("search")
    (folder / "graph.yaml").write_text(GRAPH.format(folder=folder))
    for world in (1, 2):
        run_on_ranks(run, world, folder, folder / f"on{world}")
    return folder


def phase(found: Path, world: int = 1) -> Path:
    return found / f"on{world}/graph/find"


def data(found: Path) -> Path:
    (root,) = (path for path in (found / "cache/worlds").glob("[!.]*") if not path.name.endswith("tokenizer"))
    return root


def read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def by_hand(found: Path, head: str, queries: list[str], candidates: list[str]) -> np.ndarray:
    """The order of all candidates for each query, by the exported model, one text at a time, without padding."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = found / "on1/graph/pairs/export/heads" / head
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()

    def vectors(texts: list[str], longest: int) -> np.ndarray:
        rows = []
        for text in texts:
            batch = tokenizer(text, truncation=True, max_length=longest, return_tensors="pt")
            with torch.no_grad():
                rows.append(model(**batch).pooler_output[0].double().numpy())
        stacked = np.stack(rows)
        return stacked / np.linalg.norm(stacked, axis=1, keepdims=True)

    query, candidate = (96, 256) if head == "lareqa" else (64, 64)
    return np.argsort(-(vectors(queries, query) @ vectors(candidates, candidate).T), axis=1, kind="stable")


def mean_average_precision(orders: list[list[bool]], most: list[int]) -> float:
    """From its definition: precision at each right place among the first twenty."""
    each = []
    for hits, num_right in zip(orders, most, strict=True):
        found = [sum(hits[: place + 1]) / (place + 1) for place in range(min(len(hits), 20)) if hits[place]]
        each.append(sum(found) / min(num_right, 20))
    return 100 * sum(each) / len(each)


def test_lareqa_is_scored_as_an_independent_computation_does(found: Path) -> None:
    """Questions of all languages against sentences of all; right are those that hold the answer of the same question."""
    queries, asked, candidates, answered = [], [], [], []
    for file in sorted((data(found) / "lareqa/xquad-r").iterdir()):
        for article in read(file)["data"]:
            for paragraph in article["paragraphs"]:
                edges = paragraph["sentence_breaks"]
                for start, end in edges:
                    text = paragraph["context"]
                    candidates.append(text[start:end] + text)
                    answered.append(
                        {q["id"] for q in paragraph["qas"] if start <= q["answers"][0]["answer_start"] < end}
                    )
                for question in paragraph["qas"]:
                    queries.append(question["question"])
                    asked.append(question["id"])
    orders = by_hand(found, "lareqa", queries, candidates)
    hits = [[id in answered[place] for place in order] for id, order in zip(asked, orders, strict=True)]
    expected = mean_average_precision(hits, [sum(row) for row in hits])
    assert read(phase(found) / "scores.json")["lareqa"]["avg"]["map@20"] == pytest.approx(expected, abs=0.02)
    assert {sum(row) for row in hits} == {5}, "one sentence in each of the world's languages"


def test_mewsli_x_is_scored_as_an_independent_computation_does(found: Path) -> None:
    """Mentions of one language against all entities; the mean of the languages' means."""
    lines = (data(found) / "mewslix/candidate_set_entities.jsonl").read_text(encoding="utf-8").splitlines()
    entities = [json.loads(line) for line in lines]
    texts = [entity["description"] for entity in entities]  # the world's have nothing but their sentences
    numbers = read(phase(found) / "scores.json")["mewslix"]
    means = []
    for file in sorted((data(found) / "mewslix/wikinews_mentions").glob("test-*.jsonl")):
        code = file.stem.removeprefix("test-")
        gold = read(data(found) / f"labels/mewslix/test-{code}.json")
        queries, right = [], []
        for line in file.read_text(encoding="utf-8").splitlines():
            article = json.loads(line)
            (mention,) = article["mentions"]
            start, end = mention["mention_span"]["start"], mention["mention_span"]["end"]
            text = article["context"]["text"]
            first, last = next(
                (span["start"], span["end"])
                for span in article["context"]["sentence_spans"]
                if span["start"] <= start < span["end"]
            )
            shown = f"{text[start:end]}: {text[first:start]} {{ {text[start:end]} }} {text[end:last]}"
            queries.append(shown.replace("  ", " ").strip())
            right.append(gold[mention["example_id"]][0])
        orders = by_hand(found, "mewslix", queries, texts)
        hits = [
            [entities[place]["entity_id"] == id for place in order[:20]]
            for id, order in zip(right, orders, strict=True)
        ]
        means.append(mean_average_precision(hits, [1] * len(hits)))
        assert numbers[code]["map@20"] == pytest.approx(means[-1], abs=0.02)
    assert numbers["avg"]["map@20"] == pytest.approx(sum(means) / len(means), abs=0.02)


@pytest.mark.parametrize("task", TASKS)
def test_rankings_and_labels_are_the_same_on_one_rank_and_two(found: Path, task: str) -> None:
    """The two runs trained apart, to rounding alike, so that a near-tie may fall the other way."""
    for file in sorted((phase(found) / "predictions" / task).iterdir()):
        one, two = (read(phase(found, world) / "predictions" / task / file.name) for world in (1, 2))
        assert list(one) == list(two)
        assert all(len(row) == 20 and len(set(row)) == 20 for row in one.values())
        same = [a == b for key in one for a, b in zip(one[key], two[key], strict=True)]
        assert np.mean(same) > 0.95
    labels = [(phase(found, world) / "labels" / task / "test-qac.json").read_bytes() for world in (1, 2)]
    assert labels[0] == labels[1]


def test_the_row_of_xtreme_r_and_the_counts_are_on_the_page(found: Path) -> None:
    results = (found / "on1/graph/results.md").read_text(encoding="utf-8")
    assert "lareqa" in results and "mewslix" in results and "dual" in results
    facts = read(phase(found) / "found/lareqa-qab.json")
    assert facts == {"reading": "trained head", "queries": 12, "candidates": 100}
    assert not (phase(found) / "vectors").exists()


def test_what_does_not_fit_together_is_one_line(found: Path, tmp_path: Path) -> None:
    for overrides, trouble in (
        (["phases.find.kind=evaluate"], "lareqa is an embed task, .*set kind: retrieve"),
        (
            ["phases.find.after=null"],
            "lareqa is an embed task, whose vectors its own head makes; name the phase",
        ),
        (["phases.pairs.tasks={mewslix: {}}"], "unknown head 'lareqa'"),
        (["phases.find.retrieve={languages: [xx]}"], "lareqa is there in en, qaa, qab, qac, qad only"),
        (
            ["phases.pairs.tasks={lareqa: {group: 20}}", "train.token_budget=512"],
            r"train.token_budget: 512 tokens cannot hold .*lower tasks.lareqa.group",
        ),
        (["phases.pairs.tasks={lareqa: {group: 1}}"], "group"),
        (["phases.pairs.tasks={lareqa: {max_question: 2}}"], "tasks.lareqa.max_question=3 or more"),
    ):
        (tmp_path / "graph.yaml").write_text((found / "graph.yaml").read_text())
        with pytest.raises(UserError, match=trouble) as caught:
            run_on_here(tmp_path, overrides)
        assert "\n" not in str(caught.value)


def run_on_here(folder: Path, overrides: list[str]) -> None:
    from mtl.engine.launch import join_run
    from mtl.run.recipe.read import load_recipe
    from mtl.run.running import run_phases

    changes = [f"out={folder}/runs", "phases.pairs.train={steps: 1, eval_every: null}", *overrides]
    recipe = load_recipe(folder / "graph.yaml", changes)
    run_phases(recipe, recipe.phase_list(), join_run(), dry_run=True, resume=False, insist=False)


def test_a_head_of_vectors_predicts_no_rows(found: Path, tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text("{}\n")
    head = find_head(found / "on1/graph/pairs", "lareqa")
    wish = partial(PredictionRequest, head=head, rows=tmp_path / "rows.jsonl", columns={}, token_budget=64)
    with pytest.raises(UserError, match=r"makes vectors; use launchers/embed.py --head lareqa$"):
        predict_file(wish(out=tmp_path / "out.jsonl"), None)  # type: ignore[arg-type]


def test_candidates_are_embedded_once_and_one_tasks_dual_encoder_is_held(found: Path, tmp_path: Path) -> None:
    made: list[str] = []

    def dual_encoder(task: str) -> Embedder:
        made.append(task)
        return Embedder.of_head(find_head(found / "on1/graph/pairs", task), EmbedSettings())

    searches = Searches(
        search=SearchSettings(),
        embedder=dual_encoder,
        root=data(found),
        vectors=tmp_path,
        pause=lambda what: None,
        say=lambda text: None,
    )
    lareqa, mewslix = map(get_task, TASKS)
    pool = searches.candidates(lareqa, "test")
    searches.queries(lareqa, "test", "qab")
    assert searches.candidates(lareqa, "test") is pool
    assert made == ["lareqa"]
    searches.candidates(mewslix, "test")
    searches.queries(lareqa, "test", "qac")
    assert made == ["lareqa", "mewslix", "lareqa"]
