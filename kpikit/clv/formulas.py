"""The mathematics of the purchase models, in log space: no table, no input or output.

Three models share one shape. While active, a customer buys at rate λ ~ Gamma(r, α); after each purchase the customer
leaves with probability p ~ Beta(a, b). BG/NBD gives the first chance to leave at the first *repeat* purchase,
MBG/NBD already at the first purchase; NBD has no dropout. Given that a customer with history (x, t_x, T) is still
active, λ ~ Gamma(r + x, α + T) and p ~ Beta(a, B) are independent, with B = b + x (BG/NBD) or b + x + 1 (MBG/NBD).
Everything below follows from this.

References
----------
Fader, Hardie and Lee (2005), "Counting your customers the easy way", Marketing Science 24(2) (BG/NBD).
Batislam, Denizel and Filiztekin (2007), IJRM 24(3), and Wagner and Hoppe (2008), IJRM 25(3) (MBG/NBD).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.polynomial.chebyshev import chebval
from numpy.typing import ArrayLike, NDArray
from scipy.fft import dct
from scipy.special import betainc, betaln, expit, gammaln

from kpikit.clv.histories import ranks

Array = NDArray[Any]
Params = Mapping[str, Any]  # numbers, or with covariates one entry per customer

NAMES: dict[str, tuple[str, ...]] = {
    "bg_nbd": ("r", "alpha", "a", "b"),
    "mbg_nbd": ("r", "alpha", "a", "b"),
    "nbd": ("r", "alpha"),
}
FIRST_CHANCE = {"bg_nbd": 0, "mbg_nbd": 1}  # chances to leave before the first repeat purchase
CELLS = 2_000_000  # numbers held at once by a quadrature or a simulation: bounds the memory
FEWEST_NODES, MOST_NODES = 32, 256  # of the polynomial that stands for the integral over dropout
EXACT = 1e-12  # relative size of its last terms
TINY = 1e-300
NOTHING = 45.0  # e to the minus this is no longer seen beside 1


def log_odds_left(model: str, params: Params, x: Array, tx: Array, T: Array) -> Array:
    """Return the log odds that a customer has left by T: −inf where the model knows no dropout."""
    if model == "nbd":
        return np.full(np.shape(x), -np.inf)
    B = params["b"] + x + FIRST_CHANCE[model]
    silence = (params["r"] + x) * np.log1p((T - tx) / (params["alpha"] + tx))
    certain = (x == 0) & (model == "bg_nbd")  # nobody leaves before the first repeat purchase
    return np.where(certain, -np.inf, np.log(params["a"]) - np.log(np.where(certain, 1.0, B - 1)) + silence)


def posterior(model: str, params: Params, x: Array, T: Array) -> tuple[Array, Array, Array, Array]:
    """Return R, A, a, B of λ ~ Gamma(R, A) and p ~ Beta(a, B) for customers who are active at T."""
    R, A = params["r"] + x, params["alpha"] + T
    if model == "nbd":
        return R, A, np.zeros_like(R), np.ones_like(R)
    return R, A, np.broadcast_to(params["a"], R.shape), params["b"] + x + FIRST_CHANCE[model]


def purchases_while_active(t: ArrayLike, R: Array, A: Array, a: ArrayLike, B: Array) -> Array:
    """Return the expected purchases in the next ``t`` of customers who are active now.

    The mean is E[(1 − (1 + pτ)^−R) / p] over p ~ Beta(a, B), with τ = t / A. Its closed form divides two vanishing
    numbers at a = 1 and overflows in 2F1 for frequent buyers. The integral has neither trouble: over logit p the
    integrand is analytic, so the trapezoid rule converges exponentially. What does not vanish at the two ends is
    integrated by hand first (a line through them), so that the range of the sum needs no care for small a or B.
    """
    R, A, a, B, t = _flat(R, A, a, B, t)
    tau = t / A
    if not a.any():
        return np.asarray(R * tau)
    logit = _logit_grid(a.max(), np.max(R * tau, initial=0.0))
    rows = max(1, CELLS // logit.size)
    parts = [
        _mean_share(tau[i : i + rows, None], R[i : i + rows, None], a[i : i + rows, None], B[i : i + rows, None], logit)
        for i in range(0, len(R), rows)
    ]
    return np.asarray(R * tau * np.concatenate([*parts, np.empty(0)]))


def _flat(*values: ArrayLike) -> list[Array]:
    """Return the values broadcast against one another, in one dimension, as numbers."""
    return [np.ravel(value) for value in np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values))]


def _logit_grid(a: float, most: float) -> Array:
    """Return nodes of the trapezoid rule over logit p; the more purchases at full activity, the further they reach."""
    step = min(0.3, 0.5 / np.sqrt(a))
    return np.arange(-30 - np.log1p(most), 30 + step, step)


def _mean_share(tau: Array, R: Array, a: Array, B: Array, logit: Array) -> Array:
    """Return E[h(p)], the share of the purchases at full activity that dropout leaves, by the trapezoid rule."""
    p = expit(logit)
    log_p, log_q = -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
    lost = 1 - _share(p * tau, R)
    lost_at_one = 1 - _share(tau, R)
    weight = np.exp(a * log_p + B * log_q - betaln(a, B))
    curved = (weight * (lost - lost_at_one * p)).sum(axis=1) * (logit[1] - logit[0])
    return np.asarray(1 - (lost_at_one * a / (a + B))[:, 0] - curved)


def _share(z: Array, R: Array) -> Array:
    """Return (1 − (1 + z)^−R) / (R z), which is 1 at z = 0."""
    safe = np.where(z > 0, z, 1.0)
    return np.where(z > 0, -np.expm1(-R * np.log1p(safe)) / (R * safe), 1.0)


def active_for(t: ArrayLike, R: Array, A: Array, a: ArrayLike, B: Array) -> Array:
    """Return the probability that customers who are active now still are after ``t``: E[(1 + pτ)^−R].

    A customer leaves at rate λp. The integral is taken as in :func:`purchases_while_active`.
    """
    R, A, a, B, t = _flat(R, A, a, B, t)
    if not a.any():
        return np.ones(len(R))
    logit = _logit_grid(a.max(), np.max(R * t / A, initial=0.0))
    p, log_p, log_q = expit(logit), -np.logaddexp(0, -logit), -np.logaddexp(0, logit)
    found, rows = np.empty(len(R)), max(1, CELLS // logit.size)
    for start in range(0, len(R), rows):
        part = slice(start, start + rows)
        tau, shape, first, rest = (t[part] / A[part])[:, None], R[part, None], a[part, None], B[part, None]
        left, left_at_one = -np.expm1(-shape * np.log1p(p * tau)), -np.expm1(-shape * np.log1p(tau))
        weight = np.exp(first * log_p + rest * log_q - betaln(first, rest))
        curved = (weight * (left - left_at_one * p)).sum(axis=1) * (logit[1] - logit[0])
        found[part] = 1 - (left_at_one * first / (first + rest))[:, 0] - curved
    return np.clip(found, 0.0, 1.0)  # of a probability near 0 the rule leaves its rounding, 1e-14


def count_while_active(k: ArrayLike, t: ArrayLike, R: Array, A: Array, a: ArrayLike, B: Array) -> Array:
    """Return P(exactly k purchases in the next ``t``) of customers who are active now.

    k purchases happen when the customer stays through k and a Poisson count equals k, or when the customer leaves
    at the k-th and the count would have been at least k.
    """
    k, t, R, A, a, B = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in (k, t, R, A, a, B)))
    share = t / (A + t)
    log_count = gammaln(R + k) - gammaln(R) - gammaln(k + 1) + R * np.log1p(-share)
    count = np.exp(log_count + k * np.log(np.where(share > 0, share, 1.0))) * ((share > 0) | (k == 0))
    if not a.any():
        return np.asarray(count)
    stays = np.exp(betaln(a, B + k) - betaln(a, B)) * count
    leaves_at = np.exp(betaln(a + 1, np.where(k > 0, B + k - 1, B)) - betaln(a, B))
    leaves = np.where(k > 0, leaves_at * betainc(np.maximum(k, 1), R, share), 0.0)
    return np.asarray(stays + leaves)


def perpetual_purchases(purchases_until: Callable[[Array], Array], rate: float) -> Array:
    """Return the expected purchases without horizon, discounted at ``rate`` per unit: δ ∫ e^(−δu) N(u) du.

    ``purchases_until`` gives N at many times, one column per time. Over log u the integrand is analytic and vanishes
    doubly exponentially at the right: the trapezoid rule is exact to rounding.
    """
    log_time = np.arange(-20.0, 4.0, 0.2)  # in units of 1 / δ
    weight = np.exp(2 * log_time - np.exp(log_time)) * 0.2
    until = np.exp(log_time) / rate
    return np.asarray((purchases_until(until) / until) @ weight / rate)


def discounted_purchases(horizon: float, rate: float, R: Array, A: Array, a: Array, B: Array) -> tuple[Array, Array]:
    """Return the expected purchases while active until ``horizon``, plain and discounted at ``rate`` per unit.

    ∫ e^(−δu) dN(u) = e^(−δt) N(t) + δ ∫ e^(−δu) N(u) du: only the second term needs a rule. It is small and eight nodes
    are enough, unless the horizon is so long that the discount at its end is small.
    """
    if rate == 0 or horizon == 0:
        total = _purchases_until(np.array([horizon]), R, A, a, B)[:, 0]
        return total, total
    seen = min(horizon, NOTHING / rate)
    nodes, weights = np.polynomial.legendre.leggauss(8 if rate * seen <= 1 else 48)
    until = seen * (nodes + 1) / 2
    purchases = _purchases_until(np.append(until, horizon), R, A, a, B)
    inner = purchases[:, :-1] @ (rate * weights * seen / 2 * np.exp(-rate * until))
    return purchases[:, -1], np.exp(-rate * horizon) * purchases[:, -1] + inner


def _purchases_until(horizons: Array, R: Array, A: Array, a: Array, B: Array) -> Array:
    """Return :func:`purchases_while_active`, one column per horizon, by far fewer integrals than numbers.

    At one (R, a, B), that is at one frequency where customers share their parameters, the share of the purchases that
    dropout leaves depends on τ = t / A alone, and in log(1 + τ) so smoothly that a Chebyshev polynomial of some 30
    nodes gives it to 12 digits at every age and horizon. The polynomial's own last terms say whether it does;
    where it does not, each number has its integral.
    """
    tau = horizons / A[:, None]
    of_state, first = _states(R, a, B)
    log_tau = np.log1p(tau)
    low, high = log_tau.min(initial=np.inf), log_tau.max(initial=0.0)
    nodes = FEWEST_NODES
    while a.any() and low < high and 2 * len(first) * nodes < tau.size and nodes <= MOST_NODES:
        angle = np.pi * (np.arange(nodes) + 0.5) / nodes
        at = np.expm1((low + high) / 2 + (high - low) / 2 * np.cos(angle))
        each_R, each_a, each_B = (np.repeat(value[first], nodes) for value in (R, a, B))
        each_at = np.tile(at, len(first))
        share = purchases_while_active(each_at, each_R, np.ones_like(each_R), each_a, each_B) / (each_R * each_at)
        terms = dct(share.reshape(-1, nodes), axis=1) / nodes
        terms[:, 0] /= 2
        if (np.abs(terms[:, -3:]).max(axis=1) < EXACT * share.reshape(-1, nodes).min(axis=1)).all():
            place = np.clip((2 * log_tau - low - high) / (high - low), -1, 1)
            return np.asarray(R[:, None] * tau * chebval(place, terms.T[:, of_state, None], tensor=False))
        nodes *= 2
    shape = tau.shape
    R, A, a, B = (np.broadcast_to(value[:, None], shape) for value in (R, A, a, B))
    return purchases_while_active(np.broadcast_to(horizons, shape), R, A, a, B).reshape(shape)


def _states(R: Array, a: Array, B: Array) -> tuple[Array, Array]:
    """Return which of the distinct (R, a, B) each entry has, and one entry of each."""
    index, _ = ranks(R + 1j * B)
    shares, levels = ranks(a)
    if len(levels) > 1:
        index = ranks(index * len(levels) + shares)[0]
    first = np.empty(int(index.max(initial=-1)) + 1, dtype=int)
    first[index[::-1]] = np.arange(len(index))[::-1]
    return index, first


@dataclass(frozen=True)
class BuyingState:
    """Customers who are active at T: λ ~ Gamma(R, A) and p ~ Beta(a, B), independent. One entry per customer."""

    R: Array
    A: Array
    a: Array
    B: Array

    def take(self, rows: Any) -> BuyingState:
        """Return the state of some of the customers."""
        return replace(self, R=self.R[rows], A=self.A[rows], a=self.a[rows], B=self.B[rows])

    def survives(self, t: ArrayLike) -> Array:
        """Return the probability of being active for ``t`` more."""
        return active_for(t, self.R, self.A, self.a, self.B)

    def purchases(self, t: ArrayLike) -> Array:
        """Return the expected purchases in the next ``t``."""
        return purchases_while_active(t, self.R, self.A, self.a, self.B)

    def discounted(self, horizon: float, rate: float) -> tuple[Array, Array]:
        """Return the expected purchases until ``horizon``, plain and discounted at ``rate`` per unit."""
        return discounted_purchases(horizon, rate, self.R, self.A, self.a, self.B)

    def forever(self, rate: float) -> Array:
        """Return the expected purchases without horizon, discounted at ``rate`` per unit (DERT of active customers)."""
        return perpetual_purchases(lambda until: _purchases_until(until, self.R, self.A, self.a, self.B), rate)

    def probability(self, k: Array, t: Array) -> Array:
        """Return P(exactly k purchases in the next ``t``)."""
        return count_while_active(k, t, self.R, self.A, self.a, self.B)

    def draws(self, rng: np.random.Generator, n: int, t: float) -> Array:
        """Return simulated purchases in the next ``t``: one row per customer, ``n`` columns.

        A customer buys until a Poisson count is used up or until the purchase at which they leave (geometric).
        """
        size = (len(self.R), n)
        rate = rng.standard_gamma(self.R[:, None], size) * (t / self.A)[:, None]
        count = rng.poisson(rate).astype(float)
        if self.a.any():
            some = np.flatnonzero(count)
            p = np.clip(rng.beta(self.a[some // n], self.B[some // n]), TINY, 1 - 1e-16)
            last = 1 + np.floor(-rng.standard_exponential(len(some)) / np.log1p(-p))
            count.flat[some] = np.minimum(count.flat[some], last)
        return count
