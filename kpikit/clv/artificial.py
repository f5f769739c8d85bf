"""Customers who follow a model exactly: what a fit, a forecast and an interval can be held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kpikit.clv.formulas import Array
from kpikit.clv.models import COUNTED, MODELS, NAMES
from kpikit.errors import ParameterError, one_of

TINY = 1e-300
Drawn = tuple[Array, Array, Array, Array]  # frequency, recency, is_active, purchases ahead


def simulate(
    model: str, params: Mapping[str, Any], T: ArrayLike, *, horizon: float = 0.0, seed: int = 1
) -> pd.DataFrame:
    """Return histories of customers drawn from a model, and what they did next: one row per customer.

    Parameters
    ----------
    model
        One of :data:`kpikit.clv.MODELS`.
    params
        Its parameters, each above 0, in the unit of ``T``: a number, or one for each customer.
    T
        Age of each customer (opportunities so far, for ``bg_bb``, ``bb`` and ``sbg``), 0 or more.
    horizon
        How long to follow them after T, in the unit of ``T``.
    seed
        Of the random numbers.

    Returns
    -------
    DataFrame
        ``customer_id``, ``frequency``, ``recency``, ``T``, ``is_active`` (at T) and ``purchases`` (in the horizon).

    Raises
    ------
    ParameterError
        When the model is unknown, a parameter is missing or not above 0, or an age is not 0 or more.

    >>> simulate("nbd", {"r": 0.5, "alpha": 5.0}, [10.0, 20.0]).columns.tolist()
    ['customer_id', 'frequency', 'recency', 'T', 'is_active', 'purchases']
    """
    one_of("model", model, MODELS)
    ages = np.ravel(np.asarray(T, dtype=float))
    values = {name: np.asarray(params.get(name, 0), dtype=float) for name in NAMES[model]}
    if not all(((one > 0) & (one < np.inf)).all() and one.shape in ((), ages.shape) for one in values.values()):
        raise ParameterError(f"{', '.join(NAMES[model])}, each above 0", got=str(dict(params)), where="params")
    if not (np.isfinite(ages).all() and (ages >= 0).all() and 0 <= horizon < np.inf):
        raise ParameterError("ages and a horizon of 0 or more", got=str(T), where="T")
    if model in COUNTED:
        ages, horizon = np.rint(ages), float(np.rint(horizon))
    rng = np.random.default_rng(seed)
    draw = _counted if model in COUNTED else _pareto if model == "pareto_nbd" else _buying
    x, tx, active, ahead = draw(rng, model, params, ages, horizon)
    return pd.DataFrame(
        {
            "customer_id": np.arange(len(ages)),
            "frequency": x.astype(int),
            "recency": tx,
            "T": ages,
            "is_active": active,
            "purchases": ahead.astype(int),
        }
    )


def _buying(rng: np.random.Generator, model: str, params: Mapping[str, Any], T: Array, horizon: float) -> Drawn:
    """Draw a Poisson count, and the purchase at which the customer leaves; times are uniform given the count."""
    n = len(T)
    rate = rng.gamma(params["r"], 1 / params["alpha"], n)
    last = np.full(n, np.inf)  # the repeat purchase at which the customer leaves; 0 is the first purchase
    if model != "nbd":
        last = _geometric(rng, rng.beta(params["a"], params["b"], n)) - (model == "mbg_nbd")
    count = rng.poisson(rate * T).astype(float)
    x, active = np.minimum(count, last), count < last
    # time of the x-th of `count` uniform times
    place = rng.beta(np.maximum(x, 1), np.maximum(count - x, 0) + 1)
    tx = np.where(x > 0, T * place, 0.0)
    ahead = np.where(active, np.minimum(rng.poisson(rate * horizon), last - x), 0.0)
    return x, tx, active, ahead


def _pareto(rng: np.random.Generator, _: str, params: Mapping[str, Any], T: Array, horizon: float) -> Drawn:
    n = len(T)
    rate = rng.gamma(params["r"], 1 / params["alpha"], n)
    stay = rng.standard_exponential(n) / np.maximum(rng.gamma(params["s"], 1 / params["beta"], n), TINY)
    seen = np.minimum(stay, T)
    x = rng.poisson(rate * seen).astype(float)
    tx = np.where(x > 0, seen * rng.beta(np.maximum(x, 1), 1), 0.0)
    ahead = rng.poisson(rate * np.clip(stay - T, 0, horizon)).astype(float)
    return x, tx, stay > T, ahead


def _counted(rng: np.random.Generator, model: str, params: Mapping[str, Any], T: Array, horizon: float) -> Drawn:
    n = len(T)
    buys, stays = np.ones(n), np.full(n, np.inf)
    if model != "sbg":
        buys = rng.beta(params["alpha"], params["beta"], n)
    leaving = {"bg_bb": ("gamma", "delta"), "sbg": ("alpha", "beta")}.get(model)
    if leaving:
        stays = _geometric(rng, rng.beta(params[leaving[0]], params[leaving[1]], n)) - 1
    x, tx, ahead = np.zeros(n), np.zeros(n), np.zeros(n)
    for chance in range(1, int(T.max(initial=0) + horizon) + 1):
        bought = (chance <= stays) & (rng.random(n) < buys)
        x += bought & (chance <= T)
        tx = np.where(bought & (chance <= T), chance, tx)
        ahead += bought & (chance > T) & (chance <= T + horizon)
    return x, tx, stays >= T, ahead


def _geometric(rng: np.random.Generator, p: Array) -> Array:
    """Return 1, 2, … : the trial at which something of probability p first happens."""
    hazard = -np.log1p(-np.clip(p, TINY, 1 - 1e-16))
    return np.asarray(1 + np.floor(rng.standard_exponential(len(p)) / hazard))
