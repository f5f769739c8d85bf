"""From a drawing function to a figure on a page: two widths, SVG where small, text and data table beside it."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from kpikit.legible import CUT, legible
from kpikit.plots.html import Format, render, table_html
from kpikit.plots.style import NARROW_INCHES, WIDE_INCHES, drawing
from kpikit.results import Result, slug

Draw = Callable[[Any, Axes], Any]
SVG_LIMIT_BYTES = 60_000
PNG_DPI = 120
LONGEST_LABEL, LONGEST_NARROW = 40, 24  # signs of a name that is longer than the first
NO_GLYPH = r"Glyph \d+ .*missing from font"  # a name in another script: in SVG the reader's own fonts write it
SVG_FONTS = "Arial, 'Liberation Sans', Helvetica, sans-serif"
SENTENCE_END = re.compile(r"(?<=[.!?;])\s+(?=\S)")
_IDS = re.compile(r'id="([a-z][0-9a-f]{10})"')  # matplotlib's hashes of coordinates, down to their last digit
_FONT = re.compile(r"px ('[^;']+'(, )?)+sans-serif")


def figure(
    result: Result,
    draw: Draw,
    *,
    what: str,
    height: float = 3.6,
    narrow_height: float | None = None,
    labels: Mapping[str, str] | None = None,
    formats: Mapping[str, Format] | None = None,
) -> Result:
    """Return a result drawn as a figure with its paragraph and its data.

    Parameters
    ----------
    draw
        Function that draws ``result.table`` on an Axes.
    what
        What kind of chart of what it is, for the alternative text, which ends with the finding in numbers.
    height, narrow_height
        Inches, for a screen and for a phone.
    """
    image = encoded(result, draw, WIDE_INCHES, height)
    narrow = encoded(result, draw, NARROW_INCHES, narrow_height or height * 0.85)
    table = table_html(result.table, result.title, labels=labels, formats=formats) if len(result.table) else Markup()
    html = render(
        "figure", name=slug(result.name), title=result.title, text=result.text, alt=described(what, result),
        image=image, narrow=narrow, table=table,
    )  # fmt: skip
    return result.with_html(html, "figure")


def described(what: str, result: Result) -> str:
    """Return the alternative text of a figure: the chart, its finding, and where that has none a number.

    >>> described("A line", Result("x", "figure", "Sales rose", "Of 9 shops. Sales rose by 3 %."))
    'A line. Sales rose. Of 9 shops.'
    """
    said = f"{what}. {result.title}."
    numbers = [part for part in SENTENCE_END.split(result.text) if re.search(r"\d", part)]
    return said if re.search(r"\d", result.title) or not numbers else f"{said} {numbers[0].rstrip(';.')}."


def encoded(result: Result, draw: Draw, width: float, height: float) -> str:
    """Return a drawing of so many inches as a data URI: SVG where it is small, else PNG."""
    with drawing(), warnings.catch_warnings():
        page = Figure(figsize=(width, height), layout="constrained")
        warnings.filterwarnings("ignore", message=NO_GLYPH)
        longest = LONGEST_LABEL if width > NARROW_INCHES else LONGEST_NARROW
        draw(_drawable(result.table, longest), page.subplots())
        text = io.StringIO()
        page.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        svg = _FONT.sub(f"px {SVG_FONTS}", numbered(text.getvalue())).encode()
        if len(svg) <= SVG_LIMIT_BYTES:
            return f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}"
        data = io.BytesIO()
        page.savefig(data, format="png", dpi=PNG_DPI, metadata={"Software": None}, pil_kwargs={"optimize": True})
    return f"data:image/png;base64,{base64.b64encode(data.getvalue()).decode()}"


def _drawable(table: Any, longest: int) -> Any:
    """Return a table whose texts can be drawn: on one line, short, and without signs that no drawing may hold."""
    drawn = table.copy()
    for name in table.columns:
        if labels := _labels(table[name], longest):
            drawn[name] = [labels.get(value, value) if isinstance(value, str) else value for value in table[name]]
    return drawn


def _labels(values: Any, longest: int) -> dict[str, str]:
    """Return how each different text of a column is drawn; no two alike, since an axis would take them for one."""
    found: dict[str, str] = {}
    for value in dict.fromkeys(value for value in values if isinstance(value, str)):
        line = " ".join(legible(value, LONGEST_LABEL).split())
        line = legible(line, longest) if line.endswith(CUT.strip()) else line
        taken = sum(one == line or one.startswith(f"{line} (") for one in found.values())
        found[value] = f"{line} ({taken + 1})" if taken else line
    return {value: line for value, line in found.items() if value != line}


def numbered(svg: str) -> str:
    """Return a drawing whose parts are named by their place in it: equal pictures are equal texts.

    >>> numbered('<clipPath id="p0123456789"/><g clip-path="url(#p0123456789)"/>')
    '<clipPath id="part1"/><g clip-path="url(#part1)"/>'
    """
    names = {name: f"part{place}" for place, name in enumerate(sorted(set(_IDS.findall(svg)), key=svg.index), start=1)}
    return re.sub("|".join(names), lambda found: names[found[0]], svg) if names else svg


def is_narrow(ax: Axes) -> bool:
    """Say whether the drawing is the narrow one, for a phone."""
    return bool(ax.figure.get_figwidth() < (WIDE_INCHES + NARROW_INCHES) / 2)  # type: ignore[union-attr]
