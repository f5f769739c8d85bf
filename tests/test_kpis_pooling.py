"""Parts of too few people are put together, so that what is shown still adds up and gives nobody away."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpikit import growth, renewals, retention
from kpikit.cells import left_out, small_rows
from kpikit.kpis.pooling import TOGETHER, largest, pooled_parts
from kpikit.kpis.suppression import protected
from kpikit.metrics import sales, subscriptions
from kpikit.performance import products
from kpikit.results import Result

COLUMNS = ["part", "amount", "customers"]


class Few:
    """Stands for loaded data of which nothing but the threshold is asked."""

    class config:  # noqa: N801 - the name that Data has
        class privacy:  # noqa: N801 - the same
            min_cell = 5


def gate(result: Result, min_cell: int = 5) -> list[tuple[int, str, object]]:
    table = result.payload()["table"]
    return small_rows(table["columns"], table["rows"], min_cell)


@given(st.lists(st.tuples(st.integers(-99, 99), st.integers(0, 30)), min_size=1, max_size=8), st.integers(1, 9))
def test_parts_add_up_and_none_is_of_too_few(moves: list[tuple[int, int]], min_cell: int) -> None:
    opening, closing = 1000.0, 1000.0 + sum(amount for amount, _ in moves)
    rows = [("open", opening, 50), *((f"m{place}", float(a), n) for place, (a, n) in enumerate(moves))]
    found = pooled_parts(pd.DataFrame([*rows, ("close", closing, 50)], columns=COLUMNS), min_cell)
    assert found.amount.iloc[:-1].sum() == pytest.approx(found.amount.iloc[-1])
    assert not found.customers.between(0, min_cell, inclusive="neither").any()
    assert (found.part.iloc[0], found.part.iloc[-1]) == ("open", "close")


def test_the_largest_moves_are_those_that_are_shown() -> None:
    rows = [("Start", 90.0, 50), ("New", 50.0, 2), ("Left", -55.0, 3), ("More", 4.0, 20), ("End", 89.0, 48)]
    assert largest(pooled_parts(pd.DataFrame(rows, columns=COLUMNS), 5), "EUR") == [
        "small groups together (−5.00 EUR)", "more (+4.00 EUR)",
    ]  # fmt: skip


def orders(*sizes: tuple[str, int, int]) -> pd.DataFrame:
    """Return orders of 10 each from (month, first customer, one past the last)."""
    rows = [
        {"customer_id": f"c{number}", "ordered_at": pd.Timestamp(f"2024-{month}-05"), "amount": 10.0}
        for month, first, last in sizes
        for number in range(first, last)
    ]
    return pd.DataFrame(rows)


def test_revenue_moves_count_their_customers_by_hand() -> None:
    """January: 0 to 19. February: 0 to 17 again, 18 and 19 lost, 20 and 21 new."""
    table = sales.revenue_bridge(orders(("01", 0, 20), ("02", 0, 18), ("02", 20, 22)), as_of="2024-03-01").to_pandas()
    row = table.iloc[-1]
    people = ["n", "n_opening", "n_acquired", "n_returned", "n_lost", "n_kept", "n_refunds_only", "n_closing"]
    assert row[people].tolist() == [22, 20, 2, 0, 2, 18, 0, 20]
    assert retention.bridge(table, period="month", currency="EUR").table.customers.tolist() == [
        20,
        2,
        0,
        2,
        18,
        18,
        0,
        20,
    ]


def test_what_two_customers_brought_is_no_line_of_the_bridge() -> None:
    moves = sales.revenue_bridge(orders(("01", 0, 20), ("02", 0, 18), ("02", 20, 22)), as_of="2024-03-01").to_pandas()
    found = retention.bridge(*protected(Few, moves), period="month", currency="EUR", min_cell=5)
    shown = found.table.set_index("part")
    assert "First-time customers" not in shown.index
    assert shown.amount[TOGETHER] == 0  # 20 came, 20 went, and with them the next smallest, who changed nothing
    assert shown.amount.iloc[:-1].sum() == shown.amount.iloc[-1] == 200
    assert gate(found) == []
    assert gate(retention.bridge(moves, period="month")) != []
    assert "20.00" not in found.text


def test_a_bridge_from_or_to_a_month_of_few_is_withheld_and_no_earlier_one_shown() -> None:
    every = orders(("01", 0, 20), ("02", 0, 20), ("03", 0, 3))
    (moves,) = protected(Few, sales.revenue_bridge(every, as_of="2024-04-01").to_pandas())
    found = retention.bridge(moves, period="month", min_cell=5)
    assert found.title == "Why revenue changed in 2024-03 is not shown"
    assert found.table.empty


def spans(*rows: tuple[str, str, str | None, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["customer_id", "started_at", "ended_at", "monthly_amount"])
    return table.assign(started_at=pd.to_datetime(table.started_at), ended_at=pd.to_datetime(table.ended_at))


def test_one_account_that_leaves_is_no_line_of_recurring_revenue() -> None:
    stay = [(f"s{number}", "2024-01-02", None, 10.0) for number in range(30)]
    table = spans(*stay, ("gone", "2024-01-02", "2024-03-09", 88.5), ("new", "2024-03-20", None, 7.0))
    moves = subscriptions.recurring_moves(table, as_of="2024-04-01").to_pandas()
    row = moves.iloc[-1]
    assert row[["n", "n_opening", "n_new", "n_reactivated", "n_churned", "n_closing"]].tolist() == [32, 31, 1, 0, 1, 31]
    found = renewals.recurring_bridge(*protected(Few, moves), currency="EUR", min_cell=5)
    shown = found.table.set_index("part")
    assert shown.amount[TOGETHER] == -81.5  # no more than the closing less the opening
    assert pd.isna(shown.customers[TOGETHER])
    assert gate(found) == []
    assert "pay no more" not in found.text.lower()
    assert {"churned", "contraction"} & set(found.facts) == {"contraction"}


def lengths(**plans: int) -> pd.DataFrame:
    """Return subscriptions by plan; each second one ended after 40 days, small plans after 5."""
    rows = [
        (plan, pd.Timestamp("2024-01-01"), 5 if size < 5 else 40 if number % 2 else 90, size < 5 or number % 2 == 1, 1)
        for plan, size in plans.items()
        for number in range(size)
    ]
    return pd.DataFrame(rows, columns=["segment", "started_on", "duration", "observed", "n"]).assign(followed_days=90)


def test_a_plan_of_three_is_not_the_one_that_ends_soonest() -> None:
    found = renewals.plans_compared(lengths(basic=60, plus=40, trial=3), min_cell=5)
    assert found.table.segment.tolist() == ["basic", "other plans"]
    assert set(renewals.lasting(lengths(basic=60, plus=40, trial=3), min_cell=5).table.segment) == {
        "basic", "other plans",
    }  # fmt: skip
    two = renewals.plans_compared(lengths(basic=60, trial=3), min_cell=5)
    assert two.text == "Without plans of fewer than 5 subscriptions there is nothing to compare."


def test_after_suppression_no_other_plan_is_called_the_soonest() -> None:
    compared = renewals.plans_compared(lengths(basic=60, plus=40, trial=3))
    assert "trial ends soonest" in compared.title
    for few in (3, 500):  # one plan hidden with the next smallest, or all of them
        (plans,) = protected(type("D", (), {"config": _min_cell(few + 1)}), compared)
        bridge = Result("b", "table", "T", facts={"currency": ""})
        nothing = Result("p", "text", "T", facts={"verdict": "holds"})
        known = Result("k", "text", "T", facts={"verdict": "complete"})
        assert renewals.actions(nothing, nothing, plans, bridge, known).table.empty


def _min_cell(few: int) -> type:
    return type("C", (), {"privacy": type("P", (), {"min_cell": few})})


def sums(*rows: tuple[str, int]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["segment", "customers"])
    return table.assign(
        orders=table.customers, amount=10.0, margin=10.0 * table.customers, sum_xx=101.0 * table.customers
    )


def test_what_is_left_of_the_segments_is_not_said_to_be_all() -> None:
    (few,) = protected(Few, sums(("home", 50), ("office", 8), ("fair", 2)))
    assert left_out(few) == 2
    found = growth.segment_profitability(few)
    assert found.title == "One segment is large enough to be shown: home"
    assert "2 small segments are left out" in found.text
    (none,) = protected(Few, sums(("fair", 2), ("market", 1)))
    assert growth.segment_profitability(none).text == "Every segment is too small to be shown."


def sold(*rows: tuple[str, float, float, float, float]) -> pd.DataFrame:
    """Return products from (product, customers, whose lines are old enough, who rated, who began with it)."""
    names = ["product", "customers", "return_customers", "raters", "began"]
    table = pd.DataFrame(rows, columns=names).assign(revenue=100.0, orders=9.0, units=9.0, came_back=1.0)
    each = {"lines_old_enough": table.return_customers, "returned": 1.0, "return_xx": 1.0, "return_xy": 1.0}
    each |= {"return_yy": table.return_customers, "ratings": table.raters, "rating_sum": 4.0 * table.raters}
    return table.assign(**each, rating_xx=16.0 * table.raters, rating_yy=table.raters, rating_xy=4.0 * table.raters)


def test_a_product_that_few_bought_is_left_out_and_said_to_be() -> None:
    table = sold(("Mug", 40, 40, 40, 40), ("Cup", 30, 30, 30, 30), ("Pot", 7, 7, 7, 7), ("Jug", 2, 2, 2, 2))
    found = products(*protected(Few, table), min_cell=5)
    assert found.table["product"].tolist() == ["Mug", "Cup"]
    assert "2 small products are left out" in found.text
    assert gate(found) == []
    (none,) = protected(Few, sold(("Jug", 2, 2, 2, 2)))
    assert products(none, min_cell=5).title == "Products are not shown"


def test_the_rating_of_two_who_rated_is_blank_beside_the_returns_of_many() -> None:
    found = products(sold(("Mug", 40, 40, 2, 40), ("Cup", 40, 3, 40, 4)), min_cell=5).table.set_index("product")
    assert found.rating.isna().to_dict() == {"Mug": True, "Cup": False}
    assert found.return_rate.isna().to_dict() == {"Mug": False, "Cup": True}
    assert found[["came_back_rate", "began"]].isna().any(axis=1).to_dict() == {"Mug": False, "Cup": True}


def test_a_small_first_cohort_is_said_to_be_left_out_and_the_second_is_no_first() -> None:
    sizes = {"2024-01-01": 3, "2024-02-01": 40, "2024-03-01": 50, "2024-04-01": 60, "2024-05-01": 70, "2024-06-01": 4}
    rows = [(pd.Timestamp(day), age, size, size if age == 0 else size // 2, "complete") for day, size in sizes.items()
            for age in (0, 1)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["cohort", "age", "cohort_size", "active", "status"])
    (shown,) = protected(Few, table.assign(retention=table.active / table.cohort_size))
    found = retention.pooled_curve(shown, period="month")
    assert found.title.endswith("(small cohorts left out)")
    assert found.text.endswith("2 small cohorts are left out, of every count here.")
    assert found.headline.endswith("2 small cohorts are left out, of every count here.")
    assert found.table.cohort_size.tolist() == [220, 220]  # all four others: none of them is the first
    assert "2 small cohorts are left out" in retention.newer_against_older(shown, period="month").text
    assert "2 small cohorts are left out" in retention.cohort_table(shown, period="month").text
