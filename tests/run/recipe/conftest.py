"""A recipe in a file."""

import pytest


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="it.yaml"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return to_file
