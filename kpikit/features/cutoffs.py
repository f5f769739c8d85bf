"""Cutoffs: the days before which everything is a feature, and from which on everything is outcome."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.errors import ParameterError
from kpikit.periods import EPOCH, as_date
from kpikit.timeline import period_start

KEYS = ("customer_id", "cutoff")


def days_of(cutoffs: Any) -> list[int]:
    """Return cutoffs as sorted numbers of days since 1970-01-01; one date, or several.

    Raises
    ------
    ParameterError
        When there is none, one stands twice, or one is no date.
    """
    several = isinstance(cutoffs, Iterable) and not isinstance(cutoffs, str)
    days = sorted((as_date(one, name="cutoffs") - EPOCH).days for one in (cutoffs if several else [cutoffs]))
    if not days or len(set(days)) < len(days):
        got = "none" if not days else "one that stands twice"
        raise ParameterError("one or more different cutoffs", got=got, fix="Pass ['2026-03-31'].", where="cutoffs")
    return days


def at_each(rows: ir.Table, cutoffs: list[int]) -> ir.Table:
    """Return rows once for each cutoff (``at``, a number of days)."""
    return rows.mutate(at=ibis.array([ibis.literal(day, type="int64") for day in cutoffs]).unnest())


def dated(table: ir.Table) -> ir.Table:
    """Return a table with ``cutoff`` (a date) in place of ``at``, customer and cutoff first, in their order."""
    rest = [name for name in table.columns if name not in ("customer_id", "at")]
    shown = table.select("customer_id", *rest, cutoff=period_start(table["at"], "day"))
    return shown.select(*KEYS, *rest).order_by(["cutoff", "customer_id"])


def as_day(day: int) -> date:
    """Return the date of a number of days."""
    return date.fromordinal(EPOCH.toordinal() + day)


def days_of_horizon(horizon_days: int) -> int:
    """Return ``horizon_days``, checked: a whole number of 1 or more."""
    if isinstance(horizon_days, bool) or int(horizon_days) != horizon_days or horizon_days < 1:
        raise ParameterError("1 whole day or more", got=str(horizon_days), fix="Pass 90.", where="horizon_days")
    return int(horizon_days)


def known_by(as_of: Any, cutoffs: list[int], horizon_days: int, grace_days: int = 0) -> None:
    """Raise unless every label is known before ``as_of``: cutoff + horizon (+ grace) ≤ ``as_of``."""
    end = (as_date(as_of) - EPOCH).days
    late = [day for day in cutoffs if day + horizon_days + grace_days > end]
    if late:
        latest = as_day(end - horizon_days - grace_days)
        raise ParameterError(
            f"each cutoff + {horizon_days + grace_days} days no later than as_of ({as_date(as_of)})",
            got=f"labels after as_of for the cutoff {as_day(late[-1])}",
            fix=f"Take cutoffs up to {latest}, or a shorter horizon.",
            where="cutoffs",
        )
