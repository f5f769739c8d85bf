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

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.polynomial.chebyshev import chebval
from numpy.typing import ArrayLike, NDArray
from scipy.fft import dct
from scipy.special import betainc, betaln, expit, gammaln

from kpikit.clv.histories import ranks

Array = NDArray[Any]
Params = Mapping[str, float]

MODELS = ("bg_nbd", "mbg_nbd", "nbd")
TITLES = {"bg_nbd": "BG/NBD", "mbg_nbd": "MBG/NBD", "nbd": "NBD"}
NAMES: dict[str, tuple[str, ...]] = {
    "bg_nbd": ("r", "alpha", "a", "b"),
    "mbg_nbd": ("r", "alpha", "a", "b"),
    "nbd": ("r", "alpha"),
}
FIRST_CHANCE = {"bg_nbd": 0, "mbg_nbd": 1}  # chances to leave before the first repeat purchase
CELLS = 2_000_000  # numbers held at once by a quadrature or a simulation: bounds the memory
FEWEST_NODES, MOST_NODES = 32, 256  # of the polynomial that stands for the integral over dropout
EXACT = 1e-12  # relative size of its last terms


def log_odds_left(model: str, params: Params, x: Array, tx: Array, T: Array) -> Array:
    """Return the log odds that a customer has left by T: −inf where the model knows no dropout."""
    if model == "nbd":
        return np.full(np.shape(x), -np.inf)
    B = params["b"] + x + FIRST_CHANCE[model]
    silence = (params["r"] + x) * np.log1p((T - tx) / (params["alpha"] + tx))
    certain = (x == 0) & (model == "bg_nbd")  # nobody leaves before the first repeat purchase
    return np.where(certain, -np.inf, np.log(params["a"]) - np.log(np.where(certain, 1.0, B - 1)) + silence)


def p_alive(model: str, params: Params, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Array:
    """Return the probability that each customer is still active at T, 0 to 1 (1 for every customer under NBD)."""
    x, tx, age = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in (frequency, recency, T)))
    return np.asarray(expit(-log_odds_left(model, params, x, tx, age)))


def posterior(model: str, params: Params, x: Array, T: Array) -> tuple[Array, Array, float, Array]:
    """Return R, A, a, B of λ ~ Gamma(R, A) and p ~ Beta(a, B) for customers who are active at T."""
    R, A = params["r"] + x, params["alpha"] + T
    if model == "nbd":
        return R, A, 0.0, np.ones_like(R)
    return R, A, params["a"], params["b"] + x + FIRST_CHANCE[model]


def purchases_while_active(t: ArrayLike, R: Array, A: Array, a: float, B: Array) -> Array:
    """Return the expected purchases in the next ``t`` of customers who are active now.

    The mean is E[(1 − (1 + pτ)^−R) / p] over p ~ Beta(a, B), with τ = t / A. Its closed form divides two vanishing
    numbers at a = 1 and overflows in 2F1 for frequent buyers. The integral has neither trouble: over logit p the
    integrand is analytic, so the trapezoid rule converges exponentially. What does not vanish at the two ends is
    integrated by hand first (a line through them), so that the range of the sum needs no care for small a or B.
    """
    R, A, B, t = (np.ravel(value) for value in np.broadcast_arrays(R, A, B, np.asarray(t, dtype=float)))
    tau = t / A
    if a == 0:
        return np.asarray(R * tau)
    step = min(0.3, 0.5 / np.sqrt(a))
    left = 30 + np.log1p(np.max(R * tau, initial=0.0))
    logit = np.arange(-left, 30 + step, step)
    rows = max(1, CELLS // logit.size)
    parts = [
        _mean_share(tau[i : i + rows, None], R[i : i + rows, None], a, B[i : i + rows, None], logit)
        for i in range(0, len(R), rows)
    ]
    return np.asarray(R * tau * np.concatenate([*parts, np.empty(0)]))


def _mean_share(tau: Array, R: Array, a: float, B: Array, logit: Array) -> Array:
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


def expected_purchases(
    model: str, params: Params, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizon: ArrayLike
) -> Array:
    """Return the expected purchases of each customer in the next ``horizon`` (in the unit of recency and T).

    >>> cdnow = {"r": 0.24259, "alpha": 4.41360, "a": 0.79292, "b": 2.42591}
    >>> float(expected_purchases("bg_nbd", cdnow, 2, 30.43, 38.86, 39).round(4))
    1.2259
    """
    x, tx, age, t = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in (frequency, recency, T, horizon)))
    active = purchases_while_active(t, *posterior(model, params, x, age)).reshape(x.shape)
    return np.asarray(p_alive(model, params, x, tx, age) * active)


def new_customer_purchases(model: str, params: Params, horizon: ArrayLike) -> Array:
    """Return the expected repeat purchases of a customer in the first ``horizon`` after the first purchase."""
    t = np.asarray(horizon, dtype=float)
    zero = np.zeros_like(t)
    active = purchases_while_active(t, *posterior(model, params, zero, zero))
    return np.asarray(p_alive(model, params, zero, zero, zero) * active.reshape(t.shape))


def probability_of_count(
    model: str, params: Params, k: ArrayLike, x: ArrayLike, tx: ArrayLike, T: ArrayLike, horizon: ArrayLike
) -> Array:
    """Return P(exactly k purchases in the next ``horizon``); (0, 0, 0) is a new customer.

    k purchases happen when the customer stays through k and a Poisson count equals k, or when the customer leaves
    at the k-th and the count would have been at least k; or, at k = 0, when the customer has left already.
    """
    k, x, tx, age, t = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in (k, x, tx, T, horizon)))
    R, A, a, B = posterior(model, params, x, age)
    share = t / (A + t)
    log_count = gammaln(R + k) - gammaln(R) - gammaln(k + 1) + R * np.log1p(-share)
    count = np.exp(log_count + k * np.log(np.where(share > 0, share, 1.0))) * ((share > 0) | (k == 0))
    if model == "nbd":
        return np.asarray(count)
    stays = np.exp(betaln(a, B + k) - betaln(a, B)) * count
    leaves_at = np.exp(betaln(a + 1, np.where(k > 0, B + k - 1, B)) - betaln(a, B))
    leaves = np.where(k > 0, leaves_at * betainc(np.maximum(k, 1), R, share), 0.0)
    alive = p_alive(model, params, x, tx, age)
    return np.asarray(alive * (stays + leaves) + (1 - alive) * (k == 0))


def discounted_purchases(horizon: float, rate: float, R: Array, A: Array, a: float, B: Array) -> tuple[Array, Array]:
    """Return the expected purchases while active until ``horizon``, plain and discounted at ``rate`` per unit.

    ∫ e^(−δu) dN(u) = e^(−δt) N(t) + δ ∫ e^(−δu) N(u) du: only the small second term needs a rule, of eight nodes.
    """
    if rate == 0 or horizon == 0:
        total = _purchases_until(np.array([horizon]), R, A, a, B)[:, 0]
        return total, total
    nodes, weights = np.polynomial.legendre.leggauss(8)
    until = horizon * (nodes + 1) / 2
    purchases = _purchases_until(np.append(until, horizon), R, A, a, B)
    inner = purchases[:, :-1] @ (rate * weights * horizon / 2 * np.exp(-rate * until))
    return purchases[:, -1], np.exp(-rate * horizon) * purchases[:, -1] + inner


def _purchases_until(horizons: Array, R: Array, A: Array, a: float, B: Array) -> Array:
    """Return :func:`purchases_while_active`, one column per horizon, by far fewer integrals than numbers.

    At one (R, B), that is at one frequency, the share of the purchases that dropout leaves depends on τ = t / A alone,
    and in log(1 + τ) so smoothly that a Chebyshev polynomial of some 30 nodes gives it to 12 digits at every age and
    horizon. The polynomial's own last terms say whether it does; where it does not, each number has its integral.
    """
    tau = horizons / A[:, None]
    of_state, states = ranks(R + 1j * B)
    log_tau = np.log1p(tau)
    low, high = log_tau.min(initial=np.inf), log_tau.max(initial=0.0)
    nodes = FEWEST_NODES
    while a > 0 and low < high and 2 * len(states) * nodes < tau.size and nodes <= MOST_NODES:
        angle = np.pi * (np.arange(nodes) + 0.5) / nodes
        at = np.expm1((low + high) / 2 + (high - low) / 2 * np.cos(angle))
        each_R, each_B = np.repeat(states.real, nodes), np.repeat(states.imag, nodes)
        each_at = np.tile(at, len(states))
        share = purchases_while_active(each_at, each_R, np.ones_like(each_R), a, each_B) / (each_R * each_at)
        terms = dct(share.reshape(-1, nodes), axis=1) / nodes
        terms[:, 0] /= 2
        if (np.abs(terms[:, -3:]).max(axis=1) < EXACT * share.reshape(-1, nodes).min(axis=1)).all():
            place = np.clip((2 * log_tau - low - high) / (high - low), -1, 1)
            return np.asarray(R[:, None] * tau * chebval(place, terms.T[:, of_state, None], tensor=False))
        nodes *= 2
    shape = tau.shape
    R, A, B = (np.broadcast_to(value[:, None], shape) for value in (R, A, B))
    return purchases_while_active(np.broadcast_to(horizons, shape), R, A, a, B).reshape(shape)
