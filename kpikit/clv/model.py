"""The fitted purchase model: what it found, in numbers and in words, and what it forecasts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kpikit.clv import models, storage
from kpikit.clv.covariates import columns_of, own_params
from kpikit.clv.economics import check_economics, check_rate_without_horizon, continuous_rate
from kpikit.clv.formulas import Array, Params
from kpikit.clv.histories import KEYS, codes, customers_of, distinct
from kpikit.clv.season import Season
from kpikit.clv.simulation import Spread, spread
from kpikit.clv.spend import Spend
from kpikit.clv.wording import CAVEATS, covariates_text, season_text, verdict_text
from kpikit.errors import ParameterError
from kpikit.periods import DAYS_PER_UNIT, as_date

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
    season
        Month factors in whose time ``params`` are (:mod:`kpikit.clv.season`), or None. Ages and horizons that go in are
        calendar time all the same; the horizon begins at ``as_of``.
    coefficients
        Of the covariates, by ``purchase:column`` and ``dropout:column`` (:mod:`kpikit.clv.covariates`); empty without.
        ``covariance`` holds them after the logarithms of ``params``, which are those of a customer with all at 0.
    left_out
        Covariates that are the same for all customers, of which nothing can be learned.
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
    season: Season | None = None
    coefficients: dict[str, float] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
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
        parts = [verdict_text(self), covariates_text(self), season_text(self), self.caveat, spend]
        parts.append(f"Ages are in {self.unit}s.")
        return " ".join(part for part in parts if part)

    @property
    def keys(self) -> list[str]:
        """Columns that tell one history from another: frequency, recency and T, and the covariates."""
        return [*KEYS, *columns_of(self.coefficients)]

    def in_unit(self, days: float) -> float:
        """Return a number of days in the unit of the fit."""
        return days / DAYS_PER_UNIT[self.unit]

    def ages(self, recency: ArrayLike, T: ArrayLike) -> tuple[Array, Array]:
        """Return recency and T as the model counts them: in season time where it has a season."""
        tx, age = np.asarray(recency, dtype=float), np.asarray(T, dtype=float)
        if self.season is None:
            return tx, age
        length, end = DAYS_PER_UNIT[self.unit], as_date(self.as_of).toordinal()
        last, lived = self.season.ages(tx * length, age * length, end)
        return last / length, lived / length

    def ahead(self, horizon: ArrayLike) -> Array:
        """Return times from ``as_of`` on, in :attr:`unit`, as the model counts them."""
        if self.season is None:
            return np.asarray(horizon, dtype=float)
        length = DAYS_PER_UNIT[self.unit]
        start = as_date(self.as_of).toordinal()
        return self.season.days(start, start + np.asarray(horizon, dtype=float) * length) / length

    def own(self, groups: pd.DataFrame) -> Params:
        """Return the parameters of each row: those of the fit, or with covariates an array where they tell."""
        return own_params(self.params, self.coefficients, groups)

    def _same_for_all(self) -> None:
        if self.coefficients:
            raise ParameterError(
                "a fit without covariates",
                got=f"covariates {columns_of(self.coefficients)}",
                fix="Each customer has parameters of their own: use Fit.predict, or clv.base_total.",
                where="fit",
            )

    def p_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, later: ArrayLike = 0.0) -> Array:
        """Return P(alive) ``later`` than T (0: now), 0 to 1; NaN where the model that is used knows no dropout."""
        if self.used not in models.DROPOUT or not self.fitted:
            return np.full(np.broadcast(frequency, recency, T, later).shape, np.nan)
        self._same_for_all()
        return models.p_alive(self.used, self.params, frequency, *self.ages(recency, T), self.ahead(later))

    def expected_purchases(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> Array:
        """Return the expected purchases in the next ``horizon`` (in :attr:`unit`, as recency and T)."""
        if not self.fitted:
            return np.full(np.broadcast(frequency, recency, T, horizon).shape, np.nan)
        self._same_for_all()
        ages, ahead = self.ages(recency, T), self.ahead(horizon)
        return models.expected_purchases(self.used, self.params, frequency, *ages, ahead)

    def new_customer_purchases(self, horizon: ArrayLike) -> Array:
        """Return the expected repeat purchases in the first ``horizon`` after a first purchase."""
        if not self.fitted:
            return np.full(np.shape(horizon), np.nan)
        self._same_for_all()
        return models.new_customer_purchases(self.used, self.params, self.ahead(horizon))

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
        self._same_for_all()
        rate = continuous_rate(annual_discount_rate, self.unit)
        return models.residual_purchases(self.used, self.params, frequency, *self.ages(recency, T), rate)

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
        self._same_for_all()
        ages, ahead = self.ages(recency, T), self.ahead(horizon)
        return models.probability_of_count(self.used, self.params, k, frequency, *ages, ahead)

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
            self._same_for_all()
            return self._predict_distinct(distinct(histories), horizon_days)
        customers = self.customers(histories)
        index, groups = codes(customers, self.keys)
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
        if not self.fitted:
            return pd.DataFrame(
                np.nan, index=groups.index, columns=["p_alive", "expected_purchases", "discounted", "discount"]
            )
        rate = continuous_rate(annual_discount_rate, self.unit)
        pair, pairs = codes(groups, [key for key in self.keys if key != "recency"])
        _, age = self.ages(0.0, pairs["T"])
        state = models.active(self.used, self.own(pairs), pairs["frequency"].to_numpy(), age)
        plain, discounted = state.discounted(float(self.ahead(self.in_unit(horizon_days))), rate)
        alive = self._alive(groups)
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
        spend = self.spend if money else None
        horizon = float(self.ahead(self.in_unit(horizon_days)))
        aged = groups.assign(T=self.ages(groups["recency"], groups["T"])[1])
        return spread(self.used, self.own(groups), aged, self._alive(groups), horizon, seed=self.seed, spend=spend)

    def _alive(self, groups: pd.DataFrame) -> Array:
        """Return P(alive) of each row now, 1 where the model knows no dropout."""
        ages = self.ages(groups["recency"], groups["T"])
        return models.p_alive(self.used, self.own(groups), groups["frequency"].to_numpy(), *ages)

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
        return customers_of(data, columns_of(self.coefficients))

    def to_json(self, path: str | Path) -> Path:
        """Write parameters, unit, as_of and the fingerprint of the data, without customers; return the path."""
        content = {name: value for name, value in self.__dict__.items() if name not in ("source", "spend", "season")}
        parts = {
            name: asdict(part) if part else None for name, part in (("spend", self.spend), ("season", self.season))
        }
        return storage.write(path, {**content, **parts})
