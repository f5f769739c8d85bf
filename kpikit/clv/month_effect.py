"""How the purchase rate goes with the month: estimated where two years or more are known, else refused in words."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from kpikit.clv.calibration import tracking
from kpikit.clv.fitter import Fits, fits
from kpikit.clv.formulas import Array
from kpikit.clv.histories import require_columns
from kpikit.clv.model import Fit
from kpikit.clv.models import CONTINUOUS
from kpikit.clv.season import MONTH_DAYS, Season, month_numbers, season_of
from kpikit.errors import ParameterError
from kpikit.formatting import counted, joined, number, percent
from kpikit.periods import DAYS_PER_YEAR, MONTHS_PER_YEAR, as_date
from kpikit.results import Result

FEWEST_YEARS = 2
FEWEST_PURCHASES = 20  # in each month of the year: fewer make a factor of chance
LEVEL = 0.95
ROUNDS = 50  # of the two-way fit; it converges in some ten
PAIR = ("expected", "actual")
COLUMNS = ["month", "factor", "low", "high", "purchases", "expected"]
GIVEN, ESTIMATED = "given", "estimated"
TOO_SHORT, TOO_FEW, NO_SEASON = "too short", "too few", "no clear season"


def month_effect(
    found: Fit,
    daily: pd.DataFrame,
    *,
    as_of: Any,
    given: Sequence[float] = (),
    horizon_days: float = 0.0,
) -> Result:
    """Estimate twelve factors on the purchase rate, or say why the data cannot tell them: one row per month.

    Repeat purchases of each month are held against those that a model without season expects of the same customers in
    the same days, which takes out how many customers there are and how long they have been. The ratio is a level for
    each twelve months before ``as_of`` times a factor for the month of the year, fitted as Poisson counts whose
    dispersion comes from how the years differ. One year has nothing to differ from: its months' ratios hold the season
    and whatever else happened, and no factor is made of them. Nothing on or after ``as_of`` is read.

    Parameters
    ----------
    found
        A fit without season or covariates to what was known at ``as_of``: what is expected of each month comes from it.
    daily
        ``day``, ``first_purchases``, ``repeat_purchases``: ``customers.daily_purchases(orders, known_before=as_of,
        as_of=as_of)``.
    as_of
        First day that is not known.
    given
        Twelve factors of your own, January first, each above 0; they are rescaled to a mean of 1 and used in place of
        an estimate. Empty: none.
    horizon_days
        Days ahead of which the text says how far a forecast without season may miss; 0: none.

    Returns
    -------
    Result
        ``.table``: ``month`` (its name), ``factor``, ``low``, ``high`` (95 %; NaN where there is none), ``purchases``
        and ``expected`` (without season; NaN of months that were never seen). ``.facts``: ``factors`` (None where
        refused), ``source`` (``given``, ``estimated`` or empty), ``verdict``. :func:`kpikit.clv.in_season` and
        ``clv.fit(…, season=…)`` take the result.

    Raises
    ------
    ParameterError
        When the factors given are not twelve numbers above 0, or the model counts opportunities, has a season or
        covariates.
    """
    cutoff, own = as_date(as_of), season_of(tuple(given)) if len(given) else None
    _check(found)
    months = _months(found, daily, cutoff)
    if own is not None:
        return _result(GIVEN, own, months, None, _given_text(own))
    if not found.fitted:
        return _result(TOO_FEW, None, months, None, f"No season is estimated. {found.text}")
    missed = _missed(months, cutoff, horizon_days)
    years = (cutoff - months.first_day).days / DAYS_PER_YEAR
    if years < FEWEST_YEARS - 1e-2:  # two years of 365 days are two years
        return _result(TOO_SHORT, None, months, None, f"{_short_text(months, years)}{missed}")
    fewest = int(months.by_month("actual").min())
    if fewest < FEWEST_PURCHASES:
        why = f"its poorest month has {counted(fewest, 'repeat purchase')}, below {FEWEST_PURCHASES}"
        return _result(TOO_FEW, None, months, None, f"No season is estimated: {why}.{missed}")
    factors, sd, p_value = _two_way(months)
    if p_value > 1 - LEVEL:
        text = f"No clear season: months differ no more within a year than between years (p = {number(p_value, 2)})."
        return _result(NO_SEASON, None, months, None, f"{text} Forecasts know none.{missed}")
    season = Season(tuple(factors), ESTIMATED)
    return _result(ESTIMATED, season, months, sd, _text(season, years))


def in_season(found: Fits, season: Season | Result | Sequence[float] | None, *, as_of: Any) -> Fits:
    """Return the fits made again with a season, in its time; as they are where there is none.

    Parameters
    ----------
    found
        What :func:`kpikit.clv.fits` returned.
    season
        :func:`month_effect`'s result, a :class:`Season` or twelve factors.
    as_of
        First day that the fitted histories do not know.
    """
    chosen = season_of(season)
    if chosen is None:
        return found
    one = next(iter(found.values()))
    return fits(one.source, tuple(found), unit=one.unit, seed=one.seed, as_of=str(as_date(as_of)), season=chosen)


@dataclass(frozen=True)
class _Months:
    """Repeat purchases, expected and actual: ``days`` one row per day, ``cells`` one row per month of each year."""

    first_day: date
    days: pd.DataFrame
    cells: pd.DataFrame

    def by_month(self, column: str) -> Array:
        """Return the sum over the years of each month; 0 of a month that is not known."""
        return np.bincount(self.cells["month"], self.cells[column], MONTHS_PER_YEAR)


def _check(found: Fit) -> None:
    what = (
        "a season already" if found.season else "covariates" if found.coefficients
        else f"model {found.model}" if found.model not in CONTINUOUS else ""
    )  # fmt: skip
    if what:
        fix = "Pass a plain fit, such as clv.fit(histories, 'mbg_nbd')."
        raise ParameterError("a model in calendar time without season or covariates", got=what, fix=fix, where="found")


def _months(found: Fit, daily: pd.DataFrame, cutoff: date) -> _Months:
    require_columns(daily, ["day", "first_purchases", "repeat_purchases"])
    known = daily[pd.to_datetime(daily["day"]) < pd.Timestamp(cutoff)]
    days = tracking(found, known, as_of=cutoff, until=cutoff, step_days=1).table
    ordinal = np.array([day.toordinal() for day in days["day"]])
    month = month_numbers(ordinal)
    block = ((cutoff.toordinal() - 1 - ordinal) // DAYS_PER_YEAR).astype(int)
    days = pd.DataFrame(
        {"ordinal": ordinal, "month": month, "block": block, "year": days["day"].dt.year,
         "expected": days["expected_step"], "actual": days["actual_step"]}
    )  # fmt: skip
    cells = days.groupby(["block", "year", "month"], as_index=False)[["expected", "actual"]].sum()
    first_day = date.fromordinal(int(ordinal[0]))
    return _Months(first_day, days, cells[cells["expected"] > 0].reset_index(drop=True))


def _two_way(months: _Months) -> tuple[Array, Array, float]:
    """Return the factors, the standard errors of their logarithms, and the p-value of no season at all."""
    cells = months.cells
    month, block = cells["month"].to_numpy(), cells["block"].to_numpy()
    expected, actual = cells["expected"].to_numpy(), cells["actual"].to_numpy()
    factor = np.ones(MONTHS_PER_YEAR)
    for _ in range(ROUNDS):  # each step is the maximum of the likelihood in one of the two
        level = np.bincount(block, actual) / np.bincount(block, expected * factor[month])
        factor = np.bincount(month, actual) / np.bincount(month, expected * level[block])
    flat = expected * (np.bincount(block, actual) / np.bincount(block, expected))[block]
    fitted = expected * level[block] * factor[month]
    freedom = len(cells) - MONTHS_PER_YEAR - len(level) + 1
    dispersion = max(_deviance(actual, fitted) / freedom, 1.0)
    gain = (_deviance(actual, flat) - _deviance(actual, fitted)) / (MONTHS_PER_YEAR - 1) / dispersion
    p_value = float(stats.f.sf(gain, MONTHS_PER_YEAR - 1, freedom))
    half = stats.t.ppf((1 + LEVEL) / 2, freedom)
    return factor, half * np.sqrt(dispersion / np.bincount(month, actual)), p_value


def _deviance(actual: Array, fitted: Array) -> float:
    ratio = np.where(actual > 0, actual, 1.0) / np.where(actual > 0, fitted, 1.0)
    return float(2 * (actual * np.log(ratio) - (actual - fitted)).sum())


def _result(verdict: str, season: Season | None, months: _Months, half: Array | None, text: str) -> Result:
    nothing = np.full(MONTHS_PER_YEAR, np.nan)
    factor = np.array(season.factors) if season else nothing
    half = nothing if half is None else half
    seen = np.bincount(months.cells["month"], minlength=MONTHS_PER_YEAR) > 0  # else not known, which is not 0
    table = pd.DataFrame(
        {
            "month": month_name[1:],
            "factor": factor,
            "low": factor * np.exp(-half),
            "high": factor * np.exp(half),
            "purchases": np.where(seen, months.by_month("actual"), np.nan),
            "expected": np.where(seen, months.by_month("expected"), np.nan),
        }
    )
    titles = {
        GIVEN: "The season is the one that was given",
        ESTIMATED: "The purchase rate goes with the month of the year",
        TOO_SHORT: "The season cannot be told from so short a history",
        TOO_FEW: "The season cannot be told from so few purchases",
        NO_SEASON: "No clear season",
    }
    facts = {
        "factors": list(season.factors) if season else None,
        "source": season.source if season else "",
        "verdict": verdict,
    }
    return Result("clv-months", "table", titles[verdict], text, table=table[COLUMNS], facts=facts)


def _named(factors: Sequence[float]) -> str:
    order = np.argsort(factors)
    low, high = ((month_name[place + 1], number(factors[place], 2)) for place in (order[0], order[-1]))
    return f"{high[0]} has {high[1]} times the purchases of an average month day for day, {low[0]} {low[1]} times"


HOW = (
    "Ages and days ahead are counted in season time, a day of a strong month for more than a day; who leaves, and the "
    "discount, are taken to go at the same pace."
)


def _given_text(season: Season) -> str:
    return f"The factors of the months were given, not estimated: {_named(season.factors)}. {HOW}"


def _text(season: Season, years: float) -> str:
    return f"{_named(season.factors)}, by {number(years, 1)} years of purchases before the forecast. {HOW}"


def _short_text(months: _Months, years: float) -> str:
    text = (
        f"The history is {number(years, 1)} years long: one year cannot tell the season from growth, an offer or "
        "chance, and the forecast knows no season."
    )
    seen = months.by_month("expected") >= FEWEST_PURCHASES
    if seen.any():
        ratio = months.by_month("actual")[seen] / months.by_month("expected")[seen] - 1
        text += f" Its months came out between {_off(ratio.min())} and {_off(ratio.max())} what the model expected."
    return text


def _off(ratio: float) -> str:
    return f"{percent(abs(ratio), 0)} {'below' if ratio < 0 else 'above'}"


def _missed(months: _Months, cutoff: date, horizon_days: float) -> str:
    """Say how far a forecast of so many days may miss: months ahead that were never seen, and windows of the past."""
    if not horizon_days >= 1:
        return ""
    length, days = int(horizon_days), months.days
    ahead = month_numbers(cutoff.toordinal() + np.arange(length))
    known = np.bincount(days["month"], minlength=MONTHS_PER_YEAR) >= MONTH_DAYS / 2
    unseen = ~known[ahead]
    text = ""
    if unseen.any():
        names = joined([month_name[place + 1] for place in dict.fromkeys(ahead[unseen].tolist())])
        text += f" {number(unseen.sum())} of the {counted(length, 'day')} ahead lie in months never seen ({names})."
    expected, actual = (np.convolve(days[name], np.ones(min(length, len(days))), "valid") for name in PAIR)
    enough = expected >= FEWEST_PURCHASES
    if len(days) >= 2 * length and enough.any():  # fewer spans all lie over one another, and the fit makes them alike
        ratio = actual[enough] / expected[enough] - 1
        return (
            f"{text} Spans of {counted(length, 'day')} in the past came out between {_off(ratio.min())} and "
            f"{_off(ratio.max())} the same model, which had seen them: a forecast may miss by as much, and by more."
        )
    return f"{text} The past is not twice as long as the days ahead: by how much a season may move them is not known."
