"""A DeepSpeed file says how, the recipe says what: they never contradict each other; nothing is left open."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.engine.ds_config import resolve_ds_config
from mtl.engine.ds_keys import FIXED, KEYS, OWNED_BY_RECIPE, STAGE_DEFAULTS, ZERO
from mtl.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "ds_configs"
SHIPPED = {path.stem: path for path in sorted(FOLDER.glob("*.json"))}


@pytest.fixture
def write(tmp_path):
    def to_file(content):
        path = tmp_path / "ds.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return to_file


def mistake(path, precision="fp32"):
    with pytest.raises(UserError) as caught:
        resolve_ds_config(path, precision=precision, clip=1.0)
    text = str(caught.value)
    assert text.startswith(str(path)) and "\n" not in text
    return text


def test_the_six_files_are_there():
    assert set(SHIPPED) == {"zero0", "zero1", "zero2", "zero3", "zero2_offload", "zero3_offload"}


@pytest.mark.parametrize("stage", [0, 1, 2, 3])
def test_a_shipped_file_writes_out_what_a_bare_one_gets(stage, write):
    bare = resolve_ds_config(write({"zero_optimization": {"stage": stage}}), precision="fp32", clip=1.0)
    assert resolve_ds_config(SHIPPED[f"zero{stage}"], precision="fp32", clip=1.0) == bare
    assert json.loads(SHIPPED[f"zero{stage}"].read_text())["zero_optimization"] == {
        "stage": stage,
        **STAGE_DEFAULTS[stage],
    }


@pytest.mark.parametrize("name", ["zero2", "zero3"])
def test_an_offload_file_differs_by_offload_alone(name):
    plain = json.loads(SHIPPED[name].read_text())
    offload = json.loads(SHIPPED[f"{name}_offload"].read_text())
    for key in ("offload_optimizer", "offload_param"):
        offload["zero_optimization"].pop(key, None)
    assert offload == plain


@pytest.mark.parametrize(("precision", "on"), [("fp32", ()), ("bf16", ("bf16",)), ("fp16", ("fp16",))])
def test_the_recipe_s_part_is_filled_in(precision, on):
    resolved = resolve_ds_config(SHIPPED["zero1"], precision=precision, clip=0.25)
    assert (resolved.precision, resolved.clip) == (precision, 0.25)
    config = resolved.raw
    assert tuple(name for name in ("bf16", "fp16") if config[name]["enabled"]) == on
    assert config["gradient_clipping"] == 0.25
    assert (config["train_micro_batch_size_per_gpu"], config["gradient_accumulation_steps"]) == (1, 1)
    assert config["data_types"]["grad_accum_dtype"] == "fp32"


def test_a_file_s_own_values_win_over_our_defaults(write):
    path = write({"zero_optimization": {"stage": 2, "reduce_bucket_size": 1e6, "overlap_comm": True}})
    zero = resolve_ds_config(path, precision="bf16", clip=1.0).zero
    assert (zero["reduce_bucket_size"], zero["overlap_comm"]) == (1_000_000, True)
    assert type(zero["reduce_bucket_size"]) is int
    assert zero["allgather_bucket_size"] == STAGE_DEFAULTS[2]["allgather_bucket_size"]


def test_at_another_stage_it_is_what_a_bare_file_gets_and_at_its_own_as_it_is():
    offloaded = resolve_ds_config(SHIPPED["zero3_offload"], precision="bf16", clip=1.0)
    assert offloaded.offloads_optimizer and offloaded.offloads_weights and offloaded.at_stage(3) is offloaded
    other = offloaded.at_stage(2)
    assert other == resolve_ds_config(SHIPPED["zero2"], precision="bf16", clip=1.0)
    assert other.stage == 2 and not other.offloads_optimizer and not other.offloads_weights


def test_sharding_is_no_arithmetic_but_number_formats_and_a_loss_scale_are(write):
    def arithmetic(content, precision):
        return resolve_ds_config(write(content), precision=precision, clip=1.0).arithmetic

    def changes(content, precision="bf16"):
        first = {"zero_optimization": {"stage": 1}}
        return arithmetic({**first, **content}, precision) != arithmetic(first, precision)

    sharded = {
        "zero_optimization": {"stage": 3, "reduce_bucket_size": 1e6, "offload_param": {"device": "cpu"}}
    }
    assert not changes(sharded)
    assert changes({"data_types": {"grad_accum_dtype": "bf16"}})
    assert changes({"communication_data_type": "fp32"})
    window = {"fp16": {"loss_scale_window": 100}}
    assert changes(window, "fp16") and not changes(window)


def nested(key, value):
    for part in reversed(key.split(".")):
        value = {part: value}
    return value


@pytest.mark.parametrize(("key", "recipe_key"), OWNED_BY_RECIPE.items())
def test_a_key_that_the_recipe_owns_is_refused_with_both_names(write, key, recipe_key):
    text = mistake(write(nested(key, True)))
    assert f" {key} " in text and recipe_key in text


@pytest.mark.parametrize(("key", "fixed"), FIXED.items())
def test_what_would_change_the_arithmetic_is_refused(write, key, fixed):
    wrong = {"false": True, "true": False, "1.0": 2.0, '"mean"': "sum"}[json.dumps(fixed[0])]
    assert f"{key} must be {json.dumps(fixed[0])}" in mistake(write(nested(key, wrong)))


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_half_precision_without_sharding_is_refused_with_the_way_out(precision):
    text = mistake(SHIPPED["zero0"], precision)
    assert f"train.precision={precision}" in text and "deepspeed=ds_configs/zero1.json" in text


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            {"zero_optimization": {"stge": 1}},
            "zero_optimization: unknown DeepSpeed key 'stge'; did you mean stage",
        ),
        (
            {"zero_optimisation": {}},
            "unknown DeepSpeed key 'zero_optimisation'; did you mean zero_optimization",
        ),
        ({"zero_optimization": {"stage": 4}}, "zero_optimization.stage: expected 0, 1, 2 or 3, got 4"),
        (
            {"zero_optimization": {"stage": True}},
            "zero_optimization.stage: expected a whole number, got true",
        ),
        ({"zero_optimization": {"stage": "auto"}}, 'expected a whole number, got "auto"'),
        ({"zero_optimization": {"reduce_bucket_size": 0.5}}, "expected a whole number, got 0.5"),
        ({"zero_optimization": True}, "zero_optimization: expected a mapping, got true"),
        ({"prescale_gradients": 0}, "prescale_gradients: expected true or false, got 0"),
        ({"communication_data_type": "int8"}, "communication_data_type: expected null, fp32, bf16 or fp16"),
        ({"data_types": {"grad_accum_dtype": "bf16"}}, "expected fp32 or the recipe's fp32"),
        ({"data_types": {"grad_accum_dtype": None}}, "expected fp32 or the recipe's fp32, got null"),
        ({"zero_optimization": {"offload_optimizer": {"device": "nvme"}}}, "device: expected none or cpu"),
        ({"zero_optimization": {"offload_optimizer": {"device": "cpu"}}}, "needs stage 1 or 2 or 3, not 0"),
        ({"zero_optimization": {"stage": 2, "offload_param": {"device": "cpu"}}}, "needs stage 3, not 2"),
        ('{"bf16": {},\n "bf16" {}}', ":2: not valid JSON"),
        ('{"bf16": {}, "bf16": {}}', "the key bf16 stands twice"),
        ('{"fp16": {"loss_scale": NaN}}', "NaN is no number in JSON"),
        ("[]", "one JSON object"),
        ("", ":1: not valid JSON"),
    ],
)
def test_a_wrong_file_is_one_line(write, content, expected):
    assert expected in mistake(write(content))


def test_a_missing_file_and_another_encoding_are_named(tmp_path):
    assert "cannot be read" in mistake(tmp_path / "none.json")
    (tmp_path / "latin.json").write_bytes(b'{"\xe9": 1}')
    assert "cannot be read" in mistake(tmp_path / "latin.json")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from([*KEYS, *ZERO, "x", "enabled"]), inner, max_size=4)
    ),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(content=st.dictionaries(st.sampled_from([*KEYS, "x"]), JSON, max_size=4))
def test_any_file_resolves_or_is_a_user_error_of_one_line(content, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(content))
    try:
        config = resolve_ds_config(path, precision="bf16", clip=1.0)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        json.dumps(config.raw, allow_nan=False)


def test_reading_the_file_imports_neither_torch_nor_deepspeed():
    script = "import sys, mtl.engine.ds_config; print({'torch', 'deepspeed'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def deepspeed_names(model):
    return {field.alias or name for name, field in model.model_fields.items()}


def test_deepspeed_knows_every_key_and_takes_every_resolved_file():
    pytest.importorskip("deepspeed")
    from deepspeed.runtime.config import DeepSpeedConfig
    from deepspeed.runtime.precision_config import DeepSpeedBF16Config, DeepSpeedFP16Config
    from deepspeed.runtime.zero.config import DeepSpeedZeroConfig
    from deepspeed.runtime.zero.offload_config import (
        DeepSpeedZeroOffloadOptimizerConfig,
        DeepSpeedZeroOffloadParamConfig,
    )

    sections = {
        DeepSpeedZeroConfig: ZERO,
        DeepSpeedBF16Config: KEYS["bf16"],
        DeepSpeedFP16Config: KEYS["fp16"],
        DeepSpeedZeroOffloadOptimizerConfig: ZERO["offload_optimizer"],
        DeepSpeedZeroOffloadParamConfig: ZERO["offload_param"],
    }
    for model, keys in sections.items():
        assert set(keys) <= deepspeed_names(model), model.__name__
    for name, path in SHIPPED.items():
        for precision in ("fp32",) if name == "zero0" else ("fp32", "bf16", "fp16"):
            wanted = resolve_ds_config(path, precision=precision, clip=0.5)
            got = DeepSpeedConfig(wanted.raw)
            assert got.zero_optimization_stage == wanted.stage
            assert got.zero_config.overlap_comm is (got.zero_optimization_stage == 3)
            assert got.gradient_clipping == 0.5
            assert (got.train_batch_size, got.gradient_accumulation_steps) == (1, 1)
            assert got.bfloat16_config.enabled is (precision == "bf16")
            assert got.float16_config.enabled is (precision == "fp16")
            assert got.grad_accum_dtype == "fp32"
            assert not got.timers_config.enabled  # it would wait for the GPU twice in every bin


def test_deepspeed_reads_our_general_keys_by_these_names():
    constants = pytest.importorskip("deepspeed.runtime.constants")
    known = {value for value in vars(constants).values() if isinstance(value, str)}
    elsewhere = {"zero_optimization", "flops_profiler", "comms_logger"}
    assert set(KEYS) - elsewhere <= known


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (
            {"zero_optimization": {"stage": 1, "reduce_bucket_size": -5}},
            "reduce_bucket_size: must be from 1 to",
        ),
        (
            {"zero_optimization": {"stage": 1, "allgather_bucket_size": 0}},
            "allgather_bucket_size: must be from 1",
        ),
        ({"zero_optimization": {"stage": 3, "stage3_prefetch_bucket_size": -1}}, "must be from 0 to"),
        ({"zero_optimization": {"stage": 3, "sub_group_size": 1e300}}, "sub_group_size: must be from 1 to"),
        ({"fp16": {"loss_scale": -1}}, "fp16.loss_scale: must be from 0"),
        ({"fp16": {"initial_scale_power": 10**30}}, "fp16.initial_scale_power: must be"),
        ("[" * 100_000, "nested too deep"),
        ('{"a":' * 100_000, "nested too deep"),
    ],
)
def test_a_number_that_makes_no_sense_is_one_line(content, words, write):
    assert words in mistake(write(content))
