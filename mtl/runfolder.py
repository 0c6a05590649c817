"""The names inside a run folder.

runs/<name>/                    recipe.yaml  versions.json  report.html  results.{md,csv,tex}  heatmaps/
    <phase>/                    phase.json  lineage.json  metrics.jsonl  scores.json  mixture.{json,txt}
        ds_config.json  token_budget.json  restarts.json  collapsed.json  tensorboard/  checkpoints/
        result.txt  export/  predictions/  labels/  found/  failure/  .lock

The folder of a study is one run's, which has besides:

                                study.html  study.md  study.tex  {scores,gains,interactions,curves}.csv
    logs/  slurm/               graph.yaml
"""

from dataclasses import dataclass
from pathlib import Path

from mtl.files import write_atomic


@dataclass(frozen=True)
class PhaseFolder:
    """What one phase of a run leaves behind."""

    root: Path

    @property
    def record(self) -> Path:
        """What the phase is, what determines its result, and whether it is done."""
        return self.root / "phase.json"

    @property
    def lock(self) -> Path:
        """Held by the run that works at the phase."""
        return self.root / ".lock"

    @property
    def restarts(self) -> Path:
        """Why the phase was begun anew: one JSON text each time, a list."""
        return self.root / "restarts.json"

    @property
    def collapsed(self) -> Path:
        """The tasks that had learned nothing some time after warm-up: by name, the step of that judgement."""
        return self.root / "collapsed.json"

    @property
    def metrics(self) -> Path:
        """One JSON object a line: a step and its scalars."""
        return self.root / "metrics.jsonl"

    @property
    def tensorboard(self) -> Path:
        """The event files."""
        return self.root / "tensorboard"

    @property
    def mixture(self) -> Path:
        """The mixture table, for programs."""
        return self.root / "mixture.json"

    @property
    def mixture_table(self) -> Path:
        """The mixture table, for people."""
        return self.root / "mixture.txt"

    @property
    def ds_config(self) -> Path:
        """The DeepSpeed configuration with every default and the recipe's part."""
        return self.root / "ds_config.json"

    @property
    def budget(self) -> Path:
        """The token budget that was chosen at the start."""
        return self.root / "token_budget.json"

    @property
    def lineage(self) -> Path:
        """Each start of the phase: from what, when, with which versions."""
        return self.root / "lineage.json"

    def has_work(self) -> bool:
        """Whether a phase has come far enough to leave something: a model that could train, or an answer."""
        return any(path.exists() for path in (self.lineage, self.predictions, self.found))

    @property
    def checkpoints(self) -> Path:
        """What a run resumes from."""
        return self.root / "checkpoints"

    @property
    def result(self) -> Path:
        """The name of the checkpoint with which the phase ended."""
        return self.root / "result.txt"

    def read_result(self) -> Path | None:
        """The checkpoint with which the phase ended; None before that."""
        try:
            return self.checkpoints / self.result.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    def write_result(self, checkpoint: Path) -> None:
        """Declare a checkpoint the phase's result."""
        write_atomic(self.result, f"{checkpoint.name}\n")

    @property
    def export(self) -> Path:
        """Trained models in the files of the wider world."""
        return self.root / "export"

    @property
    def predictions(self) -> Path:
        """Predictions by task and language."""
        return self.root / "predictions"

    @property
    def labels(self) -> Path:
        """What is right, laid out as the predictions are."""
        return self.root / "labels"

    @property
    def found(self) -> Path:
        """How a retrieve phase found its answers, by task and language."""
        return self.root / "found"

    @property
    def scores(self) -> Path:
        """Scores by task and language."""
        return self.root / "scores.json"

    @property
    def failure(self) -> Path:
        """What is needed to look into a step that went wrong."""
        return self.root / "failure"


@dataclass(frozen=True)
class RunFolder:
    """What a run leaves behind: one folder for each phase, and what holds for all."""

    root: Path

    @property
    def recipe(self) -> Path:
        """The recipe with every default written out."""
        return self.root / "recipe.yaml"

    @property
    def versions(self) -> Path:
        """The versions of Python and of the packages that ran."""
        return self.root / "versions.json"

    @property
    def report(self) -> Path:
        """The report, one page."""
        return self.root / "report.html"

    def phase(self, name: str) -> PhaseFolder:
        """The folder of a phase."""
        return PhaseFolder(self.root / name)


@dataclass(frozen=True)
class StudyFolder(RunFolder):
    """What a study leaves behind: a run, its answer, and how it was run."""

    @property
    def graph(self) -> Path:
        """The recipe of all phases."""
        return self.root / "graph.yaml"

    @property
    def page(self) -> Path:
        """The answer, one page."""
        return self.root / "study.html"

    @property
    def markdown(self) -> Path:
        """The tables, as Markdown."""
        return self.root / "study.md"

    @property
    def latex(self) -> Path:
        """The tables, as LaTeX."""
        return self.root / "study.tex"

    @property
    def all_scores(self) -> Path:
        """Every score: arm, seed, target, language."""
        return self.root / "scores.csv"

    @property
    def gains(self) -> Path:
        """Every comparison with its tests."""
        return self.root / "gains.csv"

    @property
    def interactions(self) -> Path:
        """Every interaction, for programs."""
        return self.root / "interactions.csv"

    @property
    def curves(self) -> Path:
        """Every learning curve, for programs."""
        return self.root / "curves.csv"

    @property
    def slurm(self) -> Path:
        """What a Slurm cluster is given."""
        return self.root / "slurm"

    def log(self, name: str) -> Path:
        """What the processes of a job said."""
        return self.root / "logs" / f"{name}.log"
