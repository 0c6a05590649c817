"""What is not trusted cannot run code, and what is secret stays where it is."""

import ast
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from mtl.data.features.template import load_tokenizer
from mtl.errors import UserError
from mtl.model.config import read_config
from mtl.model.load import build_model, config_of
from mtl.run.recipe.read import load_recipe
from mtl.run.running import run_recipe
from tests.kit import small_run
from tests.kit.mortal import Life, live
from tests.kit.tokenizers import xlmr_shaped

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [path for folder in ("mtl", "launchers") for path in sorted((ROOT / folder).rglob("*.py"))]
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
HARMLESS = {"UnpicklingError"}
UNSAFE_CALLS = {
    *("eval", "exec", "compile"),
    *("torch.load", "np.load", "numpy.load", "torch.save"),
    *("yaml.load", "yaml.unsafe_load", "yaml.full_load", "yaml.load_all"),
    *("os.system", "os.popen", "os.environ.copy", "pd.read_pickle"),
}


def name_of(node: ast.expr) -> str:
    """A called name as it is written: `torch.load`."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(value, attr):
            return f"{name_of(value)}.{attr}"
    return ""


def unsafe(source: str) -> Iterator[str]:
    """What in a source could run code from a file, or write the environment out."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names):
                found = [alias.name for alias in names if alias.name.split(".")[0] in UNSAFE_MODULES]
            case ast.ImportFrom(module=str(module), names=names):
                harmless = all(alias.name in HARMLESS for alias in names)
                found = [module] if module.split(".")[0] in UNSAFE_MODULES and not harmless else []
            case ast.Call(func=function, keywords=keywords):
                name = name_of(function)
                found = [name] if name in UNSAFE_CALLS and not _is_safe(name, keywords) else []
                found += [
                    word.arg
                    for word in keywords
                    if word.arg in ("trust_remote_code", "shell", "allow_pickle")
                    and not (isinstance(word.value, ast.Constant) and word.value.value is False)
                ]
                if name in ("dict", "json.dumps", "json.dump", "asdict", "vars") and any(
                    name_of(given) == "os.environ" for given in node.args
                ):
                    found.append(f"{name}(os.environ)")
            case _:
                continue
        yield from (f"{node.lineno}: {each}" for each in found)


def _is_safe(name: str, keywords: list[ast.keyword]) -> bool:
    """PyYAML's `load` is as safe as its loader, which a test below tries; NumPy's refuses pickles unless told."""
    words = {word.arg for word in keywords}
    return (name == "yaml.load" and "Loader" in words) or (name == "np.load" and "allow_pickle" not in words)


def test_nothing_unpickles_evaluates_or_dumps_the_environment() -> None:
    found = [f"{path.relative_to(ROOT)}:{each}" for path in SOURCES for each in unsafe(path.read_text())]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "torch.load(path)",
        "yaml.load(text)",
        "subprocess.run(x, shell=True)",
        "AutoModel.from_pretrained(x, trust_remote_code=True)",
        "np.load(x, allow_pickle=True)",
        "json.dumps(dict(os.environ))",
    ],
)
def test_what_is_unsafe_is_found(source: str) -> None:
    assert list(unsafe(source))


@pytest.mark.parametrize(
    "text",
    [
        "name: !!python/object/apply:os.system [echo]",
        "train: !!python/name:os.system",
        "tasks: !!python/object/new:subprocess.Popen [[echo]]",
    ],
)
def test_yaml_runs_no_code(text: str, tmp_path: Path) -> None:
    recipe = tmp_path / "r.yaml"
    recipe.write_text(f"{text}\n")
    with pytest.raises(UserError):
        load_recipe(recipe)


def test_no_environment_is_written_into_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mtl.run.recipe.read import resolved
    from mtl.run.versions import versions

    secret = "s3cr3t-of-a-test"
    monkeypatch.setenv("HF_TOKEN", secret)
    assert os.environ["HF_TOKEN"] == secret
    assert secret not in json.dumps(versions(ranks=1))
    assert secret not in resolved(load_recipe(ROOT / "recipes" / "demo.yaml"))


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A model's folder without weights, beside which `ran` would tell that code of it has run."""
    folder = tmp_path / "model"
    tokenizer = xlmr_shaped()
    shape = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    config_of(None, shape, vocab_size=len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


class Hostile:
    """When it is unpickled, it makes a file."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> tuple[Any, tuple[Path]]:
        return Path.touch, (self.proof,)


def test_old_weights_that_would_run_code_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    torch.save({"weight": Hostile(tmp_path / "ran")}, checkpoint / "pytorch_model.bin")
    config = read_config(config_of(str(checkpoint), None, vocab_size=0), name="old")
    with pytest.raises(UserError, match="could run code; convert it to safetensors"):
        build_model(str(checkpoint), config, [], seed=0)
    assert not (tmp_path / "ran").exists()
    torch.load(checkpoint / "pytorch_model.bin", weights_only=False)
    assert (tmp_path / "ran").exists(), "it would have"


@pytest.mark.parametrize("family", ["xlm-roberta", "unheard-of"])
def test_code_that_comes_with_a_checkpoint_is_neither_run_nor_offered(
    checkpoint: Path, tmp_path: Path, family: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = json.loads((checkpoint / "config.json").read_text())
    code = {"AutoConfig": "code.C", "AutoModelForMaskedLM": "code.C", "AutoTokenizer": ["code.C", "code.C"]}
    (checkpoint / "config.json").write_text(json.dumps({**config, "model_type": family, "auto_map": code}))
    (checkpoint / "code.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nclass C: pass\n")
    for load in (
        lambda: config_of(str(checkpoint), None, vocab_size=0),
        lambda: load_tokenizer(str(checkpoint)),
    ):
        try:
            load()
        except UserError as error:
            assert family == "unheard-of" and "contains custom code" in str(error)
    assert not (tmp_path / "ran").exists()
    assert "y/N" not in capsys.readouterr().out


def train_with_a_secret(recipe: Path) -> None:
    run_recipe(recipe, ["train.steps=2", "train.eval_every=2"])


def test_a_secret_of_the_environment_is_in_no_file_of_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "s3cr3t-of-a-test"
    for name in ("HF_TOKEN", "AWS_SECRET_ACCESS_KEY", "MTL_ANYTHING"):
        monkeypatch.setenv(name, secret)
    recipe = small_run.write(tmp_path)
    (end,) = live([Life(function=train_with_a_secret, args=(recipe,), world=1)], tmp_path / "lives")
    assert end.codes == [0], end.said
    files = [path for path in (tmp_path / "runs").rglob("*") if path.is_file()]
    assert len(files) > 30
    assert [path for path in files if secret.encode() in path.read_bytes()] == []
