"""Horizon, discount rate and margin: checked, and converted from a year to the unit of a model."""

from __future__ import annotations

import math
import warnings

from kpikit.errors import ParameterError
from kpikit.formatting import percent
from kpikit.periods import DAYS_PER_UNIT, DAYS_PER_YEAR

HIGH_RATE = 0.5  # a year: above it somebody probably meant something else


def continuous_rate(annual_discount_rate: float, unit: str) -> float:
    """Return the continuous discount rate per unit of time: 10 % a year is ln 1.1 a year, however long the unit.

    >>> round(continuous_rate(0.10, "year"), 4), round(continuous_rate(0.10, "month") * 12, 4)
    (0.0953, 0.0953)
    """
    return math.log1p(annual_discount_rate) * DAYS_PER_UNIT[unit] / DAYS_PER_YEAR


def check_rate_without_horizon(annual_discount_rate: float) -> None:
    """Raise unless the discount rate is above 0: without horizon an undiscounted sum may have no end."""
    if not 0 < annual_discount_rate < 1:
        raise ParameterError(
            "a rate above 0 and below 1",
            got=str(annual_discount_rate),
            fix="Write 10 % a year as 0.10; for undiscounted purchases pass a horizon.",
            where="annual_discount_rate",
        )
    _doubt(annual_discount_rate)


def _doubt(annual_discount_rate: float) -> None:
    if annual_discount_rate > HIGH_RATE:
        warnings.warn(
            f"annual_discount_rate {annual_discount_rate:g} means {percent(annual_discount_rate, 0)} a year: write "
            "10 % as 0.10.",
            UserWarning,
            stacklevel=4,
        )


def check_economics(horizon_days: float, annual_discount_rate: float, margin_fraction: float) -> None:
    """Raise unless the horizon, the discount rate and the margin can be meant; warn of a rate above 50 % a year."""
    facts = (
        ("horizon_days", horizon_days, "0 or more days", 0 <= horizon_days < math.inf, "Pass days, for example 365."),
        (
            "annual_discount_rate",
            annual_discount_rate,
            "a rate from 0 to below 1",
            0 <= annual_discount_rate < 1,
            "Write 10 % a year as 0.10.",
        ),
        (
            "margin_fraction",
            margin_fraction,
            "a share above 0, at most 1",
            0 < margin_fraction <= 1,
            "Write a margin of 42 % as 0.42.",
        ),
    )
    for name, value, expected, valid, fix in facts:
        if not valid:
            raise ParameterError(expected, got=str(value), fix=fix, where=name)
    _doubt(annual_discount_rate)
