"""Visits and their steps, what acquisition costs, subscriptions and actions, as SELECTs."""

from __future__ import annotations

from itertools import pairwise

from kpikit.datasets.buying import END, MONTHS, customer_id, logarithm, seconds
from kpikit.datasets.drawing import DAY, HOUR, Draws, around_the_clock, chosen, moment, named, numbered
from kpikit.datasets.parameters import AS_OF, START, Parameters
from kpikit.sources.engine import text

DAYS = (AS_OF - START).days
DEVICES = {"mobile": 0.55, "desktop": 0.38, "tablet": 0.07}
MORE_VISITS = 4
ACTIONS = (  # title, kpi, owner, started, due, done
    ("Text message when a delivery runs late", "on_time_delivery", "Head of operations", "2025-05-05", "2025-06-30",
     "2025-06-23"),
    ("Loyalty card in Alfama and Belém", "retention_rate", "Head of stores", "2026-02-01", "2026-07-31", "2026-07-31"),
    ("Call detractors within a week", "closed_loop", "Support lead", "2025-09-01", "2025-12-31", "2025-12-19"),
    ("Second support shift on Mondays", "first_response_time", "Support lead", "2026-03-02", "2026-05-29", None),
    ("Shorter checkout in the app", "conversion_rate", "Head of product", "2026-06-15", "2026-10-30", None),
    ("Padded boxes for capsules", "perfect_order", "Head of operations", "2026-08-03", "2026-11-30", None),
)  # fmt: skip


def visitors(draw: Draws, true: Parameters, customers: int) -> str:
    """Return one row per visitor: ``v``, ``i`` (null: unknown), ``came``, ``reached`` (steps), ``bought`` (seconds).

    One uniform number decides how far a visitor comes, so that a purchase implies the steps before it.
    """
    number = round(customers * true.visitors_per_customer)
    known = f"{draw.uniform('known', 'v')} < {true.known_visitors!r}"
    place, late = draw.uniform("came", "v"), draw.uniform("late purchase", "v")
    soon = f"came + 120 + floor({6.9 * DAY} * pow({draw.uniform('bought after', 'v')}, 4))::BIGINT"
    later = f"came + {8 * DAY} + floor({12 * DAY} * {draw.uniform('bought later', 'v')})::BIGINT"
    return f"""
        SELECT *, CASE WHEN reached = 3 THEN {soon}
            WHEN reached = 2 AND {late} < {true.late_purchase!r} THEN {later} END AS bought
        FROM (SELECT v, i, {around_the_clock("t")} AS came, channel, device,
            CASE WHEN u < p THEN 3 WHEN u < p / {true.checkout_to_purchase!r} THEN 2
                WHEN u < p / {true.checkout_to_purchase * true.cart_to_checkout!r} THEN 1 ELSE 0 END AS reached
        FROM (SELECT *, {named("channel", true.conversion)} AS p, {draw.uniform("reached", "v")} AS u,
            CASE WHEN i IS NULL THEN {seconds(START)} + floor({place} * {DAYS * DAY})::BIGINT
                ELSE joined + {HOUR} + floor({place} * ({END} - joined))::BIGINT END AS t
        FROM (SELECT range AS v, CASE WHEN {known} THEN v % {customers} END AS i,
            {chosen(draw.uniform("visit channel", "v"), true.visit_channels)} AS channel,
            {chosen(draw.uniform("device", "v"), DEVICES)} AS device FROM range({number}))
        LEFT JOIN (SELECT i, joined FROM people) USING (i))) WHERE came < {END}"""


def sessions(draw: Draws, true: Parameters) -> str:
    """Return the table ``sessions``: a first visit, which carries the purchase, and perhaps more within 14 days."""
    more = f"least({MORE_VISITS}, floor(ln({draw.uniform('visits', 'v')}) / {logarithm(true.another_session)!r}))"
    length = f"exp({logarithm(true.visit_seconds)!r} + {true.visit_sigma!r} * {draw.normal('duration', 'v', 'k')})"
    again = f"came + {HOUR} + floor({draw.uniform('again', 'v', 'k')} * {14 * DAY - HOUR})::BIGINT"
    return f"""
        SELECT 'V' || v AS visitor_id, {moment("began")} AS started_at,
            CASE WHEN i IS NOT NULL THEN {customer_id("i")} END AS customer_id, channel,
            greatest(1, round({length})) AS duration_s,
            CASE WHEN k = 0 AND bought < {END} THEN {moment("bought")} END AS converted_at, device
        FROM (SELECT *, CASE WHEN k = 0 THEN came ELSE {around_the_clock(f"({again})")} END AS began
        FROM (SELECT *, unnest(range(1 + {more}::BIGINT)) AS k FROM visitors)) WHERE began < {END}"""


def events(draw: Draws) -> str:
    """Return the table ``events``: view, cart, checkout, purchase, at 0, 30, 70 and 100 % of the way."""
    left = f"came + 120 + floor({6.9 * DAY} * pow({draw.uniform('left after', 'v')}, 4))::BIGINT"
    share = numbered("step", (0, 0.3, 0.7))
    names = numbered("step", map(text, ("view", "cart", "checkout", "purchase")))
    return f"""
        SELECT 'V' || v AS visitor_id, {moment("happened")} AS happened_at, {names} AS step,
            CASE WHEN i IS NOT NULL THEN {customer_id("i")} END AS customer_id, channel, device
        FROM (SELECT *,
            CASE WHEN step = 3 THEN bought ELSE came + floor({share} * (ended - came))::BIGINT END AS happened
        FROM (SELECT *, unnest(range(CASE WHEN bought IS NULL THEN reached + 1 ELSE 4 END)) AS step
        FROM (SELECT *, CASE WHEN reached = 3 THEN bought ELSE {left} END AS ended FROM visitors)))
        WHERE happened < {END}"""


def spend(true: Parameters, customers: int) -> str:
    """Return the table ``spend``: media by channel and day, salaries and tools by month, as booked before ``as_of``.

    Each channel spends evenly what its expected new customers may cost.
    """
    per_day = customers / DAYS
    media = " UNION ALL ".join(
        f"SELECT {text(name)} AS channel, {per_day * true.channels[name] * cost!r} AS amount"
        for name, cost in true.cac.items()
    )
    rows = []
    for first, following in pairwise(MONTHS):
        booked = (min(following, AS_OF) - first).days * per_day
        for kind, each in (("salaries", true.salaries_per_customer), ("tools", true.tools_per_customer)):
            rows.append(f"(DATE '{first}', NULL, {booked * each!r}, '{kind}')")
    return f"""
        SELECT (DATE '{START}' + day::INTEGER) AS spent_on, channel, round(amount, 2) AS amount, 'media' AS kind
        FROM ({media}), (SELECT range AS day FROM range({DAYS}))
        UNION ALL SELECT spent_on, channel::VARCHAR, round(amount::DOUBLE, 2), kind
        FROM (VALUES {", ".join(rows)}) AS booked(spent_on, channel, amount, kind)"""


def subscriptions(draw: Draws, true: Parameters) -> str:
    """Return the table ``subscriptions``: a span per price, on the account's own day of the month (1 to 28).

    Each month after the first an account ends, or pays a quarter more, or a fifth less, or stays as it is.
    """
    last = len(MONTHS)  # months after which nothing is seen
    hazard = min(logarithm(1 - true.ended), -1e-9)
    ends = f"1 + least({last}, floor(ln({draw.uniform('subscription ends', 'i')}) / {hazard!r}))::BIGINT"
    first = f"({moment('joined')}::DATE - day({moment('joined')})::INTEGER + 1 + INTERVAL 1 MONTH)"
    day = f"to_days(floor({draw.uniform('subscription day', 'i')} * 28)::INTEGER)"
    value = draw.uniform("price", "i", "j")
    up, down = f"{value} < {true.upgraded!r}", f"{value} < {true.upgraded + true.downgraded!r}"
    price = f"{named('plan', true.plans)} * pow(1.25, level)"
    return f"""
        SELECT {customer_id("i")} AS customer_id, began AS started_at,
            CASE WHEN until < TIMESTAMP '{AS_OF}' THEN until END AS ended_at, plan, round({price}, 2) AS monthly_amount
        FROM (SELECT *, sum(move) OVER account AS level,
            coalesce(lead(began) OVER account, start + to_months(stays::INTEGER)) AS until
        FROM (SELECT *, start + to_months(j::INTEGER) AS began
        FROM (SELECT *, CASE WHEN j = 0 THEN 0 WHEN {up} THEN 1 WHEN {down} THEN -1 ELSE 0 END AS move
        FROM (SELECT *, unnest(range(stays)) AS j
        FROM (SELECT i, {chosen(draw.uniform("plan", "i"), {"Classic": 0.55, "Barista": 0.33, "Office": 0.12})} AS plan,
            {first} + {day} + INTERVAL 9 HOUR AS start, {ends} AS stays
            FROM people WHERE {draw.uniform("subscribes", "i")} < {true.subscribers!r})))
        WHERE (j = 0 OR move <> 0) AND start + to_months(j::INTEGER) < TIMESTAMP '{AS_OF}')
        WINDOW account AS (PARTITION BY i ORDER BY j))"""


def actions() -> str:
    """Return the table ``actions``."""
    rows = [", ".join("NULL" if part is None else text(part) for part in action) for action in ACTIONS]
    return f"""
        SELECT title, kpi, started_on::DATE AS started_on, owner, due_on::DATE AS due_on, done_on::DATE AS done_on
        FROM (VALUES ({"), (".join(rows)})) AS done(title, kpi, owner, started_on, due_on, done_on)"""
