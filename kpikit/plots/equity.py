"""The roll-forward of customer equity as a waterfall, with its intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from kpikit.formatting import money
from kpikit.palette import LIGHT, SERIES
from kpikit.plots.cohorts import draw_bridge
from kpikit.plots.figure import figure
from kpikit.plots.html import show
from kpikit.results import Result

BELOW_THE_BAR = 0.4
NEITHER_GOOD_NOR_BAD = ("time_passed", "realised")  # money that comes in leaves equity: no loss


def customer_equity(result: Result) -> Result:
    """Return the roll-forward drawn as a waterfall from opening to closing; as text where there is none."""
    currency = result.facts.get("currency", "")
    labels = {"segment": "Segment", "part": "Line", "amount": "Amount", "low": "Low", "high": "High",
              "customers": "Customers"}  # fmt: skip
    formats = {name: lambda value: money(value, currency, 0) for name in ("amount", "low", "high")}
    if result.kind == "text":
        return show(result, kind="text")
    if "segment" not in result.table.columns:
        labels.pop("segment")
    return figure(
        result,
        lambda table, ax: draw_equity(table, ax, currency=currency),
        what="Waterfall from the customer equity of one day to that of another, lines below the bars are intervals",
        height=3.8,
        narrow_height=4.2,
        labels=labels,
        formats=formats,
    )


def draw_equity(table: pd.DataFrame, ax: Axes, *, currency: str = "") -> Axes:
    """Draw the lines of all customers as bars that hang on each other; below each the interval of where it ends."""
    if "segment" in table.columns:
        table = table[table["segment"] == table["segment"].iloc[0]]
    draw_bridge(table, ax, currency=currency)
    if not ax.patches:
        return ax
    for bar, line in zip(ax.patches, table["line"], strict=True):
        if line in NEITHER_GOOD_NOR_BAD:
            bar.set_facecolor(SERIES[0])
    amounts = table["amount"].to_numpy(dtype=float)
    starts = np.concatenate([[0.0], np.cumsum(amounts[:-2]), [0.0]])
    low, high = starts + table["low"].to_numpy(dtype=float), starts + table["high"].to_numpy(dtype=float)
    ax.hlines(np.arange(len(table)) + BELOW_THE_BAR, low, high, color=LIGHT["ink"], linewidth=1.4)
    left, right = ax.get_xlim()
    ax.set_xlim(np.nanmin([*low, left]), np.nanmax([*high, right]))
    return ax
