"""How retrieval found its answers: facts, the layer that finds translations, similarities, pairs in doubt.

A phase's found/<task>-<language>.json holds `reading`, what was read of the encoder, in words; facts, names
with a number; and as far as there is any: `layers`, what the score is `of` and, for each pooling, the score
by each layer as a share, the embeddings first; `similarities`, bin `edges` and two rows of counts; `near`,
rows of score, foreign sentence and English sentence around the threshold.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mtl.report.chart import SECOND, Line, key_to_lines, line_chart
from mtl.report.curves import Curve
from mtl.report.files import DamagedError, read_json
from mtl.report.histogram import histogram
from mtl.report.markup import Markup, join, tag
from mtl.report.runs import Phase
from mtl.report.tables import MISSING

SERIES = ("translations", "nearest wrong")
POOLINGS = {"mean": "mean of all tokens", "first": "first token"}
DRAWN = ("reading", "layers", "similarities", "near")
"""What is no fact with a number."""
Styles = Mapping[tuple[str, str], tuple[str, int]]
"""By arm and pooling: how a line is called and drawn."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """What an arm left of one language of a task."""

    arm: str
    task: str
    language: str
    reading: str
    facts: Mapping[str, float]
    layers_of: str
    layers: Mapping[str, tuple[float, ...]]
    """By pooling."""
    edges: tuple[float, ...]
    counts: Mapping[str, tuple[int, ...]]
    near: tuple[tuple[float, str, str], ...]


def read_looks(phases: Sequence[tuple[Phase, str]]) -> tuple[list[Look], list[str]]:
    """What phases, given with their arms, left to look at; and what cannot be read."""
    looks, problems = [], []
    for phase, arm in phases:
        for path in sorted(phase.folder.found.glob("*.json")) if phase.state == "done" else []:
            # The task is the phase's, for both it and the language may hold a hyphen.
            named = [name for name in phase.tasks if path.stem.startswith(f"{name}-")]
            task = max(named, key=len, default="")
            language = path.stem.removeprefix(f"{task}-")
            try:
                looks.append(_look(arm, task, language, read_json(path)))
            except DamagedError as error:
                problems.append(str(error))
            except (KeyError, TypeError, AttributeError, ValueError, OverflowError):
                problems.append(f"{path}: not what retrieval leaves to look at; left out")
    return looks, problems


def _look(arm: str, task: str, language: str, found: Mapping[str, Any]) -> Look:
    similar = found.get("similarities", {"edges": (), **dict.fromkeys(SERIES, ())})
    edges = tuple(map(float, similar["edges"]))
    counts = {name: tuple(map(int, similar[name])) for name in SERIES}
    layers = found.get("layers", {})
    if any(len(each) != max(len(edges) - 1, 0) for each in counts.values()):
        raise ValueError(f"{len(edges)} edges are not around {counts}")
    return Look(
        arm=arm,
        task=task,
        language=language,
        reading=str(found.get("reading", "")),
        facts={name: float(value) for name, value in found.items() if name not in DRAWN},
        layers_of=str(layers.get("of", "")),
        layers={pooling: tuple(map(float, layers[pooling])) for pooling in POOLINGS if pooling in layers},
        edges=edges,
        counts=counts,
        near=tuple((float(score), str(one), str(other)) for score, one, other in found.get("near", ())),
    )


def retrieval_section(looks: Sequence[Look], styles: Mapping[str, int]) -> Markup:
    """Accuracy by layer for all to see; similarities and pairs for those who ask."""
    tasks = dict.fromkeys(look.task for look in looks if look.layers)
    poolings = [pooling for pooling in POOLINGS if any(pooling in look.layers for look in looks)]
    drawn = {(look.arm, pooling) for look in looks for pooling in look.layers}
    known = {
        key: style
        for arm in styles
        for key, style in _styles(arm, styles[arm], poolings).items()
        if key in drawn
    }
    curves = [_layers(task, looks, known) for task in tasks]
    listed = dict.fromkeys(look.task for look in looks if look.facts)
    similar = [
        histogram(f"{look.task}, {look.language}, {look.arm}", look.edges, look.counts)
        for look in looks
        if look.edges
    ]
    near = [_near(look) for look in looks if look.near]
    cosines = "Cosines of translations (blue) and of the nearest wrong sentences (orange)"
    return join(
        [
            *([key_to_lines(dict(known.values())), _charts(curves)] if curves else []),
            *(_folded(f"How {task} was found", [_facts(task, looks)]) for task in listed),
            *([_folded(cosines, [_charts(similar)])] if similar else []),
            *([_folded("Pairs near the threshold", near)] if near else []),
        ]
    )


def _styles(arm: str, style: int, poolings: Sequence[str]) -> Styles:
    """An arm's lines: one pooling needs no name, a second has the arm's colour in another dash."""
    names = [arm] if len(poolings) == 1 else [f"{arm}, {POOLINGS[pooling]}" for pooling in poolings]
    styles = (style + SECOND * number for number in range(len(poolings)))
    return dict(zip(((arm, pooling) for pooling in poolings), zip(names, styles, strict=True), strict=True))


def _layers(task: str, looks: Sequence[Look], styles: Styles) -> Markup:
    """A line for each arm and pooling: the mean over languages, layer by layer."""
    lines = []
    own = [look for look in looks if look.task == task and look.layers]
    for arm in dict.fromkeys(look.arm for look in own):
        for pooling in POOLINGS:
            of_arm = [look.layers[pooling] for look in own if look.arm == arm and pooling in look.layers]
            if not of_arm:
                continue
            values = tuple(100 * math.fsum(layer) / len(layer) for layer in zip(*of_arm, strict=True))
            curve = Curve(tuple(range(len(values))), values)
            label, style = styles[arm, pooling]
            lines.append(Line(label=label, curve=curve, style=style))
    return line_chart(f"{task}, {own[0].layers_of} by layer", lines, across="layer")


def _facts(task: str, looks: Sequence[Look]) -> Markup:
    """A row for each language and arm, a column for each fact."""
    own = [look for look in looks if look.task == task]
    names = list(dict.fromkeys(name for look in own for name in look.facts))
    head = [tag("th", name, scope="col") for name in ("language, arm", "vectors", *names)]
    rows = [
        tag(
            "tr",
            tag("th", f"{look.language}, {look.arm}", scope="row"),
            tag("td", look.reading or MISSING, class_="text"),
            *(tag("td", _number(look.facts.get(name))) for name in names),
        )
        for look in own
    ]
    table = tag("table", tag("thead", tag("tr", *head)), tag("tbody", *rows))
    return tag("div", table, class_="scroll", tabindex=0, role="region", aria_label=f"How {task} was found")


def _number(value: float | None) -> str:
    if value is None:
        return MISSING
    return f"{value:,.0f}" if value.is_integer() else f"{value:,.5g}"


def _near(look: Look) -> Markup:
    head = [tag("th", name, scope="col", class_="text") for name in ("score", look.language, "en")]
    rows = [
        tag("tr", tag("td", f"{score:.3f}"), tag("td", one, class_="text"), tag("td", other, class_="text"))
        for score, one, other in look.near
    ]
    title = f"{look.task}, {look.language}, {look.arm}"
    table = tag("table", tag("caption", title), tag("thead", tag("tr", *head)), tag("tbody", *rows))
    return tag("div", table, class_="scroll", tabindex=0, role="region", aria_label=title)


def _charts(charts: Sequence[Markup]) -> Markup:
    return tag("div", *charts, class_="charts")


def _folded(title: str, parts: Sequence[Markup]) -> Markup:
    return tag("details", tag("summary", title), *parts)
