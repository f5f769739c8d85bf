"""Recurring revenue, what moves it and how much of it stays: hand-typed cases and traps."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from shops import FIRST_DAY
from subscribers import any_spans, month_starts, spans

import kpikit
from kpikit import intervals
from kpikit.errors import ContractError
from kpikit.metrics import subscriptions

pytestmark = pytest.mark.usefixtures("engine")

DAY = pd.Timedelta(days=1)
MOVES = ["new", "reactivated", "expansion", "contraction", "churned"]

accounts = spans(
    ("ann", "2024-01-10", None, 10.0),
    ("bob", "2024-01-10", "2024-02-10 12:00", 20.0),
    ("bob", "2024-02-10 12:00", None, 30.0),  # pays more
    ("eve", "2024-02-05", "2024-03-01", 5.0),  # gone on the first day of March
    ("joe", "2024-01-02", "2024-03-09", 50.0),
    ("joe", "2024-03-09", None, 40.0),  # pays less
    ("zoe", "2024-01-15", "2024-02-15", 8.0),
    ("zoe", "2024-04-01", None, 9.0),  # back after six weeks
)


def by_month(function, table=accounts, as_of="2024-05-01", **options) -> pd.DataFrame:
    return function(table, period="month", as_of=as_of, **options).to_pandas()


def test_recurring_revenue_by_hand():
    table = by_month(subscriptions.mrr)
    assert table.numerator.tolist() == [88, 95, 80, 89]
    assert table.n.tolist() == [4, 4, 3, 4]
    assert by_month(subscriptions.arpa).denominator.tolist() == [4, 4, 3, 4]
    now = subscriptions.mrr(accounts, as_of="2024-02-21").to_pandas()
    assert now.numerator.tolist() == [95]


def test_net_and_gross_retention_by_hand():
    net, gross = by_month(subscriptions.net_revenue_retention), by_month(subscriptions.gross_revenue_retention)
    assert net.denominator.tolist() == gross.denominator.tolist() == [88, 95, 80]
    assert net.numerator.tolist() == [90, 80, 80]  # February: ann 10, bob 30, joe 50, zoe none
    assert gross.numerator.tolist() == [80, 80, 80]  # bob counts with the 20 of the start


def test_new_accounts_are_not_in_the_numerator():
    table = spans(("a", "2024-01-05", None, 10.0), ("new", "2024-02-05", None, 990.0))
    february = by_month(subscriptions.net_revenue_retention, table).iloc[0]
    assert (february.numerator, february.denominator) == (10, 10)


def test_one_accounts_upgrade_does_not_make_up_for_anothers_loss():
    table = spans(
        ("a", "2024-01-05", "2024-02-05", 10.0), ("a", "2024-02-05", None, 20.0),
        ("b", "2024-01-05", "2024-02-05", 10.0),
    )  # fmt: skip
    found = kpikit.compute(
        {"subscriptions": table}, ["net_revenue_retention", "gross_revenue_retention"], period="month",
        as_of="2024-03-01",
    )  # fmt: skip
    assert found.value.tolist() == [1.0, 0.5]


def test_a_lost_account_stays_in_the_denominator():
    table = spans(("a", "2024-01-05", "2024-02-05", 10.0), ("b", "2024-01-05", None, 30.0))
    february = by_month(subscriptions.gross_revenue_retention, table, as_of="2024-03-01").iloc[0]
    assert (february.numerator, february.denominator, february.n) == (30, 40, 2)


def test_two_plans_at_once_add_up_in_one_account():
    table = spans(("a", "2024-01-05", None, 10.0), ("a", "2024-01-20", "2024-02-20", 5.0)).assign(plan=["x", "y"])
    assert by_month(subscriptions.mrr, table, as_of="2024-03-01").numerator.tolist() == [15, 10]
    assert by_month(subscriptions.arpa, table, as_of="2024-03-01").denominator.tolist() == [1, 1]
    split = by_month(subscriptions.mrr, table, as_of="2024-03-01", by="plan")
    assert split.numerator.tolist() == [10, 5, 10, 0]
    held = by_month(subscriptions.net_revenue_retention, table, as_of="2024-03-01", by="plan")
    assert held.set_index("segment").numerator.to_dict() == {
        "x": 0,
        "y": 10,
    }  # y began last: the account counts there, once
    assert held.denominator.tolist() == [0, 15]


def test_a_change_of_plan_stays_with_the_plan_of_the_start():
    table = spans(("a", "2024-01-05", "2024-02-05", 10.0), ("a", "2024-02-05", None, 25.0)).assign(plan=["x", None])
    held = by_month(subscriptions.net_revenue_retention, table, as_of="2024-03-01", by="plan").set_index("segment")
    assert held.numerator.to_dict()["x"] == 25
    assert held.denominator.to_dict()["x"] == 10


def test_a_price_that_nobody_knows_is_not_zero():
    table = spans(
        ("a", "2024-01-05", None, 10.0), ("b", "2024-01-05", "2024-02-05", 70.0), ("b", "2024-02-05", None, None)
    )
    assert by_month(subscriptions.mrr, table, as_of="2024-03-01").numerator.tolist() == [10, 10]
    assert by_month(subscriptions.net_revenue_retention, table, as_of="2024-03-01").denominator.tolist() == [10]
    waterfall = subscriptions.mrr_waterfall(table, as_of="2024-03-01").to_pandas()
    assert waterfall.churned.tolist() == [0, 0]


def test_free_accounts_pay_nothing_and_are_no_accounts():
    table = spans(("a", "2024-01-05", None, 10.0), ("free", "2024-01-05", None, 0.0))
    assert by_month(subscriptions.arpa, table, as_of="2024-03-01").denominator.tolist() == [1, 1]
    trial = spans(("a", "2024-01-05", "2024-02-05", 0.0), ("a", "2024-02-05", None, 9.0))
    waterfall = subscriptions.mrr_waterfall(trial, as_of="2024-03-01").to_pandas()
    assert waterfall.new.tolist() == [0, 9]


def test_nothing_at_the_start_gives_a_missing_value():
    table = spans(("a", "2024-01-05", "2024-01-20", 10.0), ("b", "2024-03-05", None, 10.0))
    names = ["net_revenue_retention", "gross_revenue_retention", "arpa"]
    found = kpikit.compute({"subscriptions": table}, names, period="month", as_of="2024-05-01").set_index("kpi")
    for name in names[:2]:
        assert found.loc[name, "value"].isna().tolist() == [True, True, False]
    assert found.loc["arpa", "value"].isna().tolist() == [True, True, False, False]
    assert subscriptions.net_revenue_retention(table).to_pandas().denominator.tolist() == [0]  # without a period


def test_the_running_month_is_partial_and_shows_where_it_stands():
    table = by_month(subscriptions.net_revenue_retention, as_of="2024-02-12")
    assert table.status.tolist() == ["partial"]
    assert (table.numerator[0], table.denominator[0]) == (98, 88)  # bob pays more already, zoe has not left yet


def test_waterfall_by_hand():
    table = subscriptions.mrr_waterfall(accounts, as_of="2024-04-20").to_pandas()
    assert table.opening.tolist() == [0, 88, 95, 80]
    assert table.new.tolist() == [88, 5, 0, 0]
    assert table.reactivated.tolist() == [0, 0, 0, 9]
    assert table.expansion.tolist() == [0, 10, 0, 0]
    assert table.contraction.tolist() == [0, 0, -10, 0]
    assert table.churned.tolist() == [0, -8, -5, 0]
    assert table.closing.tolist() == [88, 95, 80, 89]
    assert table.status.tolist() == ["complete", "complete", "complete", "partial"]


def by_hand(table: pd.DataFrame, end: pd.Timestamp) -> dict[str, list[float]]:
    """Return closing amounts, and what stays of the opening ones, net and gross, account by account."""
    starts = [table.started_at.min().replace(day=1).normalize(), *month_starts(table.started_at.min(), end)]
    paid = []
    for moment in starts:  # what runs in the last instant before the moment
        running = table[(table.started_at < moment) & ~(table.ended_at < moment)]
        paid.append(running.groupby("customer_id").monthly_amount.sum().reindex(list("abcde"), fill_value=0.0))
    pairs = list(itertools.pairwise(paid[1:]))
    return {
        "mrr": [one.sum() for one in paid[1:]],
        "opening": [then.sum() for then, _ in pairs],
        "net": [now[then > 0].sum() for then, now in pairs],
        "gross": [np.minimum(then, now).sum() for then, now in pairs],
    }


@given(any_spans())
@settings(max_examples=15, deadline=None)
def test_any_spans_by_account_and_the_waterfall_balances_to_the_cent(table):
    end = FIRST_DAY + 150 * DAY
    known = table[table.started_at < end]
    if known.empty:
        return
    as_of, true = f"{end:%Y-%m-%d}", by_hand(known, end)
    net, gross, mrr = (
        by_month(function, table, as_of=as_of)
        for function in (
            subscriptions.net_revenue_retention, subscriptions.gross_revenue_retention, subscriptions.mrr,
        )
    )  # fmt: skip
    assert mrr.numerator.tolist() == pytest.approx(true["mrr"])
    assert net.denominator.tolist() == pytest.approx(true["opening"])
    assert net.numerator.tolist() == pytest.approx(true["net"])
    assert gross.numerator.tolist() == pytest.approx(true["gross"])
    falls = subscriptions.mrr_waterfall(table, as_of=as_of).to_pandas()
    assert (falls.opening + falls[MOVES].sum(axis=1)).tolist() == pytest.approx(falls.closing.tolist(), abs=1e-6)
    assert falls.closing.tolist() == pytest.approx(mrr.numerator.tolist(), abs=1e-6)
    assert falls.opening.tolist() == pytest.approx([0.0, *falls.closing[:-1]], abs=1e-6)
    assert (falls[["new", "reactivated", "expansion"]] >= 0).all(axis=None)
    assert (falls[["contraction", "churned"]] <= 0).all(axis=None)


@given(any_spans(), any_spans())
@settings(max_examples=5, deadline=None)
def test_nothing_dated_at_or_after_as_of_changes_an_amount(table, other):
    known = table[table.started_at < FIRST_DAY + 80 * DAY]
    if known.empty:
        return
    later = other.assign(started_at=other.started_at + 80 * DAY, ended_at=other.ended_at + 80 * DAY)
    later.loc[later.index[::2], "monthly_amount"] = np.nan
    masked = known.assign(ended_at=known.ended_at.where(known.ended_at < FIRST_DAY + 80 * DAY))
    for function in (subscriptions.net_revenue_retention, subscriptions.mrr):
        before, after = (
            by_month(function, rows, as_of="2024-03-21", by="plan") for rows in (masked, pd.concat([known, later]))
        )
        pd.testing.assert_frame_equal(before, after)
    before, after = (
        subscriptions.mrr_waterfall(rows, as_of="2024-03-21").to_pandas()
        for rows in (masked, pd.concat([known, later]))
    )
    pd.testing.assert_frame_equal(before, after)


def many(accounts: int = 200) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Return accounts with their amounts in January and in February: a tenth leave, a fifth pay half as much more."""
    rng = np.random.default_rng(3)
    then = np.round(rng.lognormal(3.5, 0.7, accounts), 2)
    factor = rng.choice([0.0, 1.0, 1.5], accounts, p=[0.1, 0.7, 0.2])
    now = np.round(then * factor, 2)
    names = [f"c{i}" for i in range(accounts)]
    before = [(name, "2024-01-05", "2024-02-05", amount) for name, amount in zip(names, then, strict=True)]
    after = [(name, "2024-02-05", None, amount) for name, amount in zip(names, now, strict=True) if amount > 0]
    return spans(*before, *after), then, now


def test_intervals_agree_with_the_bootstrap_by_account():
    table, then, now = many()
    names = ["net_revenue_retention", "gross_revenue_retention", "arpa"]
    found = kpikit.compute({"subscriptions": table}, names, period="month", as_of="2024-03-01")
    found = found[found.period == "2024-02-01"].set_index("kpi")
    tops = {"net_revenue_retention": now, "gross_revenue_retention": np.minimum(now, then)}
    for name, top in tops.items():
        row, (low, high) = found.loc[name], intervals.cluster_bootstrap(top, then)
        assert row.value == pytest.approx(top.sum() / then.sum())
        assert (row.low, row.high) == pytest.approx((low, high), abs=0.12 * (high - low))
    paying = now[now > 0]
    low, high = intervals.cluster_bootstrap(paying)
    assert (found.loc["arpa", "low"], found.loc["arpa", "high"]) == pytest.approx((low, high), abs=0.12 * (high - low))


def test_interval_of_recurring_revenue_is_compound_poisson():
    found = kpikit.compute({"subscriptions": accounts}, ["mrr"], period="month", as_of="2024-05-01")
    january = found.iloc[0]
    squares = 10**2 + 20**2 + 50**2 + 8**2
    half = 1.959964 * np.sqrt(squares + (squares / 88 * 1.959964 / 2) ** 2)
    assert january.high - january.low == pytest.approx(2 * half, rel=1e-6)
    assert january.high + january.low == pytest.approx(2 * 88 + squares / 88 * 1.959964**2, rel=1e-6)


@pytest.mark.parametrize("period", [None, "month"])
@pytest.mark.parametrize("name", ["mrr", "arpa", "net_revenue_retention"])
def test_amounts_that_nobody_knows_are_no_revenue_of_zero(name, period):
    nothing = accounts.assign(monthly_amount=None)
    found = kpikit.compute({"subscriptions": nothing}, name, period=period, as_of="2024-05-01")
    assert not found.value.notna().any()


def test_amounts_are_needed():
    with pytest.raises(ContractError, match="monthly_amount"):
        subscriptions.mrr(accounts.drop(columns="monthly_amount"))
    with pytest.raises(ContractError, match="monthly_amount"):
        kpikit.compute({"subscriptions": accounts.drop(columns="monthly_amount")}, ["mrr"])
