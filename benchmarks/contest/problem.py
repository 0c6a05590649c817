"""What the rivals of a contest share: tasks with their tokens, the encoder's shape, the optimizer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from mtl.data.strip import HeadStore
from mtl.engine.optimizer import OptimizerSettings
from mtl.tasks.task import Task

if TYPE_CHECKING:
    from mtl.model.multihead import MultiHead

SEED = 11


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Tasks and the stores that hold their tokens."""

    title: str
    tasks: tuple[Task, ...]
    sources: tuple[HeadStore, ...]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A training run that each rival does its own way, from the same weights on the same examples."""

    rows: Rows
    layers: int
    hidden: int
    batch: int
    """Examples of an optimizer step."""
    rounds: int
    """Timed rounds."""
    dropout: float
    zero: int
    """The ZeRO stage of our engine."""
    precision: Literal["fp32", "bf16"] = "fp32"
    tuning: tuple[int, ...] = ()
    """Sizes of the baseline's batches, of which it takes the fastest: a round with each, not timed."""
    samplings: int = 2
    """Parts of a round."""
    device: str = "cpu"

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks, in the heads' order."""
        return self.rows.tasks

    @property
    def sources(self) -> tuple[HeadStore, ...]:
        """The tasks' stores, in the same order."""
        return self.rows.sources

    @property
    def all_rounds(self) -> int:
        """A round to warm up, those that tune the baseline, and the timed ones."""
        return 1 + len(self.tuning) + self.rounds

    @property
    def steps(self) -> int:
        """Steps of the whole run: in each part of a round one for each task."""
        return self.all_rounds * self.samplings * len(self.tasks)

    @property
    def vocabulary(self) -> int:
        """Rows of the word table."""
        return self.sources[0].store.header.vocabulary.vocab_size

    @property
    def shape(self) -> Mapping[str, Any]:
        """The encoder, as a Hugging Face configuration names it."""
        return {
            "hidden_size": self.hidden,
            "num_hidden_layers": self.layers,
            "num_attention_heads": max(self.hidden // 64, 1),
            "intermediate_size": 4 * self.hidden,
            "hidden_dropout_prob": self.dropout,
            "attention_probs_dropout_prob": self.dropout,
        }

    def optimizer(self, *, lazy_heads: bool) -> OptimizerSettings:
        """AdamW's settings; the large eps keeps gradients that are rounding alone from becoming whole steps."""
        return OptimizerSettings(
            lr=1e-4,
            warmup_steps=0,
            total_steps=self.steps,
            schedule="constant",
            eps=1e-6,
            lazy_heads=lazy_heads,
        )

    def model(self) -> "MultiHead":
        """Our model, whose weights every rival starts from."""
        from mtl.model.config import read_config
        from mtl.model.heads import HeadSpec
        from mtl.model.load import build_model, config_of

        specs = [
            HeadSpec.of(task, source.store.header.labels)
            for task, source in zip(self.tasks, self.sources, strict=True)
        ]
        hf_config = config_of(None, self.shape, vocab_size=self.vocabulary)
        return build_model(None, read_config(hf_config, name="model.config"), specs, seed=SEED)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step that a rival did."""

    task: str | None
    """Where the step was of one task."""
    examples: int
    tokens: int
    """Real ones, of the examples; padding does not count."""
    computed: int
    """Real ones and padding."""
    loss: float
    seconds: float
    flops: float
    """The encoder's floating-point operations, forward and backward, as it computes the step."""
    waited: float = 0.0
    """Of the seconds, spent waiting for data."""
