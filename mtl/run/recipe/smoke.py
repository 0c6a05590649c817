"""A recipe rehearsed: the same graph with a tiny encoder, rows of the built-in world, two steps a phase.

Nothing is learned; it shows within minutes that every phase of a long run will start, score and export.
"""

from typing import TypeVar

from mtl.run.recipe.schema import (
    DataSettings,
    EncoderFromScratch,
    ModelSettings,
    Phase,
    Recipe,
    Settings,
    TrainSettings,
    WorldSettings,
)

STEPS = 2
EXAMPLES = 8
SCALE = 0.02
ENCODER = EncoderFromScratch(hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64)

S = TypeVar("S", bound=Settings)


def rehearsal(recipe: Recipe) -> Recipe:
    """The recipe made small; it keeps its tasks, its mixture and its sharding, but for demands on data."""
    phases: dict[str, Phase] = {name: _small(phase) for name, phase in recipe.phases.items()}
    return _small(recipe).model_copy(update={"name": f"{recipe.name}-smoke", "phases": phases})


def _small(settings: S) -> S:
    data = settings.data
    return settings.model_copy(
        update={
            "model": ModelSettings(config=ENCODER, recompute=settings.model.recompute),
            "data": DataSettings(world=WorldSettings(scale=SCALE), cache=data.cache, workers=data.workers),
            "tasks": {
                name: task.model_copy(update={"records": None, "rewrite": None})
                for name, task in settings.tasks.items()
            },
            "mixture": settings.mixture.model_copy(update={"min_epochs": {}, "max_epochs": None}),
            "train": _short(settings.train),
            "evaluate": settings.evaluate.model_copy(update={"precision": "fp32", "languages": None}),
            "retrieve": settings.retrieve.model_copy(
                update={"layer": None, "precision": "fp32", "languages": None}
            ),
        }
    )


def _short(train: TrainSettings) -> TrainSettings:
    return train.model_copy(
        update={
            "steps": STEPS,
            "epochs": None,
            "examples_per_step": EXAMPLES,
            "warmup": min(train.warmup, STEPS),
            "freeze": train.freeze.model_copy(
                update={"layers": min(train.freeze.layers, ENCODER.num_hidden_layers)}
            ),
            "precision": "fp32",
            "eval_every": None if train.eval_every is None else STEPS,
            "dev_examples": EXAMPLES,
        }
    )
