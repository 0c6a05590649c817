"""A mistake names its line, or its override, and the cure."""

import pytest

from tests.run.recipe.broken import BASE, mistake

UNKNOWN = {
    "top": ("trian: {}", "trian; did you mean train?"),
    "in a section": ("mixture: {temprature: 2}", "mixture.temprature; did you mean mixture.temperature?"),
    "elsewhere": ("temperature: 2", "temperature; did you mean mixture.temperature?"),
    "in a phase": (
        "phases: {a: {train: {stpes: 2}}}",
        "phases.a.train.stpes; did you mean phases.a.train.steps?",
    ),
    "a phase's name": ("phases: {a: {name: b}}", "phases.a.name;"),
    "no idea": ("mixture: {zzzzzz: 2}", "mixture.zzzzzz; mixture knows by, temperature,"),
}


@pytest.mark.parametrize(("text", "expected"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_an_unknown_key_names_its_line_and_the_nearest_right_name(write, text, expected):
    assert mistake(write(BASE + text)).startswith(f"FILE:7: unknown key {expected}")
    assert mistake(write(BASE + "  lrr: 1")) == "FILE:7: unknown key train.lrr; did you mean train.lr?"


def test_a_mistake_in_a_phase_is_told_where_the_user_wrote_it(write):
    path = write(BASE + "phases:\n  a:\n    train: {epochs: 1}\n  b: {}\n")
    assert mistake(path).startswith(
        "FILE:5: train.steps: in phase a: train.steps and train.epochs are both set"
    )
    assert mistake(path, "train.steps=null", "phases.b.train.steps=-1").startswith(
        "override phases.b.train.steps=-1: phases.b.train.steps: must be greater than 0"
    )
    both_null = (
        "override train.steps=null: train.steps: in phase b: train.steps and train.epochs are both null"
    )
    assert mistake(path, "train.steps=null").startswith(both_null)
