"""A benchmark of several parts, each in a process of its own: what one leaves behind would disturb the next."""

import argparse
import subprocess
import sys
from collections.abc import Collection, Iterable
from typing import TypeVar

from contest.record import add_options, passed_on

from mtl.errors import unknown_name

Name = TypeVar("Name", bound=str)


def parts_parser(about: str | None, metavar: str, known: Iterable[str]) -> argparse.ArgumentParser:
    """The options of every benchmark, and which `parts` to run."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar=metavar, help=f"of {', '.join(known)} (default: all)")
    add_options(parser)
    return parser


def chosen_parts(arguments: argparse.Namespace, known: Collection[Name], *, what: str) -> list[Name]:
    """Those that are named on the command line, or all."""
    for name in arguments.parts:
        if name not in known:
            raise unknown_name(what, name, known)
    return arguments.parts or list(known)


def run_alone(script: str, names: Iterable[str], arguments: argparse.Namespace) -> None:
    """Run each part by itself, with the same options."""
    for name in names:
        subprocess.run([sys.executable, script, name, *passed_on(arguments)], check=True)
