"""The fitted purchase model: what it found, in numbers and in words, and what it forecasts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kpikit.clv import models, storage
from kpikit.clv.economics import check_economics, check_rate_without_horizon, continuous_rate
from kpikit.clv.formulas import Array
from kpikit.clv.histories import KEYS, codes, customers_of, distinct
from kpikit.clv.simulation import Spread, spread
from kpikit.clv.spend import Spend
from kpikit.clv.wording import CAVEATS, verdict_text
from kpikit.errors import ParameterError
from kpikit.periods import DAYS_PER_UNIT

SEED = 20260101
COLUMNS = ["customer_id", "p_alive", "expected_purchases", "expected_spend", "clv", "clv_low", "clv_high"]


@dataclass(frozen=True)
class Fit:
    """A purchase model fitted to customers' histories, with its verdict and the model that is used.

    Attributes
    ----------
    model
        The model asked for, one of :data:`kpikit.clv.MODELS`.
    fallback
        The model used in its place (``nbd`` or ``bb``; ``none`` where nothing can be forecast), or None where the one
        asked for is used. :attr:`used` names it always.
    params, log_likelihood, aic
        Of the model that is used, in ``unit``; empty and NaN where nothing could be fitted.
    asked
        ``model``, ``params``, ``log_likelihood`` and ``aic`` of the model asked for.
    verdict
        ``sound``, ``no churn signal`` or ``too little data``.
    gain
        Log-likelihood that dropout adds to NBD; None where it was not measured.
    spend
        The Gamma-Gamma fit with its own verdict, or None where no repeat buyer has a positive spend.
    """

    model: str
    fallback: str | None
    params: dict[str, float]
    log_likelihood: float
    aic: float
    n_customers: int
    n_repeat_buyers: int
    verdict: str
    unit: str
    asked: dict[str, Any]
    gain: float | None
    spend: Spend | None
    fingerprint: str
    seed: int = SEED
    as_of: str = ""
    covariance: list[list[float]] | None = field(default=None, repr=False)
    source: Any = field(default=None, repr=False, compare=False)

    @property
    def used(self) -> str:
        """Name of the model that forecasts."""
        return self.fallback or self.model

    @property
    def fitted(self) -> bool:
        """Say whether there is anything to forecast with."""
        return bool(self.params)

    @property
    def caveat(self) -> str:
        """What a reader of P(alive) must know, or nothing."""
        return CAVEATS.get(self.used, "")

    @property
    def text(self) -> str:
        """The finding in plain words."""
        spend = self.spend.text if self.spend else "No spend is modelled."
        parts = [verdict_text(self), self.caveat, spend, f"Ages are in {self.unit}s."]
        return " ".join(part for part in parts if part)

    def in_unit(self, days: float) -> float:
        """Return a number of days in the unit of the fit."""
        return days / DAYS_PER_UNIT[self.unit]

    def p_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, later: ArrayLike = 0.0) -> Array:
        """Return P(alive) ``later`` than T (0: now), 0 to 1; NaN where the model that is used knows no dropout."""
        if self.used not in models.DROPOUT or not self.fitted:
            return np.full(np.broadcast(frequency, recency, T, later).shape, np.nan)
        return models.p_alive(self.used, self.params, frequency, recency, T, later)

    def expected_purchases(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> Array:
        """Return the expected purchases in the next ``horizon`` (in :attr:`unit`, as recency and T)."""
        if not self.fitted:
            return np.full(np.broadcast(frequency, recency, T, horizon).shape, np.nan)
        return models.expected_purchases(self.used, self.params, frequency, recency, T, horizon)

    def new_customer_purchases(self, horizon: ArrayLike) -> Array:
        """Return the expected repeat purchases in the first ``horizon`` after a first purchase."""
        if not self.fitted:
            return np.full(np.shape(horizon), np.nan)
        return models.new_customer_purchases(self.used, self.params, horizon)

    def residual_purchases(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, *, annual_discount_rate: float = 0.10
    ) -> Array:
        """Return the expected purchases without horizon, discounted (DERT): what a customer still has to come.

        (0, 0, 0) is a new customer. The annual rate is above 0: undiscounted, the sum may have no end.

        Raises
        ------
        ParameterError
            When the rate is not above 0 and below 1.
        """
        check_rate_without_horizon(annual_discount_rate)
        if not self.fitted:
            return np.full(np.broadcast(frequency, recency, T).shape, np.nan)
        rate = continuous_rate(annual_discount_rate, self.unit)
        return models.residual_purchases(self.used, self.params, frequency, recency, T, rate)

    def probability_of_count(
        self,
        k: ArrayLike,
        horizon: ArrayLike,
        frequency: ArrayLike = 0.0,
        recency: ArrayLike = 0.0,
        T: ArrayLike = 0.0,
    ) -> Array:
        """Return P(exactly ``k`` purchases in the next ``horizon``), of a new customer where no history is given."""
        if not self.fitted:
            return np.full(np.broadcast(k, horizon, frequency, recency, T).shape, np.nan)
        return models.probability_of_count(self.used, self.params, k, frequency, recency, T, horizon)

    def probability_of_purchase(
        self, horizon: ArrayLike, frequency: ArrayLike = 0.0, recency: ArrayLike = 0.0, T: ArrayLike = 0.0
    ) -> Array:
        """Return P(at least one purchase in the next ``horizon``), of a new customer where no history is given."""
        return np.asarray(1 - self.probability_of_count(0, horizon, frequency, recency, T))

    def predict(
        self,
        histories: Any = None,
        *,
        horizon_days: float,
        annual_discount_rate: float = 0.10,
        margin_fraction: float = 1.0,
    ) -> pd.DataFrame:
        """Return the forecast of each customer: one row per customer, in the order given.

        Parameters
        ----------
        histories
            Ibis table or DataFrame with ``customer_id``, ``frequency``, ``recency``, ``T`` and, for the money columns,
            ``monetary_value``; None for those that were fitted. Distinct histories with ``n_customers`` give one row
            each: ``frequency``, ``recency``, ``T``, ``p_alive``, ``expected_purchases``, for ``customers.join_scores``.
        horizon_days
            Days ahead, 0 or more.
        annual_discount_rate
            0 to below 1; 0.10 is 10 % a year, converted to continuous discounting.
        margin_fraction
            Above 0, at most 1: share of the spend that is margin.

        Returns
        -------
        DataFrame
            ``customer_id``, ``p_alive`` (NaN without dropout), ``expected_purchases``, ``expected_spend`` (per
            purchase), ``clv`` (expected discounted margin), ``clv_low`` and ``clv_high`` (95 % predictive interval:
            the noise of activity, rate, dropout, purchases and spend at the fitted parameters; purchases are
            discounted by each history's expected discount, not at their own drawn dates).

        Raises
        ------
        ParameterError
            When a parameter is out of range, or a loaded model is given no histories.
        ContractError
            When the histories are not what they must be.
        """
        check_economics(horizon_days, annual_discount_rate, margin_fraction)
        if histories is not None and "n_customers" in histories.columns:
            return self._predict_distinct(distinct(histories), horizon_days)
        customers = self.customers(histories)
        index, groups = codes(customers, KEYS)
        forecast = self.forecast(groups, horizon_days, annual_discount_rate)
        interval = self.spread(groups, horizon_days, money=True)
        x, m = customers["frequency"].to_numpy(), customers["monetary_value"].to_numpy()
        nothing = np.full(len(customers), np.nan)
        spend = self.spend.expected(x, m) if self.spend else nothing
        scale = self.spend.scale(x, m) * margin_fraction if self.spend else nothing
        discount = np.asarray(forecast["discount"])
        table = {
            "customer_id": customers["customer_id"],
            "p_alive": np.asarray(forecast["p_alive"])[index],
            "expected_purchases": np.asarray(forecast["expected_purchases"])[index],
            "expected_spend": spend,
            "clv": np.asarray(forecast["discounted"])[index] * spend * margin_fraction,
            "clv_low": (interval.low * discount)[index] * scale,
            "clv_high": (interval.high * discount)[index] * scale,
        }
        return pd.DataFrame(table, columns=COLUMNS, copy=False)

    def _predict_distinct(self, groups: pd.DataFrame, horizon_days: float) -> pd.DataFrame:
        """Return what depends on the purchase history alone, per distinct history, for ``customers.join_scores``."""
        forecast = self.forecast(groups[KEYS], horizon_days)
        return groups[KEYS].assign(p_alive=forecast.p_alive, expected_purchases=forecast.expected_purchases)

    def forecast(self, groups: pd.DataFrame, horizon_days: float, annual_discount_rate: float = 0.0) -> pd.DataFrame:
        """Return ``p_alive``, ``expected_purchases``, ``discounted`` purchases and their ratio per distinct history."""
        x, tx, T = (groups[key].to_numpy() for key in KEYS)
        if not self.fitted:
            return pd.DataFrame(
                np.nan, index=groups.index, columns=["p_alive", "expected_purchases", "discounted", "discount"]
            )
        rate = continuous_rate(annual_discount_rate, self.unit)
        pair, pairs = codes(groups, ["frequency", "T"])
        state = models.active(self.used, self.params, *(pairs[name].to_numpy() for name in ("frequency", "T")))
        plain, discounted = state.discounted(self.in_unit(horizon_days), rate)
        alive = models.p_alive(self.used, self.params, x, tx, T)
        ratio = np.where(plain > 0, discounted / np.where(plain > 0, plain, 1.0), 1.0)
        return pd.DataFrame(
            {
                "p_alive": alive if self.used in models.DROPOUT else np.full(len(groups), np.nan),
                "expected_purchases": alive * plain[pair],
                "discounted": alive * discounted[pair],
                "discount": ratio[pair],
            }
        )

    def spread(self, groups: pd.DataFrame, horizon_days: float, *, money: bool) -> Spread:
        """Return the simulated interval of each distinct history: of the spend in units of its scale, or of counts."""
        if not self.fitted or (money and self.spend is None):
            return Spread(*(np.full(len(groups), np.nan) for _ in range(4)))
        alive = models.p_alive(self.used, self.params, *(groups[key].to_numpy() for key in KEYS))
        spend = self.spend if money else None
        horizon = self.in_unit(horizon_days)
        return spread(self.used, self.params, groups, alive, horizon, seed=self.seed, spend=spend)

    def customers(self, histories: Any = None) -> pd.DataFrame:
        """Return the customers to score, checked: those given, or those fitted."""
        data = self.source if histories is None else histories
        if data is None:
            raise ParameterError(
                "histories to score", got="None", fix="A loaded model keeps no customers: pass them.", where="histories"
            )
        if histories is None and "n_customers" in data.columns:
            raise ParameterError(
                "one row per customer",
                got="distinct histories with n_customers",
                fix="The model was fitted on counts: pass the customers' histories to predict.",
                where="histories",
            )
        return customers_of(data)

    def to_json(self, path: str | Path) -> Path:
        """Write parameters, unit, as_of and the fingerprint of the data, without customers; return the path."""
        content = {name: value for name, value in self.__dict__.items() if name not in ("source", "spend")}
        return storage.write(path, {**content, "spend": asdict(self.spend) if self.spend else None})
