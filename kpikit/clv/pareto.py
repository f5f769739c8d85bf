"""The mathematics of Pareto/NBD, by integrals in log space instead of differences of hypergeometric functions.

While active, a customer buys at rate λ ~ Gamma(r, α) and leaves at rate μ ~ Gamma(s, β), whether or not there was a
purchase. Given that a customer with history (x, t_x, T) is still active, λ ~ Gamma(r + x, α + T) and
μ ~ Gamma(s, β + T) are independent. Who has left did so between t_x and T: the odds of that are an integral of a
positive and falling function. It is taken as it stands; the usual closed form subtracts two 2F1, which overflow for
frequent buyers, lose their digits where T − t_x is short, and change their form at α = β.

References
----------
Schmittlein, Morrison and Colombo (1987), "Counting your customers", Management Science 33(1).
Fader and Hardie (2005), "A note on deriving the Pareto/NBD model" (the posterior of the rates).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import exprel, gammaln, psi

from kpikit.clv.formulas import NOTHING, Params, perpetual_purchases
from kpikit.clv.histories import ranks
from kpikit.clv.likelihood import Objective

Array = NDArray[Any]

ROWS = 1_024  # histories integrated at once: their nodes stay in the processor's cache
FEW, MANY = ((np.asarray(node + 1) / 2, weight / 2) for node, weight in map(np.polynomial.legendre.leggauss, (28, 36)))
NODES, WEIGHTS = MANY
FAR = 600.0  # e to this is still a number
COARSE = 48  # points at which a peak is looked for
PIECES = 4  # of the range around it, each with a Gauss rule
TINY = 1e-290


@dataclass(frozen=True)
class Quadrature:
    """Nodes of the integral over the time since the last purchase, and what it comes to (its logarithm).

    ``grown_buying`` and ``grown_leaving`` are log(1 + d/A) and log(1 + d/B) at the nodes, which the slopes need again.
    """

    since: Array
    grown_buying: Array
    grown_leaving: Array
    weight: Array
    log_value: Array

    def mean(self, values: Array) -> Array:
        """Return the mean of ``values`` at the nodes, weighted by the integrand."""
        return np.asarray(np.einsum("ij,ij->i", self.weight, values))


def silence(R: Array, S: Array, A: Array, B: Array, length: Array) -> Quadrature:
    """Integrate (1 + d/A)^−R (1 + d/B)^−(S + 1) over d from 0 to ``length``, one row per history.

    The integrand falls at rate κ = R/A + (S + 1)/B at first, and more slowly later: over q = log(1 + κd) it is smooth
    on a scale of 1 whatever R is, so that a Gauss rule needs few nodes.
    """
    R, S, A, B, length = (np.asarray(value, dtype=float)[:, None] for value in (R, S, A, B, length))
    first = R / A + (S + 1) / B
    reach = np.minimum(A * np.expm1(np.minimum(NOTHING / R, FAR)), B * np.expm1(np.minimum(NOTHING / (S + 1), FAR)))
    end = np.log1p(first * np.minimum(length, reach))
    q = end * FEW[0]
    since = np.expm1(q) / first
    grown_buying, grown_leaving = np.log1p(since / A), np.log1p(since / B)
    density = FEW[1] * np.exp(q - R * grown_buying - (S + 1) * grown_leaving)
    total = density.sum(axis=1, keepdims=True)
    log_value = np.log(np.maximum(total * end / first, TINY))[:, 0]
    return Quadrature(since, grown_buying, grown_leaving, density / total, log_value)


def log_odds_left(params: Params, x: Array, tx: Array, T: Array) -> Array:
    """Return the log odds that a customer has left by T: −inf where the last purchase was just now."""
    x, tx, T = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in (x, tx, T)))
    shape, (x, tx, T) = x.shape, (np.ravel(value) for value in (x, tx, T))
    odds = np.full(len(x), -np.inf)
    quiet = np.flatnonzero(tx < T)
    own = {name: np.broadcast_to(value, x.shape) for name, value in params.items()}
    for start in range(0, len(quiet), ROWS):
        part = quiet[start : start + ROWS]
        each = {name: value[part] for name, value in own.items()}
        odds[part] = quiet_odds(each, x[part], tx[part], T[part])[0]
    return odds.reshape(shape)


def quiet_odds(params: Params, x: Array, tx: Array, T: Array) -> tuple[Array, Quadrature]:
    """Return the log odds that customers who have been silent for a while have left, and the integral behind them."""
    r, alpha, s, beta = (params[name] for name in ("r", "alpha", "s", "beta"))
    R, A, B, length = r + x, alpha + tx, beta + tx, T - tx
    integral = silence(R, np.broadcast_to(s, R.shape), A, B, length)
    growth = R * np.log1p(length / A) + s * np.log1p(length / B)
    return np.log(s) - np.log(B) + growth + integral.log_value, integral


def pareto_objective(x: Array, tx: Array, T: Array, n: Array) -> Objective:
    """Return the weighted log-likelihood of histories and its gradient, in the logarithms of r, α, s, β."""
    index, levels = ranks(x)
    per_level, total = np.bincount(index, n), float(n.sum())
    quiet = np.flatnonzero(tx < T)
    parts = [quiet[start : start + ROWS] for start in range(0, len(quiet), ROWS)]

    def objective(log_params: Array) -> tuple[float, Array]:
        r, alpha, s, beta = np.exp(log_params)
        params = {"r": r, "alpha": alpha, "s": s, "beta": beta}
        log_A, log_B = np.log(alpha + T), np.log(beta + T)
        value = per_level @ (gammaln(r + levels) - gammaln(r)) + total * (r * np.log(alpha) + s * np.log(beta))
        value -= (n * (r + x)) @ log_A + s * (n @ log_B)
        by_r = per_level @ (psi(r + levels) - psi(r)) + total * np.log(alpha) - n @ log_A
        by_alpha = total * r / alpha - (n * (r + x)) @ (1 / (alpha + T))
        by_s, by_beta = total * np.log(beta) - n @ log_B, total * s / beta - s * (n @ (1 / (beta + T)))
        for part in parts:
            odds, integral = quiet_odds(params, x[part], tx[part], T[part])
            value += n[part] @ np.logaddexp(0, odds)
            left = n[part] * np.exp(-np.logaddexp(0, -odds))
            A, B, R = alpha + tx[part], beta + tx[part], r + x[part]
            at_A, at_B = A[:, None] + integral.since, B[:, None] + integral.since
            by_r += left @ (log_A[part] - np.log(A) - integral.mean(integral.grown_buying))
            by_s += left @ (1 / s + log_B[part] - np.log(B) - integral.mean(integral.grown_leaving))
            by_alpha += left @ (R * (1 / (alpha + T[part]) - integral.mean(1 / at_A)))
            by_beta += left @ (s / (beta + T[part]) - (s + 1) * integral.mean(1 / at_B))
        return float(value), np.array([by_r * r, by_alpha * alpha, by_s * s, by_beta * beta])

    return objective


@dataclass(frozen=True)
class ParetoState:
    """Customers who are active at T: λ ~ Gamma(R, A) and μ ~ Gamma(s, B), independent. One entry per customer."""

    R: Array
    A: Array
    s: float
    B: Array

    def take(self, rows: Any) -> ParetoState:
        """Return the state of some of the customers."""
        return replace(self, R=self.R[rows], A=self.A[rows], B=self.B[rows])

    def survives(self, t: ArrayLike) -> Array:
        """Return the probability of being active for ``t`` more."""
        return np.asarray(np.exp(-self.s * np.log1p(np.asarray(t) / self.B)))

    def purchases(self, t: ArrayLike) -> Array:
        """Return the expected purchases in the next ``t``: exact, and smooth through s = 1."""
        length = np.log1p(np.asarray(t) / self.B)
        return np.asarray(self.R / self.A * self.B * length * exprel((1 - self.s) * length))

    def discounted(self, horizon: float, rate: float) -> tuple[Array, Array]:
        """Return the expected purchases until ``horizon``, plain and discounted at ``rate`` per unit."""
        plain = self.purchases(horizon)
        if rate == 0 or horizon == 0:
            return plain, plain
        # over log(1 + u/B) the discounted survival is smooth however long the horizon is
        end = np.log1p(min(horizon, NOTHING / rate) / self.B)[:, None]
        grown = end * NODES
        inside = (1 - self.s) * grown - rate * self.B[:, None] * np.expm1(grown)
        return plain, np.asarray(self.R / self.A * self.B * end[:, 0] * (np.exp(inside) @ WEIGHTS))

    def forever(self, rate: float) -> Array:
        """Return the expected purchases without horizon, discounted at ``rate`` per unit (DERT of active customers)."""
        return perpetual_purchases(lambda times: self.purchases(times[:, None]).T, rate)

    def probability(self, k: Array, t: Array) -> Array:
        """Return P(exactly k purchases in the next ``t``), one entry per customer, count and time.

        The customer stays and a negative binomial count equals k, or leaves at some u < t having bought k times.
        """
        R, A, B, k, t = (np.ravel(v) for v in np.broadcast_arrays(self.R, self.A, self.B, k, t))
        share = t / (A + t)
        log_ways = gammaln(R + k) - gammaln(R) - gammaln(k + 1)
        log_share = np.log(np.where(share > 0, share, 1.0))
        stays = np.exp(log_ways + k * log_share + R * np.log1p(-share) - self.s * np.log1p(t / B))
        stays = np.where((share > 0) | (k == 0), stays, 0.0)
        leaves, some = np.zeros(len(k)), np.flatnonzero(t > 0)
        for start in range(0, len(some), ROWS):
            rows = some[start : start + ROWS]
            leaves[rows] = _leaves_after(k[rows], t[rows], log_ways[rows], R[rows], A[rows], self.s, B[rows])
        return np.asarray(stays + leaves)

    def draws(self, rng: np.random.Generator, n: int, t: float) -> Array:
        """Return simulated purchases in the next ``t``: one row per customer, ``n`` columns."""
        size = (len(self.R), n)
        rate = rng.standard_gamma(self.R[:, None], size) / self.A[:, None]
        leaving = np.maximum(rng.standard_gamma(self.s, size) / self.B[:, None], TINY)
        stay = np.minimum(rng.standard_exponential(size) / leaving, t)
        return np.asarray(rng.poisson(rate * stay), dtype=float)


def _leaves_after(k: Array, t: Array, log_ways: Array, R: Array, A: Array, s: float, B: Array) -> Array:
    """Return P(leaves before ``t``, after exactly k purchases), by a Gauss rule around the peak of the integrand.

    Over log u the logarithm of the integrand is concave: where it has fallen by :data:`NOTHING` on both sides of its
    peak, nothing follows.
    """

    def log_density(log_u: Array) -> Array:
        at_A, at_B = log_u - np.log(A)[:, None], log_u - np.log(B)[:, None]
        buys = log_ways[:, None] + k[:, None] * at_A - (R + k)[:, None] * np.logaddexp(0, at_A)
        return np.asarray(buys + np.log(s) + at_B - (s + 1) * np.logaddexp(0, at_B))

    high = np.log(t)
    low = high - 2 * NOTHING - np.maximum(high - np.log(A) - np.log(np.maximum(R, 1e-3)), 0)
    for _ in range(3):  # the peak of a count in the thousands is narrower than the first grid is fine
        grid = low[:, None] + (high - low)[:, None] * np.linspace(0, 1, COARSE)
        values = log_density(grid)
        seen = values > values.max(axis=1, keepdims=True) - NOTHING
        first, last = np.argmax(seen, axis=1), COARSE - 1 - np.argmax(seen[:, ::-1], axis=1)
        rows = np.arange(len(k))
        low, high = grid[rows, np.maximum(first - 1, 0)], grid[rows, np.minimum(last + 1, COARSE - 1)]
    width = (high - low) / PIECES
    nodes = low[:, None] + width[:, None] * (np.arange(PIECES)[:, None] + NODES).ravel()
    return np.asarray((np.exp(log_density(nodes)) * np.tile(WEIGHTS, PIECES)).sum(axis=1) * width)
