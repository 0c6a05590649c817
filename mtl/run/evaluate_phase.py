"""An evaluate phase: trained heads predict their tasks in every language that is there, and are scored."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TypeVar

from mtl.data.build import open_store, store_folder
from mtl.data.packing import check_budget
from mtl.data.sources import languages, unread_names
from mtl.data.store_header import check_positions
from mtl.data.strip import HeadStore
from mtl.engine.launch import any_rank, in_turns
from mtl.errors import PreemptedError, UserError
from mtl.evaluate.exam import AnswerFolders, Exam, best_no_answer_threshold, is_written, predict_and_write
from mtl.evaluate.metrics import METRICS
from mtl.evaluate.plain import PlainPredictor
from mtl.model.load import build_model
from mtl.model.multihead import num_parameters
from mtl.model.precision import DTYPES
from mtl.model.trained import TrainedHead
from mtl.run.identity import store_keys
from mtl.run.phase_tasks import known_tasks, told_languages, with_training
from mtl.run.places import encoder_config, encoder_shape, store_place
from mtl.run.read_trained import read_heads, read_trained
from mtl.run.recipe.schema import Phase
from mtl.run.scoring import score_phase
from mtl.run.tested import head_of, tested_members, tested_tasks
from mtl.run.work import Run
from mtl.runfolder import PhaseFolder
from mtl.tasks.task import LABELLED, Task
from mtl.together import on_first

Found = TypeVar("Found")


class EvaluatePhase:
    """An evaluate phase, prepared."""

    def __init__(self, run: Run, phase: Phase) -> None:
        """Find the tasks' languages."""
        self._run = run
        self._phase = phase
        self._settings = phase.evaluate
        self._folder = run.folder_of(phase)
        self._answers = AnswerFolders(predictions=self._folder.predictions, labels=self._folder.labels)
        self._store_place = store_place(phase)
        self._tasks = tested_tasks(run.recipe, phase)
        self._members = tested_members(phase, self._tasks)

    def announce(self) -> None:
        """The tasks and their languages."""
        for task in self._tasks:
            member = self._members[task.name]
            unread = unread_names(task.splits[member.split], self._store_place.root)
            told = told_languages(member.languages, self._settings.languages, unread=unread)
            self._run.terminal.say(f"phase {self._phase.name}: {member.task} ({member.split}) {told}")

    def data(self) -> Mapping[str, str]:
        """The token stores of what is predicted, which are not built for this."""
        return store_keys(folder for *_, folder in self._stores(store_folder))

    def do(self, *, begun: bool) -> None:
        """Predict what is not predicted yet, and stop between two languages if so wished; then score all."""
        ranks, exams = self._run.ranks, self._exams
        missing = on_first(ranks, lambda: [not is_written(exam, self._answers) for exam in exams])
        if any(missing):
            with self._run.stop.held():
                self._predict([exam for exam, is_missing in zip(exams, missing, strict=True) if is_missing])
        on_first(
            ranks,
            partial(score_phase, self._folder, self._members, self._store_place.root, self._run.terminal),
        )

    def _predict(self, exams: Sequence[Exam]) -> None:
        predictor, ranks = self._predictor(), self._run.ranks
        thresholds: dict[str, float | None] = {}
        for exam in exams:
            what = f"{exam.member.task} {exam.language}"
            if any_rank(ranks, self._run.stop.wanted()):
                raise PreemptedError(f"in phase {self._phase.name}, before {what}")
            if exam.member.task not in thresholds:
                thresholds[exam.member.task] = self._no_answer_threshold(exam, predictor)
            exam = replace(exam, no_answer_threshold=thresholds[exam.member.task])
            budget = self._settings.token_budget
            predict_and_write(exam, predictor, self._answers, budget=budget, ranks=ranks)
            self._run.terminal.say(f"{what}: predicted")

    def _no_answer_threshold(self, exam: Exam, predictor: PlainPredictor) -> float | None:
        """From which doubt on a task's questions stay unanswered: what its dev split says is best."""
        task = next(task for task in self._tasks if task.name == exam.member.task)
        if not METRICS[task.metric].allows_no_answer:
            return None
        if "dev" not in task.splits:  # that of the task that it trains on stands in
            task = with_training(task, known_tasks(self._run.recipe))
        if exam.member.split == "dev" or "dev" not in task.splits:
            return 0.0
        store = open_store(task, "dev", place=self._store_place)
        budget = self._settings.token_budget
        check_budget([store.header.largest], budget=budget, key="evaluate.token_budget")
        ranks = self._run.ranks
        chosen = best_no_answer_threshold(
            task.metric,
            HeadStore(head=exam.source.head, store=store),
            predictor,
            budget=budget,
            rank=ranks.rank,
            world=ranks.world,
        )
        threshold = on_first(ranks, lambda: chosen)
        self._run.terminal.say(
            f"{task.name}: no answer from a score of {threshold:.3f} on, by {task.language} dev"
        )
        return threshold

    @property
    def _start(self) -> PhaseFolder:
        assert self._phase.after is not None
        return self._run.folder.phase(self._phase.after)

    @cached_property
    def _heads(self) -> Mapping[str, TrainedHead]:
        return read_heads(self._start)

    @cached_property
    def _exams(self) -> tuple[Exam, ...]:
        """A store that is not there is built by one rank of a host, for which the others wait."""
        for task in self._tasks:
            self._check_labels(task)
        return tuple(
            Exam(
                member=self._members[task.name],
                language=language,
                source=HeadStore(head=self._head(task).spec.name, store=store),
            )
            for task, language, store in self._stores(open_store)
        )

    def _stores(self, find: Callable[..., Found]) -> Iterator[tuple[Task, str, Found]]:
        """Each task in each language, with what is found of its store."""
        for task in self._tasks:
            member, labels = self._members[task.name], self._head(task).labels
            named = languages(task, member.split, self._store_place.root)
            for language in member.languages:
                code = language if named else None
                found = find(task, member.split, place=self._store_place, labels=labels, language=code)
                yield task, language, found

    def _head(self, task: Task) -> TrainedHead:
        """The head that answers."""
        after, name = self._phase.after, head_of(task, self._phase, self._heads)
        head = self._heads[name]
        if head.spec.kind != task.kind:
            raise UserError(
                f"phase {self._phase.name}: the head {name} of {after} is for {head.spec.kind} tasks, "
                f"and {task.name} is a {task.kind} task; train a head for it, or leave it out"
            )
        return head

    def _check_labels(self, task: Task) -> None:
        """Refuse a head that has learnt other labels than the task has by now."""
        head = self._head(task)
        if task.kind in LABELLED and task.labels not in (None, head.labels):
            old, new = (", ".join(labels or ()) for labels in (head.labels, task.labels))
            which = f"phase {self._phase.name}: the head {head.spec.name} of {self._phase.after}"
            raise UserError(
                f"{which} has learnt the labels {old}, in this order, and {task.name} has {new} now; take "
                "the old ones back, or train it anew"
            )

    def _predictor(self) -> PlainPredictor:
        """The encoder and the heads that answer, on this rank's device."""
        phase, ranks = self._phase, self._run.ranks
        headers = [exam.source.store.header for exam in self._exams]
        vocab_size = headers[0].vocabulary.vocab_size
        config = encoder_shape(phase, encoder_config(phase, vocab_size=vocab_size))
        for header in headers:
            check_positions(header, config.positions)
        check_budget(
            [header.largest for header in headers],
            budget=self._settings.token_budget,
            key="evaluate.token_budget",
        )
        names = dict.fromkeys(exam.source.head for exam in self._exams)
        specs = [self._heads[name].spec for name in names]
        build = partial(
            build_model,
            None,
            config,
            specs,
            seed=0,
            start=read_trained(self._start).start({name: name for name in names}),
        )
        model = in_turns(ranks, build, bytes_needed=2 * 4 * num_parameters(config, specs))
        return PlainPredictor(model, device=ranks.device, dtype=DTYPES[self._settings.precision])
