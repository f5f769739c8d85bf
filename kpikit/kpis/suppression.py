"""Suppression of small cells: what rests on too few people is not shown, nor what would reveal it.

A cell is suppressed when it rests on more than none and fewer than ``privacy.min_cell`` people: the threshold rule on
the number of contributors. They are those who are counted at all (the denominator of a rate, the size of a cohort), not
those for whom the answer was yes: 2 of 400 customers who came back cannot be told from the 398. Where exactly one cell
of a group is suppressed, or all that are hold too few people together, the next smallest is suppressed too, since the
group's total is shown elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.cells import SUPPRESSED, TITLE, basis
from kpikit.formatting import counted
from kpikit.results import Result

FEWEST_HIDDEN = 2  # cells of a group: one alone is the total less the others
GROUPS = ("kpi", "period", "by", "kind", "months")  # the rows of a table that add up share these
COUNTS = ("numerator", "denominator", "n", "cohort_size", "active", "customers", "answers", "cases", "revenue")
ESTIMATES = ("value", "low", "high", "error", "retention", "revenue_per_customer")
SUMS = ("sum_xx", "sum_yy", "sum_xy", "sum_ww")
Flags = NDArray[np.bool_]


def hidden(counts: Sequence[float], min_cell: int, groups: Sequence[Any] | None = None) -> Flags:
    """Return which cells are to be suppressed: those below the threshold, and those that would reveal them.

    Parameters
    ----------
    counts
        Number of people in each cell; missing where nothing is known.
    min_cell
        Fewest people that a cell may rest on, 1 or more; 1 suppresses nothing.
    groups
        Which cells add up to a total: one label per cell. None: all together.

    >>> hidden([2, 40, 7, 90], 5).tolist()
    [True, False, True, False]
    >>> hidden([2, 3, 7, 0], 5).tolist(), hidden([2, 40], 5, groups=["2026-01", "2026-02"]).tolist()
    ([True, True, False, False], [True, False])
    """
    sizes = np.nan_to_num(np.asarray(counts, dtype=float))
    found = (sizes > 0) & (sizes < min_cell)
    labels = np.zeros(len(sizes), dtype=int) if groups is None else pd.factorize(pd.Series(list(groups)))[0]
    for label in np.unique(labels[found]):
        members = np.flatnonzero((labels == label) & (sizes > 0))
        for one in members[np.argsort(sizes[members], kind="stable")]:
            own = members[found[members]]
            if len(own) >= FEWEST_HIDDEN and sizes[own].sum() >= min_cell:
                break
            found[one] = True
    return np.asarray(found)


def suppressed(values: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Return computed KPIs or cohorts with small cells suppressed: their status says so, counts and value are missing.

    Parameters
    ----------
    values
        With ``status`` and a count of people: as :func:`kpikit.compute` or ``cohorts.cohort_retention`` gives it. The
        segments of a KPI and period are one group; a cohort is suppressed at every age or at none.
    min_cell
        ``privacy.min_cell`` of the configuration.
    """
    hide = _small(values, min_cell)
    shown = values.copy()
    shown["status"] = shown.status.mask(hide, SUPPRESSED)
    for name in (*COUNTS, *ESTIMATES, *SUMS):
        if name in shown.columns:
            shown[name] = shown[name].mask(hide, pd.NA if shown[name].dtype.name == "Int64" else np.nan)
    return shown


def protected(data: Any, *results: Result) -> tuple[Result, ...]:
    """Return results without the rows that rest on fewer people than ``privacy.min_cell`` allows.

    Call it before they are drawn, summed up or acted on. A table with a status keeps its rows, suppressed; of any other
    they are left out, with the rows that would reveal them, and the paragraph says so in place of its own words.

    Parameters
    ----------
    data
        What ``kpikit.load`` returned: its configuration has the threshold, 5 unless it says otherwise.
    results
        Any; those without a count of people in their table come back as they are.
    """
    return tuple(_protected(result, int(data.config.privacy.min_cell)) for result in results)


def _protected(result: Result, min_cell: int) -> Result:
    table = result.table
    if table is None or not len(table):
        return result
    hide = _small(table, min_cell)
    if not hide.any():
        return result
    kept = suppressed(table, min_cell) if "status" in table.columns else table[~hide].reset_index(drop=True)
    title = TITLE if _names(table[hide], result.title) else result.title
    return replace(result, title=title, text=_in_words(hide, min_cell), headline="", table=kept)


def _small(table: pd.DataFrame, min_cell: int) -> Flags:
    """Return which rows of a table are to be suppressed, by every column that counts people."""
    found = np.zeros(len(table), dtype=bool)
    for name in basis(table.columns):
        counts = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        found |= _cohorts(table, counts, min_cell) if "cohort" in table.columns else _rows(table, counts, min_cell)
    return found


def _rows(table: pd.DataFrame, counts: NDArray[np.float64], min_cell: int) -> Flags:
    keys = [name for name in GROUPS if name in table.columns]
    alone = "period" in keys and not any(name in table.columns for name in ("segment", "channel", "group"))
    groups = range(len(table)) if alone else table[keys].astype(str).agg("|".join, axis=1) if keys else None
    found = hidden(counts, min_cell, None if groups is None else list(groups))
    return found


def _cohorts(table: pd.DataFrame, counts: NDArray[np.float64], min_cell: int) -> Flags:
    """Return which rows belong to a cohort that is suppressed."""
    largest = pd.Series(counts).groupby(table.cohort.to_numpy()).max()
    small = set(largest.index[hidden(largest.to_list(), min_cell)])
    return np.array([cohort in small for cohort in table.cohort], dtype=bool)


def _names(rows: pd.DataFrame, text: str) -> bool:
    """Say whether a text names one of the rows."""
    return any(isinstance(value, str) and value and value in text for value in rows.to_numpy().ravel())


def _in_words(hide: Flags, min_cell: int) -> str:
    return (
        f"{counted(int(hide.sum()), 'row')} of {len(hide)} rest on fewer than {min_cell} people, or would reveal one "
        "that does: they are left out, and nothing is said of them."
    )
