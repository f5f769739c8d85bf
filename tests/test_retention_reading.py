"""What cohort tables say: pooled not averaged, never from partial cells, and silent where nothing is clear."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shops import any_orders, one_customer_one_order, orders, three_months

from kpikit import cohorts, intervals, retention
from kpikit.errors import ContractError
from kpikit.metrics import sales
from kpikit.results import Result

COLUMNS = ["cohort", "age", "cohort_size", "active", "retention", "status"]


def cells(counts: dict[str, list[int]], *, running: bool = False) -> pd.DataFrame:
    """Return a cohort table from {month: [size, active at age 1, …]}; ``running``: the last cell of each is partial."""
    reached = max(len(row) for row in counts.values())
    rows = []
    for month, row in counts.items():
        for age in range(reached):
            seen = age < len(row)
            status = (
                "partial" if running and seen and age == len(row) - 1 else "complete" if seen else "not_yet_observed"
            )
            active = float(row[age]) if seen else np.nan
            share = active / row[0] if row[0] else np.nan
            rows.append((pd.Timestamp(f"{month}-01"), age, row[0], active, share, status))
    return pd.DataFrame(rows, columns=COLUMNS).astype({"cohort": "datetime64[s]"})


two_cohorts = cells({"2024-01": [10, 2], "2024-02": [100, 0]})
three_cohorts = cells({"2024-01": [100, 50, 40], "2024-02": [200, 60, 50], "2024-03": [100, 10]})
truncated = cells({"2024-01": [100, 90, 80, 70], "2024-02": [100, 20, 10], "2024-03": [100, 20], "2024-04": [100]})
newer_are_worse = cells({"2024-01": [100, 50], "2024-02": [1000, 400], "2024-03": [1000, 400], "2024-04": [1000, 200],
                         "2024-05": [1000, 200]})  # fmt: skip
flat = cells({f"2024-0{month}": [100, 20] for month in range(1, 7)})
all_partial = cells({"2024-01": [10, 3]}, running=True).assign(status="partial")
no_rows = two_cohorts.head(0)


def everything(table: pd.DataFrame, spending: pd.DataFrame | None = None) -> list[Result]:
    """Return all that is said about a table."""
    curve = retention.pooled_curve(table, period="month")
    compared = retention.newer_against_older(table, period="month")
    spent = table.assign(revenue=table.active * 10.0) if spending is None else spending
    spends = retention.spending_curve(spent, period="month", currency="EUR")
    todo = retention.actions(curve, spends, compared, table, currency="EUR")
    return [retention.cohort_table(table, period="month"), curve, compared, spends, todo]


# pooled curve


def test_cohorts_are_pooled_by_customers_not_averaged_as_rates():
    # 20 % of 10 and 0 % of 100 are 1.8 %, not 10 %
    row = retention.pooled_curve(two_cohorts, period="month").table.set_index("age").loc[1]
    assert row.retention == pytest.approx(2 / 110)
    assert (row.low, row.high) == pytest.approx([float(end) for end in intervals.wilson(2, 110)])
    assert (row.cohorts, row.cohort_size, row.active) == (2, 110, 2)


def test_the_sentence_carries_rate_interval_and_counts():
    result = retention.pooled_curve(two_cohorts, period="month")
    assert result.title == "2 % of new customers order again in the calendar month after their first"
    assert "1.8 % of new customers (95 % interval 0.5 % to 6.4 %; 2 of 110)" in result.text
    assert result.headline.startswith("1.8 %")


def test_partial_cells_are_not_pooled():
    table = cells({"2024-01": [10, 5, 5], "2024-02": [10, 1]}, running=True)
    curve = retention.pooled_curve(table, period="month").table
    assert curve.age.tolist() == [0, 1]
    assert curve.active.tolist() == [20, 5]


def test_the_first_cohort_is_set_apart_among_four():
    result = retention.pooled_curve(truncated, period="month")
    row = result.table.set_index("age").loc[1]
    assert (row.retention, row.first_cohort) == (0.2, 0.9)
    assert "The first cohort is set apart (90.0 % in month 1)" in result.text
    assert 3 not in result.table.age.tolist(), "an age that only the first cohort has reached is no curve"


def test_among_three_cohorts_none_is_set_apart():
    row = retention.pooled_curve(three_cohorts, period="month").table.set_index("age").loc[1]
    assert row.retention == 120 / 400
    assert np.isnan(row.first_cohort)


def test_empty_cohorts_do_not_count_towards_the_four():
    table = cells({"2024-01": [10, 9], "2024-02": [10, 2], "2024-03": [10, 2], "2024-04": [0, 0]})
    assert retention.pooled_curve(table, period="month").table.retention.iloc[1] == 13 / 30


def test_late_ages_are_said_to_be_of_the_oldest_cohorts_only():
    assert "late ages speak of the oldest cohorts only" in retention.pooled_curve(three_cohorts, period="month").text


@pytest.mark.parametrize(
    "table", [no_rows, all_partial, cells({"2024-01": [10]})], ids=["empty", "all partial", "one age"]
)
def test_without_a_complete_age_it_is_too_early_to_tell(table):
    result = retention.pooled_curve(table, period="month")
    assert result.title == "Too early to tell who comes back"
    assert result.headline == ""


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), min_size=1, max_size=3))
def test_the_pooled_rate_lies_within_the_cohorts_rates(pairs):
    table = cells({f"2024-{n:02d}": [size, min(size, active)] for n, (size, active) in enumerate(pairs, start=1)})
    rate = retention.pooled_curve(table, period="month").table.retention.iloc[1]
    rates = table[table.age == 1].retention
    assert rates.min() - 1e-12 <= rate <= rates.max() + 1e-12


# cohort table


def test_cohort_table_adds_wilson_intervals_and_names_best_and_worst():
    result = retention.cohort_table(two_cohorts, period="month")
    low, high = intervals.wilson(2, 10)
    row = result.table[(result.table.age == 1)].iloc[0]
    assert (row.low, row.high) == pytest.approx((float(low), float(high)))
    assert result.text.startswith("110 customers in 2 cohorts by month of first order, 2024-01 to 2024-02.")
    assert "between 0.0 % (cohort 2024-02, 0 of 100) and 20.0 % (2024-01, 2 of 10)" in result.text


def test_best_and_worst_are_never_taken_from_partial_cells():
    table = cells({"2024-01": [10, 5, 5], "2024-02": [10, 4, 4], "2024-03": [10, 0]}, running=True)
    text = retention.cohort_table(table, period="month").text
    assert "between 40.0 %" in text
    assert "Cells marked * are of a month that is not over" in text


def test_cells_not_yet_observed_have_no_interval():
    result = retention.cohort_table(three_cohorts, period="month").table
    unseen = result[result.status == "not_yet_observed"]
    assert len(unseen) == 1
    assert unseen[["low", "high"]].isna().all(axis=None)


def test_the_caller_s_table_is_not_changed():
    before = two_cohorts.copy()
    everything(two_cohorts)
    pd.testing.assert_frame_equal(two_cohorts, before)


# newer against older


def test_newer_cohorts_that_come_back_less_are_said_to():
    result = retention.newer_against_older(newer_are_worse, period="month")
    row = result.table.iloc[0]
    assert (row.older_active, row.older_size, row.newer_active, row.newer_size) == (800, 2000, 400, 2000)
    assert row.verdict == "worse"
    assert row.high < 0
    assert result.title == "Newer cohorts come back less at month 1 than older ones at the same age"
    assert "40.0 % (800 of 2,000)" in result.text
    assert "The first cohort is left out" in result.text


def test_no_clear_change_is_said_where_that_is_the_truth():
    result = retention.newer_against_older(flat, period="month")
    assert result.table.verdict.tolist() == ["no clear change"]
    assert result.headline == "No clear change between newer and older cohorts at equal age."


def test_the_middle_cohort_counts_as_newer():
    row = retention.newer_against_older(three_cohorts, period="month").table.iloc[0]
    assert (row.older_size, row.newer_size) == (100, 300)


def test_partial_cells_are_never_compared():
    table = cells({"2024-01": [100, 50, 50], "2024-02": [100, 50, 0], "2024-03": [100, 0]}, running=True)
    result = retention.newer_against_older(table, period="month").table
    assert result.age.tolist() == [1]
    assert (result.older_size.iloc[0], result.newer_size.iloc[0]) == (100, 100)
    assert result.verdict.tolist() == ["no clear change"]


def test_the_interval_is_newcombe_s_widened_by_the_number_of_ages():
    table = retention.newer_against_older(three_cohorts, period="month").table
    low, high = intervals.newcombe([70, 50], [300, 200], [50, 40], [100, 100], confidence=1 - 0.05 / 2)
    assert table.low.tolist() == pytest.approx(low.tolist())
    assert table.high.tolist() == pytest.approx(high.tolist())


def test_a_claim_is_made_only_where_the_widened_interval_excludes_zero():
    counts = {"2024-01": [200, 70, *[40] * 9], "2024-02": [200, 50, *[40] * 9]}
    alone = retention.newer_against_older(cells({name: row[:2] for name, row in counts.items()}), period="month")
    among_ten = retention.newer_against_older(cells(counts), period="month")
    assert alone.table.verdict.tolist() == ["worse"], "alone, a difference of 10 points is clear"
    assert set(among_ten.table.verdict) == {"no clear change"}, "as one of ten it is not"
    assert "Intervals are widened so that the 10 ages hold together." in among_ten.text
    assert "widened" not in alone.text


def test_ages_that_disagree_have_no_steady_direction():
    table = cells({"2024-01": [1000, 500, 100], "2024-02": [1000, 100, 500]})
    result = retention.newer_against_older(table, period="month")
    assert result.table.verdict.tolist() == ["worse", "better"]
    assert "in no steady direction" in result.title
    assert "Newer cohorts come back more at month 2 and less at month 1." in result.text


@pytest.mark.parametrize(
    "table", [no_rows, all_partial, cells({"2024-01": [10, 5, 3]})], ids=["empty", "all partial", "one cohort"]
)
def test_nothing_to_compare_is_said_and_not_claimed(table):
    result = retention.newer_against_older(table, period="month")
    assert result.title == "Newer and older cohorts cannot be compared yet"
    assert (result.headline, len(result.table)) == ("", 0)


def test_false_claims_over_a_page_of_ages_stay_within_five_percent():
    # 200 shops in which nothing changes: 8 cohorts, the same retention at each age; a claim at any age is a false one
    random, false_claims, tables = np.random.default_rng(20), 0, 200
    shares = np.array([0.3, 0.25, 0.2, 0.2, 0.15, 0.15])
    for _ in range(tables):
        sizes = random.integers(150, 600, size=8)
        counts = {
            f"2024-{n:02d}": [int(size), *random.binomial(size, shares).tolist()]
            for n, size in enumerate(sizes, start=1)
        }
        verdicts = retention.newer_against_older(cells(counts), period="month").table.verdict
        false_claims += bool((verdicts != "no clear change").any())
    assert false_claims <= tables * 0.05 + 2 * np.sqrt(tables * 0.05 * 0.95), f"{false_claims} of {tables}"


def test_a_real_change_is_found():
    random, found, tables = np.random.default_rng(21), 0, 50
    for _ in range(tables):
        counts = {f"2024-{n:02d}": [500, int(random.binomial(500, 0.30 if n < 5 else 0.20))] for n in range(1, 9)}
        found += (retention.newer_against_older(cells(counts), period="month").table.verdict == "worse").any()
    assert found >= 45


# spending


spent = pd.DataFrame(
    [("2024-01-01", 0, 10, 100.0, "complete"), ("2024-01-01", 1, 10, 50.0, "complete"),
     ("2024-02-01", 0, 90, 500.0, "complete"),
     ("2024-02-01", 1, 90, 999.0, "partial"), ("2024-03-01", 0, 0, 0.0, "complete")],
    columns=["cohort", "age", "cohort_size", "revenue", "status"],
)  # fmt: skip


def test_spending_is_pooled_and_leaves_partial_cells_out():
    result = retention.spending_curve(spent, period="month", currency="EUR")
    assert result.table.per_customer.tolist() == [6.0, 5.0]
    assert result.table.cumulative.tolist() == [6.0, 11.0]
    assert result.title == "A new customer brings 6.00 EUR in the month of the first order and 5.00 EUR later"
    assert "45 % of it comes after that month" in result.text


def test_spending_of_nothing_is_said():
    result = retention.spending_curve(spent.head(0), period="month")
    assert result.title == "No period is over yet"
    assert result.headline == ""


def test_free_orders_only_make_no_share():
    free = spent.assign(revenue=0.0)
    result = retention.spending_curve(free, period="month")
    assert "nan" not in f"{result.title}{result.text}"
    assert result.headline == ""


# bridge


@settings(max_examples=6, deadline=None)
@given(any_orders())
def test_bridge_parts_add_up(shop):
    result = retention.bridge(sales.revenue_bridge(shop, period="month").to_pandas(), period="month")
    amounts = result.table.amount.tolist()
    assert not amounts or sum(amounts[:-1]) == pytest.approx(amounts[-1], abs=1e-6)


def test_the_bridge_by_hand():
    # February 130 (ann 30; eve new 50 + 70 − 20); March 25 (ann 20, bob 10 back after a pause, zoe's refund −5)
    moves = sales.revenue_bridge(three_months, period="month", as_of="2024-04-01").to_pandas()
    result = retention.bridge(moves, period="month", currency="EUR")
    amounts = dict(zip(result.table.part, result.table.amount, strict=True))
    assert amounts == {
        "Revenue 2024-02": 130.0,
        "First-time customers": 0.0,
        "Back after a pause": 10.0,
        "Not back this time": -100.0,
        "Orders per kept customer": 0.0,
        "Value of their orders": -10.0,
        "Refunds without an order": -5.0,
        "Revenue 2024-03": 25.0,
    }
    assert result.title == "Revenue fell by 105.00 EUR in 2024-03"
    assert "(−80.8 %), from 130.00 EUR to 25.00 EUR" in result.text
    assert "not back this time (−100.00 EUR)" in result.text


def test_a_running_period_is_not_explained():
    moves = sales.revenue_bridge(three_months, period="month", as_of="2024-03-20").to_pandas()
    assert retention.bridge(moves, period="month").table.part.iloc[-1] == "Revenue 2024-02"


def test_no_two_complete_periods_leave_an_empty_bridge():
    moves = sales.revenue_bridge(one_customer_one_order, period="month").to_pandas()
    result = retention.bridge(moves, period="month")
    assert result.title == "A change needs two complete periods"
    assert (result.table.columns.tolist(), len(result.table)) == (["part", "amount"], 0)


def test_revenue_that_stays_neither_rose_nor_fell():
    same = orders(("a", "2024-01-05", 10.0), ("a", "2024-02-05", 10.0))
    moves = sales.revenue_bridge(same, period="month", as_of="2024-03-01").to_pandas()
    result = retention.bridge(moves, period="month")
    assert result.title == "Revenue stayed at 10.00 in 2024-02"
    assert "largest moves" not in result.text


# actions


def test_actions_carry_the_number_behind_them():
    table = everything(newer_are_worse)[-1].table
    assert table.action.tolist() == [
        "Bring first-time customers back by the next month",
        "Find out what changed for newer customers",
    ]
    # the best (40 %) of 4,000 customers are 1,600; 1,200 came: 400 more, at 10 EUR each
    assert "400 more customers" in table.reason[0]
    assert table.value[0] == pytest.approx(4000.0)
    assert "−20.0 points" in table.reason[1]
    assert "400 customers" in table.reason[1]


def test_actions_are_empty_when_nothing_supports_them():
    table = everything(flat)[-1].table
    assert (len(table), table.columns.tolist()) == (0, ["action", "reason", "value"])


@pytest.mark.parametrize(
    "table", [no_rows, all_partial, cells({"2024-01": [10, 5]})], ids=["empty", "all partial", "one cohort"]
)
def test_degenerate_tables_call_for_no_action(table):
    assert len(everything(table)[-1].table) == 0


def test_one_customer_of_one_is_not_the_best_cohort():
    table = cells({"2024-01": [100, 30], "2024-02": [1, 1], "2024-03": [100, 20]})
    assert "(2024-01, 30.0 %)" in everything(table)[-1].table.reason[0]


def test_the_cohort_set_apart_is_neither_the_best_nor_in_what_returning_customers_are_worth():
    table = cells({"2024-01": [100, 90], "2024-02": [100, 20], "2024-03": [100, 10], "2024-04": [100, 10]})
    revenue = table.assign(revenue=table.active * 10.0)  # every returning customer spends 10
    row = everything(table, revenue)[-1].table.iloc[0]
    assert "(2024-02, 20.0 %), 20 more customers" in row.reason
    assert row.value == pytest.approx(200.0)


def test_what_cannot_be_valued_is_not_given_a_worth():
    table = cells({"2024-01": [100, 30], "2024-02": [100, 10]})
    row = everything(table, spent.head(0))[-1].table.iloc[0]
    assert "worth" not in row.reason
    assert np.isnan(row.value)


def test_a_reminder_comes_before_the_steepest_clear_fall():
    table = cells({"2024-01": [1000, 500, 480, 100], "2024-02": [1000, 500, 480, 100]})
    row = everything(table)[-1].table.iloc[-1]
    assert row.action == "Test a reminder before month 3"
    assert "−38.0 points" in row.reason
    assert "random half" in row.reason


def test_better_at_one_age_and_worse_at_another_is_no_reason_to_search():
    table = cells({"2024-01": [1000, 500, 100], "2024-02": [1000, 100, 500]})
    assert not everything(table)[-1].table.action.str.startswith("Find out").any()


# all together


@pytest.mark.parametrize(
    "table",
    [no_rows, all_partial, two_cohorts, truncated, cells({"2024-01": [0]}), cells({"2024-01": [10, 0, 0]})],
    ids=["empty", "all partial", "two", "truncated", "nobody", "nobody came back"],
)
def test_every_result_is_json_and_says_no_nan(table):
    for result in everything(table):
        json.dumps(result.payload(), allow_nan=False)
        said = f"{result.title} {result.text} {result.headline} {' '.join(result.table.get('reason', []))}"
        assert "nan" not in said
        assert "NaT" not in said


@settings(max_examples=6, deadline=None)
@given(any_orders())
def test_any_shop_is_read_without_error(shop):
    table = cohorts.cohort_retention(shop).to_pandas()
    revenue = cohorts.cohort_revenue(shop).to_pandas()
    for result in everything(table, revenue):
        json.dumps(result.payload(), allow_nan=False)


def test_a_table_without_its_columns_is_told_where_to_get_them():
    with pytest.raises(ContractError, match=r"cohorts: expected columns \['status'\].*cohort_retention"):
        retention.pooled_curve(two_cohorts.drop(columns="status"), period="month")


def test_segments_must_be_read_one_by_one():
    with pytest.raises(ContractError, match="one row per cohort and age"):
        retention.pooled_curve(pd.concat([two_cohorts, two_cohorts]), period="month")
