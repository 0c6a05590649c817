"""Mine pairs of translations between two files of sentences, plain or gzipped, one sentence a line."""

import argparse
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import get_args

from mtl.arguments import add_local_rank, whole_number
from mtl.errors import leave_at_once, run_verb
from mtl.retrieval.names import Margin, Pooling, Retrieval


def main() -> None:
    """Read the arguments, mine, and say what came of it."""
    args = _parser().parse_args()

    from mtl.engine.launch import join_run, leave_run
    from mtl.retrieval.corpus import Job, mine_files, read_corpora
    from mtl.retrieval.embed import Embedder, EmbedSettings, find_model
    from mtl.retrieval.mine import MiningSettings
    from mtl.retrieval.neighbours import SearchSettings
    from mtl.retrieval.progress import bars
    from mtl.together import together

    ranks = join_run(timeout=timedelta(days=7))  # a slow rank's chunk may take hours
    device = str(ranks.device)
    settings = EmbedSettings(layer=args.layer, pooling=args.pooling, precision=args.precision, device=device)
    job = Job(
        source=args.source,
        target=args.target,
        out=args.out,
        search=SearchSettings(k=args.k, memory_mb=args.memory_mb, device=device),
        mine=MiningSettings(margin=args.margin, retrieval=args.retrieval),
        threshold=args.threshold,
        top=args.top,
        centre=args.centre,
    )
    corpora = together(ranks, partial(read_corpora, job))
    embedder = together(ranks, lambda: Embedder.of_encoder(find_model(args.model), settings))
    with bars() as stage:
        outcome = mine_files(job, corpora, embedder, stage)
    if ranks.first:
        for path, corpus in zip((args.source, args.target), corpora, strict=True):
            print(
                f"{path}: {len(corpus.texts):,} sentences; left out {corpus.num_blank:,} blank lines "
                f"and {corpus.num_repeated:,} repetitions"
            )
        if outcome.num_cut:
            print(f"{outcome.num_cut:,} sentences were too long and read in part")
        print(f"{args.out}: {outcome.num_pairs:,} pairs")
    leave_run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mine.py", description=__doc__)
    parser.add_argument("--model", required=True, help="a run, one of its phases, a folder, or a hub name")
    parser.add_argument("--source", type=Path, required=True, metavar="FILE")
    parser.add_argument("--target", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="TSV", help="score, source and target a line"
    )
    most = parser.add_mutually_exclusive_group()
    most.add_argument("--threshold", type=float, metavar="T", help="only pairs that score T or more")
    most.add_argument("--top", type=whole_number, metavar="N", help="only the N best pairs")
    parser.add_argument("--margin", choices=get_args(Margin), default="ratio")
    parser.add_argument("--retrieval", choices=get_args(Retrieval), default="max")
    parser.add_argument("--k", type=whole_number, default=4, help="neighbours of a margin (default: 4)")
    parser.add_argument("--layer", type=int, help="default: 14 of 24, 8 of 12")
    parser.add_argument("--pooling", choices=get_args(Pooling), default="mean")
    parser.add_argument("--centre", action="store_true", help="take each side's mean off its vectors")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="of the encoder")
    parser.add_argument(
        "--memory-mb",
        type=whole_number,
        default=1024,
        help="of the search, besides its answer (default: 1024)",
    )
    add_local_rank(parser)
    return parser


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
