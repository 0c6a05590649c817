"""What a checkpoint costs: `python benchmarks/saving.py [--help]`, or under torchrun for several ranks.

Training waits while a checkpoint is copied (the stall); a thread writes it. Both are timed, beside a plain write
of the same bytes to the same disk.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from mtl.errors import leave_at_once, run_verb


def main() -> None:
    """Time saves and loads of one model."""
    arguments = read_arguments()

    from mtl.engine.checkpoint import Save, load_state, open_checkpoint
    from mtl.engine.ds_config import resolve_ds_config
    from mtl.engine.engine import Engine
    from mtl.engine.launch import join_run, part
    from mtl.engine.optimizer import OptimizerSettings
    from mtl.engine.together import on_first
    from mtl.model.heads import HeadSpec
    from mtl.model.load import build_model, config_of

    ranks = join_run()
    shape = {
        "hidden_size": arguments.hidden,
        "num_hidden_layers": arguments.layers,
        "num_attention_heads": arguments.hidden // 64,
        "intermediate_size": 4 * arguments.hidden,
    }
    model = build_model(
        None,
        config_of(None, shape, vocab_size=arguments.vocabulary),
        [HeadSpec(name="pairs", kind="pair", num_labels=3)],
        seed=0,
    )
    parameters = sum(parameter.numel() for parameter in model.parameters())
    ds_config = Path(__file__).parents[1] / "ds_configs" / f"zero{arguments.stage}.json"
    engine = Engine(
        model,
        ds_config=resolve_ds_config(ds_config, precision="fp32", clip=1.0),
        settings=OptimizerSettings(lr=1e-5, warmup_steps=0, total_steps=10),
        loss_weights=[1.0],
        examples_per_step=1,
        seed=0,
        ranks=ranks,
    )
    engine.shards.set_updates(dict.fromkeys(engine.shards.updates(), 1))
    with tempfile.TemporaryDirectory(dir=arguments.out) as name:
        root = Path(on_first(ranks, lambda: name))
        stalls, saves, loads = [], [], []
        for number in range(arguments.rounds):
            start = time.perf_counter()
            save = Save(engine, root, step=number, records={})
            stalls.append(time.perf_counter() - start)
            folder = save.finish()
            saves.append(time.perf_counter() - start)
            start = time.perf_counter()
            load_state(engine, open_checkpoint(folder, ranks))
            loads.append(time.perf_counter() - start)
        size = sum(path.stat().st_size for path in folder.iterdir())
        copy = on_first(ranks, lambda: time_copy(folder, root / "copy"))
    if ranks.first:
        print(
            f"{parameters / 1e6:,.0f} million parameters, ZeRO {arguments.stage}, {ranks.world} ranks on "
            f"{ranks.device.type}: {size / 2**20:,.0f} MiB"
        )
        for what, times in (
            ("copy (the stall)", stalls),
            ("copy and write", saves),
            ("verify and load", loads),
        ):
            best = min(times)
            print(f"{what:18s} {best:6.2f} s of {max(times):.2f}  {size / 2**20 / best:7,.0f} MiB/s")
        print(f"{'plain write, fsync':18s} {copy:6.2f} s          {size / 2**20 / copy:7,.0f} MiB/s")
    engine.close()
    part()


def time_copy(folder: Path, target: Path) -> float:
    """Seconds to write the same bytes, from memory, without a hash."""
    contents = [path.read_bytes() for path in folder.iterdir()]
    start = time.perf_counter()
    with target.open("wb") as file:
        for content in contents:
            file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return time.perf_counter() - start


def read_arguments() -> argparse.Namespace:
    """What to measure; the defaults take half a minute on two cores."""
    parser = argparse.ArgumentParser(description="What a checkpoint costs.")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--vocabulary", type=int, default=50_000)
    parser.add_argument("--stage", type=int, choices=(0, 1, 2, 3), default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, help="a folder on the disk to measure; default: the system's")
    return parser.parse_args()


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
