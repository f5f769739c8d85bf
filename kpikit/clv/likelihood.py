"""Log-likelihoods with their gradients, and a maximiser that does not stop short of the optimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, expit, gammaln, psi

from kpikit.clv.formulas import FIRST_CHANCE

Array = NDArray[Any]
Objective = Callable[[Array], tuple[float, Array]]
Bounds = list[tuple[float, float]]


@dataclass(frozen=True)
class Optimum:
    """Where a log-likelihood is largest: logarithms of the parameters, the value, and the noise of the logarithms.

    ``covariance`` is None where the optimum lies on a bound or the curvature is not positive: no noise is known there.
    """

    log_params: Array
    log_likelihood: float
    covariance: Array | None
    at_bound: bool


def purchase_objective(model: str, x: Array, tx: Array, T: Array, n: Array) -> Objective:
    """Return the weighted log-likelihood of histories and its gradient, in the logarithms of the parameters.

    Whatever depends on the frequency alone is computed once per distinct frequency.
    """
    levels, index = np.unique(x, return_inverse=True)
    per_level = np.bincount(index, weights=n)
    total = float(n.sum())

    def purchases(log_params: Array) -> tuple[float, Array]:
        r, alpha = np.exp(log_params[:2])
        shape, log_T = r + x, np.log(alpha + T)
        value = per_level @ (gammaln(r + levels) - gammaln(r)) + total * r * np.log(alpha) - n @ (shape * log_T)
        by_r = per_level @ (psi(r + levels) - psi(r)) + total * np.log(alpha) - n @ log_T
        by_alpha = total * r / alpha - n @ (shape / (alpha + T))
        return float(value), np.array([by_r * r, by_alpha * alpha])

    if model == "nbd":
        return purchases

    chance = FIRST_CHANCE[model]
    can_leave = x + chance > 0

    def with_dropout(log_params: Array) -> tuple[float, Array]:
        value, gradient = purchases(log_params)
        r, alpha, a, b = np.exp(log_params)
        B = b + levels + chance
        before = np.where(levels + chance > 0, B - 1, 1.0)
        silence = np.log1p((T - tx) / (alpha + tx))
        odds = np.where(can_leave, (np.log(a) - np.log(before))[index] + (r + x) * silence, -np.inf)
        left = expit(odds)
        left_per_level = np.bincount(index, weights=n * left)
        value += per_level @ (betaln(a, B) - betaln(a, b)) + n @ np.logaddexp(0, odds)
        by_r = (n * left) @ silence
        by_alpha = (n * left) @ ((r + x) * (tx - T) / ((alpha + T) * (alpha + tx)))
        spread = per_level @ (psi(a + b) - psi(a + B))
        by_a = spread + left_per_level.sum() / a
        by_b = spread + per_level @ (psi(B) - psi(b)) - left_per_level @ (1 / before)
        return float(value), np.array([gradient[0] + by_r * r, gradient[1] + by_alpha * alpha, by_a * a, by_b * b])

    return with_dropout


def spend_objective(x: Array, m: Array) -> Objective:
    """Return the Gamma-Gamma log-likelihood of mean spends ``m`` over ``x`` occasions, and its gradient."""
    log_x, log_m, paid = np.log(x), np.log(m), x * m

    def gamma_gamma(log_params: Array) -> tuple[float, Array]:
        p, q, gamma = np.exp(log_params)
        log_scale = np.log(paid + gamma)
        value = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma) - log_m
        value += p * x * (log_m + log_x) - (p * x + q) * log_scale
        by_p = x * (psi(p * x + q) - psi(p * x) + log_m + log_x - log_scale)
        by_q = psi(p * x + q) - psi(q) + np.log(gamma) - log_scale
        by_gamma = q / gamma - (p * x + q) / (paid + gamma)
        return float(value.sum()), np.array([by_p.sum() * p, by_q.sum() * q, by_gamma.sum() * gamma])

    return gamma_gamma


def maximise(objective: Objective, start: Array, bounds: Bounds, total: float) -> Optimum:
    """Return the optimum reached from ``start``: L-BFGS within bounds, then Newton steps until nothing moves.

    ``total`` is the number of customers: the search works on the mean, so that its tolerances mean the same always.
    """

    def negative_mean(log_params: Array) -> tuple[float, Array]:
        value, gradient = objective(log_params)
        return -value / total, -gradient / total

    low, high = (np.array(side) for side in zip(*bounds, strict=True))
    options = {"maxiter": 2000, "maxfun": 4000, "ftol": 1e-15, "gtol": 1e-10}
    found = minimize(
        negative_mean, np.clip(start, low, high), jac=True, method="L-BFGS-B", bounds=bounds, options=options
    )
    point, value = np.asarray(found.x), float(found.fun)
    at_bound = bool(np.any((point <= low + 1e-6) | (point >= high - 1e-6)))
    curvature = None
    for _ in range(8):
        if at_bound:
            break
        curvature = _curvature(negative_mean, point)
        if np.linalg.eigvalsh(curvature).min() <= 0:
            curvature = None
            break
        move = np.linalg.solve(curvature, -negative_mean(point)[1])
        nearby = np.clip(point + move, low, high)
        reached = float(negative_mean(nearby)[0])
        if reached > value:  # rounding decides from here on
            break
        point, value = nearby, reached
        if np.abs(move).max() < 1e-9:
            break
    covariance = None if curvature is None else np.linalg.inv(curvature) / total
    return Optimum(point, -value * total, covariance, at_bound)


def _curvature(objective: Objective, point: Array, step: float = 1e-4) -> Array:
    """Return the matrix of second derivatives, by central differences of the gradient."""
    shifts = step * np.eye(len(point))
    rows = [(objective(point + shift)[1] - objective(point - shift)[1]) / (2 * step) for shift in shifts]
    return np.asarray((np.array(rows) + np.array(rows).T) / 2)
