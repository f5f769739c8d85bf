"""Fitting the purchase models: lifetimes first, then the optimum, the NBD beside it, and a verdict in plain words."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from kpikit.clv.likelihood import Array, Bounds, Optimum, maximise
from kpikit.clv.models import NAMES, WITHOUT_DROPOUT, objective, times_of

SOUND, NO_CHURN, TOO_LITTLE = "sound", "no churn signal", "too little data"
MIN_REPEAT_BUYERS = 20  # below this, four parameters describe the noise
MIN_DISTINCT = 5
MIN_GAIN = 2.0  # log-likelihood that dropout must add to NBD before anyone is said to have left

# Logarithms, with time scaled to a largest T of 1. Beyond these the likelihood is flat to less than its own noise.
SHAPE, RATE, SHARE = (-12.0, 10.0), (-18.0, 18.0), (-14.0, 7.0)
BOUNDS: dict[str, Bounds] = {
    "nbd": [SHAPE, RATE],
    "bg_nbd": [SHAPE, RATE, SHARE, SHARE],
    "mbg_nbd": [SHAPE, RATE, SHARE, SHARE],
    "pareto_nbd": [SHAPE, RATE, SHARE, RATE],
    "bb": [SHARE, SHARE],
    "bg_bb": [SHARE, SHARE, SHARE, SHARE],
    "sbg": [SHARE, SHARE],
}
START_ROWS = 4_000  # distinct histories that lifetimes sees: its end point is a start, all rows decide the optimum
FEWER_ROWS = 400  # where its search takes hundreds of steps without a gradient
MANY_ROWS, NEAR_ROWS = 4_000, 1_000  # above so many distinct histories Pareto/NBD starts at the optimum of a few
NEAR_STEPS = 6  # of L-BFGS from a start near the optimum, before Newton
FEW_STEPS = 200  # of such a search: when it has not ended by then, our own starts are better
STARTS: dict[str, tuple[tuple[float, float], ...]] = {  # the last two parameters; the first two come from no dropout
    "bg_nbd": ((0.8, 2.5), (0.1, 1.0), (2.0, 8.0), (0.01, 0.1)),
    "mbg_nbd": ((0.8, 2.5), (0.1, 1.0), (2.0, 8.0), (0.01, 0.1)),
    "pareto_nbd": ((0.6, 0.3), (1.5, 2.0), (0.2, 0.02), (3.0, 20.0)),
    "bg_bb": ((0.7, 2.5), (0.2, 1.0), (2.0, 10.0)),
}
COUNTING_STARTS = ((1.0, 1.0), (0.3, 2.0), (3.0, 10.0))


@dataclass(frozen=True)
class Fitted:
    """One model fitted to histories: parameters and log-likelihood on the user's time scale.

    ``covariance`` belongs to the logarithms of the parameters; None where it is not known. ``settled``: the slope there
    is nothing. ``coefficients`` are those of covariates (:mod:`kpikit.clv.covariates`); the covariance holds them last.
    """

    model: str
    params: dict[str, float]
    log_likelihood: float
    covariance: list[list[float]] | None
    at_bound: bool = False
    settled: bool = True
    coefficients: dict[str, float] = field(default_factory=dict)

    @property
    def aic(self) -> float:
        """Akaike's criterion: smaller is better."""
        return 2 * (len(self.params) + len(self.coefficients)) - 2 * self.log_likelihood


@dataclass(frozen=True)
class Judged:
    """The verdict, the model asked for (None where it could not be fitted) and the one to use (None: nothing).

    ``without`` is the same family's fit without dropout, which other models may share.
    """

    verdict: str
    asked: Fitted | None
    used: Fitted | None
    gain: float | None
    without: Fitted | None = None


@contextlib.contextmanager
def quiet_lifetimes() -> Iterator[None]:
    """Keep what lifetimes changes on import (a pandas option, warning filters) and prints from the caller."""
    option = "mode.chained_assignment"
    with warnings.catch_warnings(), np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            before = pd.get_option(option)
        except (KeyError, AttributeError):  # a pandas that no longer has the option
            option = ""
        try:
            yield
        finally:
            if option:
                pd.set_option(option, before)


def lifetimes_start(model: str, histories: pd.DataFrame, scale: float) -> Array | None:
    """Return where lifetimes ends, as logarithms on scaled time; None where it raises or ends nowhere."""
    histories = every_nth(histories, START_ROWS if model in ("bg_nbd", "mbg_nbd") else FEWER_ROWS)
    try:
        with quiet_lifetimes():
            import lifetimes

            fitters = {"bg_nbd": "BetaGeo", "mbg_nbd": "ModifiedBetaGeo", "pareto_nbd": "ParetoNBD",
                       "bg_bb": "BetaGeoBetaBinom"}  # fmt: skip
            fitter = getattr(lifetimes, f"{fitters[model]}Fitter")()
            columns = (histories[name].to_numpy() for name in ("frequency", "recency", "T"))
            # Pareto/NBD's search starts at random, from numpy's common state, and may wander for thousands of steps
            search = {"initial_params": np.ones(4), "maxiter": FEW_STEPS} if model == "pareto_nbd" else {}
            fitter.fit(*columns, weights=histories["n_customers"].to_numpy(), **search)
            point = np.log(fitter.params_[list(NAMES[model])].to_numpy(dtype=float))
    except (ValueError, ArithmeticError, np.linalg.LinAlgError):  # ConvergenceError is a ValueError
        return None
    point[times_of(model)] -= np.log(scale)
    return point if np.all(np.isfinite(point)) else None


def every_nth(frame: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Return a sorted frame thinned evenly to about ``rows`` rows, or as it is where it is no longer."""
    return frame.iloc[:: max(1, len(frame) // rows)]


def fit_nbd(histories: pd.DataFrame) -> Fitted:
    """Return the NBD (gamma-Poisson without dropout) fitted by maximum likelihood; recency plays no part in it."""
    x, T, n = (histories[name].to_numpy() for name in ("frequency", "T", "n_customers"))
    rate = float((n * x).sum() / (n * (T / T.max())).sum())
    starts = [np.log([shape, shape / rate]) for shape in (0.3, 2.0)]
    return _fit("nbd", histories, starts)


def fit_bb(histories: pd.DataFrame) -> Fitted:
    """Return the beta-binomial (nobody leaves) fitted by maximum likelihood; recency plays no part in it."""
    return _fit("bb", histories, [np.log(pair) for pair in COUNTING_STARTS])


def fit_without_dropout(model: str, histories: pd.DataFrame) -> Fitted:
    """Return the model that stands in for ``model`` where nobody is seen to leave."""
    return fit_bb(histories) if WITHOUT_DROPOUT.get(model, model) == "bb" else fit_nbd(histories)


def fit_dropout(model: str, histories: pd.DataFrame, without: Fitted) -> Fitted:
    """Return a model with dropout at its optimum: from lifetimes' end point, or other starts where that is poor."""
    times = times_of(model)
    scale = float(histories["T"].max()) if times else 1.0
    if model == "pareto_nbd" and len(histories) > MANY_ROWS:  # where each step takes its time
        thin = every_nth(histories, NEAR_ROWS).reset_index(drop=True)
        near = refit(fit_dropout(model, thin, fit_nbd(thin)), histories, steps=NEAR_STEPS)
        if near.settled and near.log_likelihood - without.log_likelihood >= MIN_GAIN:
            return near
    start = lifetimes_start(model, histories, scale)
    if start is not None:
        found = _fit(model, histories, [start])
        clear = found.log_likelihood - without.log_likelihood >= MIN_GAIN
        if clear and not found.at_bound and found.covariance is not None:
            return found
    base = np.log(list(without.params.values()))
    base[times_of(without.model)] -= np.log(scale)
    starts = [np.concatenate([base, np.log(pair)]) for pair in STARTS[model]]
    return _fit(model, histories, starts if start is None else [start, *starts])


def judge(model: str, histories: pd.DataFrame, without: Fitted | None = None) -> Judged:
    """Return the fit that distinct histories support, and the verdict on the one that was asked for.

    The verdict does not depend on the unit of time: scaled time enters the likelihood, and the gain over no dropout is
    a difference of two log-likelihoods on the same scale. ``without`` is that fit where it is known already.
    """
    if model == "sbg":
        return _judge_renewals(histories)
    x, T, n = (histories[name].to_numpy() for name in ("frequency", "T", "n_customers"))
    simple = WITHOUT_DROPOUT.get(model, model)
    if n[x > 0].sum() < MIN_REPEAT_BUYERS or len(histories) < MIN_DISTINCT:
        exposure = float(n @ T)
        return Judged(TOO_LITTLE, None, _pooled(simple, float(n @ x), exposure) if exposure > 0 else None, None)
    without = without or fit_without_dropout(model, histories)
    if model == simple:
        return Judged(SOUND, without, without, None, without)
    asked = fit_dropout(model, histories, without)
    gain = asked.log_likelihood - without.log_likelihood
    if gain >= MIN_GAIN:
        return Judged(SOUND, asked, asked, gain, without)
    return Judged(NO_CHURN, asked, without, gain, without)


def _judge_renewals(histories: pd.DataFrame) -> Judged:
    """Return sBG's fit; where few have left, the pooled rate with its own uncertainty as heterogeneity."""
    x, T, n = (histories[name].to_numpy() for name in ("frequency", "T", "n_customers"))
    lost, kept = float(n[x < T].sum()), float(n @ x)
    if min(lost, kept) < MIN_REPEAT_BUYERS or len(histories) < 2:
        pooled = Fitted("sbg", {"alpha": lost + 0.5, "beta": kept + 0.5}, float("nan"), None)
        return Judged(TOO_LITTLE, None, pooled if lost + kept > 0 else None, None)
    asked = _fit("sbg", histories, [np.log(pair) for pair in COUNTING_STARTS])
    return Judged(SOUND, asked, asked, None)


def _pooled(model: str, purchases: float, exposure: float) -> Fitted:
    """Return the one rate that little data support, spread as widely as an exponential or (bb) over all shares.

    Half a purchase is added (Jeffreys), so that no purchase so far is not a promise of none.
    """
    if model == "bb":
        share = (purchases + 0.5) / (exposure + 1)
        return Fitted("bb", {"alpha": 2 * share, "beta": 2 * (1 - share)}, float("nan"), None)
    params = {"r": 1.0, "alpha": exposure / (purchases + 0.5)}
    return Fitted("nbd", params, float("nan"), None)


def refit(fitted: Fitted, histories: pd.DataFrame, steps: int = NEAR_STEPS) -> Fitted:
    """Return the same model at the optimum of other distinct histories, searched from where it is now."""
    point = np.log([fitted.params[name] for name in NAMES[fitted.model]])
    times = times_of(fitted.model)
    point[times] -= np.log(float(histories["T"].max()) if times else 1.0)
    found = _fit(fitted.model, histories, [point], steps)
    return found if found.settled else _fit(fitted.model, histories, [point])


def _fit(model: str, histories: pd.DataFrame, starts: list[Array], steps: int = 2000) -> Fitted:
    """Return the best optimum over the starts, on the user's time scale."""
    x, tx, T, n = (histories[name].to_numpy() for name in ("frequency", "recency", "T", "n_customers"))
    times = times_of(model)
    scale = float(T.max()) if times else 1.0
    likelihood = objective(model, x, tx / scale, T / scale, n)
    optima = [maximise(likelihood, start, BOUNDS[model], float(n.sum()), steps) for start in starts]
    best: Optimum = max(optima, key=lambda optimum: optimum.log_likelihood)
    values = np.exp(best.log_params)
    values[times] *= scale
    covariance = None if best.covariance is None else best.covariance.tolist()
    # the density of x purchase times is per unit of time: each purchase brings one factor 1 / scale
    log_likelihood = best.log_likelihood - float((n * x).sum()) * np.log(scale)
    params = dict(zip(NAMES[model], map(float, values), strict=True))
    return Fitted(model, params, float(log_likelihood), covariance, best.at_bound, best.settled)
