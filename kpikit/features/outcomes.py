"""What customers did in horizons that are over: what earlier forecasts are judged by."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import log1p
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.customers import occasions
from kpikit.errors import ParameterError
from kpikit.periods import DAYS_PER_YEAR, EPOCH, as_date
from kpikit.timeline import count_if, one_if


def purchases_after(
    orders: Any, *, windows: Sequence[tuple[Any, Any]], as_of: Any, annual_discount_rate: float = 0.0
) -> ir.Table:
    """Return what customers bought in horizons that are over: one row per order → per horizon and purchases before it.

    What :meth:`kpikit.clv.Fit.predict` forecasts, counted: of customers with a purchase before the horizon, the days
    with an order in it.

    Parameters
    ----------
    orders
        Ibis table or DataFrame with ``customer_id``, ``ordered_at`` (local) and ``amount``.
    windows
        Horizons: first day, and first day after. May be empty.
    as_of
        First day that is not known: no horizon may end after it.
    annual_discount_rate
        0 to below 1, converted to continuous discounting; the first day of a horizon is one day away.

    Returns
    -------
    Table
        ``opens`` and ``ends`` (dates), ``frequency`` (days with an order before the horizon, less one), ``customers``
        (int), ``purchases`` (int; 0 where none), ``spend`` (net amount of those days), ``discounted_spend``.

    Raises
    ------
    ParameterError
        When a horizon has no day or ends after ``as_of``, or the rate is out of range.
    """
    if not 0 <= annual_discount_rate < 1:
        raise ParameterError(
            "a rate from 0 to below 1", got=str(annual_discount_rate), fix="Write 10 % a year as 0.10.",
            where="annual_discount_rate",
        )  # fmt: skip
    end = as_date(as_of)
    spans = spans_by(windows, end)
    daily = occasions(as_table("orders", orders), end)
    daily_rate = log1p(annual_discount_rate) / DAYS_PER_YEAR
    parts = [_bought(daily, opens, ends, daily_rate) for opens, ends in spans or [(end, end)]]
    found = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return (found if spans else found.limit(0)).order_by(["opens", "ends", "frequency"])


def lost_after(
    orders: Any, *, windows: Sequence[tuple[Any, Any]], as_of: Any, active_days: int | None = None
) -> ir.Table:
    """Return how many customers were lost in horizons that are over: one row per order → one row per horizon.

    Parameters
    ----------
    orders, windows, as_of
        As in :func:`purchases_after`.
    active_days
        Customers are those whose last order is so many days before the horizon at most, as in :func:`snapshots`; None:
        all with an order before it.

    Returns
    -------
    Table
        ``opens`` and ``ends`` (dates), ``customers`` (int), ``lost`` (int: no order on any day of the horizon). A
        refund is no order.

    Raises
    ------
    ParameterError
        When a horizon has no day or ends after ``as_of``, or ``active_days`` is below 1.
    """
    if active_days is not None and active_days < 1:
        raise ParameterError("1 day or more", got=str(active_days), fix="Pass 365.", where="active_days")
    end = as_date(as_of)
    spans = spans_by(windows, end)
    daily = occasions(as_table("orders", orders), end)
    parts = [_lost(daily, opens, ends, active_days) for opens, ends in spans or [(end, end)]]
    found = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return (found if spans else found.limit(0)).order_by(["opens", "ends"])


def spans_by(windows: Sequence[tuple[Any, Any]], end: date) -> list[tuple[date, date]]:
    """Return horizons as dates; raise unless each has a day and ends by ``end``."""
    spans = [(as_date(opens, name="windows"), as_date(ends, name="windows")) for opens, ends in windows]
    wrong = next((span for span in spans if not span[0] < span[1] <= end), None)
    if wrong:
        raise ParameterError(
            f"horizons of a day or more that end by as_of ({end})", got=f"{wrong[0]} to {wrong[1]}",
            fix="Leave out what is not over.", where="windows",
        )  # fmt: skip
    return spans


def _bought(daily: ir.Table, opens: date, ends: date, daily_rate: float) -> ir.Table:
    first, after = ((day - EPOCH).days for day in (opens, ends))
    known = daily.filter(daily.day < after)
    is_later = known.day >= first
    paid = is_later.ifelse(known.net.cast("float64"), 0.0)
    weight = ((first - 1 - known.day).cast("float64") * daily_rate).exp()
    each = known.group_by("customer_id").aggregate(
        before=one_if(~is_later).sum(), purchases=one_if(is_later).sum(), spend=paid.sum(),
        discounted=(paid * weight).sum(),
    )  # fmt: skip
    each = each.filter(each.before > 0)
    sums = each.group_by(frequency=(each.before - 1).cast("int64")).aggregate(
        customers=each.count(), purchases=each.purchases.sum(), spend=each.spend.sum(),
        discounted_spend=each.discounted.sum(),
    )  # fmt: skip
    return sums.select(
        opens=ibis.literal(opens), ends=ibis.literal(ends), frequency=sums.frequency,
        customers=sums.customers.cast("int64"), purchases=sums.purchases.cast("int64"), spend=sums.spend,
        discounted_spend=sums.discounted_spend,
    )  # fmt: skip


def _lost(daily: ir.Table, opens: date, ends: date, active_days: int | None) -> ir.Table:
    first, after = ((day - EPOCH).days for day in (opens, ends))
    known = daily.filter(daily.day < after)
    is_later = known.day >= first
    each = known.group_by("customer_id").aggregate(
        last=known.day.max(where=~is_later), purchases=one_if(is_later).sum()
    )
    each = each.filter(each["last"].notnull())
    if active_days is not None:
        each = each.filter(each["last"] >= first - active_days)
    sums = each.aggregate(customers=each.count(), lost=count_if(each.purchases == 0))
    return sums.select(
        opens=ibis.literal(opens), ends=ibis.literal(ends), customers=sums.customers.cast("int64"), lost=sums.lost
    )
