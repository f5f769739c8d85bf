"""Log-likelihoods with their gradients, and a maximiser that does not stop short of the optimum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, psi

from kpikit.clv.formulas import FIRST_CHANCE
from kpikit.clv.histories import ranks

Array = NDArray[Any]
Objective = Callable[[Array], tuple[float, Array]]
Bounds = list[tuple[float, float]]
ROWS = 8_192  # at a time: they stay in the processor's cache, and BLAS does not set threads on so short a product
ROUNDING = 1e-14  # of a log-likelihood: what the order of a sum may change
FLAT = 1e-8  # of the mean log-likelihood: the largest slope at which a search has ended
FAR = 1e-3  # a Newton step beyond which the curvature is measured again


@dataclass(frozen=True)
class Optimum:
    """Where a log-likelihood is largest: logarithms of the parameters, the value, and the noise of the logarithms.

    ``covariance`` is None where the optimum lies on a bound or the curvature is not positive: no noise is known there.
    ``settled`` says that the slope is nothing and the curvature known.
    """

    log_params: Array
    log_likelihood: float
    covariance: Array | None
    at_bound: bool
    settled: bool = True


def purchase_objective(model: str, x: Array, tx: Array, T: Array, n: Array) -> Objective:
    """Return the weighted log-likelihood of histories and its gradient, in the logarithms of the parameters.

    Whatever depends on the frequency, on recency or on T alone is computed once per distinct value. Without dropout
    nothing else is left; with it, each history costs one exponential and one logarithm.
    """
    index, levels = ranks(x)
    age, ages = ranks(T)
    per_level, per_age = np.bincount(index, n), np.bincount(age, n)
    purchases_per_age = np.bincount(age, n * x)
    total = float(n.sum())

    def purchases(log_params: Array) -> tuple[float, Array]:
        r, alpha = np.exp(log_params[:2])
        log_T, shape = np.log(alpha + ages), r * per_age + purchases_per_age
        value = per_level @ (gammaln(r + levels) - gammaln(r)) + total * r * np.log(alpha) - shape @ log_T
        by_r = per_level @ (psi(r + levels) - psi(r)) + total * np.log(alpha) - per_age @ log_T
        by_alpha = total * r / alpha - shape @ (1 / (alpha + ages))
        return float(value), np.array([by_r * r, by_alpha * alpha])

    if model == "nbd":
        return purchases

    chance = FIRST_CHANCE[model]
    can_leave = x + chance > 0
    index, age, last, lasts = index[can_leave], age[can_leave], *ranks(tx[can_leave])
    x, n = x[can_leave], n[can_leave]
    parts = [slice(start, start + ROWS) for start in range(0, len(x), ROWS)]

    def with_dropout(log_params: Array) -> tuple[float, Array]:
        value, gradient = purchases(log_params)
        r, alpha, a, b = np.exp(log_params)
        B = b + levels + chance
        before = np.where(levels + chance > 0, B - 1, 1.0)
        log_odds, at_T, at_last = np.log(a) - np.log(before), np.log1p(ages / alpha), np.log1p(lasts / alpha)
        per_T, per_last = 1 / (alpha + ages), 1 / (alpha + lasts)
        left_per_level, by_r, by_alpha = np.zeros(len(levels)), 0.0, 0.0
        for part in parts:
            i, j, k = index[part], age[part], last[part]
            shape, silence = r + x[part], at_T[j] - at_last[k]
            odds = log_odds[i] + shape * silence
            small = np.exp(-np.abs(odds))
            value += n[part] @ (np.maximum(odds, 0) + np.log(1 + small))
            left = n[part] * np.where(odds > 0, 1.0, small) / (1 + small)
            left_per_level += np.bincount(i, left, len(levels))
            by_r += left @ silence
            by_alpha += (left * shape) @ (per_T[j] - per_last[k])
        value += per_level @ (betaln(a, B) - betaln(a, b))
        spread = per_level @ (psi(a + b) - psi(a + B))
        by_a = spread + left_per_level.sum() / a
        by_b = spread + per_level @ (psi(B) - psi(b)) - left_per_level @ (1 / before)
        return float(value), np.array([gradient[0] + by_r * r, gradient[1] + by_alpha * alpha, by_a * a, by_b * b])

    return with_dropout


def spend_objective(x: Array, m: Array) -> Objective:
    """Return the Gamma-Gamma log-likelihood of mean spends ``m`` over ``x`` occasions, and its gradient.

    Gamma functions are evaluated once per distinct ``x``: each customer costs one logarithm and one division.
    """
    index, levels = ranks(x)
    per_level, paid, n = np.bincount(index), x * m, len(x)
    log_m, x_log_paid = float(np.log(m).sum()), float((x * np.log(paid)).sum())
    parts = [slice(start, start + ROWS) for start in range(0, n, ROWS)]

    def gamma_gamma(log_params: Array) -> tuple[float, Array]:
        p, q, gamma = np.exp(log_params)
        all_logs, x_logs, all_per, x_per = 0.0, 0.0, 0.0, 0.0
        for part in parts:
            scale = paid[part] + gamma
            log_scale, per_scale = np.log(scale), 1 / scale
            all_logs, x_logs = all_logs + log_scale.sum(), x_logs + x[part] @ log_scale
            all_per, x_per = all_per + per_scale.sum(), x_per + x[part] @ per_scale
        shape = p * levels
        value = per_level @ (gammaln(shape + q) - gammaln(shape)) + n * (q * np.log(gamma) - gammaln(q)) - log_m
        value += p * (x_log_paid - x_logs) - q * all_logs
        by_p = (per_level * levels) @ (psi(shape + q) - psi(shape)) + x_log_paid - x_logs
        by_q = per_level @ psi(shape + q) + n * (np.log(gamma) - psi(q)) - all_logs
        by_gamma = n * q / gamma - p * x_per - q * all_per
        return float(value), np.array([by_p * p, by_q * q, by_gamma * gamma])

    return gamma_gamma


def maximise(objective: Objective, start: Array, bounds: Bounds, total: float, steps: int = 2000) -> Optimum:
    """Return the optimum reached from ``start``: L-BFGS within bounds, then Newton steps until nothing moves.

    ``total`` is the number of customers: the search works on the mean, so that its tolerances mean the same always.
    ``steps`` bounds L-BFGS: from a start near the optimum a few are enough for Newton to take over.
    """

    def negative_mean(log_params: Array) -> tuple[float, Array]:
        value, gradient = objective(log_params)
        return -value / total, -gradient / total

    low, high = (np.array(side) for side in zip(*bounds, strict=True))
    options = {"maxiter": steps, "maxfun": 4000, "ftol": 1e-15, "gtol": 1e-10}
    found = minimize(
        negative_mean, np.clip(start, low, high), jac=True, method="L-BFGS-B", bounds=bounds, options=options
    )
    point = np.asarray(found.x)
    at_bound = bool(np.any((point <= low + 1e-6) | (point >= high - 1e-6)))
    value, gradient = negative_mean(point)
    curvature, moved = None, np.inf
    for _ in range(0 if at_bound else 8):
        if curvature is None or moved > FAR:
            curvature = _curvature(negative_mean, point)
            if np.linalg.eigvalsh(curvature).min() <= 0:
                curvature = None
                break
        nearby = np.clip(point - np.linalg.solve(curvature, gradient), low, high)
        reached, slope = negative_mean(nearby)
        if reached > value + ROUNDING * abs(value):  # rounding decides from here on
            break
        moved = float(np.abs(nearby - point).max())
        point, value, gradient = nearby, reached, slope
        if moved < 1e-9:
            break
    covariance = None if curvature is None else np.linalg.inv(curvature) / total
    settled = bool(np.abs(gradient).max() < FLAT) and covariance is not None
    return Optimum(point, -value * total, covariance, at_bound, settled)


def _curvature(objective: Objective, point: Array, step: float = 1e-4) -> Array:
    """Return the matrix of second derivatives, by central differences of the gradient."""
    shifts = step * np.eye(len(point))
    rows = [(objective(point + shift)[1] - objective(point - shift)[1]) / (2 * step) for shift in shifts]
    return np.asarray((np.array(rows) + np.array(rows).T) / 2)
