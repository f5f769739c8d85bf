"""Spend per purchase: the Gamma-Gamma model on repeat buyers, with a verdict and a fallback that is still true.

References
----------
Fader, Hardie and Lee (2005), "RFM and CLV", Journal of Marketing Research 42; Hardie's note 25 (formulas).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.clv.fitting import MIN_REPEAT_BUYERS, SOUND, START_ROWS, TOO_LITTLE, quiet_lifetimes
from kpikit.clv.histories import ranks
from kpikit.clv.likelihood import Bounds, maximise, spend_objective
from kpikit.formatting import number, percent

Array = NDArray[Any]
NO_MEAN, DEPENDS = "spend has no mean", "spend depends on frequency"
MAX_SAMPLE = 100_000  # repeat buyers: above it a seeded sample, whose parameters are good to about 1 %
MAX_EFFECT = 0.10  # change of the whole base's value that makes the dependence matter
BOUNDS: Bounds = [(-6.0, 12.0), (-6.0, 12.0), (-14.0, 16.0)]
STARTS = ((2.0, 3.0, 2.0), (6.0, 4.0, 0.5), (1.0, 1.2, 0.5), (20.0, 2.0, 0.1))
QUANTILES = 201


@dataclass(frozen=True)
class Spend:
    """A Gamma-Gamma fit: an occasion's spend varies around a customer's own mean, and the means among customers.

    ``params`` holds ``p``, ``q``, ``gamma`` (empty where nothing could be fitted). ``slope`` is what the prior mean
    gains per log(1 + frequency), used only under the verdict "spend depends on frequency". ``quantiles`` are those of
    the observed customers' means: what stands in where the model has no mean.
    """

    verdict: str
    params: dict[str, float]
    log_likelihood: float
    n_customers: int
    n_fitted: int
    n_set_aside: int
    observed_mean: float
    correlation: float
    quantiles: tuple[float, ...]
    covariance: list[list[float]] | None = None
    effect: float | None = None
    intercept: float = 0.0
    slope: float = 0.0

    @property
    def modelled(self) -> bool:
        """Say whether Gamma-Gamma is used for prediction, rather than the observed means."""
        return self.verdict in (SOUND, DEPENDS)

    @property
    def population_mean(self) -> float:
        """Mean spend per occasion of a customer of whom nothing is known."""
        if not self.modelled:
            return self.observed_mean
        return self.params["gamma"] * self.params["p"] / (self.params["q"] - 1)

    def scale(self, frequency: Array, monetary_value: Array) -> Array:
        """Return γ + x m̄ of each customer: the posterior's scale, which is all that differs at equal frequency.

        A customer whose mean is unknown or not positive (refunds) is taken at the mean expected of the others.
        """
        if not self.modelled:
            return np.ones(np.shape(frequency))
        prior = self.prior_mean(frequency)
        own = np.where(np.nan_to_num(monetary_value) > 0, monetary_value, prior)
        return np.asarray(prior * (self.params["q"] - 1) / self.params["p"] + frequency * own)

    def prior_mean(self, frequency: Array) -> Array:
        """Return the mean spend expected at a frequency alone: the population's, unless spend depends on frequency."""
        if self.verdict != DEPENDS:
            return np.full(np.shape(frequency), self.population_mean)
        return self.line(frequency)

    def line(self, frequency: Array) -> Array:
        """Return the mean spend on the line of log(1 + frequency), never below a tenth of the population's mean."""
        line = self.intercept + self.slope * np.log1p(frequency)
        return np.asarray(np.maximum(line, self.population_mean / 10))

    def expected(self, frequency: Array, monetary_value: Array) -> Array:
        """Return the expected spend per future occasion of each customer."""
        if not self.modelled:
            return np.full(np.shape(frequency), self.observed_mean)
        p, q = self.params["p"], self.params["q"]
        return np.asarray(p * self.scale(frequency, monetary_value) / (p * frequency + q - 1))

    @property
    def text(self) -> str:
        """The finding in plain words."""
        if self.verdict == TOO_LITTLE:
            return (
                f"Only {number(self.n_customers)} repeat buyers have a positive mean spend: too little data for a "
                f"spend model. Their plain mean of {number(self.observed_mean, 2)} stands for everyone."
            )
        if self.verdict == NO_MEAN:
            return (
                f"Spend has no mean: its tail is so heavy that the Gamma-Gamma model's mean is infinite "
                f"(q = {number(self.params['q'], 2)}). The observed mean of {number(self.observed_mean, 2)} per "
                "purchase stands for everyone; a few large customers decide it."
            )
        start = (
            f"A purchase is worth {number(self.population_mean, 2)} on average over customers (Gamma-Gamma on "
            f"{number(self.n_fitted)} repeat buyers). Spend and frequency correlate at {number(self.correlation, 2)}, "
            f"which moves the base's value by {percent(abs(self.effect or 0.0))}: "
        )
        if self.verdict == DEPENDS:
            return start + "too much to call them independent, so the expected spend follows the frequency."
        return start + "they are treated as independent, as the model asks."


def fit_spend(repeat: pd.DataFrame | None, *, seed: int) -> Spend | None:
    """Return the spend model of repeat buyers (columns ``frequency``, ``monetary_value``); None where none is given.

    The verdict on dependence needs the purchase model: see :func:`judge_dependence`.
    """
    if repeat is None or repeat.empty:
        return None
    positive = repeat[repeat["monetary_value"] > 0]
    aside = len(repeat) - len(positive)
    if positive.empty:
        return None
    sample = positive.sample(MAX_SAMPLE, random_state=seed) if len(positive) > MAX_SAMPLE else positive
    x, m = sample["frequency"].to_numpy(dtype=float), sample["monetary_value"].to_numpy(dtype=float)
    every_x, every_m = positive["frequency"].to_numpy(dtype=float), positive["monetary_value"].to_numpy(dtype=float)
    quantiles = tuple(float(value) for value in np.quantile(m, np.linspace(0, 1, QUANTILES)))
    varies = np.std(every_x) > 0 and np.std(every_m) > 0
    together = np.mean((every_x - every_x.mean()) * (every_m - every_m.mean()))
    facts: dict[str, Any] = {
        "n_customers": len(positive),
        "n_fitted": len(sample),
        "n_set_aside": aside,
        "observed_mean": float((every_x * every_m).sum() / every_x.sum()),
        "correlation": float(together / (np.std(every_x) * np.std(every_m))) if varies else 0.0,
        "quantiles": quantiles,
    }
    if len(positive) < MIN_REPEAT_BUYERS or np.std(every_m) == 0:
        return Spend(TOO_LITTLE, {}, float("nan"), **facts)
    scale = float(np.mean(m))
    objective = spend_objective(x, m / scale)
    thin = slice(None, None, max(1, len(x) // START_ROWS))
    start = _lifetimes_start(x[thin], m[thin] / scale)
    best = maximise(objective, start, BOUNDS, len(x)) if start is not None else None
    if best is None or best.at_bound or best.covariance is None:
        others = [maximise(objective, np.log(values), BOUNDS, len(x)) for values in STARTS]
        best = max([*others, *([best] if best else [])], key=lambda optimum: optimum.log_likelihood)
    p, q, gamma = (float(value) for value in np.exp(best.log_params))
    return Spend(
        SOUND if q > 1 else NO_MEAN,
        {"p": p, "q": q, "gamma": gamma * scale},
        best.log_likelihood - len(x) * float(np.log(scale)),
        covariance=None if best.covariance is None else best.covariance.tolist(),
        **facts,
    )


def judge_dependence(spend: Spend, repeat: pd.DataFrame, histories: pd.DataFrame) -> Spend:
    """Return the spend model with its verdict on dependence, by what dependence does to the value of the base.

    The rival lets a customer's prior mean follow the line of spend on log(1 + frequency). ``histories`` has one row
    per distinct history: ``frequency``, ``n_customers`` and the ``expected_purchases`` of one such customer in a year.
    """
    if spend.verdict != SOUND:
        return spend
    positive = repeat[repeat["monetary_value"] > 0]
    x, m = positive["frequency"].to_numpy(dtype=float), positive["monetary_value"].to_numpy(dtype=float)
    p, q = spend.params["p"], spend.params["q"]
    index, bought = ranks(x)
    if len(bought) == 1:
        return replace(spend, effect=0.0)
    n = np.bincount(index)
    means = np.bincount(index, m) / n
    own = p * bought / (p * bought + q - 1)  # weight of the customer's own mean, and its precision among customers
    slope, intercept = np.polyfit(np.log1p(bought), means, 1, w=np.sqrt(n * own))
    rival = replace(spend, slope=float(slope), intercept=float(intercept))

    coming = histories["n_customers"] * histories["expected_purchases"]
    weight = coming.groupby(histories["frequency"]).sum()
    levels = weight.index.to_numpy(dtype=float)
    mean = pd.Series(means, bought).reindex(levels).to_numpy()
    share = p * levels / (p * levels + q - 1) * np.isfinite(mean)
    seen = share * np.nan_to_num(mean)
    independent = weight.to_numpy() @ (seen + (1 - share) * spend.population_mean)
    dependent = weight.to_numpy() @ (seen + (1 - share) * rival.line(levels))
    effect = float(dependent / independent - 1) if independent > 0 else 0.0
    if abs(effect) > MAX_EFFECT:
        return replace(rival, verdict=DEPENDS, effect=effect)
    return replace(spend, effect=effect)


def _lifetimes_start(x: Array, m: Array) -> Array | None:
    """Return where lifetimes' Gamma-Gamma fitter ends, as logarithms; None where it raises."""
    try:
        with quiet_lifetimes():
            from lifetimes import GammaGammaFitter

            fitter = GammaGammaFitter()
            fitter.fit(x, m)
            point = np.log(fitter.params_[["p", "q", "v"]].to_numpy(dtype=float))
    except (ValueError, ArithmeticError, np.linalg.LinAlgError):
        return None
    return point if np.all(np.isfinite(point)) else None
