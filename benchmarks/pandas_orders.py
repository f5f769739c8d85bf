"""The KPIs of orders, as someone who knows pandas writes them; see ``pandas_kpis`` for those of the other tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks.pandas_shop import (
    CELL,
    Shop,
    begins,
    complement,
    days,
    family,
    held_until,
    joined,
    months,
    months_of,
    stayed,
    sums,
)

SECONDS_PER_DAY = 86_400
KEPT_DAYS, REPEAT_DAYS, MOST_DAYS_LATE = 90, 90, 30
YEARS, DISCOUNT = 3.0, np.log(1.10)


@family("orders")
def revenue(shop: Shop) -> pd.DataFrame:
    return sums(shop.orders, shop.orders.amount)


@family("orders")
def orders(shop: Shop) -> pd.DataFrame:
    return sums(shop.bought, 1)


@family("orders")
def active_customers(shop: Shop) -> pd.DataFrame:
    return sums(shop.bought[["customer", *CELL]].drop_duplicates(), 1)


@family("orders")
def new_customers(shop: Shop) -> pd.DataFrame:
    return sums(shop.first, 1)


@family("orders")
def average_order_value(shop: Shop) -> pd.DataFrame:
    return sums(shop.orders, shop.orders.amount, shop.orders.is_order)


@family("orders")
def revenue_per_customer(shop: Shop) -> pd.DataFrame:
    return joined(shop.found["revenue"], shop.found["active_customers"])


@family("orders")
def purchases_per_active_customer(shop: Shop) -> pd.DataFrame:
    return joined(shop.found["orders"], shop.found["active_customers"])


@family("orders")
def retention_rate(shop: Shop) -> pd.DataFrame:
    seen = shop.bought[["customer", *CELL]].drop_duplicates()
    again = seen[["customer", "month"]].assign(back=True).drop_duplicates()
    start = seen.assign(month=seen.month + 1)
    both = start[start.month <= months_of(shop.end)].merge(again, on=["customer", "month"], how="left")
    return sums(both, both.back.notna(), 1)


@family("orders")
def churn_rate(shop: Shop) -> pd.DataFrame:
    return complement(shop.found["retention_rate"])


@family("orders")
def repeat_purchase_rate(shop: Shop) -> pd.DataFrame:
    old = shop.first[shop.first.day + REPEAT_DAYS < shop.end]
    since = shop.bought.day - shop.bought.customer.map(shop.first.set_index("customer").day)
    back = shop.bought.customer[(since > 0) & (since <= REPEAT_DAYS)].unique()
    return sums(old, old.customer.isin(back), 1)


@family("orders")
def purchase_frequency(shop: Shop) -> pd.DataFrame:
    visits = shop.since_first[shop.since_first.is_order].drop_duplicates(["customer", "day"])
    return joined(sums(visits, 1), shop.lived.rename(columns={"years": "numerator"}))


@family("orders")
def clv_simple(shop: Shop) -> pd.DataFrame:
    worth = (1 - np.exp(-DISCOUNT * YEARS)) / DISCOUNT
    spent = sums(shop.since_first, shop.since_first.amount * worth)
    return joined(spent, shop.lived.rename(columns={"years": "numerator"}))


@family("orders")
def inactivity_churn(shop: Shop) -> pd.DataFrame:
    visits = shop.bought.sort_values(["customer", "day"])[["customer", "day", "segment"]]
    visits = visits.drop_duplicates(["customer", "day"])
    until = held_until(visits, visits.day + KEPT_DAYS, shop.end)
    kept = stayed(visits.assign(since=visits.day, until=until), shop.end)
    return complement(kept[begins(kept.month) >= shop.bought.day.min() + KEPT_DAYS])


@family("orders")
def on_time_delivery(shop: Shop) -> pd.DataFrame:
    return sums(shop.due, shop.due.in_time, 1)


@family("orders")
def perfect_order(shop: Shop) -> pd.DataFrame:
    due = shop.due
    known = due.delivered_at.isna() | (due.is_complete.notna() & due.is_intact.notna())
    perfect = due.in_time & due.is_complete.fillna(False).astype(bool) & due.is_intact.fillna(False).astype(bool)
    return sums(due[known], perfect[known], 1)


@family("orders")
def days_late(shop: Shop) -> pd.DataFrame:
    late = shop.due[~shop.due.in_time & (days(shop.due.promised_at) + MOST_DAYS_LATE < shop.end)]
    waited = (late.delivered_at - late.promised_at).dt.total_seconds() / SECONDS_PER_DAY - late.whole_day
    return sums(late, waited.fillna(MOST_DAYS_LATE).clip(upper=MOST_DAYS_LATE), 1)


def delivered(shop: Shop, flag: str) -> pd.DataFrame:
    here = shop.bought[shop.bought.delivered_at.notna() & shop.bought[flag].notna()]
    return sums(here.assign(month=months(here.delivered_at)), here[flag].astype(bool), 1)


@family("orders")
def in_full(shop: Shop) -> pd.DataFrame:
    return delivered(shop, "is_complete")


@family("orders")
def intact(shop: Shop) -> pd.DataFrame:
    return delivered(shop, "is_intact")


@family("orders")
def preferred_payment_offered(shop: Shop) -> pd.DataFrame:
    known = shop.bought[shop.bought.preferred_method_offered.notna()]
    return sums(known, known.preferred_method_offered.astype(bool), 1)
