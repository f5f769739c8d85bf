"""How figures look: the palette of the pages, applied to matplotlib for the length of one drawing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.font_manager import fontManager

from kpikit.palette import LIGHT, SERIES

WIDE_INCHES, NARROW_INCHES = 7.2, 4.0
# text stays text in the files, so that they are small: fonts of equal metrics first, which most machines have one of
FONTS = ["Arial", "Liberation Sans", "Helvetica", "DejaVu Sans"]

RC: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.size": 10.5,
    "text.color": LIGHT["ink"],
    "axes.labelcolor": LIGHT["muted"],
    "axes.edgecolor": LIGHT["line"],
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=SERIES),
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": LIGHT["line"],
    "grid.linewidth": 0.6,
    "xtick.color": LIGHT["muted"],
    "ytick.color": LIGHT["muted"],
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "kpikit",
    "path.simplify": True,
    "text.parse_math": False,  # a currency or a name may hold dollar signs
}


@contextmanager
def drawing() -> Iterator[None]:
    """Apply the style and restore what was there before."""
    known = {font.name for font in fontManager.ttflist}
    settings: Any = {**RC, "font.sans-serif": [name for name in FONTS if name in known]}
    with mpl.rc_context(settings):
        yield
