"""HTML and SVG as values: whatever is not already markup is escaped, so that text from outside stays text."""

from collections.abc import Iterable
from html import escape

VOID = frozenset({"meta", "link", "br"})


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | float | None) -> Markup:
    """An element. Attributes end in `_` where Python has the word, `_` inside is `-`; None leaves one out."""
    inside = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Markup(f"<{name}{inside}>")
    return Markup(f"<{name}{inside}>{join(children)}</{name}>")


def join(children: Iterable[str]) -> Markup:
    """Several pieces, one after another."""
    return Markup("".join(child if isinstance(child, Markup) else escape(child) for child in children))
