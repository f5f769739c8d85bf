"""Which lines of customer equity may be shown: those of too few customers are one, so that the lines still add up."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from kpikit.cells import ALL, is_small
from kpikit.clv.formulas import Array
from kpikit.clv.movements import LINES
from kpikit.kpis.suppression import hidden

OTHER = "other"  # the line of what rests on too few customers
SMALL = "small segments"


def customers_by_line(each: pd.DataFrame) -> dict[str, int]:
    """Return how many customers have a part in each line, from one row per customer."""
    new, everybody = int(each["is_new"].sum()), len(each)
    counts = (everybody - new, new, everybody, everybody, int((each["bought"] > 0).sum()), everybody)
    return dict(zip(LINES, counts, strict=True))


def pooled_segments(segments: Array, each: pd.DataFrame, min_cell: int) -> Array:
    """Return the segment of each customer, those with too few customers at opening or closing as one."""
    names, place = np.unique(segments.astype(str), return_inverse=True)
    at_closing = np.bincount(place, minlength=len(names))
    at_opening = np.bincount(place[~each["is_new"].to_numpy(dtype=bool)], minlength=len(names))
    small = hidden(at_closing, min_cell) | hidden(at_opening, min_cell)
    shown = np.where(names == ALL, f"{ALL} (segment)", names)  # "all" is the row of everybody
    labels: Array = np.where(small, SMALL, shown)[place]
    return labels


def shown_lines(parts: Iterable[pd.DataFrame], min_cell: int) -> dict[str, list[str]]:
    """Return the lines to show → the lines that each is the sum of; none where too few are known at either day.

    All parts have the same lines: else those of a part could be had from all less the other parts.
    """
    counts = [customers_by_line(each) for each in parts]
    if any(is_small(one[day], min_cell) for one in counts for day in ("opening", "closing")):
        return {}
    moves = LINES[1:-1]
    small = np.any([hidden([one[name] for name in moves], min_cell) for one in counts], axis=0)
    kept = [name for name, is_hidden in zip(moves, small, strict=True) if not is_hidden]
    together = [name for name in moves if name not in kept]
    lines = {"opening": ["opening"], **{name: [name] for name in kept}}
    if together:
        lines[OTHER] = together
    return {**lines, "closing": ["closing"]}
