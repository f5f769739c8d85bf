"""The counts of many KPIs: what they share is computed once, and the grid is laid out here.

:func:`kpikit.metrics.grid.summed` lays out the same grid in the engine, for a single KPI; a test keeps both equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from kpikit.metrics.grid import ALL, SUMS, Contributions, sums
from kpikit.metrics.sharing import in_place_of, nested_selects, shared_steps, with_stored
from kpikit.periods import EPOCH, Period

if TYPE_CHECKING:
    import ibis.expr.operations as ops
    import ibis.expr.types as ir

ENDS = ("end", "first", "last")


class Span(NamedTuple):
    """Number of the first day that is not known, and of the first and last period."""

    end: int
    first: int
    last: int


def counted(found: Sequence[Contributions | ir.Table], *, period: str | None, by: str | None) -> list[pd.DataFrame]:
    """Return the table of counts of each KPI, as ``summed`` would."""
    asked = [(sums(one), one.span) if isinstance(one, Contributions) else (one, one) for one in found]
    rows = _rows({part.op(): part for parts in asked for part in parts}.values())
    return [
        _gridded(rows[totals.op()], _span(rows[span.op()]), one, period, by)
        if isinstance(one, Contributions)
        else rows[totals.op()]
        for one, (totals, span) in zip(found, asked, strict=True)
    ]


def _rows(expressions: Iterable[ir.Table]) -> dict[ops.Node, pd.DataFrame]:
    """Return the rows of different expressions; steps that several of them share run once and are kept until the end.

    Each is a query of its own: one union of all takes the engine twice the time and the memory.
    """
    every = list(expressions)
    with nested_selects(every):
        stored: dict[ops.Node, ops.Node] = {}
        for step in shared_steps(every):
            stored[step.op()] = in_place_of(step, _kept(with_stored(step, stored)))
        return {one.op(): with_stored(one, stored).to_pandas() for one in every}


def _kept(step: ir.Table) -> ir.Table:
    """Run a step and return the table that holds its rows for as long as it is used."""
    if step.get_backend().name == "pyspark":  # ibis keeps it before Spark has been handed the DataFrames
        step.limit(0).to_pyarrow()
    return step.cache()


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
