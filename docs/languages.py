"""Writes mtl/languages.tsv, which holds facts about languages, from the data of two packages.

    pip install --no-deps lang2vec==1.1.2 langcodes==3.5.1 && python docs/languages.py

lang2vec carries URIEL (Littell et al. 2017): Glottolog's families, and features of syntax, with
what these leave open taken from the nearest languages. langcodes carries CLDR's likely scripts and
IANA's names for them. What they do not have stays blank.
"""

import csv
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from mtl.languages import ABOUT, LANGUAGES

COLUMNS = ("code", "lineage", "script", "known", "syntax")
MISSING = -1
"""What lang2vec's averages hold where no source says anything."""


def main() -> None:
    """Write the table of all languages."""
    with ABOUT.open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out, delimiter="\t", lineterminator="\n")
        lines.writerow(COLUMNS)
        lines.writerows(rows())


def rows() -> list[tuple[object, ...]]:
    """A line for each language, in the order of our table."""
    data = files("lang2vec") / "data"
    letters = json.loads((data / "letter_codes.json").read_text())
    families, known, filled = (
        Feature(Path(str(data / f"{name}.npz")))
        for name in ("family_features", "feature_averages", "feature_predictions")
    )
    return [
        (
            code,
            " > ".join(name.removeprefix("F_") for name, value in families.of(letters[code]) if value > 0),
            script(code),
            sum(value != MISSING for name, value in known.of(letters[code]) if name.startswith("S_")),
            "".join(str(int(value)) for name, value in filled.of(letters[code]) if name.startswith("S_")),
        )
        for code in LANGUAGES
    ]


class Feature:
    """One of lang2vec's tables: languages by features."""

    def __init__(self, file: Path) -> None:
        with np.load(file) as arrays:
            self._names: list[str] = arrays["feats"].tolist()
            self._places = {code: place for place, code in enumerate(arrays["langs"].tolist())}
            self._values: Any = arrays["data"][:, :, 0]

    def of(self, letters: str) -> list[tuple[str, float]]:
        """The features of a language by its three letters."""
        return list(zip(self._names, self._values[self._places[letters]].tolist(), strict=True))


def script(code: str) -> str:
    """The name of the script that a language is most likely written in."""
    from langcodes.data_dicts import LIKELY_SUBTAGS

    subtag = LIKELY_SUBTAGS[code].split("-")[1]
    registry = (files("langcodes") / "data" / "language-subtag-registry.txt").read_text(encoding="utf-8")
    entry = next(entry for entry in registry.split("%%") if f"Type: script\nSubtag: {subtag}\n" in entry)
    return entry.split("Description: ")[1].split("\n")[0].split(" (")[0]


if __name__ == "__main__":
    main()
