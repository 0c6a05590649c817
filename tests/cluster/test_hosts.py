"""Several hosts, each with its own deepspeed command and no ssh, are one run, whatever befalls host or link."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor

from mtl.engine.checkpoint_files import list_checkpoints, read_weights, step_of
from tests.kit import small_run
from tests.kit.checkpoints import verified
from tests.kit.hosts import Host, hosts, why_not
from tests.kit.ranks import ROOT
from tests.kit.waiting import wait_until

if why := why_not():
    pytest.skip(f"no several hosts on this machine: {why}", allow_module_level=True)

STEPS, EVERY = 60, 10
PHASES = """
phases:
  first: {}
  score: {kind: evaluate, after: first, tasks: [pairs, tags], evaluate: {split: dev}}
"""


class Cluster:
    """Some hosts that share a folder, and a small run in it."""

    def __init__(self, folder: Path, machines: list[Host]) -> None:
        self.folder = folder
        self.machines = machines
        self.recipe = small_run.write(folder)
        text = self.recipe.read_text(encoding="utf-8").replace("dropout: 0.1", "dropout: 0.0")
        self.recipe.write_text(text + PHASES, encoding="utf-8")

    def start(self, name: str, count: int, *, resume: bool = False) -> list[Host]:
        """Start the run on the first so many hosts, on each by the deepspeed command without ssh."""
        used = self.machines[:count]
        listing = self.folder / f"hosts{count}"
        listing.write_text("".join(f"{host.address} slots=1\n" for host in used), encoding="utf-8")
        settings = [
            f"name={name}",
            f"train.steps={STEPS}",
            f"train.checkpoint_every={EVERY}",
            "train.bins_multiple=6",  # serves 1, 2, 3 hosts
            "train.log_every=1",
            "train.eval_every=30",
            "train.eps=1e-4",  # rounding is not blown up to steps where gradients are next to nothing
            "train.hang_seconds=20",
            "train.export=false",
        ]
        for number, host in enumerate(used):
            meet = ["--master_addr", used[0].address, "--master_port", "29500"]
            command = [
                *(sys.executable, "-m", "deepspeed.launcher.runner", "--hostfile", str(listing)),
                *("--no_ssh", "--node_rank", str(number), *meet, "launchers/train.py", str(self.recipe)),
                *settings,
                *(["--resume"] if resume else []),
            ]
            env = {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PATH": PATH, "DS_ACCELERATOR": "cpu"}
            host.start(command, cwd=ROOT, env=env, log=self.log(host))
        return used

    def log(self, host: Host) -> Path:
        return self.folder / f"{host.name}.log"

    def run(self, name: str, count: int, *, resume: bool = False) -> None:
        """Start, and expect that every host ends well."""
        for host in self.start(name, count, resume=resume):
            code = host.wait(240)
            assert code == 0, f"{code}: {self.log(host).read_text(errors='replace')[-4000:]}"

    def disturb(self, name: str, count: int, harm: Callable[[Host], None]) -> list[str]:
        """Start; once some steps are done, harm the last host; what each said, when all have ended."""
        used = self.start(name, count)
        metrics = self.folder / "runs" / name / "first" / "metrics.jsonl"
        wait_until(lambda: metrics.exists() and steps_in(metrics) > EVERY + 3, 120, "steps")
        harm(used[-1])
        codes = [host.wait(100) for host in used]
        assert 0 not in codes and None not in codes, codes
        assert steps_in(metrics) < STEPS, "it was harmed in the midst"
        return [self.log(host).read_text(errors="replace") for host in used]

    def weights(self, name: str) -> dict[str, Tensor]:
        """Of the newest checkpoint, which must be that of the last step."""
        newest, *_ = list_checkpoints(self.folder / "runs" / name / "first" / "checkpoints")
        assert step_of(newest) == STEPS and verified(newest)
        return {key: tensor.clone() for key, tensor in read_weights(newest).items()}

    def scores(self, name: str) -> str:
        return (self.folder / "runs" / name / "score" / "scores.json").read_text(encoding="utf-8")


PATH = f"{Path(sys.executable).parent}:/usr/sbin:/usr/bin:/sbin:/bin"


def steps_in(metrics: Path) -> int:
    return metrics.read_text(encoding="utf-8").count('"loss"')


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with hosts(3) as machines:
        yield Cluster(tmp_path_factory.mktemp("cluster"), machines)


@pytest.fixture(scope="module")
def undisturbed(cluster: Cluster) -> dict[str, Tensor]:
    """The weights of two hosts that nothing befalls."""
    cluster.run("undisturbed", 2)
    return cluster.weights("undisturbed")


def equal(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> bool:
    return found.keys() == wanted.keys() and all(torch.equal(found[key], wanted[key]) for key in wanted)


def close(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> bool:
    """To 1e-5, layer by layer and head by head: a bias alone may be zero but for rounding."""
    parts: dict[str, list[str]] = {}
    for name in wanted:
        parts.setdefault(".".join(name.split(".")[:3]), []).append(name)

    def whole(weights: dict[str, Tensor], names: list[str]) -> Tensor:
        return torch.cat([weights[name].view(-1) for name in names])

    return found.keys() == wanted.keys() and all(
        (whole(found, names) - whole(wanted, names)).norm() < 1e-5 * whole(wanted, names).norm()
        for names in parts.values()
    )


def test_two_hosts_train_and_evaluate(cluster: Cluster, undisturbed: dict[str, Tensor]) -> None:
    assert set(json.loads(cluster.scores("undisturbed"))) >= {"pairs", "tags"}
    versions = json.loads((cluster.folder / "runs/undisturbed/versions.json").read_text(encoding="utf-8"))
    assert versions["ranks"] == 2


def test_a_slow_link_changes_the_time_and_nothing_else(
    cluster: Cluster, undisturbed: dict[str, Tensor]
) -> None:
    cluster.machines[1].slow_link("20mbit")
    try:
        cluster.run("slow", 2)
    finally:
        cluster.machines[1].full_speed()
    assert equal(cluster.weights("slow"), undisturbed)


def test_a_host_is_killed_and_the_other_goes_on_alone(
    cluster: Cluster, undisturbed: dict[str, Tensor]
) -> None:
    seen: list[set[str]] = []

    def look_and_kill(host: Host) -> None:
        seen.extend(machine.listening() for machine in cluster.machines[:2])
        host.kill()

    said, _ = cluster.disturb("fewer", 2, look_and_kill)
    own = [{host.address} for host in cluster.machines[:2]]
    assert seen == own, "each listens where the others reach it, and nowhere else"
    assert f"rank 1 on {cluster.machines[1].name} (phase first, step" in said
    cluster.run("fewer", 1, resume=True)
    assert close(cluster.weights("fewer"), undisturbed)


@pytest.mark.slow
def test_a_host_is_killed_and_comes_back(cluster: Cluster, undisturbed: dict[str, Tensor]) -> None:
    cluster.disturb("back", 2, Host.kill)
    cluster.run("back", 2, resume=True)
    assert equal(cluster.weights("back"), undisturbed)


@pytest.mark.slow
def test_a_link_is_cut_in_mid_step_and_both_ends_say_so(
    cluster: Cluster, undisturbed: dict[str, Tensor]
) -> None:
    try:
        first, second = cluster.disturb("cut", 2, Host.cut_link)
    finally:
        cluster.machines[1].mend_link()
    assert f"rank 1 on {cluster.machines[1].name}" in first
    assert "its host or the link to it is gone; go on with --resume" in second
    cluster.run("cut", 2, resume=True)
    assert equal(cluster.weights("cut"), undisturbed)


@pytest.mark.slow
def test_three_hosts_are_the_same_run_also_when_one_is_lost(
    cluster: Cluster, undisturbed: dict[str, Tensor]
) -> None:
    cluster.run("three", 3)
    assert close(cluster.weights("three"), undisturbed)
    cluster.disturb("lost", 3, Host.kill)
    cluster.run("lost", 2, resume=True)
    assert close(cluster.weights("lost"), undisturbed)
