"""Say what a recipe takes on 1 to 1024 GPUs: `python launchers/plan.py RECIPE [key=value ...] --rate N`."""

import argparse
from pathlib import Path

from mtl.arguments import positive_number, whole_number
from mtl.errors import run_verb


def main() -> None:
    """Read the arguments and print the plan."""
    options = _parser().parse_intermixed_args()
    from mtl.errors import UserError
    from mtl.run.recipe.overrides import split_words
    from mtl.run.recipe_plan import PlanRequest, measured_rate, show_plan
    from mtl.run.scaling import Machine
    from mtl.run.terminal import Terminal

    recipes, overrides = split_words(options.words)
    if len(recipes) != 1:
        raise UserError("name one recipe, such as recipes/nine_tasks.yaml; a change is written key=value")
    rate = options.rate if options.measured is None else measured_rate(options.measured)
    machine = Machine(
        tokens_per_second=rate,
        bandwidth=None if options.bandwidth is None else options.bandwidth * 1e9,
        price=options.price,
    )
    wish = PlanRequest(gpus=options.gpus, memory_gib=options.memory, machine=machine)
    show_plan(Path(recipes[0]), overrides, wish, Terminal(enabled=True))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="plan.py", description=__doc__)
    parser.add_argument("words", nargs="+", metavar="RECIPE key=value")
    parser.add_argument("--gpus", type=whole_number, default=8, metavar="N", help="of the memory table (8)")
    parser.add_argument("--memory", type=positive_number, default=80.0, metavar="GIB", help="of one GPU (80)")
    rate = parser.add_mutually_exclusive_group(required=True)
    rate.add_argument("--rate", type=positive_number, metavar="N", help="tokens a second of one GPU")
    rate.add_argument(
        "--measured", type=Path, metavar="PHASE", help="take it from an earlier run's phase folder"
    )
    parser.add_argument(
        "--bandwidth",
        type=positive_number,
        metavar="GB/S",
        help="of a rank, as doctor.py measures it; without, what is sent takes no time",
    )
    parser.add_argument("--price", type=positive_number, metavar="P", help="of one GPU for an hour")
    return parser


if __name__ == "__main__":
    run_verb(main)
