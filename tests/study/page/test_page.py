"""The parts of a study's page that are words."""

from types import SimpleNamespace
from typing import Any

from mtl.study.page.page import _notes


def test_what_a_note_has_in_backticks_is_code_and_all_else_is_text() -> None:
    study = SimpleNamespace(notes=["made first (`before`), <b> is text"])
    results: Any = SimpleNamespace(matrix=SimpleNamespace(study=study, gaps=("`qad` has no data",)))
    (items,) = _notes(results)
    assert items == (
        "<ul><li>made first (<code>before</code>), &lt;b&gt; is text</li>"
        "<li><code>qad</code> has no data</li></ul>"
    )
