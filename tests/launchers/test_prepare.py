"""A data folder from a hub on loopback, through the clients' own code: fetched, read, verified, mended."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mtl.data.bitext import read_bitext
from mtl.data.records import read_records
from mtl.data.sources import languages
from mtl.tasks.records import PairRecord, TagRecord
from mtl.tasks.registry import find_tasks, get_task
from tests.kit.hub import PARQUET, Hub, serving
from tests.kit.hub_sets import every_set, parquet
from tests.kit.ranks import ROOT

OURS = ("bucc2018", "ccg", "mewslix")
"""What no hub has."""


@dataclass
class Place:
    hub: Hub
    root: Path
    home: Path

    def start(self, *words: str, root: Path | None = None) -> subprocess.Popen[str]:
        network = {"HF_ENDPOINT": self.hub.url, "HF_HOME": str(self.home), "HF_HUB_OFFLINE": "0"}
        return subprocess.Popen(
            [sys.executable, "launchers/prepare.py", "--root", str(root or self.root), *words],
            cwd=ROOT,
            env={**os.environ, **network, "PYTHONPATH": str(ROOT), "NO_PROXY": "127.0.0.1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def prepare(self, *words: str, root: Path | None = None) -> subprocess.CompletedProcess[str]:
        with self.start(*words, root=root) as process:
            said, complained = process.communicate(timeout=300)
            return subprocess.CompletedProcess(process.args, process.returncode, said, complained)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Everything fetched once; each test leaves the folder whole."""
    home = tmp_path_factory.mktemp("hub")
    model = {"config.json": b"{}", "model.safetensors": b"weights", "pytorch_model.bin": b"old", "x.md": b""}
    with serving({**every_set(), "models/some/encoder@main": model}) as hub:
        place = Place(hub, home / "data", home / "home")
        done = place.prepare("--tasks", "all,panx-fi", "--model", "some/encoder")
        assert done.returncode == 0, done.stderr
        yield place


def test_every_task_of_the_hub_is_read_from_what_was_fetched(place: Place) -> None:
    for name, task in find_tasks().items():
        for split in task.splits if name not in OURS else ():
            if split == "dev" and task.train_on is not None:
                continue
            found = languages(task, split, place.root) if split == "test" else ()
            for lang in found or (None,):
                assert list(read_records(task, split, root=place.root, lang=lang, drops=Counter()))
    sides = read_bitext(get_task("tatoeba"), "test", "de", root=place.root, drops=Counter())
    assert [one.text for one in sides.foreign] == ["B", "A"]
    assert sides.gold == [("1", "0"), ("0", "1")]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("xnli", ("de", "en", "sw")),
        ("udpos", ("en", "fi", "th", "zh")),
        ("panx", ("en", "fi", "uk")),
        ("mlqa", ("en", "th")),
        ("xcopa", ("et", "th")),
    ],
)
def test_a_test_set_is_fetched_in_every_language_that_the_hub_has(
    place: Place, name: str, expected: tuple[str, ...]
) -> None:
    assert languages(get_task(name), "test", place.root) == expected


def test_labels_are_the_hubs_names_for_its_numbers(place: Place) -> None:
    def read(name: str, split: str) -> tuple[list[object], Counter[str]]:
        drops: Counter[str] = Counter()
        found = [one.record for one in read_records(get_task(name), split, root=place.root, drops=drops)]
        return [
            one.label if isinstance(one, PairRecord) else getattr(one, "tags", None) for one in found
        ], drops

    assert read("mnli", "train")[0] == ["entailment", "neutral", "contradiction"]
    labels, drops = read("anli", "dev")
    assert len(labels) == 15
    assert drops == {"rows whose label is '-1'": 1}
    assert read("qqp", "dev")[0] == ["duplicate", "not_duplicate"]
    assert read("udpos", "train")[0] == [("PROPN", "VERB")]
    assert read("panx-fi", "train")[0] == [("B-PER", "O")]
    assert read("tydiqa", "train")[1] == {"rows in another language": 1}


def test_training_data_are_fetched_in_english_and_where_a_task_is_named_in_a_language(place: Place) -> None:
    files = json.loads((place.root / "manifest.json").read_text())["files"]
    trained = {name.split("/")[3] for name in files if "PAN-X" in name and name.endswith("train.parquet")}
    assert trained == {"PAN-X.en", "PAN-X.fi"}
    assert not any("xnli/sw/train" in name or "wikiann/en" in name for name in files)
    record = next(read_records(get_task("panx-fi"), "train", root=place.root, drops=Counter())).record
    assert isinstance(record, TagRecord)


def test_the_manifest_names_origin_rows_and_licence(place: Place) -> None:
    files = json.loads((place.root / "manifest.json").read_text())["files"]
    entry = files["hub/stanfordnlp/snli/plain_text/train.parquet"]
    assert entry["rows"] == 4
    assert entry["licence"] == "cc-by-4.0"
    assert entry["origin"].startswith("stanfordnlp/snli plain_text train @0123")
    models = {name for name in files if name.startswith("models/")}
    assert models == {"models/some/encoder/config.json", "models/some/encoder/model.safetensors"}


def test_what_is_there_is_not_fetched_again_and_what_is_damaged_is(place: Place) -> None:
    file = place.root / "hub/rajpurkar/squad/plain_text/train.parquet"
    whole = file.read_bytes()
    verified = place.prepare("--verify")
    assert verified.returncode == 0, verified.stderr
    file.write_bytes(whole[:-1] + b"?")
    before = len(place.hub.asked)
    verified = place.prepare("--verify")
    assert verified.returncode == 2
    assert (
        "squad/plain_text/train.parquet: damaged: its hash is another (1 such lines above)" in verified.stderr
    )
    assert len(place.hub.asked) == before, "verifying asks nobody"
    assert place.prepare("--tasks", "squad_v1,mnli").returncode == 0
    assert file.read_bytes() == whole
    fetched = [one for one in place.hub.asked[before:] if one.startswith("GET") and one.endswith(".parquet")]
    assert not any("glue" in one for one in fetched)


def test_what_a_recipe_reads_is_fetched_for_it(place: Place, tmp_path: Path) -> None:
    recipe, fresh = tmp_path / "one.yaml", Place(place.hub, tmp_path / "data", tmp_path / "home")
    recipe.write_text(
        "model: {name: some/encoder}\ndata: {root: data}\ntasks: [copa, panx-fi, text]\ntrain: {epochs: 1}\n"
        "declare: {text: {kind: mlm, files: {train: text/*.txt}}}\n"
    )
    assert fresh.prepare("--recipe", str(recipe)).returncode == 0
    verified = fresh.prepare("--verify", "--recipe", str(recipe))
    assert verified.returncode == 2
    lacking = "text (train): task text: no train file matches 'text/*.txt' below"
    assert lacking in verified.stdout and lacking in verified.stderr
    (fresh.root / "text").mkdir()
    (fresh.root / "text/en.txt").write_text("A line.\n")
    verified = fresh.prepare("--verify", "--recipe", str(recipe))
    assert verified.returncode == 0, verified.stderr
    files = json.loads((fresh.root / "manifest.json").read_text())["files"]
    assert {name.partition("/")[0] for name in files} == {"hub", "models"}
    assert any("PAN-X.fi/train" in name for name in files)


def test_a_fetch_that_breaks_off_goes_on_where_it_was(place: Place, tmp_path: Path) -> None:
    fresh = Place(place.hub, tmp_path / "data", tmp_path / "home")
    place.hub.withheld = "copa/validation/0000.parquet"
    broken = fresh.prepare("--tasks", "copa")
    place.hub.withheld = ""
    assert broken.returncode == 2
    assert "copa/train.parquet: 1 rows" in broken.stdout
    assert "hub: aps/super_glue, copa, validation: " in broken.stderr
    assert fresh.prepare("--verify", "--tasks", "copa").returncode == 2
    mended = fresh.prepare("--tasks", "copa")
    assert mended.returncode == 0
    assert "copa/train" not in mended.stdout
    assert fresh.prepare("--verify", "--tasks", "copa").returncode == 0


def test_a_fetch_that_was_killed_goes_on_and_leaves_what_an_undisturbed_one_does(
    place: Place, tmp_path: Path
) -> None:
    fresh = Place(place.hub, tmp_path / "data", tmp_path / "home")
    with fresh.start("--tasks", "copa,xcopa") as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline().startswith("hub/aps/super_glue/copa/train.parquet: ")
        killed.kill()
    (fresh.root / ".manifest.json.1.aside").write_text("half")
    assert fresh.prepare("--tasks", "copa,xcopa").returncode == 0
    manifest = json.loads((fresh.root / "manifest.json").read_text())["files"]
    whole = json.loads((place.root / "manifest.json").read_text())["files"]
    assert manifest == {name: whole[name] for name in whole if "/copa/" in name or "/xcopa/" in name}
    left = {file.relative_to(fresh.root).as_posix() for file in fresh.root.rglob("*") if file.is_file()}
    assert left - {".prepare.lock"} == {"manifest.json", *manifest}


def test_a_file_in_a_folders_place_and_a_model_that_is_not_there_are_one_line(
    place: Place, tmp_path: Path
) -> None:
    (tmp_path / "hub").write_text("a file where a folder should be")
    blocked = place.prepare("--tasks", "copa", root=tmp_path)
    missing = place.prepare("--model", "some/encoder-xl", root=tmp_path)
    assert [blocked.returncode, missing.returncode] == [2, 2]
    assert (
        f"{tmp_path}/hub/aps/super_glue/copa: Not a directory; mend its rights or what lies there"
        in blocked.stderr
    )
    assert (
        "hub: some/encoder-xl: 404 Client Error; is the hub within reach, and the name right?"
        in missing.stderr
    )
    assert [one.stderr.count("\n") for one in (blocked, missing)] == [1, 1]


def test_a_users_own_files_are_taken_down_and_spare_the_hub(place: Place, tmp_path: Path) -> None:
    (tmp_path / "xcopa").mkdir(parents=True)
    row = {"premise": "It rained.", "choice1": "Wet.", "choice2": "Dry.", "question": "effect", "label": 0}
    for part in ("train", "val"):
        (tmp_path / f"xcopa/{part}-en.jsonl").write_text(json.dumps({**row, "idx": 0}) + "\n")
    done = place.prepare("--tasks", "copa", root=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "xcopa/train-en.jsonl: 1 rows, yours")
    assert not (tmp_path / "hub").exists()


def test_what_only_a_user_can_bring_is_told(place: Place) -> None:
    done = place.prepare("--tasks", "ccg", root=place.root)
    assert done.returncode == 2
    assert "no data for ccg; bring your own files, see docs/data.md" in done.stderr
    assert place.prepare("--verify", "--tasks", "ccg").returncode == 2


def test_tags_in_another_order_are_refused(tmp_path: Path) -> None:
    tags = parquet([{"tokens": ["Ann", "sang"], "ner_tags": [1, 0]}], ner_tags=("O", "B-LOC"))
    files = {f"PAN-X.en/{part}/0000.parquet": tags for part in ("train", "validation", "test")}
    xtreme = {"datasets/google/xtreme@main": {}, f"datasets/google/xtreme@{PARQUET}": files}
    with serving(xtreme) as hub:
        done = Place(hub, tmp_path / "data", tmp_path / "home").prepare("--tasks", "panx")
    assert done.returncode == 2
    assert "ner_tags has the labels O, B-LOC, expected O, B-PER" in done.stderr


def test_labels_in_another_order_and_a_hub_out_of_reach_are_refused(tmp_path: Path) -> None:
    rows = [{"premise": "a", "hypothesis": "b", "label": 0, "idx": 0}]
    files = {"mnli/train/0000.parquet": parquet(rows, label=("neutral", "entailment", "contradiction"))}
    glue = {"datasets/nyu-mll/glue@main": {}, f"datasets/nyu-mll/glue@{PARQUET}": files}
    with serving(glue) as hub:
        place = Place(hub, tmp_path / "data", tmp_path / "home")
        done = place.prepare("--tasks", "mnli")
        assert done.returncode == 2
        assert "label has the labels neutral, entailment, contradiction, expected entailment" in done.stderr
        missing = place.prepare("--tasks", "squad_v1")
        assert missing.returncode == 2
        assert "hub: rajpurkar/squad: 404" in missing.stderr
    gone = place.prepare("--tasks", "mnli")
    assert gone.returncode == 2
    assert gone.stderr.count("\n") == 1
    assert "is the hub within reach" in gone.stderr
