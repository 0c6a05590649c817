"""A sealed text gives back what was sealed, and nothing once a byte of it is another."""

import pytest

from mtl.sealed import seal, unseal

BODY = {"step": 7, "labels": ["é", "b"], "lr": 0.1}
TEXT = (
    '{\n "step": 7,\n "labels": [\n  "\\u00e9",\n  "b"\n ],\n "lr": 0.1,\n'
    ' "checksum": "f6529c0f6fceeefd4e4e8913f7780a1d"\n}\n'
)
"""As checkpoints have been written since there are any: those must stay readable."""


def test_the_bytes_stay_what_they_are_and_give_back_the_body() -> None:
    assert seal(BODY) == TEXT
    assert unseal(TEXT) == BODY


@pytest.mark.parametrize("place", range(len(TEXT)))
def test_no_character_may_be_another_or_be_missing(place: int) -> None:
    other = "0" if TEXT[place] != "0" else "1"
    assert unseal(TEXT[:place] + other + TEXT[place + 1 :]) is None
    assert unseal(TEXT[:place]) is None


@pytest.mark.parametrize(
    "text", ["", "[]", "7", "null", '"a"', "{}", '{"checksum": 1}', "[" * 100_000, '{"checksum": NaN}', "\0"]
)
def test_anything_else_is_no_sealed_text(text: str) -> None:
    assert unseal(text) is None
