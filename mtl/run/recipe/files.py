"""Where the files lie that a recipe or a command line names: as they stand, else below the repository."""

from difflib import get_close_matches
from pathlib import Path

from mtl.errors import UserError

REPOSITORY = Path(__file__).resolve().parents[3]
SHIPPED = {".yaml": REPOSITORY / "recipes", ".json": REPOSITORY / "ds_configs"}
MOST_NAMED = 9
"""Of a longer list of files nobody reads the end."""


def locate(path: Path, *, where: str = "") -> Path:
    """The file that a path means; a UserError with the nearest names when there is none."""
    candidates = (path.expanduser(), REPOSITORY / path)
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise UserError(f"{where}{path}: no such file; {_hint(path, [each.parent for each in candidates])}")


def _hint(path: Path, folders: list[Path]) -> str:
    suffix = path.suffix if path.suffix in SHIPPED else ".yaml"
    files = [
        *SHIPPED[suffix].rglob("*" + suffix),
        *(file for folder in folders for file in folder.glob("*" + suffix)),
    ]
    names = {file.stem: _short(file) for file in sorted(files) if file.is_file()}
    near = [names[stem] for stem in get_close_matches(path.stem, names, n=2, cutoff=0.5)]
    if near:
        return f"did you mean {' or '.join(near)}?"
    known = sorted(names.values(), key=lambda name: (name.count("/"), name))
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f"there are {', '.join(known[:MOST_NAMED]) or 'none'}{more}"


def _short(file: Path) -> str:
    return str(file.relative_to(REPOSITORY)) if file.is_relative_to(REPOSITORY) else str(file)
