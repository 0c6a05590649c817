"""The file layouts of the benchmarks: how predictions and labels are read, matched, and written.

Reading is strict: whatever a file holds that its layout does not foresee is the user's error, with file and
line.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mtl.evaluate.layouts.align import Aligned, as_sets, by_id, by_line, by_sentence
from mtl.evaluate.layouts.keyed import (
    answers_text,
    gold_answers_text,
    rankings_text,
    read_answers,
    read_gold_answers,
    read_rankings,
    read_targets,
)
from mtl.evaluate.layouts.lines import (
    choices_text,
    labels_text,
    pairs_text,
    read_choices,
    read_found_pairs,
    read_gold_choices,
    read_indices,
    read_labels,
    read_pairs,
    read_tags,
    tags_text,
)
from mtl.tasks.benchmarks import Member

__all__ = ["LAYOUTS", "Aligned", "FileLayout"]


@dataclass(frozen=True, kw_only=True)
class FileLayout:
    """What can be done with files of one layout; a file's content is a list, or a mapping from ids."""

    read: Callable[[Path, Member], Any]
    read_golds: Callable[[Path, Member], Any]
    align: Callable[[Any, Any, Path, Path], Aligned]
    """Matches predictions with golds, given both contents and both files."""
    text: Callable[[Any], str]
    """What a file of predictions with this content says."""
    golds_text: Callable[[Any], str]
    """What a file of labels with this content says."""


LAYOUTS: Mapping[str, FileLayout] = MappingProxyType(
    {
        "labels": FileLayout(
            read=read_labels,
            read_golds=read_labels,
            align=by_line,
            text=labels_text,
            golds_text=labels_text,
        ),
        "tags": FileLayout(
            read=read_tags, read_golds=read_tags, align=by_sentence, text=tags_text, golds_text=tags_text
        ),
        "choices": FileLayout(
            read=read_choices,
            read_golds=read_gold_choices,
            align=by_line,
            text=choices_text,
            golds_text=choices_text,
        ),
        "indices": FileLayout(
            read=read_indices,
            read_golds=read_indices,
            align=by_line,
            text=labels_text,
            golds_text=labels_text,
        ),
        "pairs": FileLayout(
            read=read_found_pairs,
            read_golds=read_pairs,
            align=as_sets,
            text=pairs_text,
            golds_text=pairs_text,
        ),
        "answers": FileLayout(
            read=read_answers,
            read_golds=read_gold_answers,
            align=by_id(None),
            text=answers_text,
            golds_text=gold_answers_text,
        ),
        "rankings": FileLayout(
            read=read_rankings,
            read_golds=read_targets,
            align=by_id(()),
            text=rankings_text,
            golds_text=rankings_text,
        ),
    }
)
