"""Intervals for proportions, differences, counts, totals and ratios of clustered data.

All take counts or sums, so that the engine can do the counting. All are vectorised; where there is nothing to
estimate (n = 0) both ends are NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from kpikit.errors import ParameterError

Floats = NDArray[np.float64]
CONFIDENCE = 0.95


def _normal_quantile(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ParameterError("a confidence between 0 and 1", got=str(confidence), fix="Pass 0.95.", where="confidence")
    return float(stats.norm.ppf((1 + confidence) / 2))


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
    z = _normal_quantile(confidence)
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
    difference = share_1 - share_2
    low = difference - np.hypot(share_1 - low_1, high_2 - share_2)
    high = difference + np.hypot(high_1 - share_1, share_2 - low_2)
    return low, high


def poisson(count: ArrayLike, *, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Return the exact interval of a Poisson count: how far the same period might have come out by chance alone.

    References
    ----------
    Garwood, F. (1936), "Fiducial limits for the Poisson distribution", Biometrika 28.

    >>> low, high = poisson(10)
    >>> round(float(low), 3), round(float(high), 3)
    (4.795, 18.39)
    """
    _normal_quantile(confidence)
    x, tail = np.asarray(count, dtype=float), (1 - confidence) / 2
    low = np.where(x > 0, stats.chi2.ppf(tail, 2 * np.where(x > 0, x, 1)) / 2, 0.0)
    return np.where(np.isnan(x), np.nan, low), stats.chi2.ppf(1 - tail, 2 * (x + 1)) / 2


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
    The variance of a compound Poisson sum is estimated without bias by Σ x².
    """
    center = np.asarray(total, dtype=float)
    half = _normal_quantile(confidence) * np.sqrt(np.asarray(sum_of_squares, dtype=float))
    return center - half, center + half


def clustered_ratio(
    sum_x: ArrayLike,
    sum_y: ArrayLike,
    sum_xx: ArrayLike,
    sum_yy: ArrayLike,
    sum_xy: ArrayLike,
    clusters: ArrayLike,
    *,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, Floats]:
    """Return the interval of Σx / Σy where x and y are sums of a cluster (a customer): linearised, Student's t.

    A positive ratio gets its interval on the log scale, which follows the skew of money and stays above 0.

    Parameters
    ----------
    sum_x, sum_y, sum_xx, sum_yy, sum_xy
        Σx, Σy, Σx², Σy², Σxy over clusters: sums that an engine can compute in one pass.
    clusters
        Number of clusters; fewer than 2 give NaN.

    Notes
    -----
    Agrees with :func:`cluster_bootstrap` where there are some dozens of clusters; it needs no per-customer data.

    References
    ----------
    Cochran, W. G. (1977), Sampling Techniques, 3rd ed., section 6.
    """
    _normal_quantile(confidence)
    x, y, n = (np.asarray(value, dtype=float) for value in (sum_x, sum_y, clusters))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = x / y
        squares = (
            np.asarray(sum_xx, float) - 2 * ratio * np.asarray(sum_xy, float) + ratio**2 * np.asarray(sum_yy, float)
        )
        error = np.sqrt(np.maximum(squares, 0) * n / (n - 1)) / np.abs(y)
        half = stats.t.ppf((1 + confidence) / 2, np.where(n > 1, n - 1, np.nan)) * error
        factor = np.exp(np.minimum(half / np.abs(ratio), 50))
    positive = ratio > 0
    return np.where(positive, ratio / factor, ratio - half), np.where(positive, ratio * factor, ratio + half)


def cluster_bootstrap(
    numerators: ArrayLike,
    denominators: ArrayLike | None = None,
    *,
    n_resamples: int = 2000,
    seed: int = 0,
    confidence: float = CONFIDENCE,
) -> tuple[float, float]:
    """Return the bootstrap interval of Σ numerator / Σ denominator, resampling whole clusters.

    Parameters
    ----------
    numerators, denominators
        One value per cluster (a customer's own sums). Without denominators: the mean per cluster.
    n_resamples, seed
        Number of resamples, and the seed that makes them repeatable.

    Returns
    -------
    low, high
        Ends of the expanded percentile interval, which keeps its coverage in small samples.

    References
    ----------
    Hesterberg, T. C. (2015), "What teachers should know about the bootstrap", The American Statistician 69(4).
    """
    _normal_quantile(confidence)
    top = np.asarray(numerators, dtype=float)
    bottom = np.ones_like(top) if denominators is None else np.asarray(denominators, dtype=float)
    if top.ndim != 1 or top.shape != bottom.shape:
        raise ParameterError("one numerator and one denominator per cluster", got=f"{top.shape} and {bottom.shape}")
    n = len(top)
    if n < 2 or bottom.sum() == 0:
        return float("nan"), float("nan")
    random = np.random.default_rng(seed)
    batch = max(1, 4_000_000 // n)
    ratios: list[Floats] = []
    for start in range(0, n_resamples, batch):
        drawn = random.integers(0, n, size=(min(batch, n_resamples - start), n))
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios.append(top[drawn].sum(axis=1) / bottom[drawn].sum(axis=1))
    values = np.concatenate(ratios)
    tail = float(stats.norm.cdf(np.sqrt(n / (n - 1)) * stats.t.ppf((1 - confidence) / 2, n - 1)))
    low, high = np.quantile(values[np.isfinite(values)], [tail, 1 - tail])
    return float(low), float(high)


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
