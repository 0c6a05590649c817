"""Score predictions by a benchmark's own rules, and pack them for its leaderboard."""

import argparse
import json
from pathlib import Path

from mtl.errors import run_verb
from mtl.tasks.benchmarks import BENCHMARKS


def main() -> None:
    """Read the arguments, then score, write and print what they ask for."""
    parser = _parser()
    args = parser.parse_args()
    if args.labels is None and args.submission is None:
        parser.error("name a folder of --labels to score against, or of a --submission to write")
    if args.labels is None and args.out is not None:
        parser.error("--out needs --labels")

    from mtl.evaluate.score import score_folder
    from mtl.evaluate.submission import write_submission
    from mtl.evaluate.table import render
    from mtl.runfolder import write_atomic

    benchmark = BENCHMARKS[args.benchmark]
    if args.labels is not None:
        scores = score_folder(args.predictions, args.labels, benchmark)
        if not args.partial:
            scores.demand_complete()
        if args.out is not None:
            text = json.dumps(scores.as_json(), indent=2, allow_nan=False)
            write_atomic(args.out, f"{text}\n")
        print(render(scores))
    if args.submission is not None:
        num_files = write_submission(args.predictions, args.submission, benchmark)
        print(f"{args.submission}: {num_files} files for {benchmark.name}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="eval.py", description=__doc__)
    parser.add_argument(
        "--predictions",
        type=Path,
        metavar="DIR",
        required=True,
        help="folder of predictions, <task>/test-<language>.{tsv,json,jsonl}",
    )
    parser.add_argument("--labels", type=Path, metavar="DIR", help="folder of labels, laid out alike")
    parser.add_argument("--benchmark", choices=tuple(BENCHMARKS), default="xtreme")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the scores here as JSON, in percent")
    parser.add_argument(
        "--partial",
        action="store_true",
        help="score what can be scored and name the rest, instead of stopping at what is missing or wrong",
    )
    parser.add_argument(
        "--submission",
        type=Path,
        metavar="DIR",
        help="check the predictions and write a new folder for the leaderboard; needs no labels",
    )
    return parser


if __name__ == "__main__":
    run_verb(main)
