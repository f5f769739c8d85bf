"""What the KPIs in pandas have in common: the tables, read once each, and sums by month and segment.

Each table is read once, with the columns it takes, and dropped after the last KPI of its family. Ids are integers,
segments categories, days and months numbers since 1970. Nothing here is taken from kpikit: it is a second opinion.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CELL = ["month", "segment"]
DELIVERY = ["promised_at", "delivered_at", "is_intact", "is_complete"]
LARGE = ("orders", "bought", "first", "lived", "since_first", "due", "newcomers", "responses", "sessions", "tickets")
DAYS_PER_YEAR = 365.25
KPIS: dict[str, dict[str, Callable[[Shop], pd.DataFrame]]] = {}
GRACE_DAYS = 14


def family(name: str) -> Callable[[Any], Any]:
    """Note a function as the KPI of its name, which reads the table ``name``."""

    def noted(function: Callable[[Shop], pd.DataFrame]) -> Callable[[Shop], pd.DataFrame]:
        KPIS.setdefault(name, {})[function.__name__] = function
        return function

    return noted


def days(moments: pd.Series) -> np.ndarray:
    """Return the number of the day of each moment; a very low one where it is missing."""
    return moments.to_numpy().astype("datetime64[D]").astype("int64")


def months(moments: pd.Series) -> np.ndarray:
    """Return the number of the month of each moment."""
    return moments.to_numpy().astype("datetime64[M]").astype("int64")


def begins(month: Any) -> Any:
    """Return the number of the first day of a numbered month."""
    return np.asarray(month, dtype="int64").astype("datetime64[M]").astype("datetime64[D]").astype("int64")


def sums(rows: pd.DataFrame, x: Any, y: Any = None) -> pd.DataFrame:
    """Return the numerator, and the denominator where there is one, of each month and segment."""
    each = rows[CELL].assign(numerator=x, denominator=np.nan if y is None else y)
    return each.groupby(CELL, observed=True)[["numerator", "denominator"]].sum(min_count=1).reset_index()


def joined(above: pd.DataFrame, below: pd.DataFrame) -> pd.DataFrame:
    """Return the numerators of one table over those of another."""
    both = above[[*CELL, "numerator"]].merge(
        below[[*CELL, "numerator"]].rename(columns={"numerator": "denominator"}), on=CELL, how="outer"
    )
    return both.fillna({"numerator": 0, "denominator": 0})


class Shop:
    """The tables as pandas reads them, each with ``customer`` (number), ``day``, ``month``, ``segment``."""

    def __init__(self, folder: str, as_of: str) -> None:
        self.folder, self.as_of = Path(folder), pd.Timestamp(as_of)
        self.end = int(np.datetime64(as_of, "D").astype("int64"))
        self.found: dict[str, pd.DataFrame] = {}

    def read(self, table: str, time: str, *columns: str, own: bool = True) -> pd.DataFrame:
        """Return rows before ``as_of``; tables without a segment get their customer's."""
        names = ["customer_id", time, *columns, *(["segment"] if own else [])]
        rows = pd.read_parquet(self.folder / f"{table}.parquet", columns=names)
        rows = rows[rows[time] < self.as_of]
        if not own:
            rows["segment"] = rows.customer_id.map(self.segments)
        rows["segment"] = rows.segment.fillna("unknown").astype("category")
        rows["customer"] = pd.factorize(rows.pop("customer_id"))[0]
        return rows.assign(day=days(rows[time]), month=months(rows[time]))

    @cached_property
    def segments(self) -> pd.Series:
        """The segment of each customer."""
        names = ["customer_id", "segment"]
        return pd.read_parquet(self.folder / "customers.parquet", columns=names).set_index("customer_id").segment

    @cached_property
    def orders(self) -> pd.DataFrame:
        rows = self.read("orders", "ordered_at", "amount", "is_refund", "preferred_method_offered", *DELIVERY)
        later = rows.delivered_at >= self.as_of
        rows.loc[later, ["delivered_at", "is_intact", "is_complete"]] = None
        rows["is_order"] = (rows.amount >= 0) & ~rows.pop("is_refund").astype(bool)
        return rows

    @cached_property
    def bought(self) -> pd.DataFrame:
        return self.orders[self.orders.is_order]

    @cached_property
    def first(self) -> pd.DataFrame:
        """Each customer's first order."""
        return self.bought.sort_values("ordered_at")[["customer", "day", *CELL]].drop_duplicates("customer")

    @cached_property
    def lived(self) -> pd.DataFrame:
        """Customer-years since the first order, of each month and segment of it."""
        begun, parts = self.first, []
        for month in range(begun.month.min(), months_of(self.end) + 1):
            until = min(begins(month + 1), self.end) - 1
            lasted = (until - np.maximum(begun.day, begins(month) - 1)).clip(lower=0) / DAYS_PER_YEAR
            parts.append(
                lasted.groupby(begun.segment, observed=True).sum().reset_index(name="years").assign(month=month)
            )
        return pd.concat(parts)

    @cached_property
    def since_first(self) -> pd.DataFrame:
        """Orders and refunds on later days than the first order, with the segment of that."""
        moves = self.orders[["customer", "day", "month", "amount", "is_order"]]
        begun = self.first.set_index("customer")
        later = moves[moves.day > moves.customer.map(begun.day)]
        return later.assign(segment=later.customer.map(begun.segment))

    @cached_property
    def due(self) -> pd.DataFrame:
        """Orders whose promise is over, and whether they came by then; a promise of a day is kept until it is over."""
        rows = self.bought.loc[self.bought.promised_at < self.as_of, [*DELIVERY, "segment"]]
        whole_day = rows.promised_at == rows.promised_at.dt.floor("D")
        on_day = rows.delivered_at.notna() & (days(rows.delivered_at) <= days(rows.promised_at))
        in_time = (rows.delivered_at <= rows.promised_at) | (whole_day & on_day)
        return rows.assign(month=months(rows.promised_at), whole_day=whole_day, in_time=in_time)

    @cached_property
    def newcomers(self) -> pd.DataFrame:
        """The first order of each customer, with the channel that brought them, without segments."""
        names = ["customer_id", "ordered_at", "amount", "is_refund"]
        rows = pd.read_parquet(self.folder / "orders.parquet", columns=names)
        rows = rows[(rows.amount >= 0) & ~rows.is_refund.astype(bool) & (rows.ordered_at < self.as_of)]
        first = rows.groupby("customer_id").ordered_at.min().reset_index()
        people = pd.read_parquet(self.folder / "customers.parquet", columns=["customer_id", "channel"])
        first = first.merge(people, on="customer_id", how="left")
        return first.assign(month=months(first.ordered_at), segment="all")

    @cached_property
    def responses(self) -> pd.DataFrame:
        return self.read("survey_responses", "responded_at", "kind", "score", "touchpoint", "contacted_at")

    @cached_property
    def sessions(self) -> pd.DataFrame:
        return self.read("sessions", "started_at", "visitor_id", "duration_s", "converted_at", own=False)

    @cached_property
    def tickets(self) -> pd.DataFrame:
        events = ("first_response_at", "resolved_at", "contacts", "reopened")
        return self.read("tickets", "opened_at", "ticket_id", "topic", *events, own=False)

    @cached_property
    def spans(self) -> pd.DataFrame:
        """Subscriptions from the day ``since`` to the day ``until``."""
        rows = self.read("subscriptions", "started_at", "ended_at", "monthly_amount", own=False)
        until = np.where(rows.ended_at < self.as_of, days(rows.ended_at), self.end)
        return rows.assign(since=rows.day, until=until)

    @cached_property
    def paying(self) -> pd.DataFrame:
        """What each account pays at the end of each month."""
        parts = []
        for month in range(self.spans.month.min(), months_of(self.end) + 1):
            over = min(begins(month + 1), self.end)
            here = self.spans[(self.spans.since < over) & (over <= self.spans.until)]
            each = here.groupby(["customer", "segment"], observed=True).monthly_amount.sum().reset_index(name="amount")
            parts.append(each[each.amount > 0].assign(month=month))
        return pd.concat(parts)

    def forget(self) -> None:
        """Drop the tables, so that the next family's have room."""
        for name in set(LARGE) & set(vars(self)):
            delattr(self, name)


def months_of(end: int) -> int:
    """Return the number of the last month that has a known day."""
    return int(np.int64(end - 1).astype("datetime64[D]").astype("datetime64[M]").astype("int64"))


def complement(kept: pd.DataFrame) -> pd.DataFrame:
    return kept[[*CELL, "denominator"]].assign(numerator=kept.denominator - kept.numerator)


def held_until(spans: pd.DataFrame, until: pd.Series, end: int) -> pd.Series:
    """Return how long sorted spans hold: until the next if the gap is a short one, else until their own end."""
    following = spans.groupby("customer").day.shift(-1).fillna(end)
    return until.where(following - until > GRACE_DAYS, following)


def stayed(spans: pd.DataFrame, end: int) -> pd.DataFrame:
    """Return who was there at the start of each month, and still at its end."""
    parts = []
    for month in range(months_of(spans.since.min() + 1) + 1, months_of(end) + 1):
        start, over = begins(month), min(begins(month + 1), end)
        if start + GRACE_DAYS >= end:
            break
        here = spans[(spans.since < start) & (start <= spans.until)]
        there = spans.customer[(spans.since < over) & (over <= spans.until)]
        parts.append(sums(here.assign(month=month), here.customer.isin(there), 1))
    return pd.concat(parts)


def with_value(found: pd.DataFrame) -> pd.DataFrame:
    """Return the counts with their ratio, or with the total itself where there is no denominator."""
    if "value" in found:
        return found
    ratio = found.numerator / found.denominator.where(found.denominator != 0)
    return found.assign(value=ratio.where(found.denominator.notna(), found.numerator))


def computed(folder: str, as_of: str) -> pd.DataFrame:
    """Return every KPI: one row per KPI, month and segment that counts anything."""
    shop = Shop(folder, as_of)
    for its in KPIS.values():
        for name, function in its.items():
            shop.found[name] = with_value(function(shop)).assign(kpi=name)
        shop.forget()
    return pd.concat(shop.found.values(), ignore_index=True).astype({"segment": "string"})
