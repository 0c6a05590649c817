"""The checkpoints of a train phase: when it goes on from one, what the run adds to it, and which are kept."""

import time
from functools import partial
from pathlib import Path

from mtl.engine.checkpoint import Save, load_state, open_newest
from mtl.engine.checkpoint_files import folder_name, list_checkpoints, prune, rename_damaged
from mtl.engine.engine import Engine
from mtl.engine.launch import Ranks, any_rank
from mtl.errors import UserError
from mtl.run.prepare import Prepared
from mtl.run.read_trained import RECORDED_CONFIG, RECORDED_HEADS, RECORDED_TOKENIZER, heads_record
from mtl.run.terminal import Terminal
from mtl.run.training_state import TrainingState
from mtl.runfolder import PhaseFolder
from mtl.together import on_first

DRAW, TRAINING = "draw", "training"
"""Records: the draw's fingerprint; what training remembers."""


class Keeper:
    """Saves a phase, and finds where it stopped."""

    def __init__(
        self, engine: Engine, prepared: Prepared, folder: PhaseFolder, terminal: Terminal, ranks: Ranks
    ) -> None:
        """Nothing is read or written yet."""
        self._engine = engine
        self._prepared = prepared
        self._folder = folder
        self._terminal = terminal
        self._ranks = ranks
        self.taken_at = 0
        """Steps that were done at the newest checkpoint, which may still be on its way to the disk."""
        self._saving: Save | None = None
        self._best_step = -1
        self.resumed: Path | None = None
        """The checkpoint from which this process went on."""

    def resume(self, *, begun: bool, insist: bool) -> TrainingState | None:
        """Put the newest whole checkpoint into the engine; gives what training remembered, None for a start.

        Only a phase that had `begun` may go on; to `insist` is to go on also with another draw.
        """
        root = self._folder.checkpoints
        if not begun:
            if on_first(self._ranks, partial(list_checkpoints, root)):
                raise UserError(f"{root}: holds checkpoints of a phase without a record; remove the folder")
            return None
        checkpoint = open_newest(root, self._ranks, warn=self._terminal.say)
        if checkpoint is None:
            return None
        if checkpoint.records[DRAW] != self._prepared.steps.fingerprint and not insist:
            raise UserError(
                f"{checkpoint.folder}: draws by other rules or from other data than now; go on with "
                "the version that wrote it, or all the same with --resume --insist"
            )
        load_state(self._engine, checkpoint)
        for aside in on_first(self._ranks, partial(rename_damaged, root, after=checkpoint.step)):
            self._terminal.say(f"set aside, for you to look at or to remove: {aside}")
        self.taken_at, self.resumed = checkpoint.step, checkpoint.folder
        self._terminal.say(f"goes on after step {checkpoint.step}, from {checkpoint.folder}")
        return self._without_lost_best(TrainingState.read(checkpoint.records[TRAINING]))

    def _without_lost_best(self, training: TrainingState) -> TrainingState:
        """What training remembered; no best evaluation where its checkpoint is gone: it cannot be declared.

        A later one was better, so it was removed; then the later one was damaged.
        """
        best_step = training.stopping.best_step
        best = self._folder.checkpoints / folder_name(best_step + 1)
        if best_step < 0 or on_first(self._ranks, best.is_dir):
            return training
        self._terminal.say(f"{best}: was the best so far and is gone; the best is sought from here on")
        return training.without_best()

    def save(self, step: int, training: TrainingState) -> float:
        """Take a checkpoint after `step` steps; gives the seconds for which training waits."""
        begun = time.perf_counter()
        on_first(self._ranks, self._demand_own_folder)
        self.settle()
        prepared = self._prepared
        records = {
            RECORDED_HEADS: heads_record(prepared.heads),
            RECORDED_CONFIG: prepared.hf_config.to_dict(),
            RECORDED_TOKENIZER: prepared.tokenizer,
            DRAW: prepared.steps.fingerprint,
            TRAINING: training.record(),
        }
        self._saving = Save(self._engine, self._folder.checkpoints, step=step, records=records)
        self._best_step = training.stopping.best_step
        self.taken_at = step
        return time.perf_counter() - begun

    def poll(self) -> None:
        """Settle the checkpoint that is on its way if every rank has written its share."""
        if self._saving is not None and not any_rank(self._ranks, self._saving.busy):
            self.settle()

    def settle(self) -> None:
        """Wait for the checkpoint that is on its way, and remove old ones; every rank must call it."""
        if self._saving is None:
            return
        saving, self._saving = self._saving, None
        saving.finish()
        keep_last = self._prepared.phase.train.keep_checkpoints
        on_first(
            self._ranks,
            partial(prune, self._folder.checkpoints, keep_last=keep_last, keep={self._best_step + 1}),
        )

    def declare(self, step: int) -> Path:
        """Make the checkpoint after `step` steps the phase's result."""
        self.settle()
        result = self._folder.checkpoints / folder_name(step)
        on_first(self._ranks, partial(self._folder.write_result, result))
        return result

    def wait_for_writer(self) -> None:
        """Wait until this rank writes no more; what is not whole by then never will be."""
        if self._saving is not None:
            self._saving.wait()

    def _demand_own_folder(self) -> None:
        """A folder that was unmounted or removed is not made anew elsewhere, without its past."""
        if not self._folder.record.is_file():
            raise UserError(
                f"{self._folder.root}: is no longer there, or no longer this phase's; bring it back, and go "
                "on with --resume"
            )
