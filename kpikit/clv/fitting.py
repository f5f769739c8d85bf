"""Fitting the purchase models: lifetimes first, then the optimum, the NBD beside it, and a verdict in plain words."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from kpikit.clv.formulas import NAMES
from kpikit.clv.likelihood import Array, Bounds, Optimum, maximise, purchase_objective

SOUND, NO_CHURN, TOO_LITTLE = "sound", "no churn signal", "too little data"
MIN_REPEAT_BUYERS = 20  # below this, four parameters describe the noise
MIN_DISTINCT = 5
MIN_GAIN = 2.0  # log-likelihood that dropout must add to NBD before anyone is said to have left

# Logarithms, with time scaled to a largest T of 1. Beyond these the likelihood is flat to less than its own noise.
RATE_BOUNDS: Bounds = [(-12.0, 10.0), (-18.0, 18.0)]
DROPOUT_BOUNDS: Bounds = [(-14.0, 7.0), (-14.0, 7.0)]
START_ROWS = 4_000  # distinct histories that lifetimes sees: its end point is a start, all rows decide the optimum
DROPOUT_STARTS = ((0.8, 2.5), (0.1, 1.0), (2.0, 8.0), (0.01, 0.1))


@dataclass(frozen=True)
class Fitted:
    """One model fitted to histories: parameters and log-likelihood on the user's time scale.

    ``covariance`` belongs to the logarithms of the parameters; None where it is not known.
    """

    model: str
    params: dict[str, float]
    log_likelihood: float
    covariance: list[list[float]] | None
    at_bound: bool = False

    @property
    def aic(self) -> float:
        """Akaike's criterion: smaller is better."""
        return 2 * len(self.params) - 2 * self.log_likelihood


@dataclass(frozen=True)
class Judged:
    """The verdict, the model asked for (None where it could not be fitted) and the one to use (None: nothing)."""

    verdict: str
    asked: Fitted | None
    used: Fitted | None
    gain: float | None


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
    histories = every_nth(histories, START_ROWS)
    try:
        with quiet_lifetimes():
            from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter

            fitter = {"bg_nbd": BetaGeoFitter, "mbg_nbd": ModifiedBetaGeoFitter}[model]()
            columns = (histories[name].to_numpy() for name in ("frequency", "recency", "T"))
            fitter.fit(*columns, weights=histories["n_customers"].to_numpy())
            point = np.log(fitter.params_[list(NAMES[model])].to_numpy(dtype=float))
    except (ValueError, ArithmeticError, np.linalg.LinAlgError):  # ConvergenceError is a ValueError
        return None
    point[1] -= np.log(scale)
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


def fit_dropout(model: str, histories: pd.DataFrame, nbd: Fitted) -> Fitted:
    """Return BG/NBD or MBG/NBD at its optimum: from lifetimes' end point, and from other starts where that is poor."""
    scale = float(histories["T"].max())
    start = lifetimes_start(model, histories, scale)
    if start is not None:
        found = _fit(model, histories, [start])
        clear = found.log_likelihood - nbd.log_likelihood >= MIN_GAIN
        if clear and not found.at_bound and found.covariance is not None:
            return found
    without = np.log([nbd.params["r"], nbd.params["alpha"] / scale])
    starts = [np.concatenate([without, np.log(pair)]) for pair in DROPOUT_STARTS]
    return _fit(model, histories, starts if start is None else [start, *starts])


def judge(model: str, histories: pd.DataFrame) -> Judged:
    """Return the fit that distinct histories support, and the verdict on the one that was asked for.

    The verdict does not depend on the unit of time: scaled time enters the likelihood, and the gain over NBD is a
    difference of two log-likelihoods on the same scale.
    """
    x, T, n = (histories[name].to_numpy() for name in ("frequency", "T", "n_customers"))
    if n[x > 0].sum() < MIN_REPEAT_BUYERS or len(histories) < MIN_DISTINCT:
        exposure = float(n @ T)
        return Judged(TOO_LITTLE, None, _pooled(float(n @ x), exposure) if exposure > 0 else None, None)
    nbd = fit_nbd(histories)
    if model == "nbd":
        return Judged(SOUND, nbd, nbd, None)
    asked = fit_dropout(model, histories, nbd)
    gain = asked.log_likelihood - nbd.log_likelihood
    return Judged(SOUND, asked, asked, gain) if gain >= MIN_GAIN else Judged(NO_CHURN, asked, nbd, gain)


def _pooled(purchases: float, exposure: float) -> Fitted:
    """Return the one rate that little data support, spread as widely as an exponential: NBD with r = 1.

    Half a purchase is added (Jeffreys), so that no purchase so far is not a promise of none.
    """
    params = {"r": 1.0, "alpha": exposure / (purchases + 0.5)}
    return Fitted("nbd", params, float("nan"), None)


def _fit(model: str, histories: pd.DataFrame, starts: list[Array]) -> Fitted:
    """Return the best optimum over the starts, on the user's time scale."""
    x, tx, T, n = (histories[name].to_numpy() for name in ("frequency", "recency", "T", "n_customers"))
    scale = float(T.max())
    objective = purchase_objective(model, x, tx / scale, T / scale, n)
    bounds = RATE_BOUNDS if model == "nbd" else RATE_BOUNDS + DROPOUT_BOUNDS
    optima = [maximise(objective, start, bounds, float(n.sum())) for start in starts]
    best: Optimum = max(optima, key=lambda optimum: optimum.log_likelihood)
    values = np.exp(best.log_params)
    values[1] *= scale
    covariance = None if best.covariance is None else best.covariance.tolist()
    # the density of x purchase times is per unit of time: each purchase brings one factor 1 / scale
    log_likelihood = best.log_likelihood - float((n * x).sum()) * np.log(scale)
    params = dict(zip(NAMES[model], map(float, values), strict=True))
    return Fitted(model, params, float(log_likelihood), covariance, best.at_bound)
