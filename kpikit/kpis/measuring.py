"""One KPI measured: its counts and errors per period, and what two periods share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit import intervals
from kpikit.cells import SUPPRESSED
from kpikit.intervals import CONFIDENCE, normal_quantile
from kpikit.kpis.computing import COLUMNS, SCORE_POINTS, Inputs, with_interval
from kpikit.kpis.counting import counted
from kpikit.metrics import Kpi
from kpikit.metrics.cards import Card
from kpikit.metrics.grid import Contributions, paired
from kpikit.periods import Period

Floats = NDArray[np.float64]
SHARED = ("shared", "xx", "xy", "yx", "yy")
TOTALS = ("poisson", "compound_poisson")
UNPAIRED = ("poisson_denominator", "kaplan_meier", "none")


@dataclass(frozen=True)
class Measured:
    """A KPI over periods and segments.

    Attributes
    ----------
    card
        Its definition.
    period
        The unit of the calendar.
    table
        One row per period and segment: the columns of ``kpikit.compute``, ``number`` (of the period), ``error``
        (standard error of the value) and the sums over customers (``sum_xx`` …; missing for Kaplan–Meier).
    """

    card: Card
    period: Period
    table: pd.DataFrame
    _contributions: Contributions | None = field(default=None, repr=False)

    @property
    def computed(self) -> pd.DataFrame:
        """The rows as ``kpikit.compute`` returns them."""
        return self.table[COLUMNS]

    @property
    def lag_days(self) -> int:
        """How many days after its end a period is complete."""
        return self._contributions.lag_days if self._contributions else 0

    @property
    def complete(self) -> pd.DataFrame:
        """The rows of complete periods with a value, oldest first."""
        done = self.table[(self.table.status == "complete") & self.table.value.notna()]
        return done.sort_values(["segment", "number"])

    @property
    def current(self) -> pd.DataFrame:
        """The complete rows of segments whose last period that is over is shown: no earlier one may pass for it."""
        done = self.complete
        gone = self.table[self.table.status == SUPPRESSED].groupby("segment").number.max()
        last = done.groupby("segment").number.transform("max")
        return done[~(done.segment.map(gone).astype(float) > last)]

    def shared(self, pairs: Iterable[tuple[int, int]]) -> pd.DataFrame:
        """Return what periods share with earlier ones: one row per later period, earlier period and segment.

        Sums over the customers of both: ``shared``, ``xx``, ``xy``, ``yx``, ``yy`` (later times earlier value). Pairs
        that share nobody are not there; neither is anything for Kaplan–Meier, whose two curves count as independent.
        """
        empty = pd.DataFrame(columns=["now", "then", "segment", *SHARED])
        asked = sorted({(int(now), int(then)) for now, then in pairs})
        if self._contributions is None or self.card.interval in UNPAIRED or not asked:
            return empty
        rows = self._contributions.rows
        few = rows.filter(rows.period.isin(sorted({number for pair in asked for number in pair}))).cache()
        found = []
        for lag in sorted({now - then for now, then in asked}):
            sums = paired(replace(self._contributions, rows=few), lag=lag).to_pandas()
            found.append(sums.assign(now=sums.period, then=sums.period - lag)[empty.columns])
        every: pd.DataFrame = pd.concat(found, ignore_index=True)
        is_asked = [pair in asked for pair in zip(every.now, every.then, strict=True)]
        return every.loc[np.array(is_asked, dtype=bool)]


def measured(chosen: Sequence[Kpi], inputs: Inputs, period: str) -> list[Measured]:
    """Return KPIs measured per period (and segment, where the inputs are split)."""
    found = [inputs.contributed(its, period) for its in chosen]
    counts = counted(found, period=period, by=inputs.by)
    return [
        _measured(its.card, one, table, Period.parse(period), inputs)
        for its, one, table in zip(chosen, found, counts, strict=True)
    ]


def _measured(card: Card, found: Any, counts: pd.DataFrame, unit: Period, inputs: Inputs) -> Measured:
    values = with_interval(counts, card)
    sums = counts.drop(columns=[name for name in COLUMNS if name in counts.columns])
    table = values.join(sums).assign(
        number=[unit.index(day.date()) for day in values.period], error=standard_error(counts, values, card)
    )
    table = inputs.shown(table)
    return Measured(card, unit, table, found if isinstance(found, Contributions) else None)


def standard_error(counts: pd.DataFrame, values: pd.DataFrame, card: Card) -> Floats:
    """Return the standard error of each value, whole customers as clusters; missing where nothing is estimated."""
    x, y = (_floats(values[name]) for name in ("numerator", "denominator"))
    if card.interval == "none":
        return np.full(len(x), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        if card.interval == "kaplan_meier":
            return (_floats(values.high) - _floats(values.low)) / (2 * normal_quantile(CONFIDENCE))
        if card.interval == "poisson":
            return np.sqrt(x)
        if card.interval == "compound_poisson":
            return np.sqrt(_floats(counts.sum_xx))
        if card.interval == "poisson_denominator":
            return _floats(values.value) / np.sqrt(y)
        return np.sqrt(residual_squares(counts)) / np.abs(y) * scale(card)


def residual_squares(counts: pd.DataFrame) -> Floats:
    """Return Σ (x − R y)² over customers of each row of counts, see :func:`kpikit.intervals.residual_squares`."""
    names = ("numerator", "denominator", "sum_xx", "sum_yy", "sum_xy")
    return intervals.residual_squares(*(_floats(counts[name]) for name in names))


def scale(card: Card) -> float:
    """Return by what a ratio is multiplied to be the KPI's value: 100 for a net score."""
    return float(SCORE_POINTS) if card.interval == "nps" else 1.0


def _floats(column: Any) -> Floats:
    return np.asarray(column.to_numpy(dtype=float, na_value=np.nan), dtype=float)
