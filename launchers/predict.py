"""Predict rows: `python launchers/predict.py --model RUN --head NAME --input x.jsonl --out y.jsonl`."""

import argparse
from datetime import timedelta
from pathlib import Path
from typing import Any

from mtl.arguments import add_local_rank
from mtl.errors import UserError, leave_at_once, run_verb


def main() -> None:
    """Read the arguments and predict."""
    args = _arguments()
    columns = dict(_column(word) for word in args.columns)
    from mtl.engine.launch import join_run, leave_run
    from mtl.run.exporting import find_head
    from mtl.run.predicting import PredictionRequest, check_files, predict_file

    check_files(args.input, args.out)
    wish = PredictionRequest(
        head=find_head(args.model, args.head, args.phase),
        rows=args.input,
        out=args.out,
        columns=columns,
        token_budget=args.token_budget,
    )
    ranks = join_run(timeout=timedelta(days=7))  # a slow rank's chunk may take hours
    rows = predict_file(wish, ranks)
    if ranks.first:
        print(f"{args.out}: {rows} predictions of {wish.head}")
    leave_run()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="predict.py",
        description="Predict rows, one JSON object a line, on one process or several (deepspeed, torchrun).",
        epilog="called again after an interruption, it goes on where it was",
    )
    parser.add_argument(
        "--model", type=Path, metavar="RUN", required=True, help="a run, its export, or an exported head"
    )
    parser.add_argument("--head", metavar="NAME", help="the head, where there are several")
    parser.add_argument("--phase", metavar="NAME", help="the phase, where the run has several")
    parser.add_argument(
        "--input", type=Path, metavar="FILE", required=True, help="one JSON object a line (also .gz)"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", required=True)
    parser.add_argument(
        "--columns",
        nargs="*",
        default=[],
        metavar="NAME=COLUMN",
        help="columns of the input, as a declared task names its own: text_a=premise text_b=hypothesis; for "
        "single texts text_b=null",
    )
    parser.add_argument("--token-budget", type=int, default=16384, help="most tokens of a forward pass")
    add_local_rank(parser)
    return parser.parse_args()


def _column(word: str) -> tuple[str, Any]:
    name, equals, column = word.partition("=")
    if not equals:
        raise UserError(f"--columns: {word!r} is no NAME=COLUMN, such as text_a=premise")
    return name, None if column == "null" else column


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
