"""A finished run's heads predict a user's rows: as `transformers` would, on any number of processes, resumably."""

import json
import os
import random
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mtl.engine.launch import Ranks
from mtl.errors import UserError
from mtl.run.exporting import export_checkpoint, find_checkpoint, find_head, find_phase, own_export
from mtl.runfolder import PhaseFolder
from tests.kit import small_run, stock_answers
from tests.kit.mortal import Life, live

ROWS = 11


def train(recipe: Path) -> None:
    from mtl.errors import run_verb
    from mtl.run.running import run_recipe

    changes = ["train.steps=2", "train.eval_every=null", "deepspeed=ds_configs/zero3.json"]
    run_verb(partial(run_recipe, recipe, changes), leave=os._exit)


def say(run: Path, head: str, rows: Path, out: Path, killed_at: int | None = None) -> None:
    """Predict in chunks of three; perhaps rank 0 is killed when it writes its n-th part."""
    from mtl.engine.launch import join_run
    from mtl.run import predicting

    predicting.CHUNK = 3
    whole, calls = predicting.write_atomic, [0]

    def write(path: Path, text: str) -> None:
        calls[0] += 1
        if calls[0] == killed_at and os.environ["RANK"] == "0":
            os.kill(os.getpid(), signal.SIGKILL)
        whole(path, text)

    predicting.write_atomic = write
    wish = predicting.PredictionRequest(
        head=find_head(run, head), rows=rows, out=out, columns=COLUMNS.get(head, {}), token_budget=256
    )
    assert predicting.predict_file(wish, join_run()) == ROWS


GOLD = {"pairs": "label", "choices": "label", "tags": "tags"}
COLUMNS = {"pairs": {"text_a": "a", "text_b": "b"}}
HEADS = ("pairs", "choices", "spans", "tags")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run at stage 3, and for each kind the predictions of one process, of two, and of two after a kill."""
    recipe = small_run.write(tmp_path_factory.mktemp("small"))
    folder = recipe.parent / "runs" / "small"
    lives = [Life(function=train, args=(recipe,))]
    for head in HEADS:
        dice = random.Random(head)
        rows = recipe.parent / f"{head}.jsonl"
        unlabelled = [small_run.ROWS[head](dice, number) for number in range(ROWS)]
        for row in unlabelled:
            for gold in ("label", "tags", "answer_text", "answer_start"):
                row.pop(gold, None)
        rows.write_text("".join(json.dumps(row) + "\n" for row in unlabelled))
        say_it = partial(lambda *args: args, folder, head, rows)
        for world in (1, 2):
            lives.append(
                Life(function=say, args=say_it(recipe.parent / f"{head}-{world}.jsonl"), world=world)
            )
        killed = recipe.parent / f"{head}-killed.jsonl"
        lives += [Life(function=say, args=say_it(killed, 3)), Life(function=say, args=say_it(killed))]
    ends = live(lives, recipe.parent / "lives", patience=5)
    for number, end in enumerate(ends):
        if number and number % 4 == 3:
            assert end.codes[0] == -signal.SIGKILL, end.said
        else:
            assert set(end.codes) == {0}, end.said
    return folder


def predictions(run: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run.parents[1] / f"{name}.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("head", HEADS)
def test_every_row_is_answered_the_same_on_any_processes_and_after_a_kill(run: Path, head: str) -> None:
    alone = predictions(run, f"{head}-1")
    assert len(alone) == ROWS
    assert [row["row"] for row in alone] == list(range(1, ROWS + 1))
    ids = [str(i) for i in range(ROWS)] if head == "spans" else [None] * ROWS
    assert [row.get("id") for row in alone] == ids
    assert predictions(run, f"{head}-2") == predictions(run, f"{head}-killed") == alone
    assert not list(run.parents[1].glob(".*parts"))


def test_transformers_alone_gives_the_same_answers_of_every_kind_in_a_fresh_process(run: Path) -> None:
    heads = [(head, find_head(run, head), run.parents[1] / f"{head}.jsonl") for head in HEADS]
    command = [sys.executable, "-I", stock_answers.__file__, *(word for head in heads for word in head)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    ours = {head: [one["prediction"] for one in predictions(run, f"{head}-1")] for head in HEADS}
    assert json.loads(said) == ours


def test_answers_are_of_the_kind(run: Path) -> None:
    rows, said = predictions(run, "tags"), predictions(run, "tags-1")
    assert [len(one["prediction"]) for one in said] == [len(row["words"]) for row in rows]
    assert {tag for one in said for tag in one["prediction"]} <= set(small_run.TAGS)
    assert {one["prediction"] for one in predictions(run, "choices-1")} <= {0, 1, 2}
    for row, one in zip(predictions(run, "spans"), predictions(run, "spans-1"), strict=True):
        assert one["prediction"] in row["context"]


def test_any_checkpoint_exports_as_the_phase_did(run: Path, tmp_path: Path) -> None:
    checkpoint = find_checkpoint(run)
    assert checkpoint == find_checkpoint(run / "intermediate") == find_checkpoint(checkpoint)
    export_checkpoint(checkpoint, tmp_path / "out")
    names = {path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.safetensors")}
    assert len(names) == 1 + 2 * 5
    for name in names:
        theirs = run / "intermediate" / "export" / name
        assert (tmp_path / "out" / name).read_bytes() == theirs.read_bytes()


def test_only_the_result_of_a_phase_goes_into_its_own_export(tmp_path: Path) -> None:
    folder = PhaseFolder(tmp_path / "phase")
    first, last = (folder.checkpoints / f"step-0000000{step}" for step in (1, 2))
    for checkpoint in (first, last):
        checkpoint.mkdir(parents=True)
    with pytest.raises(UserError, match=r"is not its phase's result.*name another folder with --out"):
        own_export(last)
    folder.write_result(last)
    assert own_export(last) == folder.export
    with pytest.raises(UserError, match=r"step-00000001: is not its phase's result"):
        own_export(first)


def test_what_is_meant_is_found_or_named(run: Path, tmp_path: Path) -> None:
    assert find_head(run / "intermediate" / "export", "tags") == find_head(run, "tags", "intermediate")
    with pytest.raises(UserError, match="has the heads choices, pairs, spans, tags, texts; say which"):
        find_head(run, None)
    with pytest.raises(UserError, match="unknown head 'tag'; did you mean tags"):
        find_head(run, "tag")
    with pytest.raises(UserError, match="is of head tags, not of pairs; name the folder"):
        find_head(run / "intermediate" / "export" / "heads" / "tags", "pairs")
    for path in (run / "intermediate", find_checkpoint(run)):
        assert find_checkpoint(path, "intermediate") == find_checkpoint(path)
        with pytest.raises(UserError, match="is of phase intermediate, not of target; name the folder"):
            find_checkpoint(path, "target")
    with pytest.raises(UserError, match="unknown phase 'target'"):
        find_checkpoint(run, "target")
    with pytest.raises(UserError, match="holds no trained phase"):
        find_checkpoint(tmp_path)


def test_of_several_phases_one_is_named_by_its_folder(tmp_path: Path) -> None:
    for name in ("nine", "squad"):
        (tmp_path / name / "checkpoints").mkdir(parents=True)
    with pytest.raises(UserError, match=r"has the phases nine, squad; name the folder of one, .*/squad$"):
        find_head(tmp_path, "squad_v1")
    assert find_phase(tmp_path / "squad") == find_phase(tmp_path, "squad")


def test_rows_may_hold_gold_that_no_head_knows_and_ids_where_they_like(run: Path, tmp_path: Path) -> None:
    from mtl.run.predicting import PredictionRequest, predict_file

    texts = {"pairs": {"a": "x", "b": "y"}, "spans": {"question": "who?", "context": "the fox"}}
    texts |= {"tags": {"words": ["the", "fox"]}, "choices": json.loads(first_line(run, "choices"))}
    gold: dict[str, Any] = {"label": ["strange"], "tags": 7, "answers": "none", "is_impossible": True}
    alone = Ranks.alone()
    for head, row in texts.items():
        rows, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
        same = [{**row, "id": "mine"}, {**row, **gold, "id": "mine"}, {**row, "id": None}]
        rows.write_text("".join(json.dumps(one) + "\n" for one in same))
        columns = {**COLUMNS.get(head, {}), **({} if head == "spans" else {GOLD[head]: GOLD[head]})}
        wish = PredictionRequest(
            head=find_head(run, head), rows=rows, out=out, columns=columns, token_budget=256
        )
        assert predict_file(wish, alone) == 3
        said = [json.loads(line) for line in out.read_text().splitlines()]
        assert [one.get("id") for one in said] == ["mine", "mine", None]
        assert len({str(one["prediction"]) for one in said}) == 1


def first_line(run: Path, head: str) -> str:
    return (run.parents[1] / f"{head}.jsonl").read_text().splitlines()[0]


def test_a_bad_row_is_named_by_its_line_in_the_user_s_own_file(run: Path, tmp_path: Path) -> None:
    from mtl.run.predicting import PredictionRequest, predict_file

    rows = tmp_path / "rows.jsonl"
    rows.write_text('\n{"a": "the fox", "b": "a dog"}\n\n{"a": "the fox"}\n')
    head, columns = find_head(run, "pairs"), COLUMNS["pairs"]
    wish = PredictionRequest(head=head, rows=rows, out=tmp_path / "out", columns=columns, token_budget=256)
    alone = Ranks.alone()
    with pytest.raises(UserError, match=rf"^{rows}:4: task pairs: no column 'b'; the row has: a; .* columns"):
        predict_file(wish, alone)
    with pytest.raises(UserError, match=rf"^--token-budget: 2 .* {rows}:2, which has"):
        rows.write_text('\n{"a": "the fox", "b": "a dog"}\n')
        predict_file(replace(wish, token_budget=2), alone)
