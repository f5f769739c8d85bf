"""Fitting purchase models with covariates: the likelihood row by row, its slopes, and the verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import betaln, digamma, gammaln

from kpikit.clv.covariates import EFFECTS, PROCESSES, PURCHASE, Asked
from kpikit.clv.fitting import BOUNDS, MIN_GAIN, NO_CHURN, SOUND, STARTS, TOO_LITTLE, Fitted, Judged, judge
from kpikit.clv.formulas import FIRST_CHANCE, Array
from kpikit.clv.likelihood import Objective, Optimum, maximise
from kpikit.clv.models import NAMES, times_of
from kpikit.clv.pareto import ROWS, quiet_odds

# from one value of each parameter per row: the log-likelihood per row, and its slopes by the parameters' logarithms
Rows = Callable[..., tuple[Array, dict[str, Array]]]
REACH = 8.0  # of a coefficient, for one standard deviation of its covariate
FEWEST_STARTS = 2  # the optimum without covariates and another; more where neither search ends well


def judge_with_covariates(model: str, histories: pd.DataFrame, asked: Asked) -> Judged:
    """Return the fit with covariates and the verdict, as :func:`kpikit.clv.fitting.judge` does without.

    Dropout must add as much to the log-likelihood of the NBD with the same purchase covariates.
    """
    plain = judge(model, histories)
    if plain.verdict == TOO_LITTLE or plain.without is None:
        return plain
    without = fit_covariates(plain.without, histories, asked)
    if model == without.model:
        return Judged(SOUND, without, without, None)
    assert plain.asked is not None  # only too little data leaves it open
    starts = [np.concatenate([np.log(list(plain.without.params.values())), np.log(pair)]) for pair in STARTS[model]]
    for start in starts:  # the pairs are on scaled time
        start[[place for place in times_of(model) if place > 1]] += np.log(float(histories["T"].max()))
    found = fit_covariates(plain.asked, histories, asked, starts)
    gain = found.log_likelihood - without.log_likelihood
    return Judged(SOUND, found, found, gain) if gain >= MIN_GAIN else Judged(NO_CHURN, found, without, gain)


def fit_covariates(plain: Fitted, histories: pd.DataFrame, asked: Asked, starts: list[Array] | None = None) -> Fitted:
    """Return a model with covariates at its optimum, searched from the fit without them and from other starts.

    ``starts`` are logarithms of the model's parameters on the user's time scale. The search works on covariates with
    mean 0 and standard deviation 1; the parameters returned are those of a customer with all covariates at 0.
    """
    names = NAMES[plain.model]
    columns = {process: asked.of(process, names) for process in PROCESSES}
    labels = [f"{process}:{column}" for process in PROCESSES for column in columns[process]]
    if not labels:
        return plain
    n = histories["n_customers"].to_numpy(dtype=float)
    x, tx, T = (histories[name].to_numpy(dtype=float) for name in ("frequency", "recency", "T"))
    values = np.column_stack([histories[label.split(":", 1)[1]] for label in labels]).astype(float)
    mean = n @ values / n.sum()
    sd = np.sqrt(n @ (values - mean) ** 2 / n.sum())
    scale, times = float(T.max()), times_of(plain.model)
    likelihood = covariate_objective(plain.model, x, tx / scale, T / scale, n, (values - mean) / sd, columns)
    points = [np.log([plain.params[name] for name in names]), *(starts or [])]
    bounds = [*BOUNDS[plain.model], *[(-REACH, REACH)] * len(labels)]
    optima: list[Optimum] = []
    for place, point in enumerate(points):
        if place >= FEWEST_STARTS and any(one.settled and not one.at_bound for one in optima):
            break
        point = np.concatenate([point, np.zeros(len(labels))])
        point[times] -= np.log(scale)
        optima.append(maximise(likelihood, point, bounds, float(n.sum())))
    best = max(optima, key=lambda optimum: optimum.log_likelihood)
    back = _to_own_scale(names, labels, mean, sd)
    point = back @ best.log_params
    point[times] += np.log(scale)
    return replace(
        plain,
        params=dict(zip(names, map(float, np.exp(point[: len(names)])), strict=True)),
        coefficients=dict(zip(labels, map(float, point[len(names) :]), strict=True)),
        log_likelihood=float(best.log_likelihood - (n @ x) * np.log(scale)),
        covariance=None if best.covariance is None else (back @ best.covariance @ back.T).tolist(),
        at_bound=best.at_bound,
        settled=best.settled,
    )


def _to_own_scale(names: tuple[str, ...], labels: list[str], mean: Array, sd: Array) -> Array:
    """Return the matrix from parameters for standardised covariates to those for the covariates as they are."""
    size = len(names)
    back = np.eye(size + len(labels))
    for place, label in enumerate(labels, start=size):
        back[place, place] = 1 / sd[place - size]
        for row, name in enumerate(names):
            process, sign = EFFECTS.get(name, ("", 0))
            if label.split(":", 1)[0] == process:
                back[row, place] = -sign * mean[place - size] / sd[place - size]
    return back


def covariate_objective(
    model: str, x: Array, tx: Array, T: Array, n: Array, values: Array, columns: dict[str, tuple[str, ...]]
) -> Objective:
    """Return the weighted log-likelihood and its gradient, in the logarithms of the parameters and the coefficients.

    ``values`` has one row per history: the purchase covariates, then the dropout covariates.
    """
    names, k = NAMES[model], len(columns[PURCHASE])
    parts = dict(zip(PROCESSES, (values[:, :k], values[:, k:]), strict=True))
    rows = _pareto_rows(x, tx, T) if model == "pareto_nbd" else _buying_rows(model, x, tx, T)

    def objective(point: Array) -> tuple[float, Array]:
        base, coefficients = point[: len(names)], point[len(names) :]
        shift = {PURCHASE: parts[PURCHASE] @ coefficients[:k], PROCESSES[1]: parts[PROCESSES[1]] @ coefficients[k:]}
        own = []
        for name, value in zip(names, base, strict=True):
            process, sign = EFFECTS.get(name, ("", 0))
            own.append(np.exp(value + sign * shift[process]) if process else np.full(len(x), np.exp(value)))
        value, slopes = rows(*own)
        gradient = [n @ slopes[name] for name in names]
        for process in PROCESSES:
            moved = np.zeros(len(x))
            for name in names:
                if EFFECTS.get(name, ("", 0))[0] == process:
                    moved += EFFECTS[name][1] * slopes[name]
            gradient.extend((n * moved) @ parts[process])
        return float(n @ value), np.array(gradient)

    return objective


def _buying_rows(model: str, x: Array, tx: Array, T: Array) -> Rows:
    """Return the rows of NBD, BG/NBD or MBG/NBD."""

    def purchases(r: Array, alpha: Array) -> tuple[Array, dict[str, Array]]:
        log_T = np.log(alpha + T)
        value = gammaln(r + x) - gammaln(r) + r * np.log(alpha) - (r + x) * log_T
        by_r = r * (digamma(r + x) - digamma(r) + np.log(alpha) - log_T)
        return value, {"r": by_r, "alpha": r - (r + x) * alpha / (alpha + T)}

    if model == "nbd":
        return purchases
    chances = x + FIRST_CHANCE[model]
    can_leave = chances > 0

    def with_dropout(r: Array, alpha: Array, a: Array, b: Array) -> tuple[Array, dict[str, Array]]:
        value, slopes = purchases(r, alpha)
        B = b + chances
        before = np.where(can_leave, B - 1, 1.0)
        silence = np.log1p(T / alpha) - np.log1p(tx / alpha)
        odds = np.where(can_leave, np.log(a) - np.log(before) + (r + x) * silence, -np.inf)
        left = np.exp(-np.logaddexp(0, -odds))
        value = value + np.logaddexp(0, odds) + betaln(a, B) - betaln(a, b)
        slopes["r"] = slopes["r"] + left * r * silence
        slopes["alpha"] = slopes["alpha"] + left * (r + x) * alpha * (1 / (alpha + T) - 1 / (alpha + tx))
        spread = digamma(a + b) - digamma(a + B)
        slopes["a"] = a * spread + left
        slopes["b"] = b * (spread + digamma(B) - digamma(b) - left / before)
        return value, slopes

    return with_dropout


def _pareto_rows(x: Array, tx: Array, T: Array) -> Rows:
    """Return the rows of Pareto/NBD."""
    quiet = np.flatnonzero(tx < T)
    parts = [quiet[start : start + ROWS] for start in range(0, len(quiet), ROWS)]

    def rows(r: Array, alpha: Array, s: Array, beta: Array) -> tuple[Array, dict[str, Array]]:
        log_A, log_B = np.log(alpha + T), np.log(beta + T)
        value = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) - (r + x) * log_A - s * log_B
        by_r = r * (digamma(r + x) - digamma(r) + np.log(alpha) - log_A)
        by_alpha = r - (r + x) * alpha / (alpha + T)
        by_s = s * (np.log(beta) - log_B)
        by_beta = s - s * beta / (beta + T)
        for i in parts:
            each = {"r": r[i], "alpha": alpha[i], "s": s[i], "beta": beta[i]}
            odds, integral = quiet_odds(each, x[i], tx[i], T[i])
            value[i] += np.logaddexp(0, odds)
            left = np.exp(-np.logaddexp(0, -odds))
            A, B, R = alpha[i] + tx[i], beta[i] + tx[i], r[i] + x[i]
            per_A, per_B = (integral.mean(1 / (start[:, None] + integral.since)) for start in (A, B))
            by_r[i] += left * r[i] * (log_A[i] - np.log(A) - integral.mean(integral.grown_buying))
            by_s[i] += left * (1 + s[i] * (log_B[i] - np.log(B) - integral.mean(integral.grown_leaving)))
            by_alpha[i] += left * alpha[i] * R * (1 / (alpha[i] + T[i]) - per_A)
            by_beta[i] += left * beta[i] * (s[i] / (beta[i] + T[i]) - (s[i] + 1) * per_B)
        return value, {"r": by_r, "alpha": by_alpha, "s": by_s, "beta": by_beta}

    return rows
