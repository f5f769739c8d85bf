"""The KPIs one by one, as someone who knows pandas writes them: counts and values by month and segment, no intervals.

Those of products, costs, surveys, visits, support and subscriptions are here, those of orders in ``pandas_orders``.
Nothing is taken from kpikit: it is a second opinion on the definitions.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from benchmarks import pandas_orders  # noqa: F401 - notes the KPIs of orders
from benchmarks.pandas_shop import (
    CELL,
    KPIS,
    Shop,
    begins,
    complement,
    computed,
    days,
    family,
    held_until,
    joined,
    months,
    months_of,
    stayed,
    sums,
)

__all__ = ["KPIS", "computed"]

OVERHEAD = ["salaries", "tools"]
ANSWER_DAYS, CONTACT_DAYS, CONVERT_DAYS, SAME_MATTER_DAYS, RETURN_DAYS = 14, 7, 7, 7, 30
NEAR = 1e-9


# products and customers


@family("order_lines")
def return_rate(shop: Shop) -> pd.DataFrame:
    lines = lines_of(shop, "returned_at")
    old = lines[(lines.amount >= 0) & (lines.day + RETURN_DAYS < shop.end)]
    after = days(old.returned_at) - old.day
    known = old.returned_at < shop.as_of
    return sums(old, known & (after >= 0) & (after <= RETURN_DAYS), 1)


@family("order_lines")
def product_rating(shop: Shop) -> pd.DataFrame:
    lines = lines_of(shop, "rating", "rated_at")
    rated = lines[lines.rating.notna() & (lines.rated_at < shop.as_of)]
    return sums(rated.assign(month=months(rated.rated_at)), rated.rating, 1)


def lines_of(shop: Shop, *columns: str) -> pd.DataFrame:
    """Return the order lines with the segment of their order."""
    names = ["order_id", "ordered_at", "amount", *columns]
    lines = pd.read_parquet(shop.folder / "order_lines.parquet", columns=names)
    bought = pd.read_parquet(shop.folder / "orders.parquet", columns=["order_id", "segment"])
    lines = lines.merge(bought.drop_duplicates("order_id"), on="order_id", how="left")
    lines = lines[lines.ordered_at < shop.as_of]
    return lines.assign(
        day=days(lines.ordered_at), month=months(lines.ordered_at), segment=lines.segment.fillna("unknown")
    )


@family("customers")
def advocacy(shop: Shop) -> pd.DataFrame:
    names = ["customer_id", "acquired_at", "referred_by", "segment"]
    people = pd.read_parquet(shop.folder / "customers.parquet", columns=names)
    people = people[people.acquired_at < shop.as_of]
    referred = people.referred_by.isin(people.customer_id) & (people.referred_by != people.customer_id)
    return sums(people.assign(month=months(people.acquired_at), segment=people.segment.fillna("unknown")), referred, 1)


# costs: by month alone, since spend has no segment


@family("spend")
def cac(shop: Shop) -> pd.DataFrame:
    return cost(shop, spend_of(shop).query("kind not in @OVERHEAD"), shop.newcomers)


@family("spend")
def cac_fully_loaded(shop: Shop) -> pd.DataFrame:
    return cost(shop, spend_of(shop), shop.newcomers)


@family("spend")
def cac_paid(shop: Shop) -> pd.DataFrame:
    media = spend_of(shop).query("kind not in @OVERHEAD")
    paid = media[media.amount > 0].channel.dropna().unique()
    people = shop.newcomers
    return cost(shop, media, people[people.channel.isin(paid)])


def spend_of(shop: Shop) -> pd.DataFrame:
    spend = pd.read_parquet(shop.folder / "spend.parquet").astype({"spent_on": "datetime64[s]"})
    spend = spend[spend.spent_on < shop.as_of]
    return spend.assign(month=months(spend.spent_on), segment="all")


def cost(shop: Shop, spend: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    begun = max(spend_of(shop).spent_on.min(), people.ordered_at.min().replace(day=1).normalize())
    spend, people = spend[spend.spent_on >= begun], people[people.ordered_at >= begun]
    return joined(sums(spend, spend.amount), sums(people, 1))


# surveys


@family("survey_responses")
def nps(shop: Shop) -> pd.DataFrame:
    rows = answers(shop, "nps", 0, 10)
    rows = rows[rows.touchpoint.fillna("").isin(["", "relational", "relationship"])]
    found = sums(rows, (rows.score >= 9).astype(int) - (rows.score <= 6), 1)
    return found.assign(value=100 * found.numerator / found.denominator)


@family("survey_responses")
def csat(shop: Shop) -> pd.DataFrame:
    rows = answers(shop, "csat", 1, 5)
    return sums(rows, rows.score >= 4, 1)


@family("survey_responses")
def ces(shop: Shop) -> pd.DataFrame:
    rows = answers(shop, "ces", 1, 7)
    return sums(rows, rows.score, 1)


@family("survey_responses")
def closed_loop(shop: Shop) -> pd.DataFrame:
    rows = answers(shop, "nps", 0, 10)
    due = rows[(rows.score <= 6) & (rows.day + CONTACT_DAYS < shop.end)]
    return sums(due, within(due.responded_at, due.contacted_at, CONTACT_DAYS, shop), 1)


def answers(shop: Shop, kind: str, low: int, high: int) -> pd.DataFrame:
    rows = shop.responses
    return rows[(rows.kind == kind) & rows.score.between(low, high)]


def within(asked: pd.Series, done: pd.Series, number: int, shop: Shop) -> pd.Series:
    """Say what was done so many times 24 hours after it was asked for, as far as it is known."""
    return (done >= asked.dt.floor("D")) & (done <= asked + pd.Timedelta(days=number)) & (done < shop.as_of)


@family("survey_invites")
def response_rate(shop: Shop) -> pd.DataFrame:
    rows = shop.read("survey_invites", "sent_at", "responded_at", "bounced")
    due = rows[~rows.bounced.astype(bool) & (rows.day + ANSWER_DAYS < shop.end)]
    return sums(due, within(due.sent_at, due.responded_at, ANSWER_DAYS, shop), 1)


# visits


@family("sessions")
def active_visitors(shop: Shop) -> pd.DataFrame:
    return sums(shop.sessions[["visitor_id", *CELL]].drop_duplicates(), 1)


@family("sessions")
def stickiness(shop: Shop) -> pd.DataFrame:
    came = shop.sessions[["visitor_id", "day", *CELL]].drop_duplicates()
    known = np.minimum(begins(came.month + 1), shop.end) - np.maximum(begins(came.month), came.day.min())
    return joined(sums(came, 1 / known), shop.found["active_visitors"])


@family("sessions")
def sessions_per_visitor(shop: Shop) -> pd.DataFrame:
    return joined(sums(shop.sessions, 1), shop.found["active_visitors"])


@family("sessions")
def time_on_site(shop: Shop) -> pd.DataFrame:
    timed = shop.sessions.dropna(subset="duration_s")
    return sums(timed, timed.duration_s / 60, 1)


@family("sessions")
def time_on_site_median(shop: Shop) -> pd.DataFrame:
    timed = shop.sessions.dropna(subset="duration_s").groupby(CELL, observed=True).duration_s
    found = pd.DataFrame({"numerator": timed.size(), "denominator": timed.size(), "value": timed.median() / 60})
    return found.reset_index()


@family("sessions")
def conversion_rate(shop: Shop) -> pd.DataFrame:
    visits = shop.sessions.sort_values("started_at")[["visitor_id", "started_at", "day", *CELL]]
    first = visits.drop_duplicates(["visitor_id", "month"])
    first = first[first.day + CONVERT_DAYS < shop.end]
    done = shop.sessions.loc[shop.sessions.converted_at < shop.as_of, ["visitor_id", "converted_at"]]
    both = first.merge(done, on="visitor_id")
    soon = days(both.converted_at) <= both.day + CONVERT_DAYS
    both = both[(both.converted_at >= both.started_at) & soon].drop_duplicates(["visitor_id", "month"])
    return joined(sums(both, 1), sums(first, 1))


# support


@family("tickets")
def first_response_time(shop: Shop) -> pd.DataFrame:
    return waited(shop, "first_response_at", 0.5)


@family("tickets")
def first_response_p90(shop: Shop) -> pd.DataFrame:
    return waited(shop, "first_response_at", 0.9)


@family("tickets")
def resolution_time(shop: Shop) -> pd.DataFrame:
    return waited(shop, "resolved_at", 0.5)


@family("tickets")
def resolution_p90(shop: Shop) -> pd.DataFrame:
    return waited(shop, "resolved_at", 0.9)


def waited(shop: Shop, event: str, share: float) -> pd.DataFrame:
    """Return the hours until a share of the cases opened in a month are over, those still open censored."""
    over = shop.tickets[event] < shop.as_of
    until = shop.tickets[event].where(over, shop.as_of)
    hours = ((until - shop.tickets.opened_at).dt.total_seconds() / 3600).clip(lower=0)
    rows = shop.tickets[CELL].assign(hours=hours, over=over)
    found = sums(rows, rows.over, 1)
    values = [quantile(each.hours, each.over, share) for _, each in rows.groupby(CELL, observed=True)]
    return found.assign(value=values)


def quantile(hours: pd.Series, over: pd.Series, share: float) -> float:
    """Read a quantile off the Kaplan–Meier curve; the middle of a step that lies on the level, as a median does."""
    times, place = np.unique(hours, return_inverse=True)
    ended, leaving = np.bincount(place, weights=over), np.bincount(place)
    still = np.cumprod(1 - ended / leaving[::-1].cumsum()[::-1])
    here = (ended > 0) & (still <= 1 - share + NEAR)
    beyond = (ended > 0) & (still < 1 - share - NEAR)
    if not here.any():
        return float("nan")
    at = times[here][0]
    return float((at + times[beyond][0]) / 2 if beyond.any() else at)


def solved(shop: Shop) -> pd.DataFrame:
    rows = shop.tickets[shop.tickets.resolved_at < shop.as_of]
    return rows.assign(day=days(rows.resolved_at), month=months(rows.resolved_at))


@family("tickets")
def first_contact_resolution(shop: Shop) -> pd.DataFrame:
    rows = solved(shop)
    rows = rows[(rows.day + SAME_MATTER_DAYS < shop.end) & rows.contacts.notna()]
    others = shop.tickets[["customer", "topic", "ticket_id", "opened_at", "day"]]
    pairs = rows.merge(others, on=["customer", "topic"], suffixes=("", "_next"))
    soon = (pairs.opened_at_next >= pairs.resolved_at) & (pairs.day_next <= pairs.day + SAME_MATTER_DAYS)
    again = pairs.ticket_id[soon & (pairs.ticket_id != pairs.ticket_id_next)]
    once = (rows.contacts == 1) & ~rows.reopened.fillna(False).astype(bool) & ~rows.ticket_id.isin(again)
    return sums(rows, once, 1)


@family("tickets")
def reopen_rate(shop: Shop) -> pd.DataFrame:
    rows = solved(shop).dropna(subset="reopened")
    return sums(rows, rows.reopened.astype(bool), 1)


@family("tickets")
def backlog(shop: Shop) -> pd.DataFrame:
    came, went = (sums(rows, 1).set_index(CELL).numerator for rows in (shop.tickets, solved(shop)))
    change = came.sub(went, fill_value=0).reset_index()
    change = change.pivot_table(index="month", columns="segment", values="numerator", observed=True)
    every = change.reindex(range(change.index.min(), months_of(shop.end) + 1)).fillna(0).cumsum()
    found = every.rename_axis("month").melt(ignore_index=False, var_name="segment", value_name="numerator")
    return found.reset_index().assign(denominator=np.nan)


@family("tickets")
def cases_per_customer(shop: Shop) -> pd.DataFrame:
    begins = max(shop.tickets.day.min(), shop.orders.day.min())  # while both tables are known
    cases, bought = shop.tickets[shop.tickets.day >= begins], shop.bought[shop.bought.day >= begins]
    return joined(sums(cases, 1), sums(bought[["customer", *CELL]].drop_duplicates(), 1))


# subscriptions


@family("subscriptions")
def mrr(shop: Shop) -> pd.DataFrame:
    return sums(shop.paying, shop.paying.amount)


@family("subscriptions")
def arpa(shop: Shop) -> pd.DataFrame:
    accounts = shop.paying[["customer", *CELL]].drop_duplicates()
    return joined(shop.found["mrr"], sums(accounts, 1))


@family("subscriptions")
def net_revenue_retention(shop: Shop) -> pd.DataFrame:
    both = held(shop)
    return sums(both, both.now, both.amount)


@family("subscriptions")
def gross_revenue_retention(shop: Shop) -> pd.DataFrame:
    both = held(shop)
    return sums(both, both[["now", "amount"]].min(axis=1), both.amount)


def held(shop: Shop) -> pd.DataFrame:
    """Return what each account paid at the start of a month (``amount``), and what it pays at its end (``now``)."""
    then = shop.paying.assign(month=shop.paying.month + 1)
    now = shop.paying[["customer", "month", "amount"]].rename(columns={"amount": "now"})
    both = then[then.month <= months_of(shop.end)].merge(now, on=["customer", "month"], how="left")
    return both.fillna({"now": 0})


@family("subscriptions")
def subscriber_retention(shop: Shop) -> pd.DataFrame:
    spans = shop.spans.sort_values(["customer", "since"]).assign(day=lambda t: t.since)
    return stayed(spans.assign(until=held_until(spans, spans.until, shop.end)), shop.end)


@family("subscriptions")
def subscriber_churn(shop: Shop) -> pd.DataFrame:
    return complement(shop.found["subscriber_retention"])
