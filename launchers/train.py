"""Train what a recipe says: `deepspeed launchers/train.py [RECIPE] [--dry-run] [key=value ...]`."""

import argparse
from pathlib import Path

from mtl.arguments import add_local_rank, names
from mtl.errors import leave_at_once, run_verb

DEFAULT_RECIPE = Path("recipes/demo.yaml")


def main() -> None:
    """Read the command line and train."""
    recipe, overrides, options = read_arguments()
    from mtl.run.running import run_recipe

    run_recipe(
        recipe,
        overrides,
        dry_run=options.dry_run,
        resume=options.resume,
        insist=options.insist,
        smoke=options.smoke,
        only=options.only,
    )


def read_arguments() -> tuple[Path, list[str], argparse.Namespace]:
    """The recipe, the overrides, and the options."""
    parser = argparse.ArgumentParser(
        prog="train.py",
        description="Train what a recipe says, under deepspeed, torchrun, srun or plain python.",
        epilog="exit codes: 0 done, 1 our fault, 2 a mistake in the input, 75 stopped and resumable, "
        "130 interrupted at once",
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="RECIPE key=value",
        help=f"a recipe (default: {DEFAULT_RECIPE}), then changes to its keys, such as train.lr=1e-5",
    )
    parser.add_argument("--dry-run", action="store_true", help="print recipe, mixture and plan, and stop")
    parser.add_argument(
        "--smoke", action="store_true", help="rehearse: a tiny encoder, the built-in world, two steps a phase"
    )
    parser.add_argument("--resume", action="store_true", help="go on with a run that has begun")
    parser.add_argument(
        "--insist", action="store_true", help="with --resume: also where data or settings have changed"
    )
    parser.add_argument(
        "--only",
        type=names,
        default=[],
        metavar="PHASE,...",
        help="do only these phases; what they start from must be done",
    )
    add_local_rank(parser)
    arguments = parser.parse_intermixed_args()
    if arguments.insist and not arguments.resume:
        parser.error("--insist is about going on with a run; it goes with --resume")
    from mtl.run.recipe.overrides import split_words

    recipes, overrides = split_words(arguments.words)
    if len(recipes) > 1:
        parser.error(f"one recipe at a time, not {' and '.join(recipes)}; a change is written key=value")
    return Path(recipes[0]) if recipes else DEFAULT_RECIPE, overrides, arguments


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
