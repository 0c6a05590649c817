"""Histograms as inline SVG: outlines over the same bins, so that two can be seen through one another."""

from collections.abc import Mapping, Sequence

from mtl.report.chart import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, chart
from mtl.report.markup import Markup, tag

NUM_STYLES = 2


def histogram(title: str, edges: Sequence[float], counts: Mapping[str, Sequence[int]]) -> Markup:
    """A chart of counts between edges, for each name."""
    most = max(max(each) for each in counts.values()) or 1
    paths = [
        tag("path", tag("title", name), d=_outline(each, most), class_=f"area s{i % NUM_STYLES}")
        for i, (name, each) in enumerate(counts.items())
    ]
    below = HEIGHT - BOTTOM + 14
    words = "; ".join(
        f"{name}: {sum(each)}, mostly near {_mode(edges, each):.2f}" for name, each in counts.items()
    )
    ends = (
        tag("text", f"{most:,}", x=LEFT - 5, y=TOP + 4, class_="tick end"),
        tag("text", f"{edges[0]:.2f}", x=LEFT, y=below, class_="tick"),
        tag("text", f"{edges[-1]:.2f}", x=WIDTH - RIGHT, y=below, class_="tick end"),
    )
    return chart(title, [*paths, *ends], said=f"{words}.")


def _outline(counts: Sequence[int], most: int) -> str:
    """A stair along the tops of the bars, closed at the foot."""
    foot = HEIGHT - BOTTOM
    size = (WIDTH - LEFT - RIGHT) / len(counts)
    points = [f"{LEFT} {foot}"]
    for i, count in enumerate(counts):
        y = foot - (foot - TOP) * count / most
        points += [f"{LEFT + size * i:.1f} {y:.1f}", f"{LEFT + size * (i + 1):.1f} {y:.1f}"]
    return "M" + "L".join([*points, f"{WIDTH - RIGHT} {foot}"]) + "Z"


def _mode(edges: Sequence[float], counts: Sequence[int]) -> float:
    i = max(range(len(counts)), key=counts.__getitem__)
    return (edges[i] + edges[i + 1]) / 2
