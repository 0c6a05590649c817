"""Prepare a data folder: fetch data sets and models from the hub, list every file, verify them."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mtl.errors import UserError, run_verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mtl.data.prepare import Find


def main() -> None:
    """Read the arguments, then fetch or verify."""
    parser = argparse.ArgumentParser(
        prog="prepare.py",
        description=__doc__,
        epilog="What is there is not fetched again; a fetch that broke off goes on when it is called again. "
        "HF_ENDPOINT names another hub, HF_HOME the folder for what is on its way.",
    )
    parser.add_argument("--root", type=Path, metavar="DIR", required=True, help="the data folder: data.root")
    parser.add_argument(
        "--tasks",
        default="",
        metavar="TASK,...",
        help="all, or some; a target brings the task that it trains on, panx-fi Finnish training data",
    )
    parser.add_argument(
        "--recipe",
        type=Path,
        metavar="FILE",
        help="what a recipe or a study reads: its tasks, its models and tokenizers",
    )
    parser.add_argument("--model", metavar="NAME", help="a model of the hub: its weights and its tokenizer")
    parser.add_argument(
        "--verify", action="store_true", help="check every file, and that tasks and model are there"
    )
    args = parser.parse_args()
    names = [name.strip() for name in args.tasks.split(",") if name.strip()]
    models = [args.model] if args.model else []
    if not (args.verify or names or models or args.recipe):
        parser.error("name --tasks, a --model or a --recipe to fetch for, or --verify what is there")
    own: Mapping[str, Find] = {}
    if args.recipe is not None:
        from mtl.study.needs import needs_of

        needs = needs_of(args.recipe)
        names += needs.tasks
        models += needs.models
        own = needs.own

    from mtl.data.prepare import prepare_folder, verify_folder

    if args.verify:
        troubles = verify_folder(args.root, names, models=models, own=own, say=print)
        if troubles:
            raise UserError(
                f"{args.root}: {troubles[0]} ({len(troubles)} such lines above); prepare it again, "
                "or bring your own files, see docs/data.md"
            )
    else:
        prepare_folder(args.root, names, models=models, say=print)


if __name__ == "__main__":
    run_verb(main)
