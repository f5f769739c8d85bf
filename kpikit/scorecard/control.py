"""Control limits: is the latest period unusual, given how many customers it has, its season and its trend?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from kpikit.periods import MONTHS_PER_QUARTER, MONTHS_PER_YEAR

SIGMAS = 3.0
FALSE_ALARMS = 0.0027  # per period in theory, 2 · (1 − Φ(3)); tests/test_scorecard_control.py measures it
FEWEST_PERIODS = 8
YEARS_FOR_A_SEASON = 2
SEASONS = {"month": MONTHS_PER_YEAR, "quarter": MONTHS_PER_YEAR // MONTHS_PER_QUARTER}
MEAN_OF_A_RANGE = 1.128  # of two normal values, in standard deviations
CLEAR_TREND, CLEAR_SEASON = 0.01, 0.05  # p-values below which a trend or a season is taken out

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Control:
    """A KPI's complete periods between their limits.

    Attributes
    ----------
    table
        ``number``, ``period``, ``value``, ``center``, ``low``, ``high`` (limits), ``z`` (distance from the centre in
        standard errors, on the normalised scale), ``signal`` (``high``, ``low`` or empty).
    spread
        How much more periods vary than their numbers of customers explain (1: not more).
    has_trend, has_season
        What was taken out of the centre.
    """

    table: pd.DataFrame
    spread: float = 1.0
    has_trend: bool = False
    has_season: bool = False

    @property
    def signal(self) -> str:
        """``high`` or ``low`` where the last period lies outside its limits, else empty."""
        return str(self.table.signal.iloc[-1]) if len(self.table) else ""


def control(periods: pd.DataFrame, *, unit: str, lowest: float = -np.inf, highest: float = np.inf) -> Control:
    """Return limits at 3 sigma for each period: one row per complete period → the same with limits.

    Parameters
    ----------
    periods
        ``number``, ``period``, ``value``, ``error`` (standard error) of complete periods, oldest first; ``size`` (a
        ratio's denominator), where the error goes with its root.
    unit
        ``week``, ``month`` … A season (month or quarter of the year) needs two years.
    lowest, highest
        What a value may be at least and at most; limits beyond are cut.

    Notes
    -----
    Limits widen where a period has few customers: its standard error is in them, from what all periods vary within, so
    that three answers that happen to agree do not look certain. Values are divided by it, which
    makes them alike; what they then vary beyond 1 (estimated from neighbours' ranges) widens all limits (Laney). A
    clear trend (p < 0.01) and a clear season (p < 0.05) are taken out of the centre. Fewer than 8 periods: no limits.
    Where nothing changes, 0.27 % of periods lie outside in theory.

    References
    ----------
    Laney, D. B. (2002), "Improved control charts for attributes", Quality Engineering 14(4); Montgomery, D. C. (2019),
    Introduction to Statistical Quality Control, 8th ed.
    """
    known = periods[periods.error.notna() & periods.value.notna()]
    if len(known) < FEWEST_PERIODS or not known.error.median() > 0:
        empty = known.head(0).assign(center=np.nan, low=np.nan, high=np.nan, z=np.nan, signal="")
        return Control(empty[["number", "period", "value", "center", "low", "high", "z", "signal"]])
    value, error = known.value.to_numpy(dtype=float), _steady(known)
    design, has_trend, has_season = _design(known.number.to_numpy(), value, error, unit)
    center, leverage = _fitted(design, value, error)
    own = np.sqrt(np.maximum(1 - leverage, 0.0))
    z = np.divide(value - center, error * own, out=np.zeros(len(value)), where=own > 1e-6)
    spread = max(1.0, float(np.abs(np.diff(z)).mean()) / MEAN_OF_A_RANGE)
    half = SIGMAS * spread * error * own
    signal = np.select([z > SIGMAS * spread, z < -SIGMAS * spread], ["high", "low"], "")
    table = known[["number", "period", "value"]].assign(
        center=np.clip(center, lowest, highest),
        low=np.clip(center - half, lowest, highest),
        high=np.clip(center + half, lowest, highest),
        z=z / spread,
        signal=signal,
    )
    return Control(table.reset_index(drop=True), spread, has_trend, has_season)


def _steady(known: pd.DataFrame) -> Floats:
    """Return the standard error of each period, from the variation within all of them."""
    error = known.error.to_numpy(dtype=float)
    if "size" in known.columns and known["size"].gt(0).all():
        size = known["size"].to_numpy(dtype=float)
        return np.asarray(np.sqrt((error**2 * size**2).sum() / size.sum() / size), dtype=float)
    return np.asarray(np.maximum(error, np.median(error) / 2), dtype=float)


def _design(numbers: Floats, value: Floats, error: Floats, unit: str) -> tuple[Floats, bool, bool]:
    """Return what the centre is made of: a level, and a trend and a season where they are clear."""
    level = np.ones((len(numbers), 1))
    trend = ((numbers - numbers.mean()) / max(len(numbers), 1))[:, None]
    length = SEASONS.get(unit)
    seasons = np.zeros((len(numbers), 0))
    if length and len(numbers) >= YEARS_FOR_A_SEASON * length:
        each = (numbers[:, None] % length) == np.arange(length)[None, :]
        seasons = np.asarray(each[:, 1:], dtype=float) - each[:, :1]
    has_trend = _p_of(level, trend, value, error) < CLEAR_TREND
    base = np.hstack([level, trend]) if has_trend else level
    has_season = bool(seasons.shape[1]) and _p_of(base, seasons, value, error) < CLEAR_SEASON
    if has_season and not has_trend:  # a season may hide a trend
        has_trend = _p_of(np.hstack([level, seasons]), trend, value, error) < CLEAR_TREND
        base = np.hstack([level, trend]) if has_trend else level
    return (np.hstack([base, seasons]) if has_season else base), has_trend, has_season


def _p_of(base: Floats, further: Floats, value: Floats, error: Floats) -> float:
    """Return the p-value of the F test of further columns, with the errors as weights."""
    full = np.hstack([base, further])
    left = len(value) - full.shape[1]
    if left < 1:
        return 1.0
    rest = [float((((value - _fitted(design, value, error)[0]) / error) ** 2).sum()) for design in (base, full)]
    noise = max(rest[1] / left, 1.0)  # no less than chance alone
    return float(stats.f.sf((rest[0] - rest[1]) / further.shape[1] / noise, further.shape[1], left))


def _fitted(design: Floats, value: Floats, error: Floats) -> tuple[Floats, Floats]:
    """Return the weighted least squares fit, and how far each value draws it to itself (0 to 1)."""
    weighted = design / error[:, None]
    hat = weighted @ np.linalg.pinv(weighted)
    return np.asarray(hat @ (value / error) * error, dtype=float), np.asarray(np.diag(hat), dtype=float)
