"""From a study's file to phases: each is there once, arms get what they ask for, mistakes are named with their line."""

from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.study.file import load_study
from mtl.study.graph import lay_out
from mtl.study.matrix import StudyMatrix
from mtl.study.plan import arm_lines
from tests.kit.ranks import ROOT

STUDY = """
question: Does it help?
model: {config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}}
data: {world: {scale: 0.05}}
train: {steps: 4, precision: fp32}
before:
  text: {tasks: [hellaswag]}
intermediate: {train: {lr: 1e-3}}
arms:
  none: {}
  mnli: {tasks: [mnli], family: NLI}
  all: {tasks: [mnli, qqp, ccg]}
variants:
  "": {}
  equal size: {records: 100}
control: none
target: {train: {steps: 6}}
targets:
  xnli: {group: sentences}
  xquad: {train: {lr: 2e-5}}
seeds: [5, 6]
"""


def laid_out(folder: Path, *overrides: str, text: str = STUDY) -> StudyMatrix:
    (folder / "s.yaml").write_text(text)
    return lay_out(load_study(folder / "s.yaml", overrides))


def test_every_arm_is_there_with_every_target_and_seed(tmp_path: Path) -> None:
    matrix = laid_out(tmp_path)
    labels = ["none", "mnli", "mnli, equal size", "all", "all, equal size"]
    assert [row.label for row in matrix.rows] == labels
    assert [row.family for row in matrix.rows] == ["none", "NLI", "NLI", "all", "all"]
    assert len(matrix.cells) == 5 * 2 * 2
    cell = next(c for c in matrix.cells if (c.row.label, c.target, c.seed) == ("mnli", "xquad", 6))
    assert cell.phases == ("text", "mnli-6", "mnli-6-xquad", "mnli-6-xquad-test")
    assert cell.intermediate == "mnli-6"


def test_what_arms_share_is_one_phase(tmp_path: Path) -> None:
    matrix = laid_out(tmp_path)
    names = list(matrix.recipe.phases)
    assert names.count("text") == 1
    # One text phase; four arms that train, with two seeds; five arms with two targets and seeds, trained and tested.
    assert len(names) == 1 + 4 * 2 + 5 * 2 * 2 * 2
    assert matrix.num_shared == sum(len(cell.phases) for cell in matrix.cells) - len(names) > 0
    text = STUDY.replace("  all: {tasks: [mnli, qqp, ccg]}", "  twin: {tasks: [mnli]}")
    twins = [c.phases for c in laid_out(tmp_path, text=text).cells if c.row.label in ("mnli", "twin")]
    assert twins[: len(twins) // 2] == twins[len(twins) // 2 :]


def test_one_intermediate_run_may_serve_all_seeds_of_fine_tuning(tmp_path: Path) -> None:
    matrix = laid_out(tmp_path, "vary=target")
    assert {cell.intermediate for cell in matrix.cells if cell.row.label == "mnli"} == {"mnli-5"}
    assert {matrix.recipe.phases[cell.phases[-2]].seed for cell in matrix.cells} == {5, 6}


def test_settings_lie_over_each_other_as_written(tmp_path: Path) -> None:
    phases = laid_out(tmp_path).recipe.phases
    assert (phases["mnli-5"].train.lr, phases["mnli-5"].train.steps) == (1e-3, 4)
    assert (phases["mnli-5-xnli"].train.lr, phases["mnli-5-xnli"].train.steps) == (1e-5, 6)
    assert (phases["mnli-5-xquad"].train.lr, phases["mnli-5-xquad"].train.steps) == (2e-5, 6)
    assert phases["mnli-5-xnli"].seed == phases["mnli-5"].seed == 5
    assert phases["mnli-5-xnli-test"].kind == "evaluate"
    assert phases["mnli-5-xnli-test"].after == "mnli-5-xnli"


def test_an_amount_is_shared_out_over_an_arm_s_tasks(tmp_path: Path) -> None:
    tasks = laid_out(tmp_path).recipe.phases["all-equal-size-5"].tasks
    assert {name: each.records for name, each in tasks.items()} == {"mnli": 34, "qqp": 33, "ccg": 33}
    tasks = laid_out(tmp_path, "variants={half: {fraction: 0.5}}").recipe.phases["all-half-5"].tasks
    assert {each.fraction for each in tasks.values()} == {0.5}


def test_a_variant_s_amount_stands_in_place_of_the_arm_s_whichever_way_each_is_said(tmp_path: Path) -> None:
    arms = "arms={none: {}, mnli: {tasks: [mnli], records: 50}}"
    phases = laid_out(tmp_path, arms, "variants={'': {}, tenth: {fraction: 0.1}}").recipe.phases
    whole, tenth = (phases[name].tasks["mnli"] for name in ("mnli-5", "mnli-tenth-5"))
    assert (whole.records, whole.fraction) == (50, None)
    assert (tenth.records, tenth.fraction) == (None, 0.1)


def test_a_test_cuts_its_texts_as_the_training_of_its_head_did(tmp_path: Path) -> None:
    targets = (
        "targets={xnli: {tasks: {xnli: {max_length: 64, language: qaa}}}, "
        "xquad: {tasks: {squad_v1: {max_length: 96, stride: 32, records: 50}}}, "
        "tatoeba: {kind: retrieve, tasks: {tatoeba: {max_length: 48}}}}"
    )
    phases = laid_out(tmp_path, targets, "variants={}", "arms={none: {}}").recipe.phases
    xnli, xquad, tatoeba = (
        phases[f"none-5-{target}-test"].tasks[target] for target in ("xnli", "xquad", "tatoeba")
    )
    assert (xnli.max_length, xnli.language) == (64, None)
    assert (xquad.max_length, xquad.stride, xquad.records) == (96, 32, None)
    assert tatoeba.max_length == 48


def test_a_target_may_have_a_training_before_it_and_take_over_its_head(tmp_path: Path) -> None:
    targets = "targets={xcopa: {first: {tasks: [cosmosqa], train: {steps: 2}}, tasks: [commonsenseqa], carry: {commonsenseqa: cosmosqa}}}"
    phases = laid_out(tmp_path, targets, "variants={}", "arms={none: {}}").recipe.phases
    assert list(phases)[1:4] == ["none-5-xcopa-first", "none-5-xcopa", "none-5-xcopa-test"]
    assert phases["none-5-xcopa-first"].train.steps == 2
    assert dict(phases["none-5-xcopa"].carry) == {"commonsenseqa": "cosmosqa"}


def test_retrieval_needs_no_fine_tuning_and_is_done_once_for_all_seeds_of_a_fixed_encoder(
    tmp_path: Path,
) -> None:
    matrix = laid_out(tmp_path, "targets={tatoeba: {kind: retrieve, retrieve: {layer: 1}}}", "variants={}")
    phases = matrix.recipe.phases
    tests = {cell.phases for cell in matrix.cells if cell.row.label == "none"}
    assert tests == {("text", "none-5-tatoeba-test")}
    assert (
        phases["none-5-tatoeba-test"].kind == "retrieve" and phases["none-5-tatoeba-test"].retrieve.layer == 1
    )
    assert phases["mnli-6-tatoeba-test"].after == "mnli-6"


def test_an_arm_may_change_the_fine_tuning(tmp_path: Path) -> None:
    arms = "arms={none: {}, slow: {target: {train: {lr: 1e-7}}}}"
    matrix = laid_out(tmp_path, arms, "variants={}")
    assert matrix.recipe.phases["slow-5-xnli"].train.lr == 1e-7
    assert matrix.recipe.phases["none-5-xnli"].train.lr == 1e-5


def test_only_models_of_targets_may_be_let_go(tmp_path: Path) -> None:
    assert laid_out(tmp_path).fine_tuned == frozenset()
    fine_tuned = laid_out(tmp_path, "keep=intermediate").fine_tuned
    assert {"none-5-xnli", "mnli-6-xquad"} <= fine_tuned
    assert not fine_tuned & {"text", "mnli-5", "none-5-xnli-test"}


def test_by_default_every_arm_is_compared_with_the_control(tmp_path: Path) -> None:
    assert [(c.arm, c.against) for c in laid_out(tmp_path).comparisons] == [
        (label, "none") for label in ("mnli", "mnli, equal size", "all", "all, equal size")
    ]
    chosen = laid_out(tmp_path, "comparisons=[{arm: all, against: mnli}]").comparisons
    assert [(c.arm, c.against) for c in chosen] == [("all", "mnli")]


def test_an_arm_without_data_is_shown_with_the_reason_and_not_run(tmp_path: Path) -> None:
    arms = "arms={none: {}, mnli: {tasks: [mnli], empty: nobody wrote any}, ccg: {tasks: [ccg], aside: too good}}"
    matrix = laid_out(tmp_path, arms, "variants={}")
    assert {row.label: (row.empty, row.aside) for row in matrix.rows} == {
        "none": (None, None),
        "mnli": ("nobody wrote any", None),
        "ccg": (None, "too good"),
    }
    assert {cell.row.label for cell in matrix.cells} == {"none", "ccg"}
    assert [comparison.arm for comparison in matrix.comparisons] == ["ccg"]
    assert not [name for name in matrix.recipe.phases if name.startswith("mnli")]
    assert [line[2] for line in arm_lines(matrix)] == [
        "nothing",
        "no data: nobody wrote any",
        "ccg (too good)",
    ]


def test_a_task_may_be_scored_as_two_targets(tmp_path: Path) -> None:
    targets = "targets={tatoeba: {kind: retrieve}, tatoeba_mnli: {task: tatoeba, kind: retrieve, first: {tasks: [mnli]}}}"
    matrix = laid_out(tmp_path, targets, "variants={}", "arms={none: {}}", "seeds=[5]")
    assert [cell.target for cell in matrix.cells] == ["tatoeba", "tatoeba_mnli"]
    phases = matrix.recipe.phases
    assert list(phases) == [
        "text",
        "none-5-tatoeba-test",
        "none-5-tatoeba_mnli-first",
        "none-5-tatoeba_mnli-test",
    ]
    assert list(phases["none-5-tatoeba_mnli-test"].tasks) == ["tatoeba"]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("control=non", "control: unknown arm 'non'; did you mean none"),
        ("comparisons=[{arm: al, against: none}]", r"comparisons.0.arm: unknown arm 'al'; did you mean"),
        ("traget={}", "unknown key traget; did you mean target"),
        ("seeds=[]", "seeds"),
        ("seeds=[5,6,5]", "seeds: 5 stands twice; name each seed once"),
        ("targets={}", "targets"),
        ("intermediate.train.lr=fast", "intermediate.train.lr: expected a number"),
    ],
)
def test_a_mistake_is_one_line_with_the_key(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        laid_out(tmp_path, override)
    assert "\n" not in str(caught.value)


def test_a_contradiction_between_keys_is_told_with_its_line_in_the_study(tmp_path: Path) -> None:
    text = STUDY.replace("train: {lr: 2e-5}", "train: {lr: 2e-5, epochs: 2}")
    line = text.splitlines().index("target: {train: {steps: 6}}") + 1  # where steps are set
    with pytest.raises(UserError, match=rf"s\.yaml:{line}: .*train.steps and train.epochs are both set"):
        laid_out(tmp_path, text=text)


def test_a_study_may_extend_another(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(STUDY)
    matrix = laid_out(tmp_path, text="extends: base.yaml\nseeds: [1]\ntrain: {steps: 9}\nvariants: {}\n")
    assert matrix.study.name == "s"
    assert matrix.recipe.phases["mnli-1"].train.steps == 9
    assert matrix.recipe.phases["mnli-1"].train.precision == "fp32"


def test_what_retrieval_starts_from_is_exported_whatever_else_is() -> None:
    recipe = lay_out(load_study(ROOT / "recipes/studies/domain_small.yaml")).recipe
    read = {phase.after for phase in recipe.phases.values() if phase.kind == "retrieve"}
    trained = {name: phase for name, phase in recipe.phases.items() if phase.kind == "train"}
    assert {name for name, phase in trained.items() if phase.train.export} == read


def test_a_dual_encoder_is_trained_and_then_searches(tmp_path: Path) -> None:
    matrix = laid_out(tmp_path, text=STUDY.replace("  xquad: {train: {lr: 2e-5}}", "  lareqa: {}"))
    kinds = {cell.target: matrix.recipe.phases[cell.phases[-1]].kind for cell in matrix.cells}
    assert kinds == {"xnli": "evaluate", "lareqa": "retrieve"}
