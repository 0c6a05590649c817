"""A study as typed, frozen values: arms, targets, random seeds, and the comparisons that answer a question.

Its top level is a recipe's: the defaults of every phase. Each part changes them, as a recipe's phase does.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from mtl.run.recipe.schema import Count, FolderName, Section, Seed, Settings, TaskName, TaskSettings

Label = Annotated[str, Field(min_length=1)]


class Amount(Settings):
    """Settings of intermediate training, and how much of its data is used."""

    records: Count | None = None
    """So many records in all, shared evenly by the arm's tasks; null: all."""
    fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    """This share of each task's records; null: all."""
    curve: Label | None = None
    """The learning curve on which the arm is a point, with others of its family at other sizes."""


class Augment(Section):
    """By which augmentation, and where."""

    intermediate: Label | None = None
    """The augmentation of intermediate training; null: none."""
    target: Label | None = None
    """The augmentation of fine-tuning; null: none."""


class Arm(Amount):
    """What is done between the encoder and the targets; an arm without tasks trains nothing there."""

    family: str | None = None
    """The kind of intermediate training, for the tables; null: the arm itself."""
    target: Settings = Field(default_factory=Settings)
    """What the arm changes about every target's fine-tuning."""
    augment: Augment = Field(default_factory=Augment)
    """Which augmentation its training data have."""
    aside: str | None = None
    """Why it is reported apart, such as an upper bound that saw the target's language; null: it is not."""
    empty: str | None = None
    """Why there is nothing to train on: the arm is shown, and not run. Null: it is run."""


class Target(Settings):
    """A task that is scored in all its languages; its settings are those of its fine-tuning."""

    task: TaskName | None = None
    """The task that is scored; null: the one that the target is named after."""
    kind: Literal["train", "retrieve"] = "train"
    """Fine-tune, then predict; or compare embeddings, without any training."""
    group: str | None = None
    """What kind of a task it is; null: the task itself."""
    first: Settings | None = None
    """A training phase before the fine-tuning, such as Social IQa before COPA."""
    carry: Mapping[TaskName, TaskName] = Field(default_factory=dict)
    """Heads that fine-tuning starts from, of the phase `first`."""


class Comparison(Section):
    """A question to the results: is one arm better than another?"""

    arm: Label
    """The arm in question."""
    against: Label
    """The arm that it is compared with."""


class Interaction(Section):
    """A question to four arms: do two measures together bring more, or less, than what each brings alone?"""

    both: Label
    """The arm with both measures."""
    one: Label
    """The arm with the first alone."""
    other: Label
    """The arm with the second alone."""
    neither: Label
    """The arm with none."""


class Average(Section):
    """Languages of the targets that answer a question together."""

    languages: Annotated[tuple[str, ...], Field(min_length=1)]
    """The mean over these, in every target that has all of them."""
    less: tuple[str, ...] = ()
    """The mean over these is subtracted: the gap is English less the others."""


class Study(Settings):
    """An experiment: every arm on every target, with every random seed."""

    name: FolderName
    """The study's folder below `out`; default: the file's name."""
    out: Path = Path("runs")
    """The folder of runs."""
    question: str
    """What is to be answered, in one sentence."""
    notes: tuple[str, ...] = ()
    """What a reader of the page must know."""
    declare: Mapping[TaskName, Mapping[str, Any]] = Field(default_factory=dict)
    """Tasks of the study's own, over local files."""
    before: Mapping[FolderName, Settings] = Field(default_factory=dict)
    """Training phases that all arms share, one after another."""
    intermediate: Settings = Field(default_factory=Settings)
    """What the intermediate training of all arms has in common."""
    augmentations: Mapping[Label, Mapping[TaskName, TaskSettings]] = Field(default_factory=dict)
    """By name: what each changes about the training data of the tasks that it knows."""
    arms: Annotated[Mapping[Label, Arm], Field(min_length=1)]
    """By name: the arms."""
    variants: Mapping[str, Amount] = Field(default_factory=dict)
    """Each arm that trains is there once for each of these, such as equal sizes; "" adds no name."""
    control: Label
    """The arm that gains are measured against."""
    target: Settings = Field(default_factory=Settings)
    """What the fine-tuning of all targets has in common."""
    targets: Annotated[Mapping[TaskName, Target], Field(min_length=1)]
    """By name, which is that of a task unless it names one: what is scored."""
    averages: Mapping[Label, Average] = Field(default_factory=dict)
    """By name: means over some of the targets' languages, which are compared beside that over all."""
    distance_to: str | None = None
    """The language of the targets; gains of arms in other languages are compared with the distance to it."""
    languages: Path | None = None
    """A TSV file of the user's own facts about languages: code, and any of family, script, resource and
    distance (to `distance_to`); null: the built-in table, or the built-in world's."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)] = (0, 1, 2)
    """Random seeds; arms with the same seed are compared."""
    vary: Literal["all", "target"] = "all"
    """What a seed decides: intermediate training too, or fine-tuning alone, after one intermediate run."""
    keep: Literal["all", "intermediate"] = "all"
    """Which models stay on disk: all, or none that was fine-tuned for a target, once it is scored.

    Of job arrays each job removes its own; those that several jobs test go when the page is written.
    """
    comparisons: tuple[Comparison, ...] | None = None
    """What is tested; null: every arm against the control."""
    interactions: tuple[Interaction, ...] = ()
    """What is asked of four arms at a time."""

    def task_of(self, target: str) -> str:
        """The task that a target is scored by."""
        return self.targets[target].task or target
