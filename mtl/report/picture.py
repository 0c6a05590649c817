"""Pictures of boxes and labels, written as SVG and as PNG."""

from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from mtl.report.markup import Markup, join, tag

PNG_SCALE = 2
"""Pixels for each unit, so that small type stays sharp."""
ANCHORS = {"start": "lm", "middle": "mm", "end": "rm"}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


@dataclass(frozen=True, kw_only=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    fill: str


@dataclass(frozen=True, kw_only=True)
class Label:
    """A line of text, centred on its height."""

    x: float
    y: float
    text: str
    size: float = 12
    anchor: Literal["start", "middle", "end"] = "start"
    fill: str = "#1b1b1b"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is drawn, from back to front, on white."""

    title: str
    width: float
    height: float
    marks: tuple[Box | Label, ...]


def to_svg(picture: Picture) -> Markup:
    """The picture as an SVG file."""
    ground = Box(x=0, y=0, width=picture.width, height=picture.height, fill="#ffffff")
    return tag(
        "svg",
        tag("title", picture.title),
        *map(_element, (ground, *picture.marks)),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {picture.width:g} {picture.height:g}",
        width=f"{picture.width:g}",
        height=f"{picture.height:g}",
        font_family=FONT,
        role="img",
    )


def to_png(picture: Picture) -> bytes:
    """The picture as a PNG file."""
    from PIL import Image, ImageDraw, ImageFont

    size = (round(picture.width * PNG_SCALE), round(picture.height * PNG_SCALE))
    image = Image.new("RGB", size, "#ffffff")
    draw = ImageDraw.Draw(image)
    for mark in picture.marks:
        x, y = mark.x * PNG_SCALE, mark.y * PNG_SCALE
        if isinstance(mark, Box):
            # Pillow counts the last pixel in.
            end = (x + mark.width * PNG_SCALE - 1, y + mark.height * PNG_SCALE - 1)
            draw.rectangle((x, y, *end), fill=mark.fill)
        else:
            font = ImageFont.load_default(mark.size * PNG_SCALE)
            text = mark.text.replace("\N{MINUS SIGN}", "-")  # which the font has
            draw.text((x, y), text, fill=mark.fill, font=font, anchor=ANCHORS[mark.anchor])
    file = BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _element(mark: Box | Label) -> Markup:
    if isinstance(mark, Box):
        return tag(
            "rect",
            x=f"{mark.x:g}",
            y=f"{mark.y:g}",
            width=f"{mark.width:g}",
            height=f"{mark.height:g}",
            fill=mark.fill,
        )
    return tag(
        "text",
        join([mark.text]),
        x=f"{mark.x:g}",
        y=f"{mark.y:g}",
        font_size=f"{mark.size:g}",
        text_anchor=mark.anchor,
        dominant_baseline="central",
        fill=mark.fill,
    )
