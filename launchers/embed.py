"""Embed the sentences of a file, plain or gzipped, into a matrix: row n of the .npy stands for line n."""

import argparse
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import get_args

from mtl.arguments import add_local_rank
from mtl.errors import UserError, leave_at_once, run_verb
from mtl.retrieval.names import Pooling


def main() -> None:
    """Read the arguments, embed, and say what came of it."""
    parser = _parser()
    args = parser.parse_args()
    if (args.text is None) != (args.out is None) or not (args.text or args.sentence_transformers):
        parser.error("name both --text and --out, or --sentence-transformers, or all three")
    if args.head and (args.layer is not None or args.pooling is not None or args.sentence_transformers):
        parser.error("a head has its own layer and pooling, and its folder is one for sentence-transformers")
    if args.centre and args.sentence_transformers:
        parser.error("--centre: sentence-transformers cannot centre; leave it out")

    from mtl.engine.launch import join_run, leave_run
    from mtl.files import check_new, make_room_for
    from mtl.retrieval.embed import Embedder, EmbedSettings, find_model
    from mtl.retrieval.matrix import make_matrix
    from mtl.retrieval.portable import write_portable
    from mtl.retrieval.progress import bars
    from mtl.run.exporting import find_head
    from mtl.together import on_first, together

    ranks = join_run(timeout=timedelta(days=7))  # a slow rank's chunk may take hours
    texts = [] if args.text is None else together(ranks, partial(_sentences, args.text))
    if args.out is not None:
        together(ranks, partial(make_room_for, args.out, beside=[args.text]))
    if args.sentence_transformers is not None:
        together(ranks, partial(check_new, args.sentence_transformers))
    find = partial(find_head, Path(args.model), args.head) if args.head else partial(find_model, args.model)
    model = str(together(ranks, find))
    settings = EmbedSettings(
        layer=args.layer, pooling=args.pooling or "mean", precision=args.precision, device=str(ranks.device)
    )
    if args.text is not None:
        with bars() as stage:
            load = (
                partial(Embedder.of_head, Path(model), settings)
                if args.head
                else partial(Embedder.of_encoder, model, settings)
            )
            embedder = together(ranks, load)
            progress = stage("embedding", len(texts))
            matrix = make_matrix(
                args.out, texts, embedder, half=args.half, centre=args.centre, progress=progress
            )
        on_first(ranks, partial(matrix.move_to, args.out))
        if ranks.first:
            if matrix.num_cut:
                print(f"{matrix.num_cut:,} sentences were too long and read in part")
            rows, width = matrix.rows.shape
            print(f"{args.out}: {rows:,} x {width} {matrix.rows.dtype}, layer {embedder.layer}")
    if args.sentence_transformers is not None:
        on_first(ranks, partial(write_portable, model, settings, args.sentence_transformers))
        if ranks.first:
            print(f"{args.sentence_transformers}: a model for sentence-transformers")
    leave_run()


def _sentences(path: Path) -> list[str]:
    """The lines of a text, each of which has a vector."""
    from mtl.retrieval.corpus import read_sentences

    texts = read_sentences(path)
    blank = [number for number, text in enumerate(texts, 1) if not text]
    if blank:
        trouble = f"{path}:{blank[0]}: a blank line, one of {len(blank)}, has no vector"
        raise UserError(f"{trouble}; fill them or take them out")
    return texts


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="embed.py", description=__doc__)
    parser.add_argument("--model", required=True, help="a run, one of its phases, a folder, or a hub name")
    parser.add_argument("--head", metavar="NAME", help="a head of a dual encoder, which makes the vectors")
    parser.add_argument("--text", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, metavar="NPY")
    parser.add_argument("--layer", type=int, help="default: 14 of 24, 8 of 12")
    parser.add_argument("--pooling", choices=get_args(Pooling), help="default: mean")
    parser.add_argument("--centre", action="store_true", help="take their mean off the vectors")
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32", help="of the encoder")
    parser.add_argument("--half", action="store_true", help="write float16, not float32")
    parser.add_argument(
        "--sentence-transformers",
        type=Path,
        metavar="DIR",
        help="write a model folder that the library of this name loads, and that embeds alike",
    )
    add_local_rank(parser)
    return parser


if __name__ == "__main__":
    run_verb(main, leave=leave_at_once)
