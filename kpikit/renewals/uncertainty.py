"""How sure sBG's two parameters are: draws from their posterior, by a grid that narrows on where the likelihood is.

A normal by curvature fails where subscriptions are nearly alike: then α and β grow together without end, while the rate
of renewal is known well. So the grid is over the mean μ = α / (α + β) and the variation √φ, φ = 1 / (α + β + 1): the
standard deviation between customers against the largest there can be. Both lie between 0 and 1 and are uniform
beforehand; φ = 0 is one rate for all. In simulation (150 and 900 subscriptions over 18 months) 95 % intervals of the
share left after renewal 24 hold it in 94 to 95 of 100 where customers differ, in 88 of 100 where they are all but
alike: there the truth lies at the edge of what the model can say.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[Any]

SIZE = 70  # cells along each axis
PASSES = 4  # each narrows to the cells that hold anything: millions of subscriptions need the last
NOTHING = -14.0  # of a log density against its highest: e⁻¹⁴
WIDEST = 14.0  # of the logit of μ


def parameter_draws(histories: pd.DataFrame, n: int, *, seed: int) -> Array:
    """Return ``n`` draws of α and β, one row each, given the renewals of cohorts (``came_up``, ``renewed``, ``n``)."""
    lost, stayed = _counts(histories)
    logit = np.array([-WIDEST, WIDEST])
    root = np.array([0.0, 1.0])  # of φ, so that cells are small where little variation is told from none
    for _ in range(PASSES):
        across, down = _middles(logit), _middles(root)
        density = _log_density(across, down, lost, stayed)
        density = density - density.max()
        held = density > NOTHING
        step_across, step_down = np.ptp(logit) / SIZE, np.ptp(root) / SIZE
        logit_next = _around(across, held.any(axis=1), step_across, -WIDEST, WIDEST)
        root_next = _around(down, held.any(axis=0), step_down, 0.0, 1.0)
        last = (across, down, step_across, step_down, density)
        logit, root = logit_next, root_next
    across, down, step_across, step_down, density = last
    weight = np.exp(density).ravel()
    rng = np.random.default_rng(seed)
    cell = rng.choice(weight.size, n, p=weight / weight.sum())
    u = across[cell // SIZE] + step_across * (rng.random(n) - 0.5)
    v = down[cell % SIZE] + step_down * (rng.random(n) - 0.5)
    return _parameters(u, v)


def _counts(histories: pd.DataFrame) -> tuple[Array, Array]:
    """Return how many were lost at each renewal, and how many are there after the last that came up (from 0 on)."""
    longest = int(histories.came_up.max())
    there = histories.renewed == histories.came_up
    lost = np.bincount(histories.renewed[~there], histories.n[~there], longest + 1)
    return lost, np.bincount(histories.renewed[there], histories.n[there], longest + 1)


def _parameters(logit: Array, root: Array) -> Array:
    """Return α and β (last axis) of logit μ and √φ."""
    mean, total = 1 / (1 + np.exp(-logit)), 1 / np.maximum(root**2, 1e-12) - 1
    total = np.maximum(total, 1e-9)
    return np.stack([mean * total, (1 - mean) * total], axis=-1)


def _log_density(across: Array, down: Array, lost: Array, stayed: Array) -> Array:
    """Return the log posterior at each cell, in the grid's own coordinates: rows are logit μ, columns √φ."""
    logit, root = np.meshgrid(across, down, indexing="ij")
    params = _parameters(logit, root)
    alpha, beta = params[..., 0], params[..., 1]
    log_left, found = np.zeros_like(alpha), np.zeros_like(alpha)
    for made, (gone, here) in enumerate(zip(lost, stayed, strict=True)):
        total = alpha + beta + made
        found += here * log_left + gone * (log_left + np.log(alpha / total))
        log_left = log_left + np.log((beta + made) / total)
    prior = -np.logaddexp(0, -logit) - np.logaddexp(0, logit)  # uniform in μ; in √φ as it stands
    density: Array = found + prior
    return density


def _middles(ends: Array) -> Array:
    step = np.ptp(ends) / SIZE
    return np.asarray(ends[0] + step * (np.arange(SIZE) + 0.5))


def _around(middles: Array, held: Array, step: float, low: float, high: float) -> Array:
    """Return the range of the cells that hold anything, a cell wider on each side."""
    kept = middles[held]
    return np.array([max(low, kept[0] - 1.5 * step), min(high, kept[-1] + 1.5 * step)])
