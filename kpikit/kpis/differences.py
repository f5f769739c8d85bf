"""The difference of two periods that share customers: its interval, and what may be claimed of many of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from kpikit.intervals import CONFIDENCE, benjamini_hochberg, normal_quantile
from kpikit.kpis.measuring import TOTALS, UNPAIRED, residual_squares
from kpikit.metrics.cards import Card

Floats = NDArray[np.float64]


def correlation(now: pd.DataFrame, then: pd.DataFrame, both: pd.DataFrame, card: Card) -> Floats:
    """Return the correlation of a KPI's value in two periods, from the customers who are in both.

    Parameters
    ----------
    now, then
        Rows of :attr:`kpikit.kpis.measuring.Measured.table`, in step with each other.
    both
        Rows of ``Measured.shared`` in step with them, 0 where nobody is shared.

    Notes
    -----
    Ratios are linearised: the covariance is Σ (x₁ − R₁y₁)(x₀ − R₀y₀) / (Y₁Y₀) over shared customers. Totals are
    compound Poisson: Σ x₁x₀. Medians and what is not estimated count as independent.
    """
    if card.interval in TOTALS:
        covariance = both.xx.to_numpy(dtype=float)
        squares = [one.sum_xx.to_numpy(dtype=float) for one in (now, then)]
    elif card.interval in UNPAIRED:
        return np.zeros(len(now))
    else:
        r1, r0 = ((one.numerator / one.denominator).to_numpy(dtype=float) for one in (now, then))
        xx, xy, yx, yy = (both[name].to_numpy(dtype=float) for name in ("xx", "xy", "yx", "yy"))
        covariance = xx - r0 * xy - r1 * yx + r1 * r0 * yy
        squares = [residual_squares(one) for one in (now, then)]
    spread = np.sqrt(squares[0] * squares[1])
    found = np.divide(covariance, spread, out=np.zeros(len(now)), where=spread > 0)
    return np.asarray(np.clip(found, -1, 1), dtype=float)


def judged(changes: pd.DataFrame, *, level: float = 1 - CONFIDENCE) -> pd.DataFrame:
    """Return changes with ``p``, ``p_adjusted``, ``verdict``, and intervals widened for the number of them.

    Parameters
    ----------
    changes
        With ``change``, ``change_low`` and ``change_high``, each interval at 95 %.
    level
        Share of false claims among the claims made that is accepted on average.

    Notes
    -----
    A change is claimed where its p-value adjusted by Benjamini and Hochberg is at most ``level``. Intervals are at
    1 − level · (claims made, at least 1) / (changes judged): then one leaves out 0 exactly where a change is claimed.

    References
    ----------
    Benjamini, Y. and Yekutieli, D. (2005), "False discovery rate: adjusted multiple confidence intervals for selected
    parameters", JASA 100.
    """
    change, low, high = (changes[name].to_numpy(dtype=float) for name in ("change", "change_low", "change_high"))
    one_sided = np.where(change >= 0, change - low, high - change)  # the side that faces 0
    can_tell = np.isfinite(change) & np.isfinite(low) & np.isfinite(high) & (high > low) & (one_sided > 0)
    z = normal_quantile(CONFIDENCE) * np.divide(
        np.abs(change), one_sided, out=np.full(len(change), np.nan), where=can_tell
    )
    p = np.where(can_tell, 2 * stats.norm.sf(z), np.nan)
    adjusted = benjamini_hochberg(p)
    claims, tests = int((adjusted <= level).sum()), int(can_tell.sum())
    widen = normal_quantile(1 - level * max(claims, 1) / max(tests, 1)) / normal_quantile(CONFIDENCE)
    clear = adjusted <= level
    verdict = np.select(
        [np.isnan(change), ~can_tell, clear & (change > 0), clear & (change < 0)],
        ["no comparison", "not tested", "up", "down"],
        "no clear change",
    )
    return changes.assign(
        change_low=np.where(can_tell, change - widen * (change - low), np.nan),
        change_high=np.where(can_tell, change + widen * (high - change), np.nan),
        p=p,
        p_adjusted=adjusted,
        verdict=verdict,
    )
