"""Intervals where a customer may have several rows: shares, net scores, means and ratios over whole customers."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from kpikit.errors import ParameterError
from kpikit.intervals.confidence import CONFIDENCE, Floats, normal_quantile
from kpikit.intervals.proportions import wilson

NO_SPREAD = 1e-13  # squares of residuals below this share of the squares themselves are rounding


def clustered_wilson(
    sum_x: ArrayLike,
    sum_y: ArrayLike,
    sum_xx: ArrayLike,
    sum_yy: ArrayLike,
    sum_xy: ArrayLike,
    clusters: ArrayLike,
    *,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, Floats]:
    """Return the Wilson interval of the share Σx / Σy of rows, where a customer may have several of them.

    Parameters
    ----------
    sum_x, sum_y, sum_xx, sum_yy, sum_xy
        Σx, Σy, Σx², Σy², Σxy over clusters; x successes among y rows of one cluster.
    clusters
        Number of clusters.

    Notes
    -----
    Wilson's interval of the effective number of rows: n divided by the design effect (at least 1), with Student's t in
    place of the normal quantile. Where each customer has one row it is Wilson's. At a share of 0 or 1 the data cannot
    show how alike a customer's rows are, and whole customers are counted.

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1998), "Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data", Survey Methodology 24.
    """
    x, y = np.asarray(sum_x, dtype=float), np.asarray(sum_y, dtype=float)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = x / y
        effective = effective_rows(sum_x, sum_y, sum_xx, sum_yy, sum_xy, clusters, confidence=confidence)
        return wilson(np.minimum(share * effective, effective), effective, confidence=confidence)


def net_score(
    sum_x: ArrayLike,
    sum_y: ArrayLike,
    sum_ww: ArrayLike,
    sum_xx: ArrayLike,
    sum_yy: ArrayLike,
    sum_xy: ArrayLike,
    clusters: ArrayLike,
    *,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, Floats]:
    """Return the adjusted Wald interval of a net share (promoters minus detractors), −1 to 1.

    Parameters
    ----------
    sum_x, sum_y, sum_ww
        Promoters minus detractors, answers, promoters plus detractors.
    sum_xx, sum_yy, sum_xy, clusters
        Σx², Σy², Σxy over customers and their number: repeated answers of one customer are a cluster.

    Notes
    -----
    ¾, 1½ and ¾ are added to detractors, passives and promoters of the effective number of answers.

    References
    ----------
    Rocks, B. (2016), "Interval estimation for the Net Promoter Score", The American Statistician 70(4).

    >>> low, high = net_score(20, 100, 60, 60, 100, 20, 100)  # 40 promoters, 40 passives, 20 detractors
    >>> round(float(low), 3), round(float(high), 3)
    (0.05, 0.339)
    """
    x, y, w = (np.asarray(value, dtype=float) for value in (sum_x, sum_y, sum_ww))
    z = normal_quantile(confidence)
    with np.errstate(invalid="ignore", divide="ignore"):
        seen = x / y  # the adjustment draws towards 0, in few answers past what was seen
        promoters, detractors = (w + x) / 2 / y, (w - x) / 2 / y
        variance = promoters + detractors - (promoters - detractors) ** 2
        n = effective_rows(sum_x, sum_y, sum_xx, sum_yy, sum_xy, clusters, variance, confidence=confidence)
        up, down = (promoters * n + 0.75) / (n + 3), (detractors * n + 0.75) / (n + 3)
        half = z * np.sqrt((up + down - (up - down) ** 2) / (n + 3))
    return np.clip(np.minimum(up - down - half, seen), -1, 1), np.clip(np.maximum(up - down + half, seen), -1, 1)


def effective_rows(
    sum_x: ArrayLike,
    sum_y: ArrayLike,
    sum_xx: ArrayLike,
    sum_yy: ArrayLike,
    sum_xy: ArrayLike,
    clusters: ArrayLike,
    variance_of_one: ArrayLike | None = None,
    *,
    confidence: float = CONFIDENCE,
) -> Floats:
    """Return how many independent rows are worth as much as these clusters of rows, at most as many as there are.

    Parameters
    ----------
    sum_x, sum_y, sum_xx, sum_yy, sum_xy
        Σx, Σy, Σx², Σy², Σxy over clusters; y rows of one cluster, x their sum.
    clusters
        Number of clusters.
    variance_of_one
        Variance of one row; None means that of a share p = Σx / Σy, which is p (1 − p).

    Notes
    -----
    The number of rows over the design effect (at least 1), with Student's t for few clusters. Clusters of one row each
    are worth their number. Where rows do not vary, those of a cluster are taken to be all alike.

    References
    ----------
    Korn, E. L. and Graubard, B. I. (1998), "Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data", Survey Methodology 24.

    >>> effective_rows(1, 4, 1, 4, 1, 4).tolist()  # four customers with one row each
    4.0
    """
    x, rows, yy, n = (np.asarray(value, dtype=float) for value in (sum_x, sum_y, sum_yy, clusters))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = x / rows
        variance = share * (1 - share) if variance_of_one is None else np.asarray(variance_of_one, dtype=float)
        single = yy <= rows * (1 + 1e-12)  # a customer counts once
        squares = residual_squares(x, rows, sum_xx, yy, sum_xy)
        seen = squares / rows**2 * n / (n - 1) / (variance / rows)
        whole = yy / rows  # a customer's rows all alike
        effect = np.where(variance > 0, np.where(n > 1, seen, whole), whole)
        t = stats.t.ppf((1 + confidence) / 2, np.where(n > 1, n - 1, 1))
        effect = np.maximum(effect, 1.0) * (t / normal_quantile(confidence)) ** 2
        return np.where(single, rows, rows / effect)


def residual_squares(
    sum_x: ArrayLike, sum_y: ArrayLike, sum_xx: ArrayLike, sum_yy: ArrayLike, sum_xy: ArrayLike
) -> Floats:
    """Return Σ (x − R y)² over clusters, R the ratio Σx / Σy: what varies in a ratio; NaN where Σy is 0.

    >>> float(residual_squares(15, 5, 55, 5, 15))  # 1, 2, 3, 4, 5, each of one row
    10.0
    """
    x, y, xx, yy, xy = (np.asarray(value, dtype=float) for value in (sum_x, sum_y, sum_xx, sum_yy, sum_xy))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = x / y
        squares: Floats = np.maximum(xx - 2 * ratio * xy + ratio**2 * yy, 0.0)
    return squares


def clustered_mean(
    sum_x: ArrayLike,
    sum_y: ArrayLike,
    sum_xx: ArrayLike,
    sum_yy: ArrayLike,
    sum_xy: ArrayLike,
    clusters: ArrayLike,
    *,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, Floats]:
    """Return the interval of the mean Σx / Σy of rows in clusters: Student's t over whole clusters.

    With one row per cluster it is the usual t interval of a mean.

    >>> low, high = clustered_mean(15, 5, 55, 5, 15, 5)  # 1, 2, 3, 4, 5
    >>> round(float(low), 3), round(float(high), 3)
    (1.037, 4.963)
    """
    normal_quantile(confidence)
    x, y = (np.asarray(value, dtype=float) for value in (sum_x, sum_y))
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = x / y
    half = _half_width(x, y, sum_xx, sum_yy, sum_xy, clusters, confidence)
    return mean - half, mean + half


def _half_width(
    x: Floats,
    y: Floats,
    sum_xx: ArrayLike,
    sum_yy: ArrayLike,
    sum_xy: ArrayLike,
    clusters: ArrayLike,
    confidence: float,
) -> Floats:
    """Return Student's t times the linearised error of Σx / Σy; NaN where all clusters are alike.

    Clusters without any spread say nothing of how far the next may lie: an interval of no width would be a claim.
    """
    xx, yy, n = (np.asarray(value, dtype=float) for value in (sum_xx, sum_yy, clusters))
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = residual_squares(x, y, xx, yy, sum_xy)
        squares = np.where(squares > NO_SPREAD * (xx + (x / y) ** 2 * yy), squares, np.nan)
        error = np.sqrt(squares * n / (n - 1)) / np.abs(y)
    half: Floats = stats.t.ppf((1 + confidence) / 2, np.where(n > 1, n - 1, np.nan)) * error
    return half


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
        Number of clusters; fewer than 2, or clusters that are all alike, give NaN.

    Notes
    -----
    Agrees with :func:`cluster_bootstrap` where there are some dozens of clusters; it needs no per-customer data.

    References
    ----------
    Cochran, W. G. (1977), Sampling Techniques, 3rd ed., section 6.
    """
    normal_quantile(confidence)
    x, y = (np.asarray(value, dtype=float) for value in (sum_x, sum_y))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = x / y
        half = _half_width(x, y, sum_xx, sum_yy, sum_xy, clusters, confidence)
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
    normal_quantile(confidence)
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
