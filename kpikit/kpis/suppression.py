"""Suppression of small cells: what rests on too few people is not shown, nor what would reveal it.

A cell is suppressed when it rests on more than none and fewer than ``privacy.min_cell`` people: the threshold rule on
the number of contributors. They are those who are counted at all (the denominator of a rate, the size of a cohort), not
those for whom the answer was yes: 2 of 400 customers who came back cannot be told from the 398. Where exactly one cell
of a group is suppressed, or all that are hold too few people together, the next smallest is suppressed too, since the
group's total is shown elsewhere. A row that is itself a total (all, all channels) is no such cell: it hides nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype as _is_number

from kpikit.cells import LEFT_OUT, SUBTOTALS, SUPPRESSED, TITLE, TOTALS, basis, is_small
from kpikit.formatting import counted
from kpikit.keyfigures import Tile
from kpikit.results import Result

GROUPS = ("kpi", "period", "by", "margin", "kind", "months")  # the rows of a table that add up share these
LABELS = ("segment", "channel")  # where a row says that it is a total
KEYS = ("age", "number", "months", "step_number")  # numbers that say which cell it is
# What stands or falls as a whole, by the most people in it: a cohort at all its ages, the steps of a journey. By the
# fewest: the lines of a sum, since one that is hidden is the total less the others.
WHOLE_BY_MOST, WHOLE_BY_FEWEST = ("cohort", "step_number"), ("line",)
NO_LABELS = ("cohort", "status", "step", "line", "part")
OPEN = ("partial", "not_yet_observed")
# Of facts these are what a reader has set, or says how to draw; all others are computed, of suppressed rows too.
SETTINGS = (
    "currency", "period", "by", "kind", "classes", "ahead", "term_months", "horizon_days", "model", "unit", "width",
    "hours", "event", "groups", "definitions",
)  # fmt: skip
Flags = NDArray[np.bool_]


def hidden(
    counts: Sequence[float] | NDArray[Any],
    min_cell: int,
    groups: Sequence[Any] | None = None,
    totals: Sequence[bool] | None = None,
) -> Flags:
    """Return which cells are to be suppressed: those below the threshold, and those that would reveal them.

    Parameters
    ----------
    counts
        Number of people in each cell; missing where nothing is known.
    min_cell
        Fewest people that a cell may rest on, 1 or more; 1 suppresses nothing.
    groups
        Which cells add up to a total: one label per cell. None: all together.
    totals
        Which cells are that total. They fill nothing up, and are suppressed where no other cell is left to.

    >>> hidden([2, 40, 7, 90], 5).tolist()
    [True, False, True, False]
    >>> hidden([2, 3, 7, 0], 5).tolist(), hidden([2, 40], 5, groups=["2026-01", "2026-02"]).tolist()
    ([True, True, False, False], [True, False])
    >>> hidden([49, 2, 40, 7], 5, totals=[True, False, False, False]).tolist()
    [False, True, False, True]
    """
    sizes = np.nan_to_num(np.asarray(counts, dtype=float))
    found = (sizes > 0) & (sizes < min_cell)
    labels = np.zeros(len(sizes), dtype=int) if groups is None else pd.factorize(pd.Series(list(groups)))[0]
    is_total = np.zeros(len(sizes), dtype=bool) if totals is None else np.asarray(totals, dtype=bool)
    for label in np.unique(labels[found & ~is_total]):
        group = (labels == label) & (sizes > 0)
        members = np.flatnonzero(group & ~is_total)
        for one in members[np.argsort(sizes[members], kind="stable")]:
            if sizes[members[found[members]]].sum() >= min_cell:  # two cells or more, since one alone is smaller
                break
            found[one] = True
        if sizes[members[found[members]]].sum() < min_cell:
            found |= group & is_total
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

    Notes
    -----
    A period that is not over keeps its status, without its numbers: so that a reader can tell a last period that is
    withheld from one that has only begun.
    """
    hide = _small(values, min_cell)
    shown = values.copy()
    has_begun_only = shown.status.isin(OPEN) & ("cohort" not in shown.columns)
    shown["status"] = shown.status.mask(hide & ~has_begun_only, SUPPRESSED)
    if hide.any():
        for name in shown.select_dtypes("number").columns.difference(list(KEYS)):
            shown[name] = shown[name].mask(hide)
    return shown


def protected(data: Any, *shown: Any) -> tuple[Any, ...]:
    """Return results, or tables of counts, without what rests on fewer people than ``privacy.min_cell`` allows.

    Call it before anything is drawn, summed up or acted on; tables of counts go through it before they are read, so
    that no sentence is made from what is suppressed. A table with a status keeps its rows, suppressed; of any other
    they are left out, and the table says how many (:func:`kpikit.cells.left_out`). A result was put into words before:
    where a row of it is left out, its title, paragraph, headline and computed facts are withheld, since they may name
    the row, or a total from which the others can be subtracted.

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
    hide = _small(table, min_cell)
    kept = table[~hide].reset_index(drop=True)
    if hide.any():
        kept.attrs = {**table.attrs, LEFT_OUT: table.attrs.get(LEFT_OUT, 0) + int(hide.sum())}
    return kept


def _of_result(result: Result, min_cell: int) -> Result:
    if any(is_small(kpi.get("n"), min_cell) for kpi in result.kpis):
        return _without_figures(result, min_cell)
    table = result.table
    if table is None or not len(table) or not (hide := _small(table, min_cell)).any():
        return result
    note = (
        f"{counted(int(hide.sum()), 'row')} of {len(hide)} rest on fewer than {min_cell} people, or would reveal one "
        "that does: they are left out, and so is what was to be said of all rows together."
    )
    return replace(
        result,
        title=f"{TITLE}: {result.name.replace('-', ' ')}",
        text=note,
        headline="",
        html="",
        table=_of_table(table, min_cell),
        facts=_settings(result.facts),
    )


def _settings(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: said for name, said in facts.items() if name in SETTINGS}


def _without_figures(result: Result, min_cell: int) -> Result:
    """Return a result whose figures are about too few people altogether: that it is there, and none of its numbers."""
    note = f"There are fewer than {min_cell} people in it: their figures are not shown."
    facts = _settings(result.facts)
    if "tiles" in result.facts:
        facts["tiles"] = [asdict(Tile(TITLE, "–", count=f"fewer than {min_cell} people"))]
    hidden_from = {"kpi", "period", "segment", "definition"}
    kpis = tuple(
        {name: said if name in hidden_from else None for name, said in kpi.items()} | {"status": SUPPRESSED}
        for kpi in result.kpis
    )
    table = None if result.table is None else result.table.iloc[:0]
    return replace(result, title=TITLE, text=note, headline="", html="", table=table, kpis=kpis, facts=facts)


def _small(table: pd.DataFrame, min_cell: int) -> Flags:
    """Return which rows of a table are to be suppressed, by every column that counts people."""
    found = np.zeros(len(table), dtype=bool)
    if table.empty:
        return found
    unit, group = _units(table)
    label = next((table[name] for name in LABELS if name in table.columns), pd.Series("", index=table.index))
    is_total, is_subtotal = (label.isin(names).to_numpy(dtype=bool) for names in (TOTALS, SUBTOTALS))
    for name in basis(table.columns):
        counts = pd.to_numeric(table[name], errors="coerce").astype(float).fillna(0.0)
        if any(one in table.columns for one in WHOLE_BY_FEWEST):
            sizes = counts.where(counts > 0).groupby(unit).min().fillna(0.0)
        else:
            sizes = counts.groupby(unit).max()
        firsts = pd.Series(range(len(table))).groupby(unit).first().to_numpy()
        hide = hidden(sizes.to_numpy(), min_cell, group[firsts].tolist(), (is_total | is_subtotal)[firsts].tolist())
        found |= hide[unit]
    if is_subtotal.any():  # of which rows it is the sum is not known here
        found |= is_subtotal & np.isin(group, group[found])
    return found


def _units(table: pd.DataFrame) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return for each row the number of what it stands or falls with, and that of the group that adds up."""
    # a margin in money is no margin of a survey
    shared = [name for name in GROUPS if name in table.columns and (name != "margin" or not _is_number(table[name]))]
    groups = _numbered(table, shared)
    if not any(name in table.columns for name in (*WHOLE_BY_MOST, *WHOLE_BY_FEWEST)):
        return np.arange(len(table)), groups
    labels = [name for name in table.columns if name not in NO_LABELS and not _is_number(table[name])]
    if "cohort" in table.columns:  # one cohort is one unit; those of one segment add up
        return _numbered(table, ["cohort", *labels]), _numbered(table, labels)
    return _numbered(table, list(dict.fromkeys([*shared, *labels]))), groups


def _numbered(table: pd.DataFrame, names: list[str]) -> NDArray[Any]:
    if not names:
        return np.zeros(len(table), dtype=int)
    return table.groupby(names, dropna=False, sort=False).ngroup().to_numpy()
