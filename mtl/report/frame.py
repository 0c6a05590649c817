"""The frame of a page: head, styles, contents and sections, the same for everything that is reported.

A page is one static file: no script, no server, nothing fetched.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mtl.report.markup import Markup, tag

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def document(
    title: str,
    *,
    head: Markup,
    sections: Mapping[str, Sequence[Markup]],
    files: Sequence[str],
    styles: Sequence[Path] = (),
) -> str:
    """A page: what stands at its head, its sections by name, links to its other files.

    A section without parts is left out. `styles` are style sheets besides the frame's own.
    """
    shown = {name: parts for name, parts in sections.items() if any(parts)}
    sheets = [path.read_text(encoding="utf-8") for path in (Path(__file__).with_name("page.css"), *styles)]
    body = tag(
        "body",
        tag("a", "Skip to the results", href="#main", class_="skip"),
        head,
        _contents(list(shown)),
        tag("main", *(_section(name, parts) for name, parts in shown.items()), id="main"),
        _footer(files),
    )
    return f"<!doctype html>\n{tag('html', _head(title, sheets), body, lang='en')}\n"


def _head(title: str, sheets: Sequence[str]) -> Markup:
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("link", rel="icon", href="data:,"),
        tag("title", title),
        tag("style", Markup("\n".join(sheets))),
    )


def _contents(names: Sequence[str]) -> Markup:
    links = [tag("li", tag("a", name, href=f"#{_anchor(name)}")) for name in names]
    return tag("nav", tag("ul", *links), aria_label="Contents")


def _section(name: str, parts: Sequence[Markup]) -> Markup:
    anchor = _anchor(name)
    heading = tag("h2", name, id=f"{anchor}-title")
    return tag("section", heading, *parts, id=anchor, aria_labelledby=f"{anchor}-title")


def _anchor(name: str) -> str:
    return name.lower().replace(" ", "-")


def _footer(files: Sequence[str]) -> Markup:
    """Links to the files beside the page; those in folders below are linked where they belong."""
    links = [part for file in files if "/" not in file for part in (" ", tag("a", file, href=file))]
    return tag("footer", tag("p", "The same numbers:", *links))
