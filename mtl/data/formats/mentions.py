"""Mewsli-X's articles: JSON lines of a text and the mentions in it; a row a mention."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from mtl.data.formats.jsonl import read_jsonl
from mtl.errors import UserError
from mtl.tasks.task import Row


def read_mentions(path: Path) -> Iterator[tuple[int, Row]]:
    """Each mention beside its text, with the line of the article."""
    for number, article in read_jsonl(path):
        mentions = article.get("mentions")
        if not isinstance(article.get("context"), Mapping) or not isinstance(mentions, list):
            trouble = f"{path}:{number}: no article with its 'context' and its 'mentions'"
            raise UserError(f"{trouble}; mend the line, or name the file's real format")
        for mention in mentions:
            yield number, {"context": article["context"], "mention": mention}
