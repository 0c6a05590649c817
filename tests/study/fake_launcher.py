"""Stands in for the launcher that trains: writes the records of phases, and says in a file what it did."""

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from mtl.phase_record import read_record, write_record
from mtl.run.identity import identity_of, start_of
from mtl.run.new_record import new_record
from mtl.run.recipe.read import load_recipe
from mtl.runfolder import RunFolder


def main() -> None:
    """`fake_launcher.py GRAPH --resume --only a,b`; FAKE_FAILS names a phase, FAKE_SECONDS is the time of each."""
    graph, _resume, _only, names = sys.argv[1:]
    recipe = load_recipe(Path(graph))
    folder = RunFolder(recipe.folder)
    for name in names.split(","):
        phase = recipe.phases[name]
        identity = identity_of(phase, data={}, start=start_of(phase, folder))
        known = read_record(folder.phase(name))
        if known is not None and known.done:
            continue
        write_record(folder.phase(name), new_record(recipe, phase, identity))
        diary = recipe.folder / "done.txt"
        # Killed after its work and before its record, a phase finds its work, as a real one does.
        if not (diary.exists() and f"\n{name} " in f"\n{diary.read_text()}"):
            time.sleep(float(os.environ.get("FAKE_SECONDS", "0")))
            if name == os.environ.get("FAKE_FAILS"):
                sys.exit("no luck")
            with diary.open("a") as lines:
                lines.write(f"{name} {os.environ.get('CUDA_VISIBLE_DEVICES', '-')}\n")
        write_record(folder.phase(name), replace(new_record(recipe, phase, identity), done=True, seconds=1.0))


if __name__ == "__main__":
    main()
