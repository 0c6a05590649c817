"""Score a run, or anybody's predictions, by the benchmarks' own rules, and pack them for a leaderboard."""

import argparse
import json
from pathlib import Path

from mtl.arguments import names
from mtl.errors import run_verb
from mtl.tasks.benchmarks import BENCHMARKS, Benchmark

SCORE_RUN = ("targets", "languages")
SUBMIT_RUN = ("submission", "benchmark", "arm")
FOLDERS = ("labels", "benchmark", "out", "partial", "submission")


def main() -> None:
    """Read the arguments, then do what they ask for."""
    parser = _parser()
    args = parser.parse_args()
    if (args.run is None) == (args.predictions is None):
        parser.error("name a run's folder, or a folder of --predictions")
    served: tuple[str, ...]
    if args.predictions is not None:
        do, served = score_folders, FOLDERS
        if args.labels is None and args.submission is None:
            parser.error("name a folder of --labels to score against, or of a --submission to write")
        if args.labels is None and args.out is not None:
            parser.error("--out needs --labels")
    else:
        do, served = (score_run, SCORE_RUN) if args.submission is None else (submit_run, SUBMIT_RUN)
    for name in dict.fromkeys((*SCORE_RUN, *SUBMIT_RUN, *FOLDERS)):
        if getattr(args, name) and name not in served:
            parser.error(f"--{name} has no meaning here; leave it out")
    do(args)


def score_run(args: argparse.Namespace) -> None:
    """Score a run's predictions again."""
    from mtl.run import rescoring

    rescoring.score_run(args.run, targets=args.targets, languages=args.languages)


def submit_run(args: argparse.Namespace) -> None:
    """Pack a run's predictions."""
    from mtl.run import submitting

    benchmark = _benchmark(args)
    num_files = submitting.submit_run(args.run, args.submission, benchmark, arms=args.arm)
    print(f"{args.submission}: {num_files} files for {benchmark.name}")


def score_folders(args: argparse.Namespace) -> None:
    """Score a folder of predictions, pack it, or both."""
    from mtl.evaluate.score import score_folder
    from mtl.evaluate.submission import write_submission
    from mtl.evaluate.table import render
    from mtl.files import write_atomic

    benchmark = _benchmark(args)
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


def _benchmark(args: argparse.Namespace) -> Benchmark:
    return BENCHMARKS[args.benchmark or "xtreme"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="eval.py", description=__doc__)
    parser.add_argument(
        "run", nargs="?", type=Path, metavar="RUN", help="a run's folder, scored from its files"
    )
    parser.add_argument(
        "--arm",
        action="append",
        default=[],
        metavar="NAME",
        help="of a run, for --submission: this arm's predictions; may be said again: of a task that "
        "several arms have, the last one's count",
    )
    parser.add_argument("--targets", type=names, default=[], metavar="TASK,...", help="of a run: only these")
    parser.add_argument(
        "--languages", type=names, default=[], metavar="CODE,...", help="of a run: show only these"
    )
    parser.add_argument(
        "--predictions",
        type=Path,
        metavar="DIR",
        help="folder of predictions, <task>/test-<language>.{tsv,json,jsonl}",
    )
    parser.add_argument("--labels", type=Path, metavar="DIR", help="folder of labels, laid out alike")
    parser.add_argument("--benchmark", choices=tuple(BENCHMARKS), help="by default xtreme")
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
