"""A run that is killed while it tokenises leaves no process behind, and its rubbish goes at the next start."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from mtl.files import aside_of, remove_dead_asides
from tests.kit.ranks import ROOT
from tests.kit.waiting import wait_until

TOKENISE = """
import sys
from mtl.data import build
from tests.kit.worlds import prepared

if __name__ == "__main__":
    build.CHUNK, build.SECONDS_ALONE = 4, 0.0
    from pathlib import Path
    prepared(Path(sys.argv[1]), "data.workers=2")
"""


def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    script = tmp_path / "tokenise.py"
    script.write_text(TOKENISE)
    process = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path / "cache")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    parent = psutil.Process(process.pid)
    wait_until(lambda: len(workers_of(parent)) == 2, 120, "workers")
    workers = workers_of(parent)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    gone, alive = psutil.wait_procs(workers, timeout=30)
    assert alive == [] and len(gone) == 2


def workers_of(parent: psutil.Process) -> list[psutil.Process]:
    return [child for child in parent.children() if "spawn_main" in " ".join(child.cmdline())]


def test_only_the_rubbish_of_dead_processes_goes(tmp_path: Path) -> None:
    path = tmp_path / "store-[1]"
    dead = path.with_name(aside_of(path).name.replace(f".{os.getpid()}.", f".{2**22 + 1}."))
    elsewhere = path.with_name(f".{path.name}.another-host.1.aside")
    other = aside_of(tmp_path / "store-[1]-longer")
    for folder in (aside_of(path), dead, elsewhere, other):
        folder.mkdir()
        (folder / "half").write_text("half")
    remove_dead_asides(path)
    assert sorted(tmp_path.iterdir()) == sorted([aside_of(path), elsewhere, other])
