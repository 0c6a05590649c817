"""Score a run, or anybody's predictions, by the benchmarks' own rules, and pack them for a leaderboard."""

import argparse
import json
from pathlib import Path

from mtl.errors import run_verb
from mtl.tasks.benchmarks import BENCHMARKS


def main() -> None:
    """Read the arguments, then score, write and print what they ask for."""
    parser = _parser()
    args = parser.parse_args()
    if (args.run is None) == (args.predictions is None):
        parser.error("name a run's folder, or a folder of --predictions")
    if args.run is not None:
        if args.labels is not None:
            parser.error("--labels goes with --predictions; a run has its own")
        if args.submission is not None:
            from mtl.run.submitting import submit_run

            benchmark = BENCHMARKS[args.benchmark]
            num_files = submit_run(args.run, args.submission, benchmark, arms=args.arm)
            return print(f"{args.submission}: {num_files} files for {benchmark.name}")
        from mtl.run.rescoring import score_run

        return score_run(args.run, targets=_names(args.targets), languages=_names(args.languages))
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


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


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
    parser.add_argument("--targets", default="", metavar="TASK,...", help="of a run: only these")
    parser.add_argument("--languages", default="", metavar="CODE,...", help="of a run: show only these")
    parser.add_argument(
        "--predictions",
        type=Path,
        metavar="DIR",
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
