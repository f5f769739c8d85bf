"""KPI tiles: value with unit, interval, change in words and numbers, counts, sparkline with a text equivalent."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from kpikit.palette import LIGHT
from kpikit.plots.html import render
from kpikit.results import Result

FEWEST_POINTS = 3


def tiles(result: Result) -> Result:
    """Return key figures (``kpikit.keyfigures``) drawn as tiles."""
    shown = [{**tile, "spark": sparkline(tile["history"])} for tile in result.facts["tiles"]]
    names = dict.fromkeys(tile["group"] for tile in shown)
    groups = [(name, [tile for tile in shown if tile["group"] == name]) for name in names]
    return result.with_html(render("tiles", groups=groups))


def sparkline(values: Sequence[float], *, width: int = 120, height: int = 28) -> str:
    """Return a small line of values as an SVG data URI; nothing for fewer than three values."""
    if len(values) < FEWEST_POINTS:
        return ""
    low, high = min(values), max(values)
    step, scale = (width - 6) / (len(values) - 1), (height - 8) / ((high - low) or 1)
    dots = [(3 + i * step, height - 4 - (value - low) * scale) for i, value in enumerate(values)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in dots)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<polyline points="{line}" fill="none" stroke="{LIGHT["muted"]}" stroke-width="1.5"/>'
        f'<circle cx="{dots[-1][0]:.1f}" cy="{dots[-1][1]:.1f}" r="2.5" fill="{LIGHT["accent"]}"/></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
