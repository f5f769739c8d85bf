"""Draws from the exact posterior: how many purchases a customer may still make, and how much they may come to.

Given that a customer is active, the future depends on (frequency, T) alone; recency only enters P(alive). So the draws
are made once per frequency and age, and a history's quantiles are read from the mixture of "has left: nothing" and "is
active: the draws". Given the frequency, a customer's own spend only scales the sum: that factor comes later. Ages whose
posteriors' rates differ by less than 2 % share their draws: a tenth of what 400 draws leave open at the upper end.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kpikit.clv import models
from kpikit.clv.formulas import Array, Params
from kpikit.clv.histories import codes
from kpikit.clv.spend import Spend

DRAWS = 400
LEVEL = 0.95
TINY = 1e-300
AGE_STEP = 0.02  # of log(α + T): the ages within one step are simulated at their mean
CELLS = 200_000  # numbers drawn at once: they stay in the processor's cache, and bound the memory
THREADS = 2  # numpy draws and sorts without holding Python's lock


@dataclass(frozen=True)
class Spread:
    """Per distinct history: ends of the interval and the first two moments of a future quantity."""

    low: Array
    high: Array
    mean: Array
    second: Array


def sums(rng: np.random.Generator, counts: Array, frequency: Array, spend: Spend) -> Array:
    """Return simulated spend over the counts, in units of the customer's scale (:meth:`Spend.scale`).

    With ν the rate of a customer's spend, ν ~ Gamma(q + p x, γ + x m̄) and k purchases sum to Gamma(p k) / ν.
    Without a spend model each purchase of a draw costs one of the observed customers' means.
    """
    paid, some = np.zeros(counts.shape), np.flatnonzero(counts)
    count = counts.flat[some]
    if not spend.modelled:
        paid.flat[some] = count * rng.choice(np.array(spend.quantiles), len(some))
        return paid
    p, q = spend.params["p"], spend.params["q"]
    rate = np.maximum(rng.standard_gamma(q + p * frequency[some // counts.shape[1]]), TINY)
    paid.flat[some] = rng.standard_gamma(p * count) / rate
    return paid


def spread(
    model: str, params: Params, distinct: pd.DataFrame, alive: Array, horizon: float, *, seed: int, spend: Spend | None
) -> Spread:
    """Return the 95 % predictive interval and moments of each distinct history.

    Of the spend sum in units of the customer's scale, or of the number of purchases where ``spend`` is None.
    Memory is bounded: groups of (frequency, age), and own parameters where there are covariates, are simulated in
    batches. Each batch has random numbers of its own, so that the result does not depend on which thread comes first.
    """
    x, T = distinct["frequency"].to_numpy(), distinct["T"].to_numpy()
    step = models.age_step(model, params, T, AGE_STEP)
    own = {name: values for name, values in params.items() if np.ndim(values)}
    facts = pd.DataFrame({"frequency": x, "step": step, **own})
    index, groups = codes(facts, list(facts.columns))
    frequency, n = groups["frequency"].to_numpy(), len(groups)
    age = np.bincount(index, T, n) / np.bincount(index, minlength=n)
    state = models.active(model, {**params, **{name: groups[name].to_numpy() for name in own}}, frequency, age)
    order = np.argsort(index, kind="stable")
    ends = np.searchsorted(index[order], np.arange(n + 1))
    low, high, mean, second = (np.zeros(len(distinct)) for _ in range(4))

    def simulate(start: int, seeds: np.random.SeedSequence) -> None:
        rng, stop = np.random.default_rng(seeds), min(start + size, n)
        part, rows = slice(start, stop), order[ends[start] : ends[stop]]
        counts = state.take(part).draws(rng, DRAWS, horizon)
        drawn = np.sort(counts if spend is None else sums(rng, counts, frequency[part], spend), axis=1)
        group, sure = index[rows] - start, alive[rows]
        low[rows] = mixture_quantile(drawn, group, sure, (1 - LEVEL) / 2)
        high[rows] = mixture_quantile(drawn, group, sure, (1 + LEVEL) / 2)
        mean[rows] = sure * drawn.mean(axis=1)[group]
        second[rows] = sure * (drawn**2).mean(axis=1)[group]

    size = max(1, CELLS // DRAWS)
    starts = range(0, n, size)
    with ThreadPoolExecutor(THREADS) as threads:
        for _ in threads.map(simulate, starts, np.random.SeedSequence(seed).spawn(len(starts))):
            pass  # an error of a thread is raised here
    return Spread(low, high, mean, second)


def mixture_quantile(drawn: Array, group: Array, alive: Array, level: float) -> Array:
    """Return a quantile of "0 with probability 1 − alive, else a draw of the group" (draws sorted along rows)."""
    among_active = (level - (1 - alive)) / np.where(alive > 0, alive, 1.0)
    column = np.clip(np.ceil(among_active * drawn.shape[1]) - 1, 0, drawn.shape[1] - 1).astype(int)
    return np.where(among_active > 0, drawn[group, column], 0.0)
