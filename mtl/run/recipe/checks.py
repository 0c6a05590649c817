"""What must hold between the keys of a phase: each check names the key at fault and the way out."""

from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise

from mtl.errors import unknown_name
from mtl.run.recipe.schema import EncoderFromScratch, MixtureSettings, Phase, TrainSettings
from mtl.run.recipe.yaml_text import KeyPath

Problem = tuple[KeyPath, str]


def phase_problems(phase: Phase, earlier: Mapping[str, Phase]) -> Iterator[Problem]:
    """Every contradiction in a phase's settings, given the phases before it: the key, and the way out."""
    if not phase.tasks:
        yield ("tasks",), "name at least one task"
    for name, task in phase.tasks.items():
        if task.records is not None and task.fraction is not None:
            yield ("tasks", name, "records"), "records and fraction are both set; leave one of them out"
    yield from _model_problems(phase)
    yield from _data_problems(phase)
    yield from _start_problems(phase, earlier)
    if phase.kind == "train":
        yield from _mixture_problems(phase.mixture, phase.tasks)
        yield from _train_problems(phase.train)


def _start_problems(phase: Phase, earlier: Mapping[str, Phase]) -> Iterator[Problem]:
    """What a phase starts from is there by then, and is of the same shape."""
    start = None if phase.after is None else earlier.get(phase.after)
    if phase.after is not None and start is None:
        yield ("after",), str(unknown_name("phase", phase.after, earlier, where="among the phases before"))
    if start is not None and start.kind != "train":
        yield ("after",), f"{phase.after} trains nothing; name a phase that does, as {start.after}"
    if start is not None and (phase.model.name, phase.model.config) != (start.model.name, start.model.config):
        yield ("model",), f"is another encoder than that of {phase.after}, from which the phase starts"
    if start is None and phase.kind == "evaluate":
        yield ("after",), "an evaluate phase needs trained heads; name the phase that trains them"
    if start is not None and phase.kind == "retrieve" and start.kind == "train" and not start.train.export:
        yield (
            ("after",),
            f"{phase.after} exports no encoder, which retrieval reads; set train.export=true there",
        )
    for new, old in phase.carry.items():
        if start is None or phase.kind != "train":
            yield ("carry",), "heads are carried into a train phase, from the one that `after` names"
        elif new not in phase.tasks:
            yield ("carry", new), str(unknown_name("task", new, phase.tasks))
        elif old not in start.tasks:
            yield ("carry", new), str(unknown_name("task", old, start.tasks, where=f"phase {phase.after}"))


def tokenizer_problems(phase: Phase, earlier: Mapping[str, Phase]) -> Iterator[Problem]:
    """What a phase starts from reads the same tokens; a run that is done may have named one by two names."""
    if phase.after is None or phase.kind == "retrieve":  # which reads what was exported with the encoder
        return
    key, tokenizer = _tokenizer(phase)
    if tokenizer != _tokenizer(earlier[phase.after])[1]:
        yield (
            key,
            f"is another tokenizer than that of {phase.after}, from which the phase starts; set the same "
            "model.tokenizer for both",
        )


def _tokenizer(phase: Phase) -> tuple[KeyPath, object]:
    """What tells the tokenizer, and where: its name, its model's, or the world that it is made from."""
    name = phase.model.tokenizer or phase.model.name
    return (("data", "world"), phase.data.world) if name is None else (("model", "tokenizer"), name)


def _model_problems(phase: Phase) -> Iterator[Problem]:
    model, world = phase.model, phase.data.world
    if (model.name is None) == (model.config is None):
        state = "both null" if model.name is None else "both set"
        yield (
            ("model", "name"),
            f"name and config are {state}; set one, as model.name=xlm-roberta-large",
        )
    if model.config is not None:
        yield from _config_problems(model.config, phase.train.freeze.layers)
        if model.tokenizer is None and world is None:
            yield (
                ("model", "tokenizer"),
                "an encoder from a config has no tokenizer of its own; name a folder",
            )


def _config_problems(config: EncoderFromScratch, frozen_layers: int) -> Iterator[Problem]:
    if config.hidden_size % config.num_attention_heads:
        text = f"{config.num_attention_heads} does not divide the hidden_size {config.hidden_size}"
        yield ("model", "config", "num_attention_heads"), f"{text}; choose one that does"
    if frozen_layers > config.num_hidden_layers:
        text = f"{frozen_layers} is more than the encoder's {config.num_hidden_layers} layers; freeze fewer"
        yield ("train", "freeze", "layers"), text


def _data_problems(phase: Phase) -> Iterator[Problem]:
    if phase.data.root is None and phase.data.world is None:
        yield (
            ("data", "root"),
            "data.root and data.world are both null; set data.root to the folder of the data sets",
        )
    if phase.data.root is not None and phase.data.world is not None:
        yield ("data", "root"), "data.root and data.world are both set; set one of them to null"


def _mixture_problems(mixture: MixtureSettings, tasks: Collection[str]) -> Iterator[Problem]:
    caps = mixture.max_epochs if isinstance(mixture.max_epochs, Mapping) else {}
    for key, names in (
        ("weights", mixture.weights or {}),
        ("min_epochs", mixture.min_epochs),
        ("max_epochs", caps),
    ):
        for name in names:
            if name not in tasks:
                yield ("mixture", key, name), str(unknown_name("task", name, tasks))
    for name, least in mixture.min_epochs.items():
        most = caps.get(name) if caps else mixture.max_epochs
        if isinstance(most, float | int) and least > most:
            yield (
                ("mixture", "min_epochs", name),
                f"{least:g} is more than its max_epochs {most:g}; lower one of them",
            )
    yield from _weight_problems(mixture, tasks)
    yield from _temperature_problems(mixture)


def _weight_problems(mixture: MixtureSettings, tasks: Collection[str]) -> Iterator[Problem]:
    if mixture.weights is None:
        return
    if missing := [name for name in tasks if name not in mixture.weights]:
        yield ("mixture", "weights"), f"no weight for {', '.join(missing)}; give every task one"
    if mixture.cap is not None or mixture.temperature != 1.0:
        yield (
            ("mixture", "weights"),
            "fixed weights take the place of sizes; set mixture.cap=null mixture.temperature=1",
        )


def _temperature_problems(mixture: MixtureSettings) -> Iterator[Problem]:
    if not isinstance(mixture.temperature, tuple):
        return
    steps = [step for step, _ in mixture.temperature]
    if not steps or any(later <= earlier for earlier, later in pairwise(steps)):
        yield ("mixture", "temperature"), "a schedule's steps must rise, such as [[0, 5], [10000, 1]]"


def _train_problems(train: TrainSettings) -> Iterator[Problem]:
    if (train.steps is None) == (train.epochs is None):
        state = "both null" if train.steps is None else "both set"
        yield (
            ("train", "steps"),
            f"train.steps and train.epochs are {state}; set one and leave the other null",
        )
    if train.warmup >= 1 and train.warmup != int(train.warmup):
        yield (
            ("train", "warmup"),
            f"{train.warmup:g} is no number of steps; give a share below 1 or a whole number",
        )
    if train.steps is not None and train.warmup >= 1 and train.warmup > train.steps:
        yield (
            ("train", "warmup"),
            f"{train.warmup:g} steps of warm-up are more than train.steps {train.steps}; lower it",
        )
    if train.patience is not None and train.eval_every is None:
        yield ("train", "patience"), "patience counts evaluations; set train.eval_every as well"
