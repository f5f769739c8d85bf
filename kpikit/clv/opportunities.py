"""The mathematics of the models with opportunities: BG/BB, beta-binomial and sBG.

Time is counted in opportunities: gift years, events, renewals. Before each one an active customer leaves with
probability θ ~ Beta(γ, δ); who has stayed buys with probability p ~ Beta(α, β). Without leaving, BG/BB is the
beta-binomial; where everybody who stays buys (a contract renewed), it is sBG with θ ~ Beta(α, β), the papers' letters.
Given that a customer is active after n opportunities, p ~ Beta(α + x, β + n − x) and θ ~ Beta(γ, δ + n) are
independent.

References
----------
Fader, Hardie and Shang (2010), "Customer-base analysis in a discrete-time noncontractual setting", Marketing Science
29(6) (BG/BB). Fader and Hardie (2007), "How to project customer retention", Journal of Interactive Marketing 21(1)
(sBG).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, expit, gammaln, psi

from kpikit.clv.formulas import CELLS, Params
from kpikit.clv.histories import ranks
from kpikit.clv.likelihood import Objective

Array = NDArray[Any]

NAMES = {"bg_bb": ("alpha", "beta", "gamma", "delta"), "bb": ("alpha", "beta"), "sbg": ("alpha", "beta")}
EDGE = 38.0  # of a log-odds: beyond it nothing is left of a smooth function that vanishes there


def opportunities(t: ArrayLike) -> Array:
    """Return the whole number of opportunities nearest to a length of time: 365 days hold one yearly opportunity."""
    return np.asarray(np.rint(t), dtype=float)


def log_odds_left(model: str, params: Params, x: Array, tx: Array, n: Array) -> Array:
    """Return the log odds that a customer has left by opportunity n: ±inf where that is known."""
    x, tx, n = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in (x, tx, n)))
    if model == "bb":
        return np.full(x.shape, -np.inf)
    if model == "sbg":
        return np.where(x >= n, -np.inf, np.inf)
    shape, (x, tx, n) = x.shape, (np.ravel(value) for value in (x, tx, n))
    odds = np.full(len(x), -np.inf)
    quiet = np.flatnonzero(tx < n)
    rows = max(1, int(CELLS // max((n - tx).max(initial=1.0), 1)))
    for start in range(0, len(quiet), rows):
        part = quiet[start : start + rows]
        odds[part] = _Exits(x[part], tx[part], n[part]).log_odds(*(params[name] for name in NAMES["bg_bb"]))
    return odds.reshape(shape)


class _Exits:
    """The opportunities at which each quiet customer may have left, one after another in one long row."""

    def __init__(self, x: Array, tx: Array, n: Array) -> None:
        self.x, self.n = x, n
        quiet = (n - tx).astype(int)
        self.starts = np.concatenate([[0], np.cumsum(quiet)[:-1]])
        self.row = np.repeat(np.arange(len(x)), quiet)
        self.at = tx[self.row] + np.arange(len(self.row)) - self.starts[self.row]
        self.missed, self.missed_in_all = self.at - x[self.row], n - x
        self.pair, self.pairs = ranks(x[self.row] + 1j * self.at)  # log-gammas once per (x, opportunity)
        self.time, self.times = ranks(self.at)

    def log_terms(self, alpha: float, beta: float, gamma: float, delta: float) -> Array:
        """Return log P(history, left just after each opportunity) − log P(history, active)."""
        bought, seen = self.pairs.real, self.pairs.imag
        buys, leaves = betaln(alpha + bought, beta + seen - bought), betaln(gamma + 1, delta + self.times)
        stays = betaln(alpha + self.x, beta + self.missed_in_all) + betaln(gamma, delta + self.n)
        return np.asarray(buys[self.pair] + leaves[self.time] - stays[self.row])

    def log_odds(self, alpha: float, beta: float, gamma: float, delta: float) -> Array:
        """Return the logarithm of the sum of the terms, per customer."""
        terms = self.log_terms(alpha, beta, gamma, delta)
        top = np.maximum.reduceat(terms, self.starts)
        return np.asarray(top + np.log(np.add.reduceat(np.exp(terms - top[self.row]), self.starts)))


def counting_objective(model: str, x: Array, tx: Array, n_chances: Array, n: Array) -> Objective:
    """Return the weighted log-likelihood of histories and its gradient, in the logarithms of the parameters.

    It is the probability of the observed sequence: the number of ways to place x purchases is left out, as in the
    paper.
    """
    if model == "sbg":
        return _renewal_objective(x, n_chances, n)
    quiet = np.flatnonzero(tx < n_chances) if model == "bg_bb" else np.empty(0, dtype=int)
    exits = _Exits(x[quiet], tx[quiet], n_chances[quiet]) if len(quiet) else None

    def objective(log_params: Array) -> tuple[float, Array]:
        values = np.exp(log_params)
        alpha, beta = values[:2]
        ln, slopes = _log_beta(alpha, beta, x, n_chances - x)
        gradient = np.zeros(len(values))
        total, gradient[:2] = float(n @ ln), slopes @ n
        if model == "bb":
            return total, gradient * values
        gamma, delta = values[2:]
        ln, slopes = _log_beta(gamma, delta, np.zeros_like(x), n_chances)
        total, gradient[2:] = total + float(n @ ln), slopes @ n
        if exits is not None:
            odds = exits.log_odds(alpha, beta, gamma, delta)
            share = np.exp(exits.log_terms(alpha, beta, gamma, delta) - odds[exits.row])
            left = n[quiet] * expit(odds)
            weight = share * left[exits.row]
            bought, seen = exits.pairs.real, exits.pairs.imag
            per_pair = np.bincount(exits.pair, weight, len(exits.pairs))
            per_time = np.bincount(exits.time, weight, len(exits.times))
            whole = exits.n
            gradient[0] += per_pair @ -psi(alpha + beta + seen) + left @ psi(alpha + beta + whole)
            gradient[1] += per_pair @ (psi(beta + seen - bought) - psi(alpha + beta + seen))
            gradient[1] -= left @ (psi(beta + exits.missed_in_all) - psi(alpha + beta + whole))
            gradient[2] += per_time @ (psi(gamma + 1) - psi(gamma + 1 + delta + exits.times))
            gradient[2] -= left @ (psi(gamma) - psi(gamma + delta + whole))
            gradient[3] += per_time @ (psi(delta + exits.times) - psi(gamma + 1 + delta + exits.times))
            gradient[3] -= left @ (psi(delta + whole) - psi(gamma + delta + whole))
            total += float(n[quiet] @ np.logaddexp(0, odds))
        return total, gradient * values

    return objective


def _renewal_objective(x: Array, n_chances: Array, n: Array) -> Objective:
    lost = (x < n_chances).astype(float)

    def objective(log_params: Array) -> tuple[float, Array]:
        values = np.exp(log_params)
        ln, slopes = _log_beta(values[0], values[1], lost, x)
        return float(n @ ln), slopes @ n * values

    return objective


def _log_beta(a: float, b: float, up: Array, down: Array) -> tuple[Array, Array]:
    """Return log B(a + up, b + down) − log B(a, b) and its slopes along a and b (two rows)."""
    both = psi(a + b) - psi(a + b + up + down)
    slopes = np.array([psi(a + up) - psi(a) + both, psi(b + down) - psi(b) + both])
    return np.asarray(betaln(a + up, b + down) - betaln(a, b)), slopes


@dataclass(frozen=True)
class CountingState:
    """Customers who are active now: p ~ Beta(a, b) (always 1 where ``a`` is inf), θ ~ Beta(c, d) (0 where c is 0)."""

    a: Array
    b: Array
    c: float
    d: Array

    def take(self, rows: Any) -> CountingState:
        """Return the state of some of the customers."""
        return replace(self, a=self.a[rows], b=self.b[rows], d=self.d[rows])

    @property
    def buys(self) -> Array:
        """Mean probability of a purchase at an opportunity."""
        return np.where(np.isinf(self.a), 1.0, self.a / np.where(np.isinf(self.a), 1.0, self.a + self.b))

    def survives(self, t: ArrayLike) -> Array:
        """Return the probability of being active after the opportunities in the next ``t``."""
        m = opportunities(t)
        if self.c == 0:
            return np.ones(np.broadcast(m, self.d).shape)
        return np.asarray(np.exp(betaln(self.c, self.d + m) - betaln(self.c, self.d)))

    def purchases(self, t: ArrayLike) -> Array:
        """Return the expected purchases at the opportunities in the next ``t``."""
        return np.asarray(self.buys * self._stays(opportunities(t), 0.0))

    def discounted(self, horizon: float, rate: float) -> tuple[Array, Array]:
        """Return the expected purchases until ``horizon``, plain and discounted; opportunity j is j units away."""
        m = opportunities(horizon)
        return np.asarray(self.buys * self._stays(m, 0.0)), np.asarray(self.buys * self._stays(m, rate))

    def forever(self, rate: float) -> Array:
        """Return the expected purchases without horizon, discounted at ``rate`` per opportunity (DERT)."""
        return np.asarray(self.buys * self._stays(np.asarray(np.inf), rate))

    def _stays(self, m: Array, rate: float) -> Array:
        """Return the expected discounted number of opportunities, of the next m, that find the customer active.

        That is the mean over θ of a geometric sum. As in :mod:`kpikit.clv.formulas`, what does not vanish at the ends
        is integrated by hand, and the rest by the trapezoid rule over logit θ: no division by γ − 1.
        """
        d, m = np.broadcast_arrays(self.d, m)
        shape, d, m = d.shape, np.ravel(d)[:, None], np.ravel(m)[:, None]
        if self.c == 0:
            return _geometric(np.zeros(1), m, rate)[:, 0].reshape(shape)
        step = min(0.3, 0.5 / np.sqrt(self.c))
        reach = EDGE + np.log1p(np.minimum(m, 1 / rate if rate else np.inf).max(initial=0.0))
        logit = np.arange(-reach, EDGE, step)
        theta, log_theta, log_stay = expit(logit), -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
        found = np.empty(len(d))
        rows = max(1, CELLS // len(logit))
        for start in range(0, len(d), rows):
            part = slice(start, start + rows)
            # with γ above 1 nothing is left at θ = 0 that had to be taken out, and the sum may be far below m
            at_zero = _geometric(np.zeros(1), m[part], rate) * (self.c < 1)
            rest = _geometric(-log_stay, m[part], rate) - at_zero * (1 - theta)
            weight = np.exp(self.c * log_theta + d[part] * log_stay - betaln(self.c, d[part]))
            line = at_zero[:, 0] * d[part, 0] / (self.c + d[part, 0])
            found[part] = line + (weight * rest).sum(axis=1) * step
        return found.reshape(shape)

    def probability(self, k: Array, t: Array) -> Array:
        """Return P(exactly k purchases at the opportunities in the next ``t``).

        The customer stays to the end, or leaves after i of them; k of those that find the customer active are used.
        """
        a, b, d, k, m = (np.ravel(v) for v in np.broadcast_arrays(self.a, self.b, self.d, k, opportunities(t)))
        found = np.exp(_log_binomial(k, m, a, b) + _log_stay(m, self.c, d))
        if self.c > 0:
            for i in range(int(m.max(initial=0))):
                leaves = betaln(self.c + 1, d + i) - betaln(self.c, d)
                found += np.where(i < m, np.exp(_log_binomial(k, np.full_like(m, i), a, b) + leaves), 0.0)
        return np.asarray(found)

    def draws(self, rng: np.random.Generator, n: int, t: float) -> Array:
        """Return simulated purchases in the next ``t``: one row per customer, ``n`` columns."""
        size, m = (len(self.d), n), float(opportunities(t))
        stays = np.full(size, m)
        if self.c > 0:
            theta = np.clip(rng.beta(self.c, self.d[:, None], size), 1e-300, 1 - 1e-16)
            stays = np.minimum(np.floor(-rng.standard_exponential(size) / np.log1p(-theta)), m)
        if np.isinf(self.a).all():
            return stays
        return rng.binomial(stays.astype(np.int64), rng.beta(self.a[:, None], self.b[:, None], size)).astype(float)


def active(model: str, params: Params, x: Array, n: Array) -> CountingState:
    """Return what is known of customers who are active after n opportunities, x of which they used."""
    alpha, beta = params["alpha"], params["beta"]
    if model == "sbg":
        return CountingState(np.full(np.shape(n), np.inf), np.zeros(np.shape(n)), alpha, beta + n)
    c, d = (params["gamma"], params["delta"] + n) if model == "bg_bb" else (0.0, np.ones(np.shape(n)))
    return CountingState(alpha + x, beta + n - x, c, d)


def _geometric(hazard: Array, m: Array, rate: float) -> Array:
    """Return Σ e^(−j (hazard + rate)) over j from 1 to m (inf: without end), which is m where both are 0."""
    total = hazard + rate
    safe = np.where(total > 0, total, 1.0)
    with np.errstate(invalid="ignore"):  # inf × 0 where the hazard is 0 and m infinite: the rate decides
        some = np.where(np.isinf(m), 1.0, -np.expm1(-np.where(np.isinf(m), 0.0, m) * safe))
    return np.where(total > 0, np.exp(-safe) * some / -np.expm1(-safe), m)


def _log_stay(m: Array, c: float, d: Array) -> Array:
    return np.zeros_like(m) if c == 0 else np.asarray(betaln(c, d + m) - betaln(c, d))


def _log_binomial(k: Array, m: Array, a: Array, b: Array) -> Array:
    """Return log P(k purchases at m opportunities while active): beta-binomial, or all of them where a is inf."""
    always, possible = np.isinf(a), (k >= 0) & (k <= m)
    a, b, k = np.where(always, 1.0, a), np.where(always, 1.0, b), np.where(possible, k, 0.0)
    ways = gammaln(m + 1) - gammaln(k + 1) - gammaln(m - k + 1) + betaln(a + k, b + m - k) - betaln(a, b)
    return np.where(possible, np.where(always, np.where(k == m, 0.0, -np.inf), ways), -np.inf)
