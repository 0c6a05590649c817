"""The Hugging Face hub's data sets: which configurations and splits a repository has, and their rows.

Most repositories have a conversion to Parquet on a branch of its own, `<configuration>/<split>/*.parquet`,
whatever their owner uploaded; where it is missing, the owner's files are read.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mtl.errors import UserError, reason_of

if TYPE_CHECKING:
    from datasets import Dataset

PARQUET = "refs/convert/parquet"


@dataclass(frozen=True, kw_only=True)
class Repository:
    """What a repository offers."""

    name: str
    revision: str
    licence: str
    splits: Mapping[str, tuple[str, ...]]
    """By configuration."""
    converted: Mapping[tuple[str, str], tuple[str, ...]]
    """The files of each configuration and split on the branch of the conversion."""

    def load(self, configuration: str, split: str) -> "Dataset":
        """The rows of a split."""
        from datasets import disable_progress_bars, load_dataset

        disable_progress_bars()
        files = self.converted.get((configuration, split))
        with troubles_of(f"{self.name}, {configuration}, {split}"):
            if files is None:
                return load_dataset(self.name, configuration, revision=self.revision, split=split)
            chosen = {split: list(files)}
            return load_dataset(self.name, revision=PARQUET, data_files=chosen, split=split)


def look_up(name: str) -> Repository:
    """Ask the hub what a repository offers."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RevisionNotFoundError

    with troubles_of(name):
        main = HfApi().dataset_info(name)
        try:
            branch = HfApi().dataset_info(name, revision=PARQUET)
        except RevisionNotFoundError:
            branch = None
        converted = {} if branch is None else _converted([one.rfilename for one in branch.siblings or ()])
        splits = _splits(converted) or _owners_splits(name)
    card = main.card_data
    return Repository(
        name=name,
        revision=str((branch if converted and branch is not None else main).sha),
        licence=str(card.get("license") or "") if card is not None else "",
        splits=splits,
        converted=converted,
    )


def _converted(files: list[str]) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for file in sorted(files):
        match file.split("/"):
            case [configuration, split, shard] if shard.endswith(".parquet"):
                found[configuration, split] = (*found.get((configuration, split), ()), file)
    return found


def _splits(converted: Mapping[tuple[str, str], object]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for configuration, split in converted:
        found[configuration] = (*found.get(configuration, ()), split)
    return found


def _owners_splits(name: str) -> dict[str, tuple[str, ...]]:
    from datasets import get_dataset_config_names, get_dataset_split_names

    return {one: tuple(get_dataset_split_names(name, one)) for one in get_dataset_config_names(name)}


@contextmanager
def troubles_of(what: str) -> Iterator[None]:
    """What the clients raise where a network, a name or a file fails them, as the user's error.

    Their exceptions have no class in common: nothing but calls of theirs may stand in the block.
    """
    try:
        yield
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            raise UserError(
                f"hub: {what}: {error.filename}: {error.strerror}; mend the folder, or name another with "
                "--root, or with HF_HOME for what is on its way"
            ) from error
        first = reason_of(error)
        trouble = f"hub: {what}: {first.rstrip('.')}"
        raise UserError(
            f"{trouble}; is the hub within reach, and the name right? What is fetched stays"
        ) from error
