"""What is checked in orders alone: extreme amounts, refunds, days and years without orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit.checks.grading import FAIL, PASS, REVIEW, Check
from kpikit.formatting import counted, joined, money, number
from kpikit.periods import DAYS_PER_WEEK, WEEKDAYS

if TYPE_CHECKING:
    from kpikit.sources import Data

EXTREME_TIMES, EXTREME_QUANTILE = 100, 0.999
LONGEST_GAP_DAYS, TAIL_SHARE = 60, 0.05  # before or after a longer gap, so few of the days with orders are an odd end
LONGEST_PAUSE_DAYS = 365  # no business is without an order for longer, wherever the gap lies
USUAL_ORDERS = 5  # a weekday whose median is below this may well have a day without orders
SMALLEST_SALES = 0.005  # less than half a cent is the rounding of a sum that is zero


def of_its_money_and_days(data: Data) -> Iterator[Check]:
    """Yield the checks of amounts, refunds and days."""
    yield _extremes(data)
    yield _refunds(data)
    yield _missing_days(data)


def _extremes(data: Data) -> Check:
    orders = data.orders.filter(data.orders.amount > 0)
    found = orders.aggregate(top=orders.amount.max(), usual=orders.amount.quantile(EXTREME_QUANTILE)).execute()
    top, usual = float(found["top"].iloc[0] or 0), float(found["usual"].iloc[0] or 0)
    if top > EXTREME_TIMES * usual > 0:
        seen = f"the largest order is {money(top, data.currency)}, 999 of 1,000 are below {money(usual, data.currency)}"
        return Check("orders", "amounts", REVIEW, seen, "Check it: a decimal point or a currency may be wrong.")
    return Check("orders", "amounts", PASS, f"the largest order is {money(top, data.currency)}")


def _refunds(data: Data) -> Check:
    """Judge the money by the lines: an order that a refund was summed into would hide it."""
    lines = [flag for flag in data.flags if flag.table == "orders" and flag.kind == "refunds"]
    refunds = -sum(flag.amount for flag in lines)
    sales = float(np.nan_to_num(data.orders.amount.sum().execute())) + refunds
    on = f" on {counted(sum(flag.rows for flag in lines), 'row')}" if lines else ""
    seen = f"sales {money(sales, data.currency)}, refunds {money(refunds, data.currency)}{on}"
    if sales < SMALLEST_SALES:
        return Check("orders", "refunds", FAIL, seen, "Map amount to what was paid: no amount is above zero.")
    if refunds > sales:
        return Check("orders", "refunds", FAIL, seen, "Check the sign of amount: more was given back than sold.")
    return Check("orders", "refunds", PASS, seen)


def missing_days(daily: pd.Series, holidays: tuple[date, ...] = ()) -> list[date]:
    """Return the days without orders on weekdays that usually have them: ``daily`` is orders by date.

    A weekday counts as open when its median, over the span of the data, is at least five orders.
    """
    if daily.empty:
        return []
    every = pd.date_range(min(daily.index), max(daily.index))
    filled = daily.set_axis(pd.to_datetime(daily.index)).reindex(every, fill_value=0)
    medians = filled.groupby(every.day_of_week).transform("median")
    gaps = filled.index[(filled == 0) & (medians >= USUAL_ORDERS)]
    return [gap.date() for gap in gaps if gap.date() not in holidays]


def _odd_gap(days: list[pd.Timestamp]) -> tuple[str, str] | None:
    """Return what was seen and what to ask about a long gap before or after a few days, or of more than a year."""
    few = max(1, TAIL_SHARE * len(days))
    one = timedelta(days=1)
    for after in range(1, len(days)):
        last, first = days[-after - 1], days[-after]
        gap, before = (first - last).days - 1, len(days) - after
        if gap <= LONGEST_GAP_DAYS or (min(before, after) > few and gap <= LONGEST_PAUSE_DAYS):
            continue
        seen = f"no order for {number(gap)} days ({last + one:%Y-%m-%d} to {first - one:%Y-%m-%d})"
        if after <= few:
            seen += f", then orders on {counted(after, 'day')}"
            return seen, "Are the last dates right, and is everything exported?"
        if before <= few:
            seen += f", before it orders on {counted(before, 'day')}"
            return seen, "Are the first dates right, and is everything exported?"
        return seen, "Are the dates right, and is everything exported?"
    return None


def _missing_days(data: Data) -> Check:
    orders = data.orders
    daily = orders.group_by(day=orders.ordered_at.date()).aggregate(orders=orders.count()).execute()
    series = daily.set_index("day")["orders"]
    gaps = missing_days(series, data.config.business.holidays)
    days = [pd.Timestamp(day) for day in series.index]
    span = (max(days) - min(days)).days + 1
    closed = [
        name
        for number_, name in enumerate(WEEKDAYS)
        if span >= 4 * DAYS_PER_WEEK and number_ not in {day.weekday() for day in days}
    ]
    note = f"; never an order on {joined(name.capitalize() for name in closed)}" if closed else ""
    if odd := _odd_gap(sorted(days)):
        return Check("orders", "missing days", REVIEW, *odd)
    if len(days) == 1 and series.sum() > 1:
        seen = f"every order is on one day, {days[0]:%Y-%m-%d}"
        do = "Is everything exported, and is ordered_at the day of the order?"
        return Check("orders", "missing days", REVIEW, seen, do)
    if gaps:
        seen = f"{counted(len(gaps), 'day')} without an order on weekdays that have them ({_spans(gaps)}){note}"
        return Check(
            "orders", "missing days", REVIEW, seen, "Closed, or not exported? List closings in business.holidays."
        )
    return Check("orders", "missing days", PASS, f"none among {counted(span, 'day')}{note}")


def _spans(days: list[date], limit: int = 3) -> str:
    spans: list[list[date]] = []
    for day in days:
        if spans and (day - spans[-1][1]).days <= 2:
            spans[-1][1] = day
        else:
            spans.append([day, day])
    spans.sort(key=lambda span: span[0] - span[1])
    shown = [f"{first}" if first == last else f"{first} to {last}" for first, last in sorted(spans[:limit])]
    return ", ".join(shown) + (" …" if len(spans) > limit else "")
