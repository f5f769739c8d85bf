"""Intervals of counts and totals, and p-values adjusted for their number."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from kpikit.intervals.confidence import CONFIDENCE, Floats, normal_quantile


def poisson(count: ArrayLike, *, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Return the exact interval of a Poisson count: how far the same period might have come out by chance alone.

    References
    ----------
    Garwood, F. (1936), "Fiducial limits for the Poisson distribution", Biometrika 28.

    >>> low, high = poisson(10)
    >>> round(float(low), 3), round(float(high), 3)
    (4.795, 18.39)
    """
    normal_quantile(confidence)
    x, tail = np.asarray(count, dtype=float), (1 - confidence) / 2
    low = np.where(x > 0, stats.chi2.ppf(tail, 2 * np.where(x > 0, x, 1)) / 2, 0.0)
    return np.where(np.isnan(x), np.nan, low), stats.chi2.ppf(1 - tail, 2 * (x + 1)) / 2


def per_count(amount: ArrayLike, count: ArrayLike, *, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Return the interval of a known amount per counted thing (spend per new customer), the count being Poisson.

    >>> low, high = per_count(1000, 10)
    >>> round(float(low), 2), round(float(high), 2)
    (54.38, 208.53)
    """
    money = np.asarray(amount, dtype=float)
    few, many = poisson(count, confidence=confidence)
    with np.errstate(invalid="ignore", divide="ignore"):
        return money / many, np.where(few > 0, money / few, np.nan)


def compound_poisson(
    total: ArrayLike, sum_of_squares: ArrayLike, *, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Return the interval of a total over customers whose number varies as well as their amounts.

    Parameters
    ----------
    total, sum_of_squares
        Σ x and Σ x² over customers, x the customer's own sum (so repeated orders of one customer are one cluster).

    Notes
    -----
    The variance of a compound Poisson sum is estimated without bias by Σ x². The ends are the totals that lie just
    z of their own standard errors away, the score interval of a Poisson count, with amounts of the size Σ x² / Σ x: few
    customers, or a few large ones, give an uneven interval. Where amounts cancel it is drawn to the even one.

    >>> low, high = compound_poisson(10, 10)  # ten amounts of 1
    >>> round(float(low), 2), round(float(high), 2)
    (5.43, 18.41)
    """
    center, squares = np.asarray(total, dtype=float), np.asarray(sum_of_squares, dtype=float)
    z = normal_quantile(confidence)
    is_usual = np.abs(center) >= np.sqrt(squares)
    size = np.where(is_usual, squares / np.where(is_usual & (center != 0), center, 1.0), center)
    middle, half = center + size * z**2 / 2, z * np.sqrt(squares + (size * z / 2) ** 2)
    return middle - half, middle + half


def benjamini_hochberg(p_values: ArrayLike) -> Floats:
    """Return p-values adjusted for their number, controlling the false discovery rate; NaN stays NaN.

    References
    ----------
    Benjamini, Y. and Hochberg, Y. (1995), "Controlling the false discovery rate", JRSS B 57.

    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    p = np.asarray(p_values, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(~np.isnan(p))
    order = known[np.argsort(p[known])]
    m = len(order)
    scaled = p[order] * m / np.arange(1, m + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return adjusted
