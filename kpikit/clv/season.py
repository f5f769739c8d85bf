"""The calendar in a purchase model: a day of a strong month counts for more than a day.

A customer buys at rate λ s(day), with s the factor of the day's month. Counted in *season time*, the sum of s over the
days, the same customer buys at rate λ: histories whose ages are in season time follow the model as it stands, and a
horizon is as long as the sum of its days' factors. For BG/NBD, MBG/NBD and NBD, whose customers leave at a purchase, if
at all, this is exact. Pareto/NBD's customers leave by the calendar, which is taken to run at the season's pace as well;
so is the discount. Over whole years neither makes a difference, since the factors' mean is 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from kpikit.clv.formulas import Array
from kpikit.errors import ParameterError
from kpikit.periods import EPOCH, MEAN_MONTH_DAYS, MONTHS_PER_YEAR
from kpikit.results import Result

MONTH_DAYS = np.array(MEAN_MONTH_DAYS)
NUMPY_EPOCH = EPOCH.toordinal()  # numpy counts days from here
FIX = "Pass twelve numbers, January first, each above 0: 1.4 where a month has 1.4 times the purchases of the average."


@dataclass(frozen=True)
class Season:
    """Twelve factors on the purchase rate, January first, rescaled to a mean of 1 over the days of a year.

    ``source`` is ``given`` or ``estimated``.

    Raises
    ------
    ParameterError
        When there are not twelve numbers, each above 0.

    >>> round(Season((1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3)).factors[-1], 3)
    2.565
    """

    factors: tuple[float, ...]
    source: str = "given"

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", _rescaled(self.factors))

    def days(self, start: ArrayLike, end: ArrayLike) -> Array:
        """Return the length of spans in season days, from ``start`` to before ``end`` (ordinals; parts of days too)."""
        start, end = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
        low = math.floor(min(start.min(initial=np.inf), end.min(initial=np.inf)))
        high = math.ceil(max(start.max(initial=-np.inf), end.max(initial=-np.inf)))
        each = np.array(self.factors)[month_numbers(np.arange(low, high))]
        edges, passed = np.arange(low, high + 1), np.concatenate([[0.0], np.cumsum(each)])
        return np.asarray(np.interp(end, edges, passed) - np.interp(start, edges, passed))

    def ages(self, recency: ArrayLike, T: ArrayLike, end: int) -> tuple[Array, Array]:
        """Return recency and T, given in days, in season days; ``end`` is the first day that is not known."""
        start = end - np.asarray(T, dtype=float)
        lived = self.days(start, end)
        return np.minimum(self.days(start, start + np.asarray(recency, dtype=float)), lived), lived


def month_numbers(ordinals: Array) -> Array:
    """Return the month of each day: 0 is January."""
    months = (np.asarray(ordinals) - NUMPY_EPOCH).astype("datetime64[D]").astype("datetime64[M]")
    return np.asarray(months.astype(int) % MONTHS_PER_YEAR)


def season_of(shown: Season | Result | Sequence[float] | None) -> Season | None:
    """Return the season that was given, or that :func:`kpikit.clv.month_effect` found; None where it found none."""
    if isinstance(shown, Result):
        if "factors" not in shown.facts:
            fix = "Pass kpikit.clv.month_effect(…)."
            raise ParameterError("a month effect", got=shown.name, fix=fix, where="season")
        return Season(tuple(shown.facts["factors"]), shown.facts["source"]) if shown.facts["factors"] else None
    return shown if shown is None or isinstance(shown, Season) else Season(tuple(shown))


def _rescaled(factors: Any) -> tuple[float, ...]:
    try:
        values = np.array(factors, dtype=float)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != (MONTHS_PER_YEAR,) or not (np.isfinite(values).all() and (values > 0).all()):
        got = f"{list(factors)}" if isinstance(factors, (list, tuple)) else repr(factors)
        raise ParameterError("twelve factors, each above 0", got=got, fix=FIX, where="season")
    return tuple((values / (values @ MONTH_DAYS / MONTH_DAYS.sum())).tolist())
