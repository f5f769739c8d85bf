"""The coffee shop: the same rows for the same seed, its mess in the stated amounts, and its known truths.

Each truth is a closed form of the parameters; here it is met by SQL of its own over the tables, not by kpikit.metrics,
within four standard errors that treat a customer's rows as one (linearised over whole customers).
"""

from __future__ import annotations

import itertools
import math

import ibis
import numpy as np
import pandas as pd
import pytest

from kpikit.config import Config
from kpikit.contracts import CONTRACTS, as_table
from kpikit.datasets import Parameters, coffee_shop, drawing, shop, truth
from kpikit.datasets.parameters import AS_OF, CARD_STORES, SEGMENTS
from kpikit.errors import ParameterError
from kpikit.sources import load

SIZES = [20_000, pytest.param(200_000, marks=pytest.mark.slow)]
TRUE = Parameters()
# unit_price beside the amount is a rule of the loader (rows priced 0 are set aside), not something every shop has
LEFT_OUT = {("orders", "unit_price")}
MAY_LIE_AHEAD = {("orders", "promised_at"), ("actions", "due_on")}


@pytest.fixture(scope="module", params=SIZES)
def clean(request):
    return coffee_shop(7, request.param, mess=False)


@pytest.fixture(scope="module")
def small():
    return coffee_shop(3, 2_000, mess=False)


@pytest.fixture(scope="module")
def messy():
    return coffee_shop(3, 2_000)


def ask(made, sql):
    return made.tables["orders"].get_backend().raw_sql(sql).df()


def number(made, sql):
    return ask(made, sql).iloc[0, 0]


def all_rows(connection):
    tables = {name: connection.table(name) for name in CONTRACTS}
    return {name: table.order_by(table.columns).to_pyarrow() for name, table in tables.items()}


# the draws


def test_draws_are_uniform_and_streams_rows_and_turns_do_not_correlate():
    size, draw = 200_000, drawing.Draws(5)
    streams = [draw.uniform(name, "i", turn) for name in ("late", "intact", "mood") for turn in ("0", "1", "2", "8")]
    streams += [draw.uniform("late", "i + 1"), draw.uniform("late", "i * 8"), drawing.Draws(6).uniform("late", "i")]
    listing = ", ".join(f"{sql} AS u{place}" for place, sql in enumerate(streams))
    table = ibis.duckdb.connect().raw_sql(f"SELECT {listing} FROM (SELECT range AS i FROM range({size}))").df()
    assert table.min().min() > 0
    assert table.max().max() < 1
    for name in table:
        counts, _ = np.histogram(table[name], bins=100, range=(0, 1))
        chi_squared = ((counts - size / 100) ** 2 / (size / 100)).sum()
        assert abs(chi_squared - 99) < 4.5 * math.sqrt(2 * 99)  # mean and variance of χ² with 99 degrees of freedom
    for values in (table, (table - 0.5) ** 2):
        correlations = np.corrcoef(values.to_numpy().T)[np.triu_indices(len(streams), 1)]
        assert np.abs(correlations).max() < 4.5 / math.sqrt(size)


def test_a_hash_mixed_once_would_tie_neighbouring_draws_to_each_other():
    sql = "SELECT corr(hash(5, 1, i, 1)::DOUBLE, hash(5, 1, i, 2)::DOUBLE) FROM (SELECT range AS i FROM range(100000))"
    assert ibis.duckdb.connect().raw_sql(sql).fetchall()[0][0] > 0.5


def test_normal_draws_have_the_normal_shares():
    draw = drawing.Draws(1)
    sql = f"SELECT {draw.normal('z', 'i')} AS z FROM (SELECT range AS i FROM range(100000))"
    z = ibis.duckdb.connect().raw_sql(sql).df().z
    for limit, share in ((-1.959964, 0.025), (0, 0.5), (1, 0.841345), (1.959964, 0.975)):  # tables of the normal
        assert abs((z < limit).mean() - share) < 4 * math.sqrt(share * (1 - share) / len(z))


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True, 2**62])
def test_a_seed_is_a_whole_number_from_0(seed):
    with pytest.raises(ParameterError, match="seed"):
        coffee_shop(seed, 100)


# the tables


@pytest.mark.parametrize("mess", [False, True])
def test_the_same_seed_gives_the_same_rows_on_one_thread_and_on_two(mess):
    made = []
    for threads in (1, 2):
        connection = ibis.duckdb.connect(threads=threads, preserve_insertion_order=False)
        shop.filled(connection, drawing.Draws(11), TRUE, 3_000, messy=mess)
        made.append(all_rows(connection))
    for name in CONTRACTS:
        assert len(made[0][name])
        assert made[0][name].equals(made[1][name])


def test_another_seed_gives_another_shop(small):
    other = coffee_shop(4, 2_000, mess=False)
    sums = [number(each, "SELECT sum(amount) FROM orders WHERE NOT is_refund") for each in (small, other)]
    assert sums[0] != sums[1]


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_column_of_every_contract_is_there_with_its_type(small, name):
    table = as_table(name, small.tables[name])
    kinds = {
        "id": lambda kind: kind.is_string(),
        "text": lambda kind: kind.is_string(),
        "time": lambda kind: kind.is_timestamp() and kind.timezone is None,
        "number": lambda kind: kind.is_floating(),
        "count": lambda kind: kind.is_integer(),
        "flag": lambda kind: kind.is_boolean(),
    }
    for column in CONTRACTS[name].columns:
        if (name, column.name) not in LEFT_OUT:
            assert kinds[column.kind](table[column.name].type()), column.name
    filled = table.aggregate([table[column].count().name(column) for column in table.columns]).to_pandas().iloc[0]
    assert (filled > 0).all()


@pytest.mark.parametrize("name", CONTRACTS)
def test_nothing_is_dated_at_or_after_as_of(small, name):
    times = [column.name for column in CONTRACTS[name].columns if column.kind == "time"]
    for time in times:
        if (name, time) not in MAY_LIE_AHEAD:
            assert number(small, f"SELECT max({time}) FROM {name}") < pd.Timestamp(AS_OF)


@pytest.mark.parametrize(
    ("what", "sql"),
    [
        ("orders before their customer", "SELECT 1 FROM orders JOIN customers USING (customer_id) "
         "WHERE ordered_at < acquired_at"),
        ("customers without an order when they came", "SELECT 1 FROM customers ANTI JOIN orders "
         "ON orders.customer_id = customers.customer_id AND ordered_at = acquired_at"),
        ("referrers who came later", "SELECT 1 FROM customers c JOIN customers r ON r.customer_id = c.referred_by "
         "WHERE r.acquired_at >= c.acquired_at"),
        ("referrers without the channel", "SELECT 1 FROM customers WHERE referred_by IS NOT NULL "
         "AND channel <> 'referral'"),
        ("a product twice in an order", "SELECT 1 FROM order_lines GROUP BY order_id, product HAVING count(*) > 1"),
        ("lines that do not add up to their order", "SELECT 1 FROM orders JOIN (SELECT order_id, sum(amount) AS lines "
         "FROM order_lines GROUP BY 1) USING (order_id) WHERE NOT is_refund AND abs(amount - lines) > 1e-6"),
        ("refunds before their order", "SELECT 1 FROM orders r JOIN orders o ON substr(o.order_id, 2) = "
         "substr(r.order_id, 2) AND r.is_refund AND NOT o.is_refund WHERE r.ordered_at <= o.ordered_at "
         "OR r.customer_id <> o.customer_id OR r.amount <> -o.amount"),
        ("orders in the hour that clocks skip", "SELECT 1 FROM orders WHERE hour(ordered_at) = 1"),
        ("invitations before their customer", "SELECT 1 FROM survey_invites JOIN customers USING (customer_id) "
         "WHERE sent_at <= acquired_at"),
        ("answers without invitation", "SELECT 1 FROM survey_responses ANTI JOIN survey_invites USING (response_id)"),
        ("answers to what bounced", "SELECT 1 FROM survey_invites WHERE bounced AND response_id IS NOT NULL"),
        ("purchases that are no conversion", "SELECT 1 FROM (SELECT visitor_id, happened_at FROM events "
         "WHERE step = 'purchase') FULL JOIN (SELECT visitor_id, converted_at FROM sessions WHERE converted_at "
         "IS NOT NULL) USING (visitor_id) WHERE happened_at IS DISTINCT FROM converted_at"),
        ("spans that overlap", "SELECT 1 FROM subscriptions a JOIN subscriptions b ON a.customer_id = b.customer_id "
         "AND a.started_at < b.started_at AND coalesce(a.ended_at, TIMESTAMP '2099-01-01') > b.started_at"),
        ("cases about one topic that repeat none", "SELECT 1 FROM (SELECT *, lag(ticket_id) OVER earlier AS last, "
         "lag(resolved_at) OVER earlier AS solved FROM tickets WINDOW earlier AS (PARTITION BY customer_id, topic "
         "ORDER BY opened_at)) WHERE last IS NOT NULL AND coalesce(opened_at > solved + INTERVAL 7 DAY, true)"),
        ("solved before answered", "SELECT 1 FROM tickets WHERE resolved_at < first_response_at"),
    ],
)  # fmt: skip
def test_there_are_no(small, what, sql):
    assert ask(small, sql).empty, what


def test_some_refunds_share_the_id_of_their_order(small):
    shared = number(small, "SELECT avg((order_id LIKE 'O%')::INTEGER) FROM orders WHERE is_refund")
    assert 0.3 < shared < 0.7


@pytest.mark.parametrize("customers", [99, 0, 1e4, 50_000_001, True])
def test_the_number_of_customers_has_limits(customers):
    with pytest.raises(ParameterError, match="customers"):
        coffee_shop(0, customers)


@pytest.mark.parametrize(
    "wrong",
    [
        {"segments": {"home": 0.5, "office": 0.2, "restaurant": 0.2}},
        {"ratings": (0.5, 0.5, 0.5, 0.0, -0.5)},
        {"nps_shares": dict.fromkeys(SEGMENTS, (0.2,) * 11)},
        {"card_lift": 2.0},
        {"late_effect": 0.9},
        {"products": {"House blend": 0.5, "Mug": 0.5}},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ParameterError):
        Parameters(**wrong)


def test_what_never_happens_leaves_no_rows():
    never = Parameters(refunded=0, repeated=0, ended=0, upgraded=0, downgraded=0, forgotten=0)
    made = coffee_shop(0, 1_000, mess=False, parameters=never)
    assert number(made, "SELECT count(*) FROM orders WHERE is_refund") == 0
    assert number(made, "SELECT count(*) FROM subscriptions WHERE ended_at IS NOT NULL") == 0
    assert number(made, "SELECT count(*) FROM subscriptions") > 50


# the mess


def test_the_mess_comes_in_the_stated_amounts(small, messy):
    rows = number(small, "SELECT count(*) FROM orders")
    shares = {
        "duplicate_orders": TRUE.duplicate_orders,
        "orders_without_customer": TRUE.orders_without_customer,
        "padded_ids": TRUE.padded_ids,
    }
    for name, share in shares.items():
        assert abs(messy.amounts[name] - share * rows) < 4 * math.sqrt(share * rows) + 0.05 * share * rows, name
    assert set(small.amounts.values()) == {0}
    distinct = number(messy, "SELECT count(*) FROM (SELECT DISTINCT * FROM orders)")
    total = number(messy, "SELECT count(*) FROM orders")
    assert total - distinct == messy.amounts["duplicate_orders"]


def test_the_loader_brings_back_the_clean_shop(small, messy):
    data = load(messy.config, tables=messy.tables)
    assert data.as_of == messy.as_of == AS_OF
    assert data.counts["orders"].set_aside == {
        "no customer": messy.amounts["orders_without_customer"],
        "exact duplicate": messy.amounts["duplicate_orders"],
    }
    assert {flag.rows for flag in data.flags if flag.kind == "repair"} == {messy.amounts["padded_ids"]}
    netted = ask(
        small,
        "SELECT customer_id, order_id, min(ordered_at) AS ordered_at, round(sum(amount), 2) AS amount FROM orders "
        "GROUP BY 1, 2 ORDER BY 1, 2",
    )
    loaded = data.orders.select("customer_id", "order_id", "ordered_at", "amount").to_pandas()
    loaded = loaded.sort_values(["customer_id", "order_id"], ignore_index=True).round({"amount": 2})
    pd.testing.assert_frame_equal(loaded, netted, check_dtype=False)
    clean_customers = ask(small, "SELECT customer_id, acquired_at FROM customers ORDER BY 1")
    customers = data.tables["customers"].select("customer_id", "acquired_at").order_by("customer_id").to_pandas()
    pd.testing.assert_frame_equal(customers, clean_customers, check_dtype=False)


def test_an_order_after_local_midnight_at_the_end_of_a_month_falls_into_another_month_in_utc(messy):
    months = (
        "SELECT count(*) FROM orders WHERE month(timezone('UTC', ordered_at)) <> "
        "month(timezone('Europe/Lisbon', ordered_at)) AND hour(timezone('Europe/Lisbon', ordered_at)) = 0"
    )
    assert number(messy, months) > 0
    first = ask(messy, "SELECT min(timezone('UTC', spot)) AS utc, min(timezone('Europe/Lisbon', spot)) AS local FROM "
                "(SELECT TIMESTAMPTZ '2025-06-30 23:30:00+00' AS spot)").iloc[0]  # fmt: skip
    assert (first.utc.month, first.local.month) == (6, 7)


def test_the_configuration_names_an_owner_a_date_and_a_baseline_for_each_goal(messy):
    config = messy.config
    assert isinstance(config, Config)
    assert (config.business.name, config.business.timezone) == ("Harbor Coffee", "Europe/Lisbon")
    assert all(goal.owner and goal.by > AS_OF and goal.baseline is not None for goal in config.goals)
    assert {mark.kind for mark in config.benchmarks} <= {"internal", "target"}
    assert all("Harbor Coffee" in mark.source for mark in config.benchmarks)
    assert {item.id for item in config.interventions} == {"loyalty_card"}
    comments = number(messy, "SELECT count(*) FROM survey_responses WHERE contains(comment, 'Marta')")
    assert comments > 0
    assert "Marta" in config.privacy.staff


# the truths

BOUGHT = "(SELECT *, date_trunc('month', ordered_at) AS month FROM orders WHERE NOT is_refund)"
ACTIVE = f"(SELECT DISTINCT customer_id, segment, store, month FROM {BOUGHT})"
AGAIN = f"""(SELECT a.*, (b.customer_id IS NOT NULL)::INTEGER AS again FROM {ACTIVE} a LEFT JOIN {ACTIVE} b
    ON a.customer_id = b.customer_id AND b.month = a.month + INTERVAL 1 MONTH)"""
CARD = f"store IN {CARD_STORES}"
WITH_CARD = "month BETWEEN TIMESTAMP '2026-01-01' AND TIMESTAMP '2026-06-01'"  # transitions into February to July
BEFORE_CARD = "month < TIMESTAMP '2026-01-01'"
NUMBERED = """(SELECT substr(order_id, 2) AS number, any_value(customer_id) AS customer_id,
    any_value(segment) AS segment, min(ordered_at) AS ordered_at, sum(amount) AS amount, count(*) - 1 AS refunds
    FROM orders GROUP BY 1 HAVING min(ordered_at) < TIMESTAMP '2026-08-25')"""
DUE = "promised_at < TIMESTAMP '2026-09-10'"
RETURNABLE = "ordered_at < TIMESTAMP '2026-08-18'"
ASKED = "kind = '{kind}' AND segment = '{segment}'"
CASES = "opened_at < TIMESTAMP '2026-06-01'"
VISITORS = """(SELECT visitor_id, any_value(channel) AS channel, min(started_at) AS came, min(converted_at) AS bought
    FROM sessions GROUP BY 1 HAVING min(started_at) < TIMESTAMP '2026-09-09')"""
SOON = "coalesce(bought < came + INTERVAL 7 DAY, false)::INTEGER"
STEPS = """(SELECT visitor_id, min(happened_at) AS came, max((step = 'cart')::INTEGER) AS cart,
    max((step = 'checkout')::INTEGER) AS checkout, max((step = 'purchase')::INTEGER) AS purchase FROM
    (SELECT *, happened_at - min(happened_at) OVER (PARTITION BY visitor_id) < INTERVAL 7 DAY AS within FROM events)
    WHERE within GROUP BY 1 HAVING min(happened_at) < TIMESTAMP '2026-09-09')"""
ACCOUNTS = """(SELECT s.customer_id, m.month, sum(s.monthly_amount) AS opening, coalesce(sum(e.monthly_amount), 0)
        AS closing
    FROM (SELECT unnest(range(TIMESTAMP '2024-12-01', TIMESTAMP '2026-09-01', INTERVAL 1 MONTH)) AS month) m
    JOIN subscriptions s ON s.started_at < m.month AND coalesce(s.ended_at >= m.month, true)
    LEFT JOIN subscriptions e ON e.customer_id = s.customer_id AND e.started_at < m.month + INTERVAL 1 MONTH
        AND coalesce(e.ended_at >= m.month + INTERVAL 1 MONTH, true) GROUP BY 1, 2)"""

BY_SEGMENT = {  # KPI: SELECT of cluster id, x, y
    "retention_rate": f"SELECT customer_id, again, 1 FROM {AGAIN} WHERE segment = '{{segment}}' AND {BEFORE_CARD}",
    "retention_rate:with_card": f"SELECT customer_id, again, 1 FROM {AGAIN} WHERE segment = '{{segment}}' AND {CARD} "
    f"AND {WITH_CARD}",
    "reactivation_rate": f"""SELECT g.customer_id, (n.customer_id IS NOT NULL)::INTEGER, 1 FROM
        (SELECT customer_id, unnest(range(date_trunc('month', acquired_at), TIMESTAMP '2026-08-01', INTERVAL 1 MONTH))
            AS month FROM customers WHERE segment = '{{segment}}') g
        LEFT JOIN {ACTIVE} a ON a.customer_id = g.customer_id AND a.month = g.month
        LEFT JOIN {ACTIVE} n ON n.customer_id = g.customer_id AND n.month = g.month + INTERVAL 1 MONTH
        WHERE a.customer_id IS NULL""",
    "gross_order_value": f"SELECT customer_id, amount, 1 FROM {BOUGHT} WHERE segment = '{{segment}}'",
    "average_order_value": f"SELECT customer_id, amount, 1 FROM {NUMBERED} WHERE segment = '{{segment}}'",
    "purchases_per_active_customer": f"SELECT customer_id, count(*), 1 FROM {BOUGHT} WHERE segment = '{{segment}}' "
    "AND month < TIMESTAMP '2026-09-01' GROUP BY customer_id, month",
    "on_time_delivery": f"SELECT customer_id, (delivered_at <= promised_at)::INTEGER, 1 FROM orders WHERE {DUE} "
    "AND segment = '{segment}'",
    "perfect_order": "SELECT customer_id, (delivered_at <= promised_at AND is_intact AND is_complete)::INTEGER, 1 "
    f"FROM orders WHERE {DUE} AND segment = '{{segment}}'",
    "nps": "SELECT customer_id, 100 * ((score >= 9)::INTEGER - (score <= 6)::INTEGER), 1 FROM survey_responses WHERE "
    + ASKED.replace("{kind}", "nps"),
    "nps_mean": "SELECT customer_id, score, 1 FROM survey_responses WHERE " + ASKED.replace("{kind}", "nps"),
    "csat": "SELECT customer_id, (score >= 4)::INTEGER, 1 FROM survey_responses WHERE "
    + ASKED.replace("{kind}", "csat"),
    "csat_mean": "SELECT customer_id, score, 1 FROM survey_responses WHERE " + ASKED.replace("{kind}", "csat"),
    "ces": "SELECT customer_id, score, 1 FROM survey_responses WHERE " + ASKED.replace("{kind}", "ces"),
    "response_rate": "SELECT customer_id, (response_id IS NOT NULL)::INTEGER, 1 FROM survey_invites WHERE NOT bounced "
    "AND sent_at < TIMESTAMP '2026-09-09' AND segment = '{segment}'",
}
FOR_ALL = {
    "refund_rate": f"SELECT customer_id, refunds, 1 FROM {NUMBERED}",
    "margin_fraction": f"SELECT customer_id, margin, amount FROM {BOUGHT}",
    "intact": f"SELECT customer_id, is_intact::INTEGER, 1 FROM orders WHERE {DUE}",
    "in_full": f"SELECT customer_id, is_complete::INTEGER, 1 FROM orders WHERE {DUE}",
    "preferred_payment_offered": f"SELECT customer_id, preferred_method_offered::INTEGER, 1 FROM {BOUGHT}",
    "product_rating": "SELECT order_id, rating, 1 FROM order_lines WHERE rating IS NOT NULL",
    **{
        f"return_rate:{product}": f"SELECT order_id, (returned_at IS NOT NULL)::INTEGER, 1 FROM order_lines "
        f"WHERE product = '{product}' AND {RETURNABLE}"
        for product in TRUE.products
    },
    "advocacy": "SELECT customer_id, (referred_by IS NOT NULL)::INTEGER, 1 FROM customers",
    "closed_loop": "SELECT customer_id, coalesce(contacted_at <= responded_at + INTERVAL 7 DAY, false)::INTEGER, 1 "
    "FROM survey_responses WHERE kind = 'nps' AND score <= 6 AND responded_at < TIMESTAMP '2026-09-06'",
    "first_contact_resolution": """SELECT customer_id, (contacts = 1 AND NOT reopened
        AND NOT EXISTS (SELECT 1 FROM tickets n
        WHERE n.customer_id = t.customer_id AND n.topic = t.topic AND n.opened_at > t.resolved_at
        AND n.opened_at <= t.resolved_at + INTERVAL 7 DAY))::INTEGER, 1 FROM tickets t
        WHERE resolved_at < TIMESTAMP '2026-09-10'""",
    "reopen_rate": "SELECT customer_id, reopened::INTEGER, 1 FROM tickets WHERE resolved_at IS NOT NULL",
    "conversion_rate": f"SELECT visitor_id, {SOON}, 1 FROM {VISITORS}",
    **{
        f"conversion_rate:{channel}": f"SELECT visitor_id, {SOON}, 1 FROM {VISITORS} WHERE channel = '{channel}'"
        for channel in TRUE.visit_channels
    },
    "funnel:cart": f"SELECT visitor_id, cart, 1 FROM {STEPS}",
    "funnel:checkout": f"SELECT visitor_id, checkout, 1 FROM {STEPS} WHERE cart = 1",
    "funnel:purchase": f"SELECT visitor_id, purchase, 1 FROM {STEPS} WHERE checkout = 1",
    "time_on_site": "SELECT visitor_id, duration_s / 60, 1 FROM sessions",
    "net_revenue_retention": f"SELECT customer_id, closing, opening FROM {ACCOUNTS}",
    "gross_revenue_retention": f"SELECT customer_id, least(closing, opening), opening FROM {ACCOUNTS}",
    "subscriber_churn": f"SELECT customer_id, (closing = 0)::INTEGER, 1 FROM {ACCOUNTS}",
}


def estimate(made, sql):
    """Return Σx / Σy and its standard error, linearised over whole clusters."""
    sums = f"SELECT sum(x) AS x, sum(y) AS y FROM ({sql}) AS rows(cluster, x, y) GROUP BY cluster"
    table = ask(
        made, f"SELECT sum(x) AS x, sum(y) AS y, sum(x * x) AS xx, sum(y * y) AS yy, sum(x * y) AS xy FROM ({sums})"
    )
    sums = table.iloc[0].astype(float)
    ratio = sums.x / sums.y
    return ratio, math.sqrt(sums.xx - 2 * ratio * sums.xy + ratio**2 * sums.yy) / sums.y


@pytest.mark.parametrize(("kpi", "segment"), list(itertools.product(BY_SEGMENT, SEGMENTS)))
def test_each_segment_meets_its_truth(clean, kpi, segment):
    value, error = estimate(clean, BY_SEGMENT[kpi].replace("{segment}", segment))
    assert error > 0
    assert abs(value - clean.truth_of(segment)[kpi]) < 4 * error


@pytest.mark.parametrize("kpi", FOR_ALL)
def test_the_shop_meets_its_truth(clean, kpi):
    value, error = estimate(clean, FOR_ALL[kpi])
    assert error > 0
    assert abs(value - clean.truth[kpi]) < 4 * error


@pytest.mark.parametrize(("kpi", "until"), [("first_response_time", "first_response_at"),
                                            ("resolution_time", "resolved_at")])  # fmt: skip
def test_half_of_the_cases_take_no_longer_than_the_true_median(clean, kpi, until):
    hours = f"epoch({until} - opened_at) / 3600 <= {clean.truth[kpi]!r}"
    value, error = estimate(
        clean, f"SELECT customer_id, coalesce({hours}, false)::INTEGER, 1 FROM tickets WHERE {CASES}"
    )
    assert abs(value - 0.5) < 4 * error


@pytest.fixture(scope="module")
def restless():
    """A shop in which what is rare in the usual one is common, so that a slip in it would show."""
    often = {"subscribers": 0.9, "upgraded": 0.2, "downgraded": 0.3, "late_purchase": 0.9, "repeated": 0.2}
    return coffee_shop(2, 8_000, mess=False, parameters=Parameters(**often, refunded=0.3, late_effect=0.4, bounced=0.5))


@pytest.mark.parametrize(
    "kpi",
    [
        "net_revenue_retention", "gross_revenue_retention", "subscriber_churn", "conversion_rate",
        "first_contact_resolution", "refund_rate",
    ],
)  # fmt: skip
def test_truths_follow_the_parameters(restless, kpi):
    value, error = estimate(restless, FOR_ALL[kpi])
    assert abs(value - restless.truth[kpi]) < 4 * error


@pytest.mark.parametrize("kpi", ["retention_rate", "average_order_value", "response_rate"])
def test_truths_of_a_segment_follow_the_parameters(restless, kpi):
    value, error = estimate(restless, BY_SEGMENT[kpi].replace("{segment}", "home"))
    assert abs(value - restless.truth[kpi]) < 4 * error


def test_every_truth_is_met_somewhere():
    elsewhere = {
        "churn_rate", "subscriber_retention", "time_on_site_median", "card_effect", "late_effect", "score_correlation",
        "first_response_time", "resolution_time",
        "cac", "cac_fully_loaded", *(f"cac:{channel}" for channel in TRUE.cac),
    }  # fmt: skip
    assert set(truth.truths(TRUE)) == {*BY_SEGMENT, *FOR_ALL, *elsewhere}


def test_churn_is_what_is_left_of_retention(clean):
    assert clean.truth["churn_rate"] == 1 - clean.truth["retention_rate"]
    assert clean.truth["subscriber_retention"] == 1 - clean.truth["subscriber_churn"]


def test_half_of_the_visits_take_no_longer_than_the_true_median(clean):
    seconds = 60 * clean.truth["time_on_site_median"] + 0.5  # durations are whole seconds
    value, error = estimate(clean, f"SELECT visitor_id, (duration_s < {seconds!r})::INTEGER, 1 FROM sessions")
    assert abs(value - 0.5) < 4 * error


def test_the_card_brings_a_quarter_more_back_in_its_stores_for_six_months_only(clean):
    within = f"SELECT customer_id, again, 1 FROM {AGAIN} WHERE segment = 'home' AND"
    base = clean.truth["retention_rate"]
    with_card, error = estimate(clean, f"{within} {CARD} AND {WITH_CARD}")
    assert abs(with_card / base - 1 - clean.truth["card_effect"]) < 4 * error / base
    assert with_card - base > 4 * error
    for place in (f"NOT {CARD} AND {WITH_CARD}", f"{CARD} AND month = TIMESTAMP '2026-07-01'"):
        value, error = estimate(clean, f"{within} {place}")
        assert abs(value - base) < 4 * error


def test_after_a_late_last_delivery_fewer_come_back(clean):
    last = f"""(SELECT a.customer_id, a.segment, a.again, a.month, o.is_late FROM {AGAIN} a JOIN
        (SELECT customer_id, month, arg_max(delivered_at > promised_at, ordered_at) AS is_late FROM {BOUGHT}
        GROUP BY 1, 2) o ON o.customer_id = a.customer_id AND o.month = a.month)"""
    found = {
        late: estimate(clean, f"SELECT customer_id, again, 1 FROM {last} WHERE segment = 'home' AND {BEFORE_CARD} "
                       f"AND {late} is_late") for late in ("", "NOT")
    }  # fmt: skip
    effect = found["NOT"][0] - found[""][0]
    assert abs(effect - clean.truth["late_effect"]) < 4 * math.hypot(found["NOT"][1], found[""][1])


def test_two_answers_of_a_customer_correlate_by_the_square_of_kappa(clean):
    shares = TRUE.nps_shares["home"]
    mean = clean.truth["nps_mean"]
    variance = sum((score - mean) ** 2 * share for score, share in enumerate(shares))
    value, error = estimate(
        clean,
        f"""SELECT a.customer_id, (a.score - {mean!r}) * (b.score - {mean!r}) / {variance!r}, 1 FROM survey_responses a
        JOIN survey_responses b ON a.customer_id = b.customer_id AND a.response_id < b.response_id
        WHERE a.kind = 'nps' AND b.kind = 'nps' AND a.segment = 'home'""",
    )
    assert abs(value - clean.truth["score_correlation"]) < 4 * error


def test_acquisition_costs_what_it_should_by_channel_and_in_all(clean):
    new = ask(clean, "SELECT channel, count(*) AS n FROM customers GROUP BY 1").set_index("channel").n
    spent = ask(clean, "SELECT kind, channel, sum(amount) AS amount FROM spend GROUP BY 1, 2")
    media = spent[spent.kind == "media"].set_index("channel").amount
    for channel, share in TRUE.channels.items():
        error = clean.truth[f"cac:{channel}"] * math.sqrt((1 - share) / new[channel])  # of a binomial number
        assert abs(media[channel] / new[channel] - clean.truth[f"cac:{channel}"]) < 4 * error
    # everybody who was acquired is counted, so that nothing is left to chance but the cents of each day
    assert media.sum() / new.sum() == pytest.approx(clean.truth["cac"], rel=1e-4)
    assert spent.amount.sum() / new.sum() == pytest.approx(clean.truth["cac_fully_loaded"], rel=1e-4)
    unbooked = spent[spent.kind != "media"].channel
    assert unbooked.isna().all()


def test_the_truth_by_hand():
    # 0.52 − 0.12 · 0.12 = 0.5056; 100 · (0.24 + 0.26 − 0.20) = 30; 0.37 + 0.45 = 0.82; 0.72 · 0.92 · 0.95 = 0.62928
    made = truth.truths(TRUE)
    pencil = {"retention_rate": 0.5056, "nps": 30, "csat": 0.82, "first_contact_resolution": 0.62928,
              "perfect_order": 0.88 * 0.975 * 0.96, "cac": 4.90 + 4.75 + 0.90 + 1.00,
              "net_revenue_retention": 0.96 * 1.00325, "gross_revenue_retention": 0.96 * 0.997,
              "conversion_rate": 0.024 + 0.009 + 0.020 + 0.012}  # fmt: skip
    assert {kpi: made[kpi] for kpi in pencil} == pytest.approx(pencil)
    assert truth.closed_loop(TRUE, within_days=30) == TRUE.contacted
    with pytest.raises(ParameterError, match="segment"):
        truth.truths(TRUE, "homes")
