"""An article of Mewsli-X comes as a row a mention; another shape is refused with its line."""

import json
from pathlib import Path

import pytest

from mtl.data.formats.mentions import read_mentions
from mtl.errors import UserError


def test_a_mention_is_a_row_beside_its_text(tmp_path: Path) -> None:
    articles = [{"context": {"text": "a"}, "mentions": [1, 2]}, {"context": {"text": "b"}, "mentions": [3]}]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(article) + "\n" for article in articles))
    rows = list(read_mentions(tmp_path / "a.jsonl"))
    assert [(number, row["context"]["text"], row["mention"]) for number, row in rows] == [
        (1, "a", 1),
        (1, "a", 2),
        (2, "b", 3),
    ]


@pytest.mark.parametrize("article", [{"mentions": []}, {"context": {}}, {"context": "x", "mentions": []}])
def test_what_is_no_article_is_refused(tmp_path: Path, article: object) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(article) + "\n")
    with pytest.raises(UserError, match=r"a\.jsonl:1: no article with its 'context' and its 'mentions'"):
        list(read_mentions(tmp_path / "a.jsonl"))
