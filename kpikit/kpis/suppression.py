"""Suppression of small cells: what rests on too few people is not shown, nor what would reveal it.

A cell is suppressed when it rests on more than none and fewer than ``privacy.min_cell`` people: the threshold rule on
the number of contributors. They are those who are counted at all (the denominator of a rate, the size of a cohort), not
those for whom the answer was yes: 2 of 400 customers who came back cannot be told from the 398. Where exactly one cell
of a group is suppressed, or all that are hold too few people together, the next smallest is suppressed too, since the
group's total is shown elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import takewhile
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from kpikit.cells import SUPPRESSED, TITLE, basis, is_small
from kpikit.formatting import counted
from kpikit.keyfigures import Tile
from kpikit.results import Result

GROUPS = ("kpi", "period", "by", "kind", "months")  # the rows of a table that add up share these
KEYS = ("age", "number", "months", "step_number")  # numbers that say which cell it is
Flags = NDArray[np.bool_]


def hidden(counts: Sequence[float] | NDArray[np.float64], min_cell: int, groups: Sequence[Any] | None = None) -> Flags:
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
            if sizes[members[found[members]]].sum() >= min_cell:  # two cells or more, since one alone is smaller
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
    if hide.any():
        for name in shown.select_dtypes("number").columns.difference(list(KEYS)):
            shown[name] = shown[name].mask(hide)
    return shown


def protected(data: Any, *shown: Any) -> tuple[Any, ...]:
    """Return results, or tables of counts, without what rests on fewer people than ``privacy.min_cell`` allows.

    Call it before anything is drawn, summed up or acted on; tables of counts go through it before they are read, so
    that no sentence is made from what is suppressed. A table with a status keeps its rows, suppressed; of any other
    they are left out. A result's paragraph then says so, in place of its own words where these name such a row.

    Parameters
    ----------
    data
        What ``kpikit.load`` returned: its configuration has the threshold, 5 unless it says otherwise.
    shown
        Results or DataFrames; those that do not count people come back as they are.
    """
    min_cell = int(data.config.privacy.min_cell)
    return tuple(_of_result(one, min_cell) if isinstance(one, Result) else _of_table(one, min_cell) for one in shown)


def _of_table(table: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    if "status" in table.columns:
        return suppressed(table, min_cell)
    return table[~_small(table, min_cell)].reset_index(drop=True)


def _of_result(result: Result, min_cell: int) -> Result:
    if any(is_small(kpi.get("n"), min_cell) for kpi in result.kpis):
        return _without_figures(result, min_cell)
    table = result.table
    if table is None or not len(table) or not (hide := _small(table, min_cell)).any():
        return result
    gone, stays = table[hide], table[~hide]
    note = (
        f"{counted(int(hide.sum()), 'row')} of {len(hide)} rest on fewer than {min_cell} people, or would reveal one "
        "that does: they are left out."
    )
    tells = {name: _names(gone, stays, getattr(result, name)) for name in ("title", "text", "headline")}
    return replace(
        result,
        title=TITLE if tells["title"] else result.title,
        text=note if any(tells.values()) else f"{result.text} {note}".strip(),
        headline="" if any(tells.values()) else result.headline,
        table=_of_table(table, min_cell),
    )


def _without_figures(result: Result, min_cell: int) -> Result:
    """Return a result whose figures are about too few people altogether: that it is there, and none of its numbers."""
    note = f"There are fewer than {min_cell} people in it: their figures are not shown."
    facts = {name: said for name, said in result.facts.items() if name != "tiles"}
    if "tiles" in result.facts:
        facts["tiles"] = [asdict(Tile(TITLE, "–", count=f"fewer than {min_cell} people"))]
    hidden_from = {"kpi", "period", "segment", "definition"}
    kpis = tuple(
        {name: said if name in hidden_from else None for name, said in kpi.items()} | {"status": SUPPRESSED}
        for kpi in result.kpis
    )
    table = None if result.table is None else result.table.iloc[:0]
    return replace(result, title=TITLE, text=note, headline="", table=table, kpis=kpis, facts=facts)


def _names(gone: pd.DataFrame, stays: pd.DataFrame, text: str) -> bool:
    """Say whether a text names a row that is suppressed: by a label of no other row, or by its last label."""
    labels = list(takewhile(lambda name: not is_numeric_dtype(gone[name]), gone.columns))
    others = set(stays[labels].astype(str).to_numpy().ravel())
    for row in gone[labels].astype(str).itertuples(index=False):
        own = [label for label in row if label not in others] or list(row[-1:])
        if any(label and label in text for label in own):
            return True
    return False


def _small(table: pd.DataFrame, min_cell: int) -> Flags:
    """Return which rows of a table are to be suppressed, by every column that counts people."""
    found = np.zeros(len(table), dtype=bool)
    for name in basis(table.columns):
        counts = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
        found |= _cohorts(table, counts, min_cell) if "cohort" in table.columns else _rows(table, counts, min_cell)
    return found


def _rows(table: pd.DataFrame, counts: NDArray[np.float64], min_cell: int) -> Flags:
    keys = [name for name in GROUPS if name in table.columns]
    return hidden(counts, min_cell, list(table.groupby(keys, dropna=False).ngroup()) if keys else None)


def _cohorts(table: pd.DataFrame, counts: NDArray[np.float64], min_cell: int) -> Flags:
    """Return which rows belong to a cohort that is suppressed."""
    largest = pd.Series(counts).groupby(table.cohort.to_numpy()).max()
    small = set(largest.index[hidden(largest.to_list(), min_cell)])
    return np.array([cohort in small for cohort in table.cohort], dtype=bool)
