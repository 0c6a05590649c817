"""Changes on the command line: which keys they reach, who wins, and what is wrong with one."""

import pytest

from mtl.run.recipe.overrides import split_words
from mtl.run.recipe.read import load_recipe
from tests.run.recipe.broken import BASE, mistake


def test_overrides_change_the_defaults_or_one_phase_and_the_last_wins(write):
    path = write(BASE + "phases: {a: {}, b: {}}\n")
    overrides = [
        "train.lr=3e-4",
        "train.lr=2e-4",
        "phases.b.train.lr=1e-3",
        "tasks.mnli.max_length=64",
        "mixture.cap=",
    ]
    a, b = load_recipe(path, overrides).phase_list()
    assert (a.train.lr, b.train.lr) == (2e-4, 1e-3)
    assert a.tasks["mnli"].max_length == 64
    assert list(a.tasks) == ["mnli", "qqp"], "a change to a listed task keeps the list"


def test_an_override_may_hold_a_list_a_mapping_or_null(write):
    overrides = ["tasks=[mnli, ccg]", "mixture.max_epochs={ccg: 3}", "train.steps=null", "train.epochs=1.5"]
    (phase,) = load_recipe(write(BASE), overrides).phase_list()
    assert list(phase.tasks) == ["mnli", "ccg"]
    assert (phase.mixture.max_epochs, phase.train.epochs) == ({"ccg": 3}, 1.5)


def test_the_default_phase_can_be_overridden_by_name(write):
    (phase,) = load_recipe(write(BASE), ["phases.intermediate.train.lr=1"]).phase_list()
    assert phase.train.lr == 1.0


def test_a_phase_that_an_override_makes_null_is_left_out_and_the_next_starts_where_it_would_have(write):
    path = write(BASE + "phases: {a: {}, b: {after: a}, c: {after: b}}\n")
    recipe = load_recipe(path, ["phases.b=null"])
    assert {name: phase.after for name, phase in recipe.phases.items()} == {"a": None, "c": "a"}


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("train.lrr=1", "override train.lrr=1: unknown key train.lrr; did you mean train.lr?"),
        ("train.lr.x=1", "override train.lr.x=1: unknown key train.lr.x; train.lr has no keys"),
        ("phases.intermediate.train.lrr=1", "did you mean phases.intermediate.train.lr?"),
        ("phases.intermediat.train.lr=1", "unknown phase 'intermediat'; did you mean intermediate?"),
        ("tasks.mnlli.stride=1", "unknown task 'mnlli'; did you mean mnli?"),
        ("tasks=[mnlli]", "override tasks=[mnlli]: tasks.mnlli: unknown task 'mnlli'; did you mean mnli or"),
        ("tasks=[mnli, mnli]", "override tasks=[mnli, mnli]: tasks: mnli stands twice"),
        ("tasks=[mnli, 3]", "tasks: expected a list of task names"),
        ("tasks=[]", "tasks: name at least one task"),
        ("train", "override 'train': expected key=value"),
        ("=3", "override '=3': expected key=value"),
        ("train..lr=3", "expected key=value"),
        ("train.lr=[1", "override train.lr=[1:1: not valid YAML"),
        ("train.lr=fast", "override train.lr=fast: train.lr: expected a number, got 'fast'"),
        ("train.lr='1e-5'", "train.lr: expected a number, got '1e-5'"),
        ("train.lr=-1", "override train.lr=-1: train.lr: must be greater than 0, got -1"),
        ("train.lr=.inf", "train.lr: expected a number, got '.inf'"),
        ("train.lr=1e999", "train.lr: must be finite, got inf"),
        ("train.steps=010", "train.steps: expected a whole number or null, got '010'"),
        ("train.lr=null", "train.lr: expected a number, got null"),
        ("train.steps=1.5", "train.steps: expected a whole number or null, got 1.5"),
        ("train.steps=true", "train.steps: expected a whole number or null, got true"),
        ("train.schedule=cosine", "train.schedule: expected one of linear, constant, got 'cosine'"),
        ("train.freeze.embeddings=yes", "train.freeze.embeddings: expected true or false, got 'yes'"),
        ("train.betas=[0.9]", "train.betas"),
        ("train.betas=[0.9, 1.0]", "train.betas.1: must be less than 1, got 1.0"),
        ("train=3", "override train=3: train: expected a mapping of examples_per_step,"),
        ("train={lrr: 1}", "override train={lrr: 1}: unknown key train.lrr"),
        ("mixture.temperature=hot", "mixture.temperature: expected a number or a list, each item"),
        ("mixture.max_epochs={mnli: x}", "mixture.max_epochs: expected a number or a mapping from"),
        ("mixture.weights={mnli: 1}", "mixture.weights: no weight for qqp"),
        ("mixture.weights={mnli: 1, qqp: 1, qpq: 1}", "mixture.weights.qpq: unknown task 'qpq'"),
        ("mixture.temperature=[[0, 1], [0, 2]]", "mixture.temperature: a schedule's steps must rise"),
        ("mixture.temperature=[]", "must rise"),
        ("seed=-1", "seed: must be greater than or equal to 0, got -1"),
        ("train.steps=1000000000000000000000", "train.steps: must be less than"),
        ("seed=" + "9" * 5000, "not valid YAML"),
        ("mixture.min_epochs={nope: 1}", "mixture.min_epochs.nope: unknown task"),
        ("mixture={min_epochs: {mnli: 2}, max_epochs: 1}", "2 is more than its max_epochs 1"),
        ("train.epochs=1", "train.steps and train.epochs are both set"),
        ("train.steps=null", "train.steps and train.epochs are both null"),
        ("train.warmup=2.5", "train.warmup: 2.5 is no number of steps"),
        ("train.warmup=11", "train.warmup: 11 steps of warm-up are more than train.steps 10"),
        ("train.patience=3", "train.patience: patience counts evaluations; set train.eval_every"),
        ("train.token_budget=0", "train.token_budget: expected one of auto or a whole number, got 0"),
        ("train.layer_decay=1.1", "train.layer_decay: must be less than or equal to 1, got 1.1"),
        ("data.world.seed=1", "data.root and data.world are both set"),
        ("data.root=null", "data.root and data.world are both null"),
        ("model.name=null", "model.name: name and config are both null"),
        ("model.config={hidden_sise: 8}", "unknown key model.config.hidden_sise; did you mean"),
        ("model.config={hidden_size: 8}", "model.config.num_hidden_layers: missing; expected a whole number"),
        ("deepspeed=ds_configs/zer1.json", "deepspeed: ds_configs/zer1.json: no such file; did you mean"),
        ("name=../up", "name: must be letters, digits and . _ -, got '../up'"),
        ("phases={}", "phases: name at least one phase"),
        ("phases=3", "phases: expected a mapping from name to a mapping, got 3"),
        ("phases.a b.kind=train", "unknown phase 'a b'"),
        ("phases.intermediat=null", "unknown phase 'intermediat'; did you mean intermediate?"),
        ("phases.intermediate=null", "phases: name at least one phase"),
        ("phases.intermediate=3", "phases.intermediate: expected a mapping of"),
        ("phases.intermediate.kind=fly", "phases.intermediate.kind: expected one of train, evaluate, retrieve, got 'fly'"),
    ],
)  # fmt: skip
def test_a_wrong_override_is_one_line_that_says_what_to_do(write, override, expected):
    assert expected in mistake(write(BASE), override)


def test_a_change_to_a_task_of_a_faulty_list_names_the_list(write):
    faulty = write(BASE.replace("tasks: [mnli, qqp]", "tasks: [mnli, mnli]"))
    assert "tasks: mnli stands twice; name each task once" in mistake(faulty, "tasks.mnli.max_length=128")


def test_a_place_may_begin_at_home_as_in_a_shell(write, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    changes = ["out=~/runs", "data={root: ~/data, cache: ~/cache}", "model.name=~/xlmr"]
    recipe = load_recipe(write(BASE), changes)
    phase = recipe.phase_list()[0]
    assert recipe.folder.parent == tmp_path / "runs"
    assert (phase.data.root, phase.data.cache) == (tmp_path / "data", tmp_path / "cache")
    assert phase.model.name == str(tmp_path / "xlmr")


@pytest.mark.parametrize(
    "override",
    [
        "model={config: {hidden_size: 1000000, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 8}}",
        "train.bins_multiple=1000000",
        "train.examples_per_step=1000000000",
        "data={world: {scale: 1e30}}",
    ],
)
def test_an_absurd_size_is_refused_before_memory_is_asked_for(write, override):
    assert "must be less than or equal to" in mistake(write(BASE), override)


def test_a_file_whose_name_holds_an_equals_sign_behind_a_slash_is_no_override():
    assert split_words(["runs/lr=1/recipe.yaml", "tasks=[a/b]", "seed=2"]) == (
        ["runs/lr=1/recipe.yaml"],
        ["tasks=[a/b]", "seed=2"],
    )
