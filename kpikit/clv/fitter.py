"""From customers' histories to a fitted model, or to several that share what they have in common."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kpikit.clv import storage
from kpikit.clv.covariate_fitting import judge_with_covariates
from kpikit.clv.covariates import Asked, Covariates, constant_columns, parsed
from kpikit.clv.fitting import Fitted, Judged, judge
from kpikit.clv.histories import distinct, repeat_spend, require_chances, segments_of, unit_of
from kpikit.clv.model import SEED, Fit
from kpikit.clv.models import CONTINUOUS, COUNTED, MODELS, WITHOUT_DROPOUT
from kpikit.clv.season import Season, season_of
from kpikit.clv.spend import Spend, fit_spend, judge_dependence
from kpikit.errors import ParameterError, one_of
from kpikit.formatting import joined
from kpikit.periods import DAYS_PER_UNIT, DAYS_PER_YEAR, as_date
from kpikit.results import Result


def fit(
    histories: Any,
    model: str = "bg_nbd",
    *,
    unit: str = "",
    seed: int = SEED,
    as_of: str = "",
    season: Season | Result | Sequence[float] | None = None,
    covariates: Covariates = (),
) -> Fit:
    """Fit a purchase model to customers' histories, and judge whether they support it.

    Parameters
    ----------
    histories
        Ibis table or DataFrame, one row per customer: ``frequency``, ``recency``, ``T``, and ``monetary_value`` for the
        spend model. Distinct histories with ``n_customers`` will do where no spend is asked for.
    model
        ``bg_nbd``, ``mbg_nbd``, ``pareto_nbd`` or ``nbd``. Where time is counted in opportunities (``recency`` and
        ``T`` whole numbers, at most one purchase at each): ``bg_bb`` or ``bb``. For contracts, with ``frequency`` the
        renewals made of ``T``: ``sbg`` (:func:`kpikit.clv.renewal_histories`).
    unit
        Unit of ``recency`` and ``T``: ``day``, ``week``, ``month`` or ``year``. Empty: read from the numbers, which are
        whole days in whatever unit (:func:`kpikit.clv.histories.unit_of`); :attr:`Fit.text` says which. Opportunities
        do not tell how far apart they are: there it must be given.
    seed
        Of the sampled repeat buyers and the simulated intervals.
    as_of
        Kept with the model: the first day that was not known. A season needs it.
    season
        What :func:`kpikit.clv.month_effect` found, a :class:`kpikit.clv.Season` or twelve factors on the purchase rate,
        January first; None, or an effect that was refused: none. The models in calendar time only.
    covariates
        Columns of ``histories`` that are known of each customer, do not change, and go with how often customers buy and
        how soon they leave: a list for both, or ``{"purchase": […], "dropout": […]}``. Numbers, such as 0 and 1 for
        one of two channels. The models in calendar time only (:mod:`kpikit.clv.covariates`).

    Returns
    -------
    Fit
        Never an exception for what the data are like: the verdict says it, and a simpler model stands in.

    Raises
    ------
    ContractError
        When the table is empty, lacks a column or holds impossible histories.
    ParameterError
        When ``model`` or ``unit`` is unknown, or ``unit`` is needed.
    """
    one_of("model", model, MODELS)
    return fits(histories, (model,), unit=unit, seed=seed, as_of=as_of, season=season, covariates=covariates)[model]


class Fits(dict[str, Fit]):
    """Fits of the same histories by the model's name; another name is an error that lists those that are there."""

    def __missing__(self, model: str) -> Fit:
        one_of("model", model, self)
        raise KeyError(model)


def fits(
    histories: Any,
    models: tuple[str, ...] = CONTINUOUS,
    *,
    unit: str = "",
    seed: int = SEED,
    as_of: str = "",
    season: Season | Result | Sequence[float] | None = None,
    covariates: Covariates = (),
) -> Fits:
    """Fit several models to the same histories: by name, sharing the grouping, the fit without dropout and the spend.

    The parameters are those of :func:`fit`. What comes back is what :func:`kpikit.clv.compare` and
    :func:`kpikit.clv.holdout` take, so that nothing is fitted twice.
    """
    for model in models:
        one_of("models", model, MODELS)
    chosen, asked = season_of(season), parsed(covariates)
    groups = distinct(histories, asked.columns)
    if set(models) & set(COUNTED):
        _in_calendar_time(chosen, asked)
        require_chances(groups, models, unit)
    unit = unit or unit_of(groups)
    one_of("unit", unit, DAYS_PER_UNIT)
    repeat = repeat_spend(histories)
    spend = fit_spend(repeat, seed=seed)
    fingerprint = hashlib.sha256(np.ascontiguousarray(groups.to_numpy(dtype=float)).tobytes()).hexdigest()
    facts = {"unit": unit, "seed": seed, "as_of": str(as_of), "fingerprint": fingerprint, "source": histories}
    seen = groups if chosen is None else _in_season(groups, chosen, unit, as_of)
    constant = constant_columns(groups, asked)
    asked = asked.without(constant)
    facts |= {"season": chosen, "left_out": constant}
    without: dict[str, Fitted] = {}
    found = {}
    for model in models:
        simple = WITHOUT_DROPOUT.get(model, model)
        plain = not asked.columns
        judged = judge(model, seen, without.get(simple)) if plain else judge_with_covariates(model, seen, asked)
        if judged.without is not None:
            without[simple] = judged.without
        found[model] = _fit_of(model, judged, groups, facts)
    return Fits((model, replace(one, spend=_spend_of(one, spend, repeat, groups))) for model, one in found.items())


def fits_by(
    histories: pd.DataFrame, by: Any, model: str = "mbg_nbd", *, unit: str = "", seed: int = SEED, as_of: str = ""
) -> Fits:
    """Fit one model to each segment, such as a cohort or a channel: by the segment's name, each with its own verdict.

    Parameters
    ----------
    histories
        DataFrame as in :func:`fit`, one row per customer.
    by
        Segment of each customer: a Series by ``customer_id``, a list in the order of the rows, or the name of a column.
    model, unit, seed, as_of
        As in :func:`fit`; the unit is the same for all segments.

    Returns
    -------
    Fits
        A :class:`Fit` per segment, sorted by name; customers without a segment are ``unknown``. A segment that is too
        small has the verdict "too little data", not the numbers of others.

    Raises
    ------
    ContractError
        When ``by`` has not one segment for each customer.
    """
    one_of("model", model, MODELS)
    values = histories[by].to_numpy() if isinstance(by, str) and by in histories.columns else by
    part, names = segments_of(histories, values)
    unit = unit or ("" if model in COUNTED else unit_of(distinct(histories)))
    facts = {"unit": unit, "seed": seed, "as_of": as_of}
    rows = {str(name): histories[part == i].reset_index(drop=True) for i, name in enumerate(names)}
    return Fits((name, fit(one, model, **facts)) for name, one in rows.items())  # type: ignore[arg-type]  # each its own


def _in_calendar_time(season: Season | None, covariates: Asked) -> None:
    """Raise where a model that counts opportunities is asked for a season or covariates."""
    for name, given in (("season", season is not None), ("covariates", bool(covariates.columns))):
        if given:
            expected = f"a model in calendar time: {joined(CONTINUOUS)}"
            raise ParameterError(expected, got="one that counts opportunities", fix=f"Leave out {name}.", where=name)


def _in_season(groups: pd.DataFrame, season: Season, unit: str, as_of: str) -> pd.DataFrame:
    """Return distinct histories with their ages in season time."""
    if not as_of:
        fix = "Pass as_of, the first day that the histories do not know."
        raise ParameterError("the day that the ages end at", got="none", fix=fix, where="as_of")
    length, end = DAYS_PER_UNIT[unit], as_date(as_of).toordinal()
    recency, T = season.ages(groups["recency"].to_numpy() * length, groups["T"].to_numpy() * length, end)
    return groups.assign(recency=recency / length, T=T / length)


def _fit_of(model: str, judged: Judged, groups: pd.DataFrame, facts: dict[str, Any]) -> Fit:
    counts, used, asked = groups["n_customers"], judged.used, judged.asked
    return Fit(
        model=model,
        fallback=used.model if used and used.model != model else None if used else "none",
        params=used.params if used else {},
        log_likelihood=used.log_likelihood if used else math.nan,
        aic=used.aic if used else math.nan,
        n_customers=round(counts.sum()),
        n_repeat_buyers=round(counts[groups["frequency"] > 0].sum()),
        verdict=judged.verdict,
        asked={
            "model": model,
            "params": asked.params if asked else {},
            "log_likelihood": asked.log_likelihood if asked else math.nan,
            "aic": asked.aic if asked else math.nan,
        },
        gain=judged.gain,
        spend=None,
        covariance=used.covariance if used else None,
        coefficients=used.coefficients if used else {},
        **facts,
    )


def _spend_of(found: Fit, spend: Spend | None, repeat: pd.DataFrame | None, groups: pd.DataFrame) -> Spend | None:
    """Return the spend model with its verdict on dependence, which needs the purchases that are expected."""
    if spend is None or repeat is None or not found.fitted:
        return spend
    purchases = found.forecast(groups, DAYS_PER_YEAR)["expected_purchases"]
    return judge_dependence(spend, repeat, groups.assign(expected_purchases=purchases))


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
        season = content.pop("season", None)
        return Fit(spend=spend, season=Season(**season) if season else None, **content)
    except (KeyError, TypeError) as error:
        raise storage.not_a_model(path, f"{type(error).__name__}: {error}") from None
