"""Rows and texts that two data sets share are found, and nothing else is."""

from dataclasses import replace
from pathlib import Path

import pytest

from mtl.run.places import prepare_worlds
from mtl.study.file import load_study
from mtl.study.graph import lay_out
from mtl.study.leakage import Leak, find_leakage, is_long, prints_of
from mtl.tasks.records import EmbedRecord, PairRecord, SpanRecord


def row(a: str, b: str, label: str = "x") -> PairRecord:
    return PairRecord(id="", text_a=a, text_b=b, label=label)


LONG = "the old man went to the river"


def test_same_rows_and_rows_with_a_same_text_are_told_apart() -> None:
    mine = prints_of(
        [row(LONG, "he swam there every single day"), row("short", LONG), row("one", "two"), row("a", "b")]
    )
    seen = prints_of([row(f" {LONG.upper()}\n", "He swam there  every single day", "y"), row("one", "two")])
    assert mine.shared(seen) == (0.5, 0.75)
    assert mine.shared(prints_of([row("other", "things")])) == (0.0, 0.0)


def test_the_same_short_text_proves_nothing() -> None:
    assert prints_of([row("yes", LONG)]).shared(prints_of([row("yes", "no")])) == (0.0, 0.0)
    assert is_long(LONG) and not is_long("yes of course") and not is_long("")
    assert is_long("这是一个很长的中文句子它没有任何空格在里面呢") and not is_long("你好吗")


def test_a_question_on_the_same_paragraph_shares_a_text() -> None:
    one = SpanRecord(id="1", question="Who went there?", context=LONG, answers=())
    other = SpanRecord(id="2", question="Where did he go?", context=LONG, answers=())
    assert prints_of([one]).shared(prints_of([other])) == (0.0, 1.0)


def test_a_pair_of_a_dual_encoder_shares_the_question_it_was_made_of() -> None:
    question = "Who went to the river there?"
    one = SpanRecord(id="1", question=question, context=LONG, answers=())
    other = EmbedRecord(id="1", query=question, candidate=f"Ann.{LONG}", key="")
    assert prints_of([one]).shared(prints_of([other])) == (0.0, 1.0)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("study")
    (folder / "s.yaml").write_text(
        f"""
question: Who has seen what?
model: {{config: {{hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}}}
data: {{world: {{scale: 0.05}}, cache: {folder}/cache}}
train: {{steps: 4, precision: fp32}}
evaluate: {{split: dev}}
arms: {{none: {{}}, anli: {{tasks: [anli]}}, ccg: {{tasks: [ccg]}}, squad: {{tasks: [squad_v1]}}}}
control: none
targets: {{mnli: {{}}}}
seeds: [0]
"""
    )
    return folder / "s.yaml"


def test_anli_holds_mnli_and_ccg_does_not(study: Path) -> None:
    matrix = lay_out(load_study(study))
    prepare_worlds(matrix.recipe, matrix.recipe.phase_list())
    leakage = find_leakage(matrix)
    assert leakage.problems == ()
    training = {leak.arm: leak for leak in leakage.leaks if leak.part == "training"}
    assert training["anli"].rows == 1.0
    assert training["anli"].files == ("mnli/multinli_1.0_train.jsonl",)
    assert training["ccg"].rows == training["ccg"].texts == 0.0
    assert ("anli", "mnli") in leakage.leaky and ("ccg", "mnli") not in leakage.leaky


def test_a_file_that_both_read_is_no_leak_where_they_read_other_rows_of_it() -> None:
    shared = Leak(arm="ru", target="tydiqa", part="training", rows=0.0, texts=0.002, files=("train.parquet",))
    assert not shared.leaky and replace(shared, texts=0.02).leaky


def test_looking_writes_no_world(study: Path, tmp_path: Path) -> None:
    matrix = lay_out(load_study(study, [f"data.cache={tmp_path}"]))
    leakage = find_leakage(matrix)
    assert leakage.leaks == () and list(tmp_path.iterdir()) == []
    assert "data.world: " in leakage.problems[0] and "is not there; start the run" in leakage.problems[0]


def test_data_that_is_not_there_is_a_problem_and_no_crash(study: Path, tmp_path: Path) -> None:
    matrix = lay_out(
        load_study(study, ["data={world: null, root: " + str(tmp_path) + "}", "model.tokenizer=x"])
    )
    leakage = find_leakage(matrix)
    assert leakage.leaks == ()
    assert "anli" in leakage.problems[0]
