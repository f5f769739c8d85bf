"""Draws from the exact posterior: how many purchases a customer may still make, and how much they may come to.

Given that a customer is active, the future depends on (frequency, T) alone; recency only enters P(alive). So the draws
are made once per distinct (frequency, T), and a history's quantiles are read from the mixture of "has left: nothing"
and "is active: the draws". Given the frequency, a customer's own spend only scales the sum: that factor comes later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kpikit.clv.formulas import CELLS, Array, Params, posterior
from kpikit.clv.histories import codes
from kpikit.clv.spend import Spend

DRAWS = 400
LEVEL = 0.95
TINY = 1e-300


@dataclass(frozen=True)
class Spread:
    """Per distinct history: ends of the interval and the first two moments of a future quantity."""

    low: Array
    high: Array
    mean: Array
    second: Array


def counts_while_active(
    rng: np.random.Generator, draws: int, t: float, R: Array, A: Array, a: float, B: Array
) -> Array:
    """Return simulated purchases in the next ``t`` of active customers: one row per customer, ``draws`` columns.

    A customer buys until a Poisson count is used up or until the purchase at which they leave (geometric).
    """
    size = (len(R), draws)
    count = rng.poisson(rng.gamma(R[:, None], t / A[:, None], size)).astype(float)
    if a == 0:
        return count
    p = np.clip(rng.beta(a, B[:, None], size), TINY, 1 - 1e-16)
    last = 1 + np.floor(-rng.exponential(size=size) / np.log1p(-p))
    return np.asarray(np.minimum(count, last))


def sums(rng: np.random.Generator, counts: Array, frequency: Array, spend: Spend) -> Array:
    """Return simulated spend over the counts, in units of the customer's scale (:meth:`Spend.scale`).

    With ν the rate of a customer's spend, ν ~ Gamma(q + p x, γ + x m̄) and k purchases sum to Gamma(p k) / ν.
    Without a spend model each purchase of a draw costs one of the observed customers' means.
    """
    if not spend.modelled:
        return np.asarray(counts * rng.choice(np.array(spend.quantiles), counts.shape))
    p, q = spend.params["p"], spend.params["q"]
    rate = np.maximum(rng.gamma((q + p * frequency)[:, None], 1.0, counts.shape), TINY)
    return np.asarray(rng.gamma(p * counts, 1.0) / rate)


def spread(
    model: str, params: Params, distinct: pd.DataFrame, alive: Array, horizon: float, *, seed: int, spend: Spend | None
) -> Spread:
    """Return the 95 % predictive interval and moments of each distinct history.

    Of the spend sum in units of the customer's scale, or of the number of purchases where ``spend`` is None.
    Memory is bounded: groups of (frequency, T) are simulated in batches.
    """
    index, groups = codes(distinct, ["frequency", "T"])
    x, T = groups["frequency"].to_numpy(), groups["T"].to_numpy()
    order = np.argsort(index, kind="stable")
    ends = np.searchsorted(index[order], np.arange(len(groups) + 1))
    rng = np.random.default_rng(seed)
    low, high, mean, second = (np.zeros(len(distinct)) for _ in range(4))
    for part in _batches(len(groups), DRAWS):
        counts = counts_while_active(rng, DRAWS, horizon, *posterior(model, params, x[part], T[part]))
        drawn = np.sort(counts if spend is None else sums(rng, counts, x[part], spend), axis=1)
        rows = order[ends[part.start] : ends[part.stop]]
        group, sure = index[rows] - part.start, alive[rows]
        low[rows] = mixture_quantile(drawn, group, sure, (1 - LEVEL) / 2)
        high[rows] = mixture_quantile(drawn, group, sure, (1 + LEVEL) / 2)
        mean[rows] = sure * drawn.mean(axis=1)[group]
        second[rows] = sure * (drawn**2).mean(axis=1)[group]
    return Spread(low, high, mean, second)


def mixture_quantile(drawn: Array, group: Array, alive: Array, level: float) -> Array:
    """Return a quantile of "0 with probability 1 − alive, else a draw of the group" (draws sorted along rows)."""
    among_active = (level - (1 - alive)) / np.where(alive > 0, alive, 1.0)
    column = np.clip(np.ceil(among_active * drawn.shape[1]) - 1, 0, drawn.shape[1] - 1).astype(int)
    return np.where(among_active > 0, drawn[group, column], 0.0)


def _batches(rows: int, draws: int) -> Iterator[slice]:
    size = max(1, CELLS // draws)
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))
