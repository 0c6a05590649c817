"""YAML is read strictly, with the line of every mistake; what is written is read back."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtl.run.recipe.yaml_text import read_yaml, write_yaml
from tests.run.recipe.broken import mistake


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1", "FILE:1: not valid YAML"),
        ("tasks: [mnli]\ntrain:\n  lr: 1\n lr: 2\n", "FILE:4: not valid YAML"),
        ("seed: 1\nseed: 2\n", "FILE:2: not valid YAML: the key seed stands twice"),
        ("x: &a 1\ny: *a\n", "FILE:2: not valid YAML: aliases"),
        ("1: x\n", "FILE:1: not valid YAML: a key must be text"),
        ("? [a]\n: 1\n", "a key must be text"),
        ("seed: !!python/object:os.system 1\n", "FILE:1: not valid YAML: the tag"),
        ("seed: 1\n---\nseed: 2\n", "FILE:2: not valid YAML"),
        ("- 1\n", "FILE: a recipe is a mapping"),
        ("just text", "FILE: a recipe is a mapping"),
        ("", "tasks: name at least one task"),
        ("\x01", "FILE: not valid YAML"),
        ("[" * 1200, "FILE: not valid YAML: nested too deeply"),
    ],
)
def test_rubbish_is_one_line_with_the_line_number(write, text, expected):
    assert expected in mistake(write(text))


@pytest.mark.parametrize(
    "text", ["1e-5", "1.0", "010", "0x1f", "no", "Null", "~", "", "1_000", "2001-01-01", "1:30"]
)
def test_a_text_that_looks_like_something_else_stays_a_text(text):
    assert read_yaml(write_yaml([text, {text: text}]), "here").value == [text, {text: text}]


TEXT = st.text(st.sampled_from(string.printable + "äβ中א😀\u2028\x85"), max_size=12)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None)
@given(value=VALUES)
def test_what_is_written_as_yaml_is_read_back(value):
    back = read_yaml(write_yaml({"value": value}), "here").value["value"]
    assert back == value and repr(back) == repr(value)
