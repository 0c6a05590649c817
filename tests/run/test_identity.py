"""What determines a phase's result tells it from every other."""

from dataclasses import replace
from pathlib import Path

import pytest

from mtl.errors import UserError
from mtl.phase_record import write_record
from mtl.run.identity import MODEL, model_key, start_of
from mtl.runfolder import RunFolder
from tests.kit.graphs import graph, record


def test_only_what_starts_from_a_folder_has_a_key_of_its_model(tmp_path: Path) -> None:
    (tmp_path / "encoder").mkdir()
    given = graph(tmp_path, f"model={{name: {tmp_path / 'encoder'}, tokenizer: t}}", f"data.cache={tmp_path}")
    assert {name: [*model_key(phase)] for name, phase in given.phases.items() if model_key(phase)} == {
        "first": [MODEL]
    }
    assert model_key(graph(tmp_path).phases["first"]) == {}
    assert model_key(graph(tmp_path, "model={name: some/encoder, tokenizer: t}").phases["first"]) == {}


def test_a_phase_starts_from_one_that_is_done(tmp_path: Path) -> None:
    given = graph(tmp_path)
    folder = RunFolder(given.folder)
    assert start_of(given.phases["first"], folder) == ""
    with pytest.raises(UserError, match="phase alone: starts from first, which is not done"):
        start_of(given.phases["alone"], folder)
    write_record(folder.phase("first"), record(given))
    with pytest.raises(UserError, match="not done"):
        start_of(given.phases["alone"], folder)
    done = replace(record(given), done=True)
    write_record(folder.phase("first"), done)
    assert start_of(given.phases["alone"], folder) == done.identity.digest
