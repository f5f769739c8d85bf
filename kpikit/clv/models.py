"""The purchase models behind one interface: what each is called, and what it says of a customer.

A model says two things of a history (frequency, recency, T): the odds that the customer has left, and what is known of
a customer who has not (a *state*, which depends on frequency and T alone). Every forecast follows from these two.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit

from kpikit.clv import formulas, opportunities, pareto
from kpikit.clv.formulas import Array, Params
from kpikit.clv.likelihood import Objective, purchase_objective

CONTINUOUS = ("bg_nbd", "mbg_nbd", "pareto_nbd", "nbd")
COUNTED = ("bg_bb", "bb", "sbg")  # time is counted in opportunities
MODELS = (*CONTINUOUS, *COUNTED)
TITLES = {
    "bg_nbd": "BG/NBD",
    "mbg_nbd": "MBG/NBD",
    "pareto_nbd": "Pareto/NBD",
    "nbd": "NBD",
    "bg_bb": "BG/BB",
    "bb": "beta-binomial",
    "sbg": "sBG",
}
NAMES: dict[str, tuple[str, ...]] = {
    **formulas.NAMES,
    "pareto_nbd": ("r", "alpha", "s", "beta"),
    **opportunities.NAMES,
}
WITHOUT_DROPOUT = {"bg_nbd": "nbd", "mbg_nbd": "nbd", "pareto_nbd": "nbd", "bg_bb": "bb"}  # what stands in
DROPOUT = (*WITHOUT_DROPOUT, "sbg")
TIMES = ("alpha", "beta")  # of the continuous models: parameters that are in the unit of time


class State(Protocol):
    """What is known of customers who are active now: arrays with one entry per customer."""

    def take(self, rows: Any) -> State:
        """Return the state of some of the customers."""

    def survives(self, t: ArrayLike) -> Array:
        """Return the probability of being active for ``t`` more."""

    def purchases(self, t: ArrayLike) -> Array:
        """Return the expected purchases in the next ``t``."""

    def discounted(self, horizon: float, rate: float) -> tuple[Array, Array]:
        """Return the expected purchases until ``horizon``, plain and discounted at ``rate`` per unit."""

    def forever(self, rate: float) -> Array:
        """Return the expected purchases without horizon, discounted at ``rate`` per unit, which is above 0."""

    def probability(self, k: Array, t: Array) -> Array:
        """Return P(exactly k purchases in the next ``t``)."""

    def draws(self, rng: np.random.Generator, n: int, t: float) -> Array:
        """Return simulated purchases in the next ``t``: one row per customer, ``n`` columns."""


def log_odds_left(model: str, params: Params, x: Array, tx: Array, T: Array) -> Array:
    """Return the log odds that a customer has left by T: −inf where that cannot be."""
    if model == "pareto_nbd":
        return pareto.log_odds_left(params, x, tx, T)
    if model in COUNTED:
        return opportunities.log_odds_left(model, params, x, tx, T)
    return formulas.log_odds_left(model, params, x, tx, T)


def active(model: str, params: Params, x: Array, T: Array) -> State:
    """Return what is known of customers who are active at T after x repeat purchases."""
    x, T = np.asarray(x, dtype=float), np.asarray(T, dtype=float)
    if model == "pareto_nbd":
        return pareto.ParetoState(params["r"] + x, params["alpha"] + T, params["s"], params["beta"] + T)
    if model in COUNTED:
        return opportunities.active(model, params, x, T)
    return formulas.BuyingState(*formulas.posterior(model, params, x, T))


def objective(model: str, x: Array, tx: Array, T: Array, n: Array) -> Objective:
    """Return the weighted log-likelihood and its gradient in the logarithms of the parameters."""
    if model == "pareto_nbd":
        return pareto.pareto_objective(x, tx, T, n)
    if model in COUNTED:
        return opportunities.counting_objective(model, x, tx, T, n)
    return purchase_objective(model, x, tx, T, n)


def times_of(model: str) -> list[int]:
    """Return the places of the parameters that are in the unit of time."""
    return [] if model in COUNTED else [i for i, name in enumerate(NAMES[model]) if name in TIMES]


def age_step(model: str, params: Params, T: Array, step: float) -> Array:
    """Return the class of each age within which the posteriors' rates differ by less than ``step``."""
    if model in COUNTED:
        return T
    scale = np.minimum.reduce([params[name] for name in NAMES[model] if name in TIMES])
    return np.asarray(np.floor(np.log(scale + T) / step))


def p_alive(
    model: str, params: Params, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, later: ArrayLike = 0.0
) -> Array:
    """Return the probability that each customer is still active ``later`` than T, 0 to 1 (1 without dropout)."""
    x, tx, age, ahead = _together(frequency, recency, T, later)
    alive = expit(-log_odds_left(model, params, x, tx, age))
    if (ahead > 0).any():
        alive = alive * active(model, params, x, age).survives(ahead)
    return np.asarray(alive).reshape(np.broadcast_shapes(*map(np.shape, (frequency, recency, T, later))))


def expected_purchases(
    model: str, params: Params, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizon: ArrayLike
) -> Array:
    """Return the expected purchases of each customer in the next ``horizon`` (in the unit of recency and T).

    >>> cdnow = {"r": 0.24259, "alpha": 4.41360, "a": 0.79292, "b": 2.42591}
    >>> float(expected_purchases("bg_nbd", cdnow, 2, 30.43, 38.86, 39).round(4))
    1.2259
    """
    x, tx, age, t = _together(frequency, recency, T, horizon)
    found = p_alive(model, params, x, tx, age) * active(model, params, x, age).purchases(t)
    return np.asarray(found).reshape(np.broadcast_shapes(*map(np.shape, (frequency, recency, T, horizon))))


def new_customer_purchases(model: str, params: Params, horizon: ArrayLike) -> Array:
    """Return the expected repeat purchases of a customer in the first ``horizon`` after the first purchase."""
    return expected_purchases(model, params, 0.0, 0.0, 0.0, horizon)


def residual_purchases(
    model: str, params: Params, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, rate: float
) -> Array:
    """Return the expected purchases without horizon, discounted at ``rate`` per unit of time (DERT)."""
    x, tx, age = _together(frequency, recency, T)
    found = p_alive(model, params, x, tx, age) * active(model, params, x, age).forever(rate)
    return np.asarray(found).reshape(np.broadcast_shapes(*map(np.shape, (frequency, recency, T))))


def probability_of_count(
    model: str, params: Params, k: ArrayLike, x: ArrayLike, tx: ArrayLike, T: ArrayLike, horizon: ArrayLike
) -> Array:
    """Return P(exactly k purchases in the next ``horizon``); (0, 0, 0) is a new customer.

    Those who have left make none; the others as many as their state says.
    """
    counts, frequency, recency, age, t = _together(k, x, tx, T, horizon)
    alive = p_alive(model, params, frequency, recency, age)
    found = alive * active(model, params, frequency, age).probability(counts, t) + (1 - alive) * (counts == 0)
    found = np.clip(found, 0.0, 1.0)  # a rule's rounding may pass 1
    return np.asarray(found).reshape(np.broadcast_shapes(*map(np.shape, (k, x, tx, T, horizon))))


def _together(*values: ArrayLike) -> list[Array]:
    """Return the values broadcast against one another, in one dimension, as numbers."""
    arrays = np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values))
    return [np.ravel(array) for array in arrays]
