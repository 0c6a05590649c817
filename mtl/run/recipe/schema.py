"""The recipe as typed, frozen values: every key of a run, with its type, its default and its meaning.

The top-level sections of a recipe are the defaults of every phase; a phase is those with its own changes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from mtl.arguments import LONGEST
from mtl.retrieval.names import Margin, Pooling, Retrieval

Count = Annotated[int, Field(gt=0, lt=2**53)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]
Probability = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Seconds = Annotated[float, Field(gt=0, le=LONGEST)]
TaskName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
FolderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]


def at_home(path: Path) -> Path:
    """A path as a shell reads it."""
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise ValueError(f"{path}: {error}") from None


def name_at_home(name: str) -> str:
    """A hub name, or a folder as a shell reads it."""
    return str(at_home(Path(name))) if name.startswith("~") else name


UserPath = Annotated[Path, AfterValidator(at_home)]
ModelName = Annotated[str, AfterValidator(name_at_home)]


def tasks_by_name(tasks: object) -> object:
    """A list of task names as the mapping that it stands for; anything else as it is."""
    if not isinstance(tasks, list):
        return tasks
    if not all(isinstance(name, str) for name in tasks):
        raise ValueError(f"expected a list of task names, got {tasks!r}")
    if twice := sorted({name for name in tasks if tasks.count(name) > 1}):
        raise ValueError(f"{twice[0]} stands twice; name each task once")
    return {name: {} for name in tasks}


class Section(BaseModel):
    """A mapping of the recipe: its keys are known, its types strict, its values fixed once read."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
    )


class EncoderFromScratch(Section):
    """An encoder from scratch, with random weights; its vocabulary is the tokenizer's."""

    family: Literal["xlm-roberta", "roberta", "bert"] = "xlm-roberta"
    """Whose architecture and position numbering it has."""
    hidden_size: Annotated[int, Field(gt=0, le=65_536)]
    """Width of a token's vector."""
    num_hidden_layers: Annotated[int, Field(gt=0, le=1_024)]
    """Number of transformer layers."""
    num_attention_heads: Annotated[int, Field(gt=0, le=1_024)]
    """Attention heads of a layer; they divide the width."""
    intermediate_size: Annotated[int, Field(gt=0, le=262_144)]
    """Width of the feed-forward layer."""
    max_position_embeddings: Annotated[int, Field(gt=0, le=1_048_576)] = 514
    """Size of the table of positions; XLM-R and RoBERTa spend two of them."""


class ModelSettings(Section):
    """The encoder that the phase starts from: a checkpoint by name, or a config from scratch."""

    name: ModelName | None = None
    """A hub name or a folder; null with `config`."""
    config: EncoderFromScratch | None = None
    """The shape of an encoder from scratch; null with `name`."""
    tokenizer: ModelName | None = None
    """A hub name or a folder; null: the model's own, or the built-in world's."""
    dropout: Probability | None = None
    """Dropout on hidden states; null: the checkpoint's."""
    attention_dropout: Probability | None = None
    """Dropout on attention weights; null: the checkpoint's."""
    recompute: bool = False
    """Recompute activations in the backward pass: less memory, more time, the same curve."""


class WorldSettings(Section):
    """The built-in world, generated into the cache: the data and the tokenizer of a run without downloads."""

    seed: Seed = 0
    """Another seed is another world."""
    scale: Annotated[float, Field(gt=0, le=1_000)] = 1.0
    """Factor on the number of rows of every task."""
    sisters: tuple[str, ...] = ()
    """Languages beside the five of every world: `qae`, which is as close to `qaa` as Estonian to Finnish."""


class DataSettings(Section):
    """Where rows come from and where their tokens are kept."""

    root: UserPath | None = None
    """The folder below which tasks find their files; null with `world`."""
    cache: UserPath | None = None
    """The folder of token stores and of the world; null: $MTL_CACHE, else ~/.cache/mtl."""
    workers: Count | None = None
    """Processes that tokenise; null: one for each core."""
    world: WorldSettings | None = None
    """The built-in world as the data; null with `root`."""


Names = Annotated[tuple[str, ...], Field(strict=False)]
"""A list in the file; below `tasks`, whose value is looked at first, nobody takes a list for a tuple."""


class RewriteSettings(Section):
    """Copies of a task's training records, in which some words stand in other languages (code-switching)."""

    dictionaries: str
    """Files below the data folder, as `muse/en-{lang}.txt`: a word and one of its translations a line."""
    languages: Names | None = None
    """The languages of the words; of those that have a word, chance picks one. Null: all that have a file."""
    rate: Annotated[float, Field(gt=0, le=1)] = 0.5
    """The probability that a word is drawn; a drawn word changes if a dictionary has it."""
    copies: Count = 1
    """Copies of each record, beside the record itself; copies count as records."""


class TaskSettings(Section):
    """What a phase changes about a task; null keeps what the task declares."""

    language: str | None = None
    """The language of the training and dev data, where files of several are there."""
    also: Names | None = None
    """Train the same head on these too: tasks of its kind and labels, such as `pawsx-de`; null: on none."""
    rewrite: RewriteSettings | None = None
    """Code-switched copies of the training records in the task's language; null: none."""
    records: Count | None = None
    """Train on so many records, chosen by the seed; a larger number includes a smaller one's. Null: all."""
    fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    """Train on this share of the records, chosen in the same way; null: all."""
    smoothing: Annotated[float, Field(ge=0, le=1)] = 1.0
    """Each language of each file is drawn in proportion to size^smoothing. 1: by size; 0: all equally."""
    max_length: Count | None = None
    """Most tokens of one sequence, special tokens included."""
    stride: Count | None = None
    """Span: context tokens from one window's start to the next's."""
    max_question: Count | None = None
    """Span: a longer question is cut to this length. Embed: most tokens of a query, with special tokens."""
    group: Annotated[int, Field(ge=2)] | None = None
    """Embed: so many pairs are learnt together, the others as wrong answers; a group is one record."""
    loss_weight: Positive = 1.0
    """Factor on the loss of the task's examples."""


class MixtureSettings(Section):
    """Which examples a step draws: task shares p, proportional to min(n, cap) ** (1 / temperature)."""

    by: Literal["example", "step"] = "example"
    """What is drawn by the tasks' shares: each example of a step, or one task for the whole step."""
    temperature: Positive | tuple[tuple[Annotated[int, Field(ge=0)], Positive], ...] = 1.0
    """1: proportional to size; larger: more even. Or a list of [step, temperature], linear in between."""
    cap: Count | None = None
    """A task counts for at most this many records; null: no cap."""
    weights: Mapping[str, Positive] | None = None
    """Fixed shares, one for each task, in place of sizes, cap and temperature."""
    min_epochs: Mapping[str, NotNegative] = Field(default_factory=dict)
    """By task: at least so many passes over its data in the whole phase."""
    max_epochs: Positive | Mapping[str, Positive] | None = None
    """At most so many passes over a task's data: one number for all tasks, or by task; null: no limit."""
    block: Count = 64
    """Steps of one quota block, in which shares are exact."""


class FreezeSettings(Section):
    """What of the encoder does not train."""

    embeddings: bool = False
    """The embeddings stay as they are."""
    layers: Annotated[int, Field(ge=0)] = 0
    """So many of the lowest layers stay as they are."""


class TrainSettings(Section):
    """Steps, their size, the optimizer, and when to look at the dev splits."""

    examples_per_step: Annotated[int, Field(gt=0, le=16_777_216)] = 128
    """Examples in an optimizer step, over all ranks: the batch size."""
    token_budget: Literal["auto"] | Annotated[int, Field(ge=16, lt=2**31)] = 16384
    """Most tokens of a bin, that is of one forward pass on one rank: bounds the memory; auto: the most that
    fits at the start. Without dropout it changes no result; with it, other bins mean other masks."""
    bins_multiple: Annotated[int, Field(gt=0, le=65_536)] = 8
    """A step has a multiple of so many bins; the number of ranks divides it. 8 serves 1, 2, 4 and 8 ranks."""
    steps: Count | None = None
    """Optimizer steps; null with `epochs`."""
    epochs: Positive | None = None
    """Passes over the sum of the tasks' capped sizes; null with `steps`."""
    lr: Positive = 1e-5
    """Peak learning rate."""
    warmup: NotNegative = 0.1
    """Below 1: the share of the steps in which the rate rises; from 1: the number of those steps."""
    schedule: Literal["linear", "constant"] = "linear"
    """The rate after warm-up: falls to 0 at the last step, or stays."""
    weight_decay: NotNegative = 0.01
    """Decoupled decay; biases and norms have none."""
    betas: tuple[Probability, Probability] = (0.9, 0.999)
    """AdamW's averages of the gradient and of its square."""
    eps: Positive = 1e-8
    """AdamW's guard against division by zero."""
    clip: NotNegative = 1.0
    """Largest norm of a step's gradient; 0: no clipping."""
    layer_decay: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Each layer below the top trains at this factor of the rate of the layer above; 1: all at one rate."""
    head_lr_scale: Positive = 1.0
    """Factor on the rate of the heads."""
    freeze: FreezeSettings = Field(default_factory=FreezeSettings)
    """What of the encoder does not train."""
    precision: Literal["fp32", "bf16", "fp16"] = "bf16"
    """Of weights and activations in the passes; the optimizer always keeps fp32."""
    idle_heads: Literal["auto", "dense", "lazy"] = "auto"
    """A head without examples in a step: zero gradient (dense) or none (lazy); auto: lazy only if by step."""
    eval_every: Count | None = None
    """Steps between evaluations on the dev splits; null: none."""
    dev_examples: Count | None = 500
    """So many records of each dev split, the same number from the start of each file (all of a shorter one);
    null: all."""
    patience: Count | None = None
    """Stop after so many evaluations without a better mean of the tasks' main metrics; null: never."""
    restarts: Annotated[int, Field(ge=0)] = 0
    """Where a phase has collapsed (its losses stay at the entropy of the labels): begin it anew, with
    another seed, at most so many times."""
    log_every: Count = 1
    """Steps between two lines of metrics."""
    checkpoint_every: Count | None = 1000
    """Steps between two checkpoints; null: only after the last step, a new best evaluation, or a signal."""
    keep_checkpoints: Count = 2
    """So many of the newest checkpoints are kept, and the best one."""
    hang_seconds: Seconds = 900.0
    """When no rank has moved for so long, the run ends and names the one that hangs."""
    export: bool = True
    """When the phase ends, write its heads as folders for `transformers`, which share the encoder's file."""


class EvaluateSettings(Section):
    """How an evaluate phase predicts."""

    split: Literal["test", "dev"] = "test"
    """What is predicted and scored."""
    languages: tuple[str, ...] | None = None
    """The languages; null: all that the data folder has files for."""
    token_budget: Annotated[int, Field(ge=16)] = 32768
    """Most tokens of a forward pass on one rank."""
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    """Of weights and activations."""


class RetrieveSettings(Section):
    """How a retrieve phase embeds sentences and finds translations; the defaults are the paper's."""

    languages: tuple[str, ...] | None = None
    """The languages; null: all that the data folder has files for."""
    layer: Annotated[int, Field(ge=0)] | Literal["dev"] | None = None
    """The layer whose vectors are read; null: 14 of 24, 8 of 12, else three fifths of them; dev: the best one
    on each language's dev split, and null for a task without."""
    pooling: Literal[Pooling, "dev"] = "mean"
    """A sentence's vector: the mean of its tokens' vectors, or that of its first token; dev: the better one
    on dev, and mean for a task without."""
    curve: bool = False
    """Score every layer for the report to draw: F1 on dev, or accuracy where there is no dev split. Costs all
    layers and a search for each, and changes no answer."""
    special_tokens: bool = True
    """Whether the mean counts the tokens around the sentence."""
    centre: bool = False
    """Subtract each side's mean vector first."""
    margin: Margin = "ratio"
    """Mining: how a pair's similarity is compared with that of its neighbours."""
    retrieval: Retrieval = "max"
    """Mining: which of the best pairs of both directions are taken."""
    k: Count = 4
    """Mining: neighbours of a margin."""
    token_budget: Annotated[int, Field(ge=16)] = 16384
    """Most tokens of a forward pass."""
    memory_mb: Count = 1024
    """Memory of the search."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """Of weights and activations."""


class Settings(Section):
    """Everything that a phase may have of its own."""

    seed: Seed = 0
    """Decides every draw, shuffle, mask and dropout."""
    model: ModelSettings = Field(default_factory=ModelSettings)
    """The encoder that the phase starts from."""
    data: DataSettings = Field(default_factory=DataSettings)
    """Where rows come from and where their tokens are kept."""
    tasks: Annotated[Mapping[TaskName, TaskSettings], BeforeValidator(tasks_by_name)] = Field(
        default_factory=dict
    )
    """The tasks: a list of names, or a mapping from name to what the phase changes about it."""
    mixture: MixtureSettings = Field(default_factory=MixtureSettings)
    """Which examples a step draws."""
    train: TrainSettings = Field(default_factory=TrainSettings)
    """Steps, optimizer, evaluation."""
    evaluate: EvaluateSettings = Field(default_factory=EvaluateSettings)
    """How an evaluate phase predicts."""
    retrieve: RetrieveSettings = Field(default_factory=RetrieveSettings)
    """How a retrieve phase finds translations."""
    deepspeed: Path = Path("ds_configs/zero1.json")
    """The DeepSpeed file: how to shard, offload and communicate."""


class Phase(Settings):
    """One node of the recipe's graph, with all its settings."""

    name: FolderName
    """The key under `phases`; also the phase's folder."""
    kind: Literal["train", "evaluate", "retrieve"] = "train"
    """What the phase does: train its tasks, or score them in every language: by trained heads (evaluate), or
    by the distance of sentences (retrieve)."""
    after: FolderName | None = None
    """The earlier phase from whose weights this one starts; null: from `model`."""
    carry: Mapping[TaskName, TaskName] = Field(default_factory=dict)
    """Train: heads that start from one of `after`, as {copa: siqa}; all others are fresh."""
    arm: str | None = None
    """The row of the results that this phase belongs to; null: that of `after`, or `none`."""

    @property
    def tested_split(self) -> Literal["test", "dev"]:
        """What it scores; the dev split of a retrieve phase serves its choices alone."""
        return "test" if self.kind == "retrieve" else self.evaluate.split

    @property
    def tested_languages(self) -> tuple[str, ...] | None:
        """The languages that it scores; None: all that there are files of."""
        return self.retrieve.languages if self.kind == "retrieve" else self.evaluate.languages


class Recipe(Settings):
    """A run: its name, the defaults of its phases, and the phases."""

    name: FolderName
    """The run's folder below `out`; default: the recipe file's name."""
    out: UserPath = Path("runs")
    """The folder of runs."""
    declare: Mapping[TaskName, Mapping[str, Any]] = Field(default_factory=dict)
    """Tasks of the recipe's own, over local files."""
    phases: Mapping[str, Phase]
    """By name: what each phase changes about the defaults above."""

    def phase_list(self) -> tuple[Phase, ...]:
        """The phases in the recipe's order, each with all its settings."""
        return tuple(self.phases.values())

    def arm_of(self, phase: Phase) -> str:
        """The row of the results that a phase belongs to."""
        if phase.arm is not None:
            return phase.arm
        return "none" if phase.after is None else self.arm_of(self.phases[phase.after])

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self.out / self.name
