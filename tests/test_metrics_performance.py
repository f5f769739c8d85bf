"""What the customer gets: deliveries against promises, and indicators of the business's own, by hand."""

from __future__ import annotations

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from kpikit import compute
from kpikit.errors import ConfigError, ContractError, ParameterError
from kpikit.kpis import with_interval
from kpikit.metrics import find, performance
from kpikit.metrics.grid import summed

pytestmark = pytest.mark.usefixtures("engine")

NAMES = ["customer_id", "ordered_at", "promised_at", "delivered_at", "is_complete", "is_intact"]
AS_OF = "2024-04-01"


def deliveries(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Return orders of 10.0 from (customer, ordered, promised, delivered, complete, intact)."""
    table = pd.DataFrame(rows, columns=NAMES).assign(amount=10.0)
    times = {name: [pd.Timestamp(value) for value in table[name]] for name in NAMES[1:4]}
    table = table.assign(**times).astype(dict.fromkeys(times, "datetime64[us]"))
    return table.astype({"is_complete": "boolean", "is_intact": "boolean"})


four_orders = deliveries(
    ("ann", "2024-01-01 09:00", "2024-01-05 12:00", "2024-01-05 12:00", True, True),  # to the minute: on time
    ("ann", "2024-01-10 09:00", "2024-01-15 12:00", "2024-01-17 12:00", True, True),  # two days late
    ("bob", "2024-02-01 09:00", "2024-02-05 12:00", "2024-02-04 08:00", True, False),  # early, damaged
    ("eve", "2024-02-20 09:00", "2024-02-25 12:00", None, None, None),  # never came
)  # fmt: skip


def of(table: pd.DataFrame) -> list[tuple[float, float]]:
    return list(zip(table.numerator, table.denominator, strict=True))


def by_month(function, table=four_orders, **options) -> pd.DataFrame:
    return function(table, period="month", **{"as_of": AS_OF, **options}).to_pandas()


def test_four_orders_by_hand():
    assert of(performance.on_time_delivery(four_orders, as_of=AS_OF).to_pandas()) == [(2, 4)]
    assert of(performance.in_full(four_orders, as_of=AS_OF).to_pandas()) == [(3, 3)]
    assert of(performance.intact(four_orders, as_of=AS_OF).to_pandas()) == [(2, 3)]
    assert of(performance.perfect_order(four_orders, as_of=AS_OF).to_pandas()) == [(1, 4)]


def test_by_the_month_of_the_promise():
    assert of(by_month(performance.on_time_delivery)) == [(1, 2), (1, 2), (0, 0)]
    assert by_month(performance.on_time_delivery).period.astype(str).tolist() == [
        "2024-01-01",
        "2024-02-01",
        "2024-03-01",
    ]
    assert of(by_month(performance.in_full)) == [(2, 2), (1, 1), (0, 0)]


def test_undelivered_after_its_promise_is_late_and_not_missing():
    never = deliveries(("eve", "2024-02-20", "2024-02-25 12:00", None, None, None))
    assert of(performance.on_time_delivery(never, as_of=AS_OF).to_pandas()) == [(0, 1)]
    assert of(performance.perfect_order(never, as_of=AS_OF).to_pandas()) == [(0, 1)]


def test_a_promise_that_is_not_over_is_in_neither_count():
    soon = deliveries(
        ("ann", "2024-03-30", "2024-03-31 23:59", None, None, None),
        ("bob", "2024-03-30", "2024-04-01", None, None, None),  # promised for April 1st, which is not known
        ("eve", "2024-03-30", "2024-04-02", "2024-03-31", True, True),  # there already, but not yet due
    )
    assert of(performance.on_time_delivery(soon, as_of=AS_OF).to_pandas()) == [(0, 1)]


def test_a_promise_of_a_day_is_kept_until_that_day_is_over():
    day = deliveries(
        ("ann", "2024-03-01", "2024-03-05", "2024-03-05 23:59", True, True),
        ("bob", "2024-03-01", "2024-03-05", "2024-03-06 00:00", True, True),
        ("eve", "2024-03-01", "2024-03-05 00:01", "2024-03-05 23:59", True, True),  # promised for that minute
    )
    assert of(performance.on_time_delivery(day, as_of=AS_OF).to_pandas()) == [(1, 3)]


def test_refunds_are_no_deliveries():
    table = four_orders.assign(amount=[10.0, -10.0, 10.0, 10.0])
    assert of(performance.on_time_delivery(table, as_of=AS_OF).to_pandas()) == [(2, 3)]


def test_what_nobody_checked_is_in_neither_count():
    table = deliveries(
        ("ann", "2024-03-01", "2024-03-05", "2024-03-04", True, None),
        ("bob", "2024-03-01", "2024-03-05", "2024-03-04", False, True),
    )
    assert of(performance.in_full(table, as_of=AS_OF).to_pandas()) == [(1, 2)]
    assert of(performance.intact(table, as_of=AS_OF).to_pandas()) == [(1, 1)]


def test_late_orders_do_not_weigh_more_in_perfect_orders_where_facts_are_missing():
    """Were late orders without facts counted, and punctual ones without facts not, one in two would seem imperfect."""
    table = deliveries(
        ("ann", "2024-03-01", "2024-03-05", "2024-03-04", True, True),
        ("bob", "2024-03-01", "2024-03-05", "2024-03-04", None, None),
        ("eve", "2024-03-01", "2024-03-05", "2024-03-09", None, None),
    )
    assert of(performance.perfect_order(table, as_of=AS_OF).to_pandas()) == [(1, 1)]


def test_days_late_by_hand():
    """Two days, and the one that never came counts as the most."""
    assert of(performance.days_late(four_orders, as_of=AS_OF).to_pandas()) == [(2 + 30, 2)]
    assert of(find("days_late").using(most_days=10).counts(four_orders, as_of=AS_OF).to_pandas()) == [(2 + 10, 2)]


def test_dropping_what_has_not_come_would_make_lateness_look_short():
    mostly_lost = deliveries(
        ("ann", "2024-01-01", "2024-01-05 12:00", "2024-01-05 18:00", True, True),
        *((name, "2024-01-01", "2024-01-05 12:00", None, None, None) for name in ("bob", "eve", "zoe")),
    )
    row = performance.days_late(mostly_lost, as_of=AS_OF).to_pandas().iloc[0]
    assert row.numerator / row.denominator == pytest.approx((0.25 + 3 * 30) / 4)


def test_lateness_counts_from_the_end_of_a_promised_day():
    table = deliveries(("ann", "2024-01-01", "2024-01-05", "2024-01-06 12:00", True, True))
    assert of(performance.days_late(table, as_of=AS_OF).to_pandas()) == [(0.5, 1)]


def test_a_late_order_is_judged_only_when_its_thirty_days_are_over():
    table = deliveries(
        ("ann", "2024-02-01", "2024-03-01 12:00", "2024-03-03 12:00", True, True),  # 30 days before the last known one
        ("bob", "2024-02-01", "2024-03-02 12:00", "2024-03-03 12:00", True, True),
    )
    assert of(performance.days_late(table, as_of=AS_OF).to_pandas()) == [(2, 1)]
    months = by_month(performance.days_late, table)
    assert months.status.tolist() == ["partial"]
    with pytest.raises(ParameterError, match="1 day or more"):
        performance.days_late(table, most_days=0)


def test_preferred_payment():
    offered = four_orders.assign(preferred_method_offered=pd.array([True, False, None, True], dtype="boolean"))
    assert of(performance.preferred_payment_offered(offered, as_of=AS_OF).to_pandas()) == [(2, 3)]


def test_no_deliveries_give_a_missing_value():
    nothing_due = deliveries(("ann", "2024-03-30", "2024-05-01", None, None, None))
    values = compute({"orders": nothing_due}, ["on_time_delivery", "in_full"], as_of=AS_OF)
    assert values.value.isna().all()
    assert values.low.isna().all()


def test_segments_and_partial_periods():
    table = four_orders.assign(channel=["web", "shop", None, "web"])
    shown = performance.on_time_delivery(table, by="channel", as_of=AS_OF).to_pandas().set_index("segment")
    assert shown.numerator.to_dict() == {"shop": 0, "unknown": 1, "web": 1}
    assert shown.denominator.to_dict() == {"shop": 1, "unknown": 1, "web": 2}
    assert by_month(performance.on_time_delivery, as_of="2024-02-27").status.tolist() == ["complete", "partial"]


def test_without_as_of_the_data_end_with_the_newest_order():
    """The order of February 20th is promised for later, and what was delivered later is not known yet."""
    assert of(performance.on_time_delivery(four_orders).to_pandas()) == [(2, 3)]


def test_interval_is_wilsons_where_customers_order_once():
    table = deliveries(
        *((f"c{n}", "2024-03-01", "2024-03-05", "2024-03-04" if n < 18 else None, True, True) for n in range(20))
    )
    row = compute({"orders": table}, ["on_time_delivery"], as_of=AS_OF).iloc[0]
    assert (row.low, row.high) == pytest.approx((0.6989663547715128, 0.972133518786232))  # R's binom, 18 of 20


def test_interval_is_wider_where_a_customer_always_gets_the_same():
    """Ten customers with two equal orders are worth ten orders, not twenty: compared with statsmodels on 9 of 10."""
    rows = [(f"c{n // 2}", "2024-03-01", "2024-03-05", "2024-03-04" if n < 18 else None, True, True) for n in range(20)]
    row = compute({"orders": deliveries(*rows)}, ["on_time_delivery"], as_of=AS_OF).iloc[0]
    low, high = proportion_confint(9, 10, method="wilson")
    assert row.low <= low
    assert row.high >= high - 0.01


def test_interval_of_days_late_is_that_of_a_ratio_over_customers():
    """Independent computation: Student's t of the residuals of the customers' sums, on the log scale."""
    late = [1.0, 2.0, 4.0, 6.0, 3.0, 9.0]
    due = pd.Timestamp("2024-01-05 12:00")
    rows = [(f"c{n}", "2024-01-01", due, due + pd.Timedelta(days=day), True, True) for n, day in enumerate(late)]
    newest = ("zoe", "2024-03-31", None, None, None, None)
    row = compute({"orders": deliveries(*rows, newest)}, ["days_late"], as_of=AS_OF).iloc[0]
    mean, error = np.mean(late), np.std(late, ddof=1) / np.sqrt(6)
    half = 2.5705818366147395 * error / mean  # t with 5 degrees of freedom
    assert row.value == pytest.approx(25 / 6)
    assert (row.low, row.high) == pytest.approx((mean * np.exp(-half), mean * np.exp(half)))


FUNCTIONS = ("on_time_delivery", "in_full", "intact", "perfect_order", "days_late", "preferred_payment_offered")
moments = st.integers(0, 120 * 24).map(lambda hours: pd.Timestamp("2024-01-01") + pd.Timedelta(hours=hours))
one_order = st.tuples(
    st.sampled_from("abc"), moments, moments, st.none() | moments, st.sampled_from([True, False, None]), st.booleans()
)


@given(st.lists(one_order, min_size=1, max_size=12), st.sampled_from(FUNCTIONS))
@settings(max_examples=15, deadline=None)
def test_what_is_dated_at_or_after_as_of_changes_nothing(rows, name):
    as_of = pd.Timestamp("2024-03-01")
    table = deliveries(*rows).assign(preferred_method_offered=True)
    unknown = table.delivered_at >= as_of
    cut = table.assign(
        delivered_at=table.delivered_at.mask(unknown),
        is_complete=table.is_complete.mask(unknown),
        is_intact=table.is_intact.mask(unknown),
    )[table.ordered_at < as_of]
    function, options = getattr(performance, name), {"period": "month", "as_of": as_of}
    if cut.empty:
        return
    pd.testing.assert_frame_equal(function(table, **options).to_pandas(), function(cut, **options).to_pandas())


def share(table: pd.DataFrame, success: str, eligible: str = "true", name: str = "orders", **options) -> pd.DataFrame:
    found = performance.indicator(table, table_name=name, success=success, eligible=eligible, **options)
    return summed(found, period=options.get("period"), by=options.get("by")).to_pandas()


def test_an_indicator_by_hand():
    assert of(share(four_orders, "delivered_at <= promised_at", "promised_at < :as_of", as_of=AS_OF)) == [(2, 4)]
    assert of(share(four_orders, "delivered_at <= promised_at", as_of="2024-02-10")) == [(2, 3)]
    months = share(four_orders, "is_intact", "delivered_at IS NOT NULL", as_of=AS_OF, period="month")
    assert of(months) == [(2, 2), (0, 1), (0, 0)]


def test_an_indicator_reads_nothing_that_was_not_known():
    """Delivered on February 4th: on the 3rd nobody knew."""
    assert of(share(four_orders, "delivered_at IS NOT NULL", as_of="2024-02-03")) == [(2, 3)]


def test_an_indicator_of_a_table_without_customers_counts_rows():
    lines = pd.DataFrame({"order_id": ["1", "1"], "product": ["a", "b"], "amount": [1.0, 2.0]})
    assert of(share(lines, "amount > 1", name="order_lines", as_of=AS_OF)) == [(1, 2)]
    with pytest.raises(ContractError, match=r"order_lines: expected columns \['ordered_at'\]"):
        share(lines, "amount > 1", name="order_lines", as_of=AS_OF, period="month")
    with pytest.raises(ContractError, match="ordered_at"):
        share(lines, "amount > 1", name="order_lines")


def test_an_indicator_of_tickets():
    tickets = pd.DataFrame(
        {
            "ticket_id": ["1", "2", "3"],
            "opened_at": pd.to_datetime(["2024-03-01 09:00", "2024-03-02 09:00", "2024-03-31 12:00"]),
            "first_response_at": pd.to_datetime(["2024-03-02 09:00", "2024-03-03 09:01", None]),
            "customer_id": ["ann", None, "ann"],
        }
    )
    day = "opened_at + INTERVAL 24 HOUR"
    assert of(share(tickets, f"first_response_at <= {day}", f"{day} < :as_of", "tickets", as_of=AS_OF)) == [(1, 2)]


def test_a_success_that_is_not_known_is_none_and_a_doubtful_row_is_not_eligible():
    table = four_orders.assign(is_intact=[None, True, True, None])
    assert of(share(table, "is_intact", as_of=AS_OF)) == [(2, 4)]
    assert of(share(table, "true", "is_intact", as_of=AS_OF)) == [(2, 2)]


def test_refunds_are_no_orders_of_an_indicator():
    table = four_orders.assign(amount=[10.0, -10.0, 10.0, 10.0])
    assert of(share(table, "true", as_of=AS_OF)) == [(3, 3)]


def test_an_indicator_over_an_unknown_column_names_the_nearest():
    with pytest.raises(ConfigError, match=r"found 'promissed_at'\. Did you mean 'promised_at'\?"):
        share(four_orders, "delivered_at <= promissed_at", as_of=AS_OF)


def test_an_indicator_works_on_a_table_of_the_engine_too():
    table = ibis.memtable(four_orders.drop(columns=["is_complete", "is_intact"]))
    assert of(share(table, "delivered_at <= promised_at", as_of=AS_OF)) == [(2, 4)]
    assert with_interval(share(table, "true", as_of=AS_OF), find("on_time_delivery").card).value.tolist() == [1.0]
