"""The fitted purchase model: what it found, in numbers and in words, and what it forecasts."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from kpikit.clv import formulas, storage
from kpikit.clv.economics import check_economics, continuous_rate
from kpikit.clv.fitting import judge
from kpikit.clv.formulas import MODELS, Array
from kpikit.clv.histories import KEYS, codes, customers_of, distinct, repeat_spend, unit_of
from kpikit.clv.simulation import Spread, spread
from kpikit.clv.spend import Spend, fit_spend, judge_dependence
from kpikit.clv.wording import CAVEATS, verdict_text
from kpikit.errors import ParameterError, one_of
from kpikit.periods import DAYS_PER_UNIT, DAYS_PER_YEAR

SEED = 20260101
COLUMNS = ["customer_id", "p_alive", "expected_purchases", "expected_spend", "clv", "clv_low", "clv_high"]


@dataclass(frozen=True)
class Fit:
    """A purchase model fitted to customers' histories, with its verdict and the model that is used.

    Attributes
    ----------
    model
        The model asked for: ``bg_nbd``, ``mbg_nbd`` or ``nbd``.
    fallback
        The model used in its place (``nbd``; ``none`` where nothing can be forecast), or None where the one
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

    def p_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> Array:
        """Return P(alive) at T, 0 to 1; NaN where the model that is used knows no dropout."""
        if self.used not in formulas.FIRST_CHANCE:
            return np.full(np.broadcast(frequency, recency, T).shape, np.nan)
        return formulas.p_alive(self.used, self.params, frequency, recency, T)

    def expected_purchases(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, horizon: ArrayLike) -> Array:
        """Return the expected purchases in the next ``horizon`` (in :attr:`unit`, as recency and T)."""
        if not self.fitted:
            return np.full(np.broadcast(frequency, recency, T, horizon).shape, np.nan)
        return formulas.expected_purchases(self.used, self.params, frequency, recency, T, horizon)

    def new_customer_purchases(self, horizon: ArrayLike) -> Array:
        """Return the expected repeat purchases in the first ``horizon`` after a first purchase."""
        if not self.fitted:
            return np.full(np.shape(horizon), np.nan)
        return formulas.new_customer_purchases(self.used, self.params, horizon)

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
        return formulas.probability_of_count(self.used, self.params, k, frequency, recency, T, horizon)

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
        state = formulas.posterior(self.used, self.params, *(pairs[name].to_numpy() for name in ("frequency", "T")))
        plain, discounted = formulas.discounted_purchases(self.in_unit(horizon_days), rate, *state)
        alive = formulas.p_alive(self.used, self.params, x, tx, T)
        ratio = np.where(plain > 0, discounted / np.where(plain > 0, plain, 1.0), 1.0)
        return pd.DataFrame(
            {
                "p_alive": alive if self.used in formulas.FIRST_CHANCE else np.full(len(groups), np.nan),
                "expected_purchases": alive * plain[pair],
                "discounted": alive * discounted[pair],
                "discount": ratio[pair],
            }
        )

    def spread(self, groups: pd.DataFrame, horizon_days: float, *, money: bool) -> Spread:
        """Return the simulated interval of each distinct history: of the spend in units of its scale, or of counts."""
        if not self.fitted or (money and self.spend is None):
            return Spread(*(np.full(len(groups), np.nan) for _ in range(4)))
        alive = formulas.p_alive(self.used, self.params, *(groups[key].to_numpy() for key in KEYS))
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


def load(path: str | Path) -> Fit:
    """Return the model that :meth:`Fit.to_json` wrote.

    Raises
    ------
    ContractError
        When the file is not such a model.
    """
    content = storage.read(path)
    try:
        spend = content.pop("spend")
        if spend:
            spend = Spend(**{**spend, "quantiles": tuple(spend["quantiles"])})
        return Fit(spend=spend, **content)
    except (KeyError, TypeError) as error:
        raise storage.not_a_model(path, f"{type(error).__name__}: {error}") from None


def fit(histories: Any, model: str = "bg_nbd", *, unit: str = "", seed: int = SEED, as_of: str = "") -> Fit:
    """Fit a purchase model to customers' histories, and judge whether they support it.

    Parameters
    ----------
    histories
        Ibis table or DataFrame, one row per customer: ``frequency``, ``recency``, ``T``, and ``monetary_value`` for the
        spend model. Distinct histories with ``n_customers`` will do where no spend is asked for.
    model
        ``bg_nbd``, ``mbg_nbd`` or ``nbd``.
    unit
        Unit of ``recency`` and ``T``: ``day``, ``week``, ``month`` or ``year``. Empty: read from the numbers, which are
        whole days in whatever unit (:func:`kpikit.clv.histories.unit_of`); :attr:`Fit.text` says which.
    seed
        Of the sampled repeat buyers and the simulated intervals.
    as_of
        Kept with the model: the first day that was not known.

    Returns
    -------
    Fit
        Never an exception for what the data are like: the verdict says it, and a simpler model stands in.

    Raises
    ------
    ContractError
        When the table is empty, lacks a column or holds impossible histories.
    ParameterError
        When ``model`` or ``unit`` is unknown.
    """
    one_of("model", model, MODELS)
    groups = distinct(histories)
    unit = unit or unit_of(groups)
    one_of("unit", unit, DAYS_PER_UNIT)
    judged = judge(model, groups)
    counts, used = groups["n_customers"], judged.used
    found = Fit(
        model=model,
        fallback=used.model if used and used.model != model else None if used else "none",
        params=used.params if used else {},
        log_likelihood=used.log_likelihood if used else math.nan,
        aic=used.aic if used else math.nan,
        n_customers=int(counts.sum()),
        n_repeat_buyers=int(counts[groups["frequency"] > 0].sum()),
        verdict=judged.verdict,
        unit=unit,
        asked={
            "model": model,
            "params": judged.asked.params if judged.asked else {},
            "log_likelihood": judged.asked.log_likelihood if judged.asked else math.nan,
            "aic": judged.asked.aic if judged.asked else math.nan,
        },
        gain=judged.gain,
        spend=None,
        fingerprint=hashlib.sha256(np.ascontiguousarray(groups.to_numpy(dtype=float)).tobytes()).hexdigest(),
        seed=seed,
        as_of=str(as_of),
        covariance=used.covariance if used else None,
        source=histories,
    )
    repeat = repeat_spend(histories)
    spend = fit_spend(repeat, seed=seed)
    if spend is not None and repeat is not None and found.fitted:
        purchases = found.forecast(groups, DAYS_PER_YEAR)["expected_purchases"]
        spend = judge_dependence(spend, repeat, groups.assign(expected_purchases=purchases))
    return replace(found, spend=spend)
