"""How sure a fitted model is: the noise of its parameters, and the common shock that earlier forecasts have shown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from kpikit.clv.fitting import Fitted, refit
from kpikit.clv.formulas import Array
from kpikit.clv.histories import distinct
from kpikit.clv.model import Fit
from kpikit.clv.models import NAMES, TITLES
from kpikit.errors import ParameterError, one_of
from kpikit.formatting import number, percent
from kpikit.results import Result

METHODS = ("hessian", "bootstrap")
LEVEL = 0.95
FEWEST_ORIGINS = 3


@dataclass(frozen=True)
class Shock:
    """What moves all customers at once, as rolling origins have shown it.

    ``sd`` is the standard deviation of log(what came / forecast) beyond the customers' chance and the parameters'
    noise; ``freedom`` how many horizons fit side by side between the origins, the degrees of freedom of ``sd``.
    """

    sd: float
    freedom: float
    n_origins: int
    horizon_days: float

    @property
    def quantile(self) -> float:
        """Half width of a 95 % interval, in standard deviations: Student's t."""
        return float(stats.t.ppf((1 + LEVEL) / 2, self.freedom))

    @property
    def text(self) -> str:
        """The finding in plain words."""
        return (
            f"Over {number(self.n_origins)} forecasts made again from earlier days, for {number(self.horizon_days)} "
            f"days each, the total came out {percent(math.expm1(self.sd), 0)} off (one standard deviation) beyond what "
            "chance explains; "
            f"{number(self.freedom, 1)} such horizons lie side by side there."
        )


def shock_of(log_ratio: Array, chance: Array, days: Array, horizon_days: float) -> Shock | None:
    """Return the common shock of origins: log(actual / forecast), its variance by chance, and the origins' days.

    None where fewer than three origins can be judged. The mean is not taken out: a forecast that is always too low
    is as much in doubt as one that is now too low and now too high.
    """
    known = np.isfinite(log_ratio) & np.isfinite(chance)
    if known.sum() < FEWEST_ORIGINS:
        return None
    days = days[known]
    variance = float(np.mean(log_ratio[known] ** 2) - np.mean(chance[known]))
    side_by_side = float(np.clip((days.max() - days.min()) / horizon_days + 1, 1, known.sum()))
    return Shock(math.sqrt(max(variance, 0.0)), side_by_side, int(known.sum()), float(horizon_days))


def common_shock(shown: Shock | Result | None) -> Shock | None:
    """Return the common shock that :func:`kpikit.clv.rolling` has shown; None where it had too few origins."""
    if isinstance(shown, Result):
        if "shock" not in shown.facts:
            fix = "Pass kpikit.clv.rolling(…)."
            raise ParameterError("a common shock, or rolling origins", got=shown.name, fix=fix, where="shock")
        return Shock(**shown.facts["shock"]) if shown.facts["shock"] else None
    return shown


def parameter_draws(found: Fit, n: int = 200, *, method: str = "hessian", seed: int | None = None) -> pd.DataFrame:
    """Return draws of the parameters of the model that is used: one row per draw, one column per parameter.

    Parameters
    ----------
    found
        A fit; for the bootstrap one that still holds its histories.
    n
        Number of draws, 2 or more.
    method
        ``hessian``: normal on the logarithms, with the curvature at the optimum. ``bootstrap``: refits to histories
        drawn anew, by a multinomial on the distinct histories: as many customers as there are, in the time of n fits of
        the distinct ones. It needs no curvature and shows skewness.
    seed
        None: that of the fit.

    Raises
    ------
    ParameterError
        When the method is unknown, nothing was fitted, or what the method needs is not there.
    """
    one_of("method", method, METHODS)
    if n < 2:
        raise ParameterError("2 or more draws", got=str(n), fix="Pass 200.", where="n")
    if method == "bootstrap" and found.coefficients:
        fix = "Pass method='hessian'."
        raise ParameterError("a fit without covariates", got=str(list(found.coefficients)), fix=fix, where="method")
    rng = np.random.default_rng(found.seed if seed is None else seed)
    names = list(NAMES.get(found.used, ()))
    if method == "hessian":
        if found.covariance is None:
            raise ParameterError(
                "a fit with known curvature", got=found.verdict, fix="Pass method='bootstrap'.", where="method"
            )
        point = [*np.log([found.params[name] for name in names]), *found.coefficients.values()]
        values = rng.multivariate_normal(point, np.array(found.covariance), n)
        values[:, : len(names)] = np.exp(values[:, : len(names)])
        return pd.DataFrame(values, columns=[*names, *found.coefficients])
    if found.source is None or not found.fitted or not math.isfinite(found.log_likelihood):
        fix = "Fit the histories again: a loaded model keeps none."
        raise ParameterError("a fit that holds its histories", got=found.verdict, fix=fix, where="method")
    groups = distinct(found.source)
    recency, T = found.ages(groups["recency"], groups["T"])
    groups = groups.assign(recency=recency, T=T)
    counts = groups["n_customers"].to_numpy()
    size, share = round(counts.sum()), counts / counts.sum()
    start = Fitted(found.used, found.params, found.log_likelihood, None)
    rows = []
    for _ in range(n):
        drawn = groups.assign(n_customers=rng.multinomial(size, share).astype(float))
        rows.append(refit(start, drawn[drawn["n_customers"] > 0].reset_index(drop=True)).params)
    return pd.DataFrame(rows, columns=names)


def parameter_intervals(found: Fit, *, method: str = "hessian", n: int = 200, seed: int | None = None) -> Result:
    """Return each parameter with its 95 % interval: one row per parameter.

    Coefficients of covariates come last. Parameters are those of :func:`parameter_draws`; the Hessian's interval is
    exact for its normal and needs no draws.

    Returns
    -------
    Result
        ``.table``: ``parameter``, ``value``, ``low``, ``high``; empty where nothing was fitted.
    """
    one_of("method", method, METHODS)
    names = [*found.params, *found.coefficients]
    values = np.array([*found.params.values(), *found.coefficients.values()])
    low, high = np.full(len(names), np.nan), np.full(len(names), np.nan)
    if names and method == "bootstrap":
        draws = parameter_draws(found, n, method=method, seed=seed).to_numpy()
        low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    elif names and found.covariance is not None:
        size, half = len(found.params), stats.norm.ppf((1 + LEVEL) / 2) * np.sqrt(np.diag(found.covariance))
        low, high = values - half, values + half  # a coefficient may be below 0; the others lie on the log scale
        low[:size], high[:size] = values[:size] * np.exp(-half[:size]), values[:size] * np.exp(half[:size])
    table = pd.DataFrame({"parameter": names, "value": values, "low": low, "high": high})
    title = f"Parameters of {TITLES.get(found.used, 'no model')}"
    text = "Their noise is not known: the optimum lies at the edge of what the data can tell."
    if names and np.isfinite(low).all():
        text = "; ".join(f"{row.parameter} {row.value:.3g} ({row.low:.3g} to {row.high:.3g})" for row in
                         table.itertuples()) + f", 95 % intervals by {method}."  # fmt: skip
    return Result("clv-parameters", "table", title, text, table=table, facts={"method": method})


def interval_of(expected: float, chance: float, shock: Shock | None) -> tuple[float, float]:
    """Return the 95 % interval of a total whose variance by chance is known, with the common shock where it is given.

    With a shock the interval lies on the log scale: a shock multiplies, and a total is not negative.
    """
    if not math.isfinite(expected):
        return math.nan, math.nan
    if shock is None or expected <= 0:
        half = stats.norm.ppf((1 + LEVEL) / 2) * math.sqrt(chance)
        return max(expected - half, 0.0), expected + half
    half = shock.quantile * math.sqrt(shock.sd**2 + math.log1p(chance / expected**2))
    return expected * math.exp(-half), expected * math.exp(half)


def with_params(found: Fit, params: Mapping[str, Any]) -> Fit:
    """Return the fit with other parameters of the model that is used."""
    return replace(found, params={str(name): float(value) for name, value in params.items()})
