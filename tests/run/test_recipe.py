"""A recipe is read, overridden, checked, written back; a mistake is one line that names place and cure."""

import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.errors import UserError
from mtl.run.recipe import load_recipe, locate, resolved
from mtl.run.recipe.yaml_text import read_yaml, write_yaml

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted((ROOT / "recipes").glob("*.yaml"))
BASE = """\
model: {name: some/encoder}
data: {root: rows}
tasks: [mnli, qqp]
train:
  steps: 10
  lr: 1e-5
"""


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="it.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return to_file


def mistake(path, *overrides):
    with pytest.raises(UserError) as caught:
        load_recipe(path, overrides)
    text = str(caught.value)
    assert "\n" not in text
    return text.replace(str(path), "FILE")


def test_a_recipe_means_what_it_says(write):
    recipe = load_recipe(write(BASE))
    assert (recipe.name, recipe.out, recipe.folder) == ("it", Path("runs"), Path("runs/it"))
    (phase,) = recipe.phase_list()
    assert (phase.name, phase.kind, phase.seed) == ("intermediate", "train", 0)
    assert phase.train.lr == 1e-5
    assert list(phase.tasks) == ["mnli", "qqp"]
    assert phase.tasks["mnli"].loss_weight == 1.0


def test_a_phase_lies_over_the_defaults_section_by_section(write):
    phases = """
phases:
  first:
  second:
    seed: 5
    tasks: {squad_v1: {max_length: 128}}
    train: {steps: null, epochs: 2, freeze: {layers: 3}}
"""
    recipe = load_recipe(write(BASE + "mixture: {cap: 100}" + phases))
    first, second = recipe.phase_list()
    assert (first.name, second.name) == ("first", "second")
    assert (first.train.steps, second.train.steps, second.train.epochs) == (10, None, 2.0)
    assert (second.train.lr, second.train.freeze.layers, second.mixture.cap) == (1e-5, 3, 100)
    assert list(second.tasks) == ["squad_v1"], "tasks are replaced as a whole"
    assert (first.seed, second.seed) == (0, 5)


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


def test_a_temperature_schedule_and_a_world_are_read(write):
    text = (
        BASE.replace("{root: rows}", "{world: {seed: 3, scale: 0.5}}")
        + "mixture: {temperature: [[0, 5], [100, 1.5]]}"
    )
    (phase,) = load_recipe(write(text)).phase_list()
    assert phase.mixture.temperature == ((0, 5.0), (100, 1.5))
    assert (phase.data.world.seed, phase.data.world.scale) == (3, 0.5)


def test_values_are_frozen(write):
    recipe = load_recipe(write(BASE))
    with pytest.raises(ValueError, match="frozen"):
        recipe.train.lr = 1.0


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.name)
def test_every_shipped_recipe_is_valid_and_survives_the_way_through_a_file(path, write):
    recipe = load_recipe(path)
    assert load_recipe(write(resolved(recipe))) == recipe
    head = [line for line in path.read_text().splitlines() if line.startswith("#")]
    for word in ("launchers/train.py", "Cost:", "Expect:"):
        assert any(word in line for line in head), f"{path.name}: its head lacks {word}"


def test_the_resolved_text_holds_every_key_and_later_phases_only_their_changes(write):
    config = "{hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 8}"
    model = "{name: null, config: " + config + ", tokenizer: t}"
    path = write(BASE + "phases: {a: {}, b: {train: {lr: 1}, model: " + model + "}}")
    text = resolved(load_recipe(path))
    again = load_recipe(write(text, "again.yaml"), ["train.lr=7"])
    a, b = again.phase_list()
    assert (a.train.lr, b.train.lr) == (7.0, 1.0), "the defaults of a resolved recipe still rule its phases"
    assert "idle_heads: auto" in text and "block: 64" in text
    assert text.count("betas") == 1


def test_a_declared_task_is_checked_and_may_be_trained_on(write):
    declared = "declare:\n  polarity:\n    kind: pair\n    files: {train: p.jsonl}\n    labels: [no, on]\n"
    recipe = load_recipe(
        write(declared + BASE), ["tasks=[polarity, mnli]", "declare.polarity.files.dev=d.jsonl"]
    )
    assert recipe.declare["polarity"] == {
        "kind": "pair",
        "files": {"train": "p.jsonl", "dev": "d.jsonl"},
        "labels": ["no", "on"],
    }
    assert load_recipe(write(resolved(recipe))) == recipe
    assert "FILE:2" in mistake(write(declared.replace("kind: pair", "kind: pear") + BASE))
    assert "there already" in mistake(write(declared.replace("polarity", "qqp") + BASE))


UNKNOWN = {
    "top": ("trian: {}", "trian; did you mean train?"),
    "in a section": ("mixture: {temprature: 2}", "mixture.temprature; did you mean mixture.temperature?"),
    "elsewhere": ("temperature: 2", "temperature; did you mean mixture.temperature?"),
    "in a phase": (
        "phases: {a: {train: {stpes: 2}}}",
        "phases.a.train.stpes; did you mean phases.a.train.steps?",
    ),
    "a phase's name": ("phases: {a: {name: b}}", "phases.a.name;"),
    "no idea": ("mixture: {zzzzzz: 2}", "mixture.zzzzzz; mixture knows by, temperature,"),
}


@pytest.mark.parametrize(("text", "expected"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_an_unknown_key_names_its_line_and_the_nearest_right_name(write, text, expected):
    assert mistake(write(BASE + text)).startswith(f"FILE:7: unknown key {expected}")
    assert mistake(write(BASE + "  lrr: 1")) == "FILE:7: unknown key train.lrr; did you mean train.lr?"


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
        ("phases.intermediate=3", "phases.intermediate: expected a mapping of"),
        ("phases.intermediate.kind=fly", "phases.intermediate.kind: expected one of train, evaluate, retrieve, got 'fly'"),
    ],
)  # fmt: skip
def test_a_wrong_override_is_one_line_that_says_what_to_do(write, override, expected):
    assert expected in mistake(write(BASE), override)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            "{hidden_size: 10, num_attention_heads: 4, num_hidden_layers: 1, intermediate_size: 8}",
            "4 does not divide",
        ),
        (
            "{hidden_size: 8, num_attention_heads: 4, num_hidden_layers: 1, intermediate_size: 8}",
            "model.tokenizer:",
        ),
    ],
)
def test_an_encoder_from_a_config_is_checked(write, config, expected):
    assert expected in mistake(write(BASE), "model.name=null", f"model.config={config}")


def test_more_frozen_layers_than_there_are_is_a_mistake(write):
    config = (
        "model.config={hidden_size: 8, num_attention_heads: 4, num_hidden_layers: 1, intermediate_size: 8}"
    )
    text = mistake(write(BASE), "model.name=null", config, "train.freeze.layers=2")
    assert "train.freeze.layers: 2 is more than the encoder's 1 layers" in text


def test_a_mistake_in_a_phase_is_told_where_the_user_wrote_it(write):
    path = write(BASE + "phases:\n  a:\n    train: {epochs: 1}\n  b: {}\n")
    assert mistake(path).startswith(
        "FILE:5: train.steps: in phase a: train.steps and train.epochs are both set"
    )
    assert mistake(path, "train.steps=null", "phases.b.train.steps=-1").startswith(
        "override phases.b.train.steps=-1: phases.b.train.steps: must be greater than 0"
    )
    both_null = (
        "override train.steps=null: train.steps: in phase b: train.steps and train.epochs are both null"
    )
    assert mistake(path, "train.steps=null").startswith(both_null)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1", "FILE:1: not valid YAML"),
        ("tasks: [mnli]\ntrain:\n  lr: 1\n lr: 2\n", "FILE:4: not valid YAML"),
        ("seed: 1\nseed: 2\n", "FILE:2: not valid YAML: the key seed stands twice"),
        ("x: &a 1\ny: *a\n", "FILE:2: not valid YAML: aliases"),
        ("1: x\n", "FILE:1: not valid YAML: a key must be text"),
        ("? [a]\n: 1\n", "a key must be text"),
        ("seed: !!python/object:os.system 1\n", "FILE:1: not valid YAML: the tag"),
        ("seed: 1\n---\nseed: 2\n", "FILE:2: not valid YAML"),
        ("- 1\n", "FILE: a recipe is a mapping"),
        ("just text", "FILE: a recipe is a mapping"),
        ("", "tasks: name at least one task"),
        ("\x01", "FILE: not valid YAML"),
        ("[" * 1200, "FILE: not valid YAML: nested too deeply"),
    ],
)
def test_rubbish_is_one_line_with_the_line_number(write, text, expected):
    assert expected in mistake(write(text))


def test_a_file_of_another_encoding_is_named(tmp_path):
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"name: \xe9\n")
    assert "FILE: cannot be read" in mistake(path)


def test_a_missing_recipe_names_those_that_are_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "did you mean recipes/nine_tasks.yaml" in mistake(Path("recipes/nine_task.yaml"))
    assert "recipes/demo.yaml, " in mistake(Path("qqqqqq.yaml"))
    (tmp_path / "mine.yaml").write_text("")
    assert "did you mean" in mistake(tmp_path / "min.yaml")


def test_a_shipped_file_is_found_from_any_folder_and_a_local_one_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert locate(Path("recipes/demo.yaml")) == ROOT / "recipes/demo.yaml"
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes/demo.yaml").write_text("")
    assert locate(Path("recipes/demo.yaml")).resolve() == tmp_path / "recipes/demo.yaml"


@pytest.mark.parametrize(
    "text", ["1e-5", "1.0", "010", "0x1f", "no", "Null", "~", "", "1_000", "2001-01-01", "1:30"]
)
def test_a_text_that_looks_like_something_else_stays_a_text(text):
    assert read_yaml(write_yaml([text, {text: text}]), "here").value == [text, {text: text}]


TEXT = st.text(st.sampled_from(string.printable + "äβ中א😀\u2028\x85"), max_size=12)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(value=VALUES)
def test_what_is_written_as_yaml_is_read_back(value):
    back = read_yaml(write_yaml({"value": value}), "here").value["value"]
    assert back == value and repr(back) == repr(value)


@settings(max_examples=60, deadline=None)
@given(junk=st.text(max_size=40))
def test_any_text_is_a_recipe_or_a_user_error_of_one_line(junk, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "junk.yaml"
    path.write_text(BASE + junk, encoding="utf-8", newline="")
    try:
        load_recipe(path)
    except UserError as error:
        assert "\n" not in str(error)


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


def test_lists_below_a_task_are_read(write):
    tasks = "tasks: {pawsx: {also: [pawsx-de], rewrite: {dictionaries: d.txt, languages: [de, fr]}}}"
    (phase,) = load_recipe(write(BASE.replace("tasks: [mnli, qqp]", tasks))).phase_list()
    assert phase.tasks["pawsx"].also == ("pawsx-de",)
    assert phase.tasks["pawsx"].rewrite.languages == ("de", "fr")
