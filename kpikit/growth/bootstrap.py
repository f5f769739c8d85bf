"""Sums over customers, drawn again: the customers and their number vary together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from kpikit.intervals import CONFIDENCE, normal_quantile

Array = NDArray[np.float64]
RESAMPLES, SEED = 2000, 20260101
MOST_DRAWN_SINGLY = 10_000  # above it the sums are drawn from their normal limit
CELLS = 1_000_000  # numbers drawn at once
PLACES = 2**16
# Poisson(1) read from a table of 65,536 equal chances: a tenth of the time of drawing it, the mean true to 1e-4
TIMES = np.searchsorted(stats.poisson.cdf(np.arange(12), 1), (np.arange(PLACES) + 0.5) / PLACES).astype(float)


def poisson_sums(values: Any, random: np.random.Generator, resamples: int = RESAMPLES) -> tuple[Array, Array]:
    """Return the number of customers and the sum of their values in each resample.

    Each customer comes Poisson(1) times: so the number of customers is Poisson, their values are resampled, and the
    two vary together, as when an equal period came again.

    References
    ----------
    Hanley, J. A. and MacGibbon, B. (2006), "Creating non-parametric bootstrap samples using Poisson frequencies",
    Computer Methods and Programs in Biomedicine 83.
    """
    x = np.asarray(values, dtype=float)
    n = len(x)
    if n == 0:
        return np.zeros(resamples), np.zeros(resamples)
    if n > MOST_DRAWN_SINGLY:
        squares = float(x @ x)
        spread = np.array([[n, x.sum()], [x.sum(), squares]])
        drawn = random.multivariate_normal([n, x.sum()], spread, size=resamples, method="eigh")
        return np.maximum(drawn[:, 0], 0.0), drawn[:, 1]
    counts, sums, batch = [], [], max(1, CELLS // n)
    for start in range(0, resamples, batch):
        times = TIMES[random.integers(0, PLACES, size=(min(batch, resamples - start), n), dtype=np.uint16)]
        counts.append(times.sum(axis=1))
        sums.append(times @ x)
    return np.concatenate(counts), np.concatenate(sums)


def sums_by_group(values: pd.Series, groups: pd.Series, *, seed: int = SEED) -> dict[str, tuple[Array, Array]]:
    """Return :func:`poisson_sums` of each group, drawn independently; the order of the rows makes no difference."""
    random = np.random.default_rng(seed)
    # An engine hands its rows over in no order: sorted, the same customers are drawn again in the next run.
    return {str(name): poisson_sums(np.sort(part), random) for name, part in values.groupby(groups, sort=True)}


def widened(value: Any, low: Any, high: Any, comparisons: int, *, confidence: float = CONFIDENCE) -> tuple[Any, Any]:
    """Return the ends of an interval that is one of several read at once, by Bonferroni's inequality.

    Each end moves away from the value as a normal quantile does from the confidence of one to that of all. So far out
    too few resamples lie to read the ends off.
    """
    of_all = normal_quantile(1 - (1 - confidence) / max(comparisons, 1)) / normal_quantile(confidence)
    return value - (value - low) * of_all, value + (high - value) * of_all


def ends(draws: Array, n: float, *, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return the ends of the percentile interval, widened by Student's t for few customers; NaN for fewer than 2."""
    known = draws[np.isfinite(draws)]
    if n < 2 or not len(known):
        return float("nan"), float("nan")
    tail = float(stats.norm.cdf(stats.t.ppf((1 - confidence) / 2, n - 1)))
    low, high = np.quantile(known, [tail, 1 - tail])
    return float(low), float(high)
