"""Look whether machines can carry a run: `deepspeed launchers/doctor.py`, or by torchrun, srun, python."""

import argparse
from datetime import timedelta
from pathlib import Path

from mtl.arguments import add_local_rank, seconds
from mtl.errors import leave_at_once, run_verb

WIDTH = 14


def main() -> None:
    """Join the ranks as a run would, look, print a line a check; exit code 2 where one fails."""
    options = _parser().parse_args()
    from mtl.engine.doctor import Subject, all_agree, examine
    from mtl.engine.ds_config import resolve_ds_config
    from mtl.engine.launch import join_run, leave_run
    from mtl.errors import UserError
    from mtl.run.places import default_cache
    from mtl.run.recipe.files import locate

    ds_config = resolve_ds_config(
        locate(options.deepspeed, where="--deepspeed: "), precision="fp32", clip=1.0
    )
    patience = timedelta(seconds=options.patience)
    ranks = join_run(timeout=patience, patience=patience)
    findings = []
    subject = Subject(
        shared=options.out,
        cache=options.cache or default_cache(),
        megabytes=options.megabytes,
        ds_config=ds_config,
    )
    for finding in examine(ranks, subject):
        findings.append(finding)
        if ranks.first:
            print(f"{finding.level:4}  {finding.check:{WIDTH}}{finding.text}", flush=True)
    well = all_agree(ranks, findings)
    leave_run()
    if not well:
        raise UserError("a check failed; mend what its line says, and look again")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="doctor.py", description=__doc__, epilog="exit codes: 0 all well, 2 a check failed"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("runs"), metavar="DIR", help="where runs will go (runs)"
    )
    parser.add_argument("--cache", type=Path, metavar="DIR", help="where token stores will go")
    parser.add_argument(
        "--deepspeed",
        type=Path,
        default=Path("ds_configs/zero1.json"),
        metavar="FILE",
        help="how the test steps are sharded (ds_configs/zero1.json)",
    )
    parser.add_argument(
        "--megabytes", type=int, default=64, metavar="N", help="size of the timed all-reduce (64)"
    )
    parser.add_argument(
        "--patience",
        type=seconds,
        default=60,
        metavar="SECONDS",
        help="for the ranks to meet (60)",
    )
    add_local_rank(parser)
    return parser


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
