"""A heat-map has every number, its colours tell rise from fall, and both of its files can be opened."""

from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageFont

from mtl.report.colours import LIMIT, fill_of, ink_on, luminance, strength
from mtl.report.heatmap import heatmap
from mtl.report.picture import PNG_SCALE, Box, Label, Picture, to_png, to_svg
from mtl.report.results import Results
from mtl.report.targets import language_table
from tests.kit.runs import scores_of

RESULTS = Results(
    arms={
        "none": {0: scores_of("xnli", ("en", "fi", "sw"), english=70)},
        "<all nine>": {0: scores_of("xnli", ("en", "fi", "sw"), english=74)},
    },
    baseline="none",
    problems=(),
)


def test_every_arm_and_language_has_its_number_and_gain() -> None:
    svg = to_svg(heatmap(language_table(RESULTS, "xnli"), title="xnli by language"))
    assert "xnli by language" in svg
    root = ElementTree.fromstring(svg)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"en", "fi", "sw", "none", "<all nine>"} <= set(texts)
    assert texts.count("+4.0") == 4
    assert {"70.0", "74.0", "60.0", "64.0", "50.0", "54.0"} <= set(texts)


def test_labels_stay_inside_the_picture() -> None:
    picture = heatmap(language_table(RESULTS, "xnli"), title="xnli by language")
    boxes = [mark for mark in picture.marks if isinstance(mark, Box)]
    assert max(box.x + box.width for box in boxes) <= picture.width
    assert max(mark.y for mark in picture.marks) < picture.height


@pytest.mark.parametrize("name", ["xnli", "commonsense reasoning in 20 languages"])
def test_lines_of_text_end_inside_the_picture_and_names_do_not_touch(name: str) -> None:
    table = language_table(RESULTS, "xnli")
    rows = tuple(replace(row, label=f"{name} {number}") for number, row in enumerate(table.rows))
    picture = heatmap(replace(table, title=name, rows=rows), title=name)
    lines = [mark for mark in picture.marks if isinstance(mark, Label)]
    lengths = {mark: ImageFont.load_default(mark.size).getlength(mark.text) for mark in lines}
    assert all(mark.x + length <= picture.width for mark, length in lengths.items() if mark.anchor == "start")
    heads = [mark for mark in lines if mark.text in [row.label for row in rows]]
    assert all(
        right.x - left.x >= (lengths[left] + lengths[right]) / 2
        for left, right in zip(heads, heads[1:], strict=False)
    )


def test_the_png_has_the_size_and_the_colours_of_the_picture() -> None:
    picture = Picture(
        title="test",
        width=40,
        height=20,
        marks=(
            Box(x=10, y=5, width=20, height=10, fill="#2166ac"),
            Label(x=2, y=2, text="\N{MINUS SIGN}1.0", size=4),
        ),
    )
    image = Image.open(BytesIO(to_png(picture))).convert("RGB")
    assert image.size == (40 * PNG_SCALE, 20 * PNG_SCALE)
    assert image.getpixel((20 * PNG_SCALE, 10 * PNG_SCALE)) == (0x21, 0x66, 0xAC)
    assert image.getpixel((35 * PNG_SCALE, 18 * PNG_SCALE)) == (255, 255, 255)


@pytest.mark.parametrize("delta", [None, *(i / 4 for i in range(-48, 49))])
def test_text_can_be_read_on_every_colour(delta: float | None) -> None:
    fill = fill_of(delta)
    low, high = sorted(map(luminance, (fill, ink_on(fill))))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_luminance_is_that_of_the_standard() -> None:
    assert (luminance("#000000"), luminance("#ffffff")) == (0.0, pytest.approx(1.0))
    assert luminance("#808080") == pytest.approx(0.2159, abs=1e-4)


def test_colours_grow_with_the_difference_up_to_the_limit() -> None:
    deltas = [0.0, 0.5, 1.0, 2.0, 5.0, LIMIT]
    assert [strength(d) for d in deltas] == sorted({strength(d) for d in deltas})
    assert strength(LIMIT) == strength(-3 * LIMIT) == 1.0
    assert fill_of(LIMIT) == fill_of(2 * LIMIT) != fill_of(-LIMIT)
