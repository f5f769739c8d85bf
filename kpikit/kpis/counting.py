"""The counts of many KPIs in few queries: what they share is computed once, and the grid is laid out here.

:func:`kpikit.metrics.grid.summed` lays out the same grid in the engine, for a single KPI; a test keeps both equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from kpikit.metrics.grid import ALL, SUMS, Contributions, sums
from kpikit.metrics.sharing import nested_selects, shared_steps, with_stored
from kpikit.periods import EPOCH, Period

if TYPE_CHECKING:
    import ibis.expr.types as ir

ENDS = ("end", "first", "last")


class Span(NamedTuple):
    """Number of the first day that is not known, and of the first and last period."""

    end: int
    first: int
    last: int


def counted(found: Sequence[Contributions | ir.Table], *, period: str | None, by: str | None) -> list[pd.DataFrame]:
    """Return the table of counts of each KPI, as ``summed`` would."""
    contributions = {i: one for i, one in enumerate(found) if isinstance(one, Contributions)}
    whole = {i: one for i, one in enumerate(found) if not isinstance(one, Contributions)}
    expressions = [
        *(sums(one) for one in contributions.values()),
        *(one.span for one in contributions.values()),
        *whole.values(),
    ]
    with nested_selects(expressions):
        stored: dict[Any, Any] = {}
        for step in shared_steps(expressions):
            stored[step.op()] = _kept(with_stored(step, stored))
        ready = [with_stored(one, stored) for one in expressions]
        size = len(contributions)
        totals, spans = _together(ready[:size]), _together(ready[size : 2 * size])
        tables = {
            i: _gridded(totals[k], _span(spans[k]), one, period, by) for k, (i, one) in enumerate(contributions.items())
        }
        tables |= dict(zip(whole, [one.to_pandas() for one in ready[2 * size :]], strict=True))
    return [tables[i] for i in range(len(found))]


def _kept(step: ir.Table) -> ir.Table:
    """Run a step and return the table that holds its rows for as long as it is used."""
    if step.get_backend().name == "pyspark":  # ibis keeps it before Spark has been handed the DataFrames
        step.limit(0).to_pyarrow()
    return step.cache()


def _together(tables: Sequence[ir.Table]) -> list[pd.DataFrame]:
    """Return the rows of several tables of one shape, asked for in one query."""
    if not tables:
        return []
    numbered = [table.mutate(_which=i) for i, table in enumerate(tables)]
    first, *rest = numbered
    rows = (first.union(*rest) if rest else first).to_pandas()
    groups = dict(list(rows.groupby("_which")))
    empty = rows.head(0)
    return [groups.get(i, empty).drop(columns="_which") for i in range(len(tables))]


def _span(row: pd.DataFrame) -> Span:
    """Return the span, without a period where there is no row before ``as_of``."""
    if row.empty or row[list(ENDS)].isna().any(axis=None):
        return Span(0, 0, -1)
    return Span(*(int(row[name].iloc[0]) for name in ENDS))


def _gridded(totals: pd.DataFrame, span: Span, each: Contributions, period: str | None, by: str | None) -> pd.DataFrame:
    """Return every cell of the grid, in order, with explicit zeros and its status."""
    first = span.first + (each.skip_periods if period else 0)
    segments = sorted(totals.segment.unique()) if by else [ALL]
    cells = pd.MultiIndex.from_product([range(first, span.last + 1), segments], names=["period", "segment"])
    table = totals.set_index(["period", "segment"]).reindex(cells)[list(SUMS)].fillna(0.0).reset_index()
    unit = Period.parse(period) if period else None
    table["status"] = [_status(number, unit, span.end - each.lag_days) for number in table.period]
    unseen = table.status == "not_yet_observed"
    table[list(SUMS)] = table[list(SUMS)].mask(unseen)
    if not each.ratio:
        table["denominator"] = np.nan
    table["n"] = table.n.astype("Int64")
    table["period"] = pd.Series(
        [unit.start(number) if unit else None for number in table.period], dtype="datetime64[s]"
    )
    return table


def _status(number: int, unit: Period | None, end: int) -> str:
    """Return whether a period is over on the day numbered ``end``, has begun, or has not."""
    if unit is None:
        return "complete"
    begins, ends = ((unit.start(number + k) - EPOCH).days for k in (0, 1))
    return "not_yet_observed" if begins >= end else "partial" if ends > end else "complete"
