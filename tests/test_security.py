"""What is not trusted cannot run code, and what is secret stays where it is."""

import ast
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.run.recipe import load_recipe

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [path for folder in ("mtl", "launchers") for path in sorted((ROOT / folder).rglob("*.py"))]
UNSAFE_MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
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
            case ast.ImportFrom(module=str(module)):
                found = [module] if module.split(".")[0] in UNSAFE_MODULES else []
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
    from mtl.run.recipe import resolved
    from mtl.run.versions import versions_json

    secret = "s3cr3t-of-a-test"
    monkeypatch.setenv("HF_TOKEN", secret)
    assert os.environ["HF_TOKEN"] == secret
    assert secret not in versions_json(ranks=1)
    assert secret not in resolved(load_recipe(ROOT / "recipes" / "demo.yaml"))
