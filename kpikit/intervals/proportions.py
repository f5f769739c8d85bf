"""Intervals of shares, and of the difference of two estimates from the intervals of both."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from kpikit.errors import ParameterError
from kpikit.intervals.confidence import CONFIDENCE, Floats, normal_quantile


def wilson(successes: ArrayLike, n: ArrayLike, *, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Return the Wilson score interval of a proportion.

    Parameters
    ----------
    successes, n
        Counts, 0 ≤ successes ≤ n. For clustered rows pass both divided by the design effect.

    Returns
    -------
    low, high
        Ends in [0, 1]; NaN where n is 0.

    References
    ----------
    Wilson, E. B. (1927), "Probable inference, the law of succession, and statistical inference", JASA 22.

    >>> low, high = wilson(18, 20)
    >>> round(float(low), 6), round(float(high), 6)
    (0.698966, 0.972134)
    """
    x, size = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    if np.any(x < 0) or np.any(x > size):
        raise ParameterError(
            "0 ≤ successes ≤ n", got="counts outside that range", fix="Check numerator and denominator."
        )
    z = normal_quantile(confidence)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = x / size
        center = (share + z**2 / (2 * size)) / (1 + z**2 / size)
        half = z / (1 + z**2 / size) * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
        low, high = np.clip(center - half, 0, 1), np.clip(center + half, 0, 1)
    return np.where(x == 0, np.where(size > 0, 0.0, np.nan), low), np.where(
        x == size, np.where(size > 0, 1.0, np.nan), high
    )


def newcombe(
    successes_1: ArrayLike, n_1: ArrayLike, successes_2: ArrayLike, n_2: ArrayLike, *, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Return Newcombe's hybrid score interval of the difference of two independent proportions, first minus second.

    References
    ----------
    Newcombe, R. G. (1998), "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17, method 10.

    >>> low, high = newcombe(7, 34, 1, 34)
    >>> round(float(low), 3), round(float(high), 3)
    (0.019, 0.34)
    """
    low_1, high_1 = wilson(successes_1, n_1, confidence=confidence)
    low_2, high_2 = wilson(successes_2, n_2, confidence=confidence)
    with np.errstate(invalid="ignore", divide="ignore"):
        share_1 = np.asarray(successes_1, dtype=float) / np.asarray(n_1, dtype=float)
        share_2 = np.asarray(successes_2, dtype=float) / np.asarray(n_2, dtype=float)
    return mover(share_1, low_1, high_1, share_2, low_2, high_2)


def mover(
    value: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    before: ArrayLike,
    before_low: ArrayLike,
    before_high: ArrayLike,
    correlation: ArrayLike = 0.0,
) -> tuple[Floats, Floats]:
    """Return the interval of ``value`` minus ``before`` from the interval of each and their correlation.

    Each interval may be lopsided; its own ends carry its variance to the difference (MOVER). With two Wilson intervals
    and a correlation of 0 it is Newcombe's interval.

    Parameters
    ----------
    correlation
        Of the two estimates, −1 to 1; above 0 where the same customers, with like values, are in both.

    References
    ----------
    Zou, G. Y. and Donner, A. (2008), "Construction of confidence limits about effect measures: a general approach",
    Statistics in Medicine 27; with correlation: Zou, G. Y. (2007), Psychological Methods 12.
    """
    v, l1, u1, b, l2, u2, r = (
        np.asarray(one, dtype=float) for one in (value, low, high, before, before_low, before_high, correlation)
    )
    return v - b - _third_side(v - l1, u2 - b, r), v - b + _third_side(u1 - v, b - l2, r)


def _third_side(one: Floats, other: Floats, correlation: Floats) -> Floats:
    """Return √(a² + b² − 2 r a b), written so that it is never the root of a rounding error below 0."""
    with np.errstate(invalid="ignore"):
        side: Floats = np.hypot(one - correlation * other, np.sqrt(1 - correlation**2) * other)
    return side


def two_proportions_p(successes_1: Any, n_1: Any, successes_2: Any, n_2: Any) -> Floats:
    """Return the two-sided p-value of equal proportions (pooled score test); NaN where a sample is empty.

    >>> round(float(two_proportions_p(7, 34, 1, 34)), 4)
    0.0239
    """
    x1, m1, x2, m2 = (np.asarray(value, dtype=float) for value in (successes_1, n_1, successes_2, n_2))
    with np.errstate(invalid="ignore", divide="ignore"):
        pooled = (x1 + x2) / (m1 + m2)
        error = np.sqrt(pooled * (1 - pooled) * (1 / m1 + 1 / m2))
        z = np.where(error > 0, (x1 / m1 - x2 / m2) / error, 0.0)
    return np.where((m1 > 0) & (m2 > 0), 2 * stats.norm.sf(np.abs(z)), np.nan)
