"""Answer a question by experiment: `python launchers/study.py FILE [--plan] [key=value ...]`."""

import argparse
import os
import sys
from pathlib import Path

from mtl.errors import run_verb


def main() -> None:
    """Read the command line; then plan, run, submit or report."""
    options = _parser().parse_intermixed_args()
    from mtl.run.recipe.overrides import split_words

    files, overrides = split_words(options.words)
    if len(files) != 1:
        _parser().error("name one study, as recipes/studies/domain.yaml")
    path = Path(files[0])
    from mtl.run.terminal import Terminal
    from mtl.study.processes import Workers
    from mtl.study.verbs import answer_study, do_study, plan_study, submit_study

    terminal = Terminal(enabled=True)
    launcher = (sys.executable, str(Path(__file__).with_name("train.py")))
    workers = Workers(launcher=launcher, devices=_devices(options.gpus))
    if options.report:
        answer_study(path, overrides, terminal)
    else:
        do = plan_study if options.plan else submit_study if options.slurm else do_study
        do(path, overrides, workers, terminal)


def _devices(gpus: str | None) -> tuple[str | None, ...]:
    """The GPUs to share out, one phase each; all that are there where none are named."""
    if gpus is not None:
        return tuple(gpus.split(","))
    import torch

    from mtl.study.processes import share_out

    return share_out(torch.cuda.device_count(), visible=os.environ.get("CUDA_VISIBLE_DEVICES"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="study.py",
        description="Run every phase of a study once, then answer its question on a page.",
        epilog="What is done is skipped: start it again after an interruption, or with more arms.",
    )
    parser.add_argument(
        "words",
        nargs="*",
        metavar="FILE key=value",
        help="a study, then changes to its keys, as seeds=[0,1,2]",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--plan",
        action="store_true",
        help="show the arms, the phases, what is done, and stop",
    )
    how.add_argument(
        "--report",
        action="store_true",
        help="write the page from what is done, and stop; where the study says `keep: intermediate`, also "
        "delete the fine-tuned models that no phase needs any more",
    )
    how.add_argument(
        "--slurm", action="store_true", help="write the job arrays for a Slurm cluster, and stop"
    )
    parser.add_argument(
        "--gpus",
        metavar="0,1,...",
        help="GPUs of this host, each of which takes a phase at a time (default: all)",
    )
    return parser


if __name__ == "__main__":
    run_verb(main)
