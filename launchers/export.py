"""Write trained heads as folders that `transformers` loads: `python launchers/export.py RUN [--out DIR]`."""

import argparse
from pathlib import Path

from mtl.errors import run_verb


def main() -> None:
    """Read the arguments and export."""
    parser = argparse.ArgumentParser(prog="export.py", description=__doc__)
    parser.add_argument("model", type=Path, metavar="RUN", help="a run, a phase of it, or a checkpoint")
    parser.add_argument("--phase", metavar="NAME", help="the phase, where the run has several")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="a new folder; default: the phase's own, of its result"
    )
    parser.add_argument(
        "--tokenizer", metavar="NAME", help="where the tokenizer is now, if the checkpoint's own has moved"
    )
    args = parser.parse_args()

    from mtl.files import check_new
    from mtl.run.exporting import export_checkpoint, find_checkpoint, own_export

    if args.out is not None:
        check_new(args.out)
    checkpoint = find_checkpoint(args.model, args.phase)
    out = args.out or own_export(checkpoint)
    export_checkpoint(checkpoint, out, tokenizer=args.tokenizer)
    print(f"{out}: {checkpoint} as folders for transformers")


if __name__ == "__main__":
    run_verb(main)
