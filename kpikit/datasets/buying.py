"""Customers, their months, orders and lines, as SELECTs over each other.

A customer is a number ``i``, in the order of acquisition; ``g`` numbers the segment, ``s`` the store. Times are local
seconds since 1970 until the last step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from kpikit.datasets.drawing import (
    DAY,
    HOUR,
    Draws,
    around_the_clock,
    at_counter,
    chosen,
    counted,
    moment,
    named,
    numbered,
    one_of,
)
from kpikit.datasets.parameters import (
    AS_OF,
    CARD_ENDS,
    CARD_STARTS,
    CARD_STORES,
    MOST_EXTRA_ORDERS,
    SEGMENTS,
    START,
    STORES,
    Parameters,
)
from kpikit.periods import Period
from kpikit.sources.engine import text

SLOTS = MOST_EXTRA_ORDERS + 3  # numbers kept for the orders of one customer and month
FIRST_ID = 10_000_000
LATEST_DAYS = 4  # a late delivery comes within so many days of its promise
LINES = (0.45, 0.35, 0.20)  # share of orders with one, two, three lines
PAYMENTS = ("card", "card", "card", "MB Way", "MB Way", "transfer", "cash")
CATEGORIES = {
    "House blend": "coffee", "Single origin": "coffee", "Decaf": "coffee", "Capsules": "coffee",
    "Grinder": "equipment", "Mug": "equipment",
}  # fmt: skip


def seconds(day: date) -> int:
    """Return local seconds since 1970 of a day's midnight."""
    return int(datetime.combine(day, time(), UTC).timestamp())


END = seconds(AS_OF)
FIRST_MONTH = Period("month").index(START)
MONTHS = [Period("month").start(FIRST_MONTH + m) for m in range(Period("month").index(AS_OF) - FIRST_MONTH + 2)]


def per_segment(values: Mapping[str, float]) -> str:
    """Return the SQL of the value of a customer's segment."""
    return numbered("g", [values[name] for name in SEGMENTS])


def customer_id(number: str) -> str:
    """Return the SQL of a customer's id."""
    return f"('C' || ({FIRST_ID} + {number}))"


def people(draw: Draws, true: Parameters, customers: int) -> str:
    """Return one row per customer: ``i``, ``g``, ``s``, ``joined`` (seconds), ``first_month`` (number)."""
    span = END - seconds(START)
    exact = f"{seconds(START)} + floor(place * {span})::BIGINT"
    everybody = f"SELECT {draw.uniform('joined', 'range')} AS place FROM range({customers})"
    shares = [true.segments[name] for name in SEGMENTS]
    stores = [true.stores[name] for name in STORES]
    return f"""
        SELECT i, g, s, joined, (year(day) * 12 + month(day) - 1 - {FIRST_MONTH})::INTEGER AS first_month
        FROM (SELECT *, {moment("joined")} AS day FROM (
            SELECT i, {at_counter(f"({exact})")} AS joined,
                {counted(draw.uniform("segment", "i"), shares)} AS g, {counted(draw.uniform("store", "i"), stores)} AS s
            FROM (SELECT row_number() OVER (ORDER BY place) - 1 AS i, place FROM ({everybody}))))"""


def orders_in(draw: Draws, true: Parameters, month: str) -> str:
    """Return the SQL of how many orders a customer places in a month, if any: 1 and a bounded geometric number."""
    another = per_segment({name: logarithm(value) for name, value in true.another.items()})
    extra = f"floor(ln({draw.uniform('orders in a month', 'i', month)}) / {another})"
    return f"(1 + least({MOST_EXTRA_ORDERS}, {extra})::INTEGER)"


def logarithm(share: float) -> float:
    """Return the natural logarithm; of 0 a very low number, so that nothing is drawn."""
    return math.log(max(share, 1e-300))


def months(draw: Draws, true: Parameters) -> str:
    """Return one row per customer with ``active``: a bit per month, drawn month after month."""
    treated = f"s IN ({', '.join(str(STORES.index(name)) for name in CARD_STORES)})"
    query = "SELECT *, (CASE WHEN first_month = 0 THEN 1 ELSE 0 END)::BIGINT AS active FROM people"
    for m in range(1, len(MONTHS) - 1):
        last = f"{(m - 1) * SLOTS} + {orders_in(draw, true, str(m - 1))} - 1"
        was_late = f"{draw.uniform('late', 'i', last)} < {per_segment(true.late)}"
        lift = f"CASE WHEN {treated} THEN {true.card_lift!r} ELSE 1 END" if CARD_STARTS <= MONTHS[m] < CARD_ENDS else 1
        stay = f"{lift} * ({per_segment(true.stay)} - CASE WHEN {was_late} THEN {true.late_effect!r} ELSE 0 END)"
        chance = f"CASE WHEN active & {1 << (m - 1)} > 0 THEN {stay} ELSE {per_segment(true.back)} END"
        here = f"""first_month = {m} OR first_month < {m} AND {draw.uniform("month", "i", str(m))} < {chance}"""
        query = f"SELECT * REPLACE (active | CASE WHEN {here} THEN {1 << m} ELSE 0 END AS active) FROM ({query})"
    return query


def sales(draw: Draws, true: Parameters) -> str:
    """Return one row per order before ``as_of``: ``o`` (number), ``placed``, ``promised``, ``delivered``, ``cents``."""
    log_amount = (
        f"{per_segment({name: logarithm(value) for name, value in true.typical_amount.items()})} "
        f"+ {true.customer_sigma!r} * {draw.normal('customer amount', 'i')} "
        f"+ {true.order_sigma!r} * {draw.normal('order amount', 'o')}"
    )
    early, late = draw.uniform("early", "o"), draw.uniform("days late", "o")
    return f"""
        SELECT *, CASE WHEN is_late THEN promised + {2 * HOUR} + floor({late} * {LATEST_DAYS * DAY})::BIGINT
            ELSE placed + floor({early} * (promised - placed))::BIGINT END AS delivered,
            greatest(1, round(100 * exp({log_amount})))::BIGINT AS cents
        FROM (SELECT *, placed + CASE channel WHEN 'store' THEN {DAY // 2} ELSE {2 * DAY} END AS promised
        FROM ({_placed(draw, true)}) WHERE placed < {END})"""


def _placed(draw: Draws, true: Parameters) -> str:
    """Return one row per order of an active month: the k-th of n lies in the k-th n-th of the month.

    In the month of acquisition the first is the acquisition itself, and the others follow from the next day on.
    """
    starts = numbered("m", [seconds(day) for day in MONTHS[:-1]])
    ends = numbered("m", [seconds(day) for day in MONTHS[1:]])
    number = f"m * {SLOTS} + k"
    by_store = chosen("way", {"store": 0.7, "app": 0.2, "web": 0.1})
    online = chosen("way", {"web": 0.6, "app": 0.4})
    tomorrow = f"(joined // {DAY} + 1) * {DAY}"
    is_first = "m = first_month AND k = 0"
    last_day = f"m = first_month AND {tomorrow} >= ends"
    return f"""
        SELECT i, g, s, o, is_late, channel, CASE WHEN {is_first} THEN joined WHEN {last_day} THEN joined + k * 1200
            WHEN channel = 'store' THEN {at_counter("t")} ELSE {around_the_clock("t")} END AS placed
        FROM (SELECT *, CASE WHEN s = {STORES.index("web")} THEN {online} ELSE {by_store} END AS channel,
            CASE WHEN m > first_month THEN begins + floor((k + place) / n * (ends - begins))::BIGINT
            ELSE {tomorrow} + floor((k - 1 + place) / greatest(n - 1, 1) * (ends - {tomorrow}))::BIGINT END AS t
        FROM (SELECT *, {starts} AS begins, {ends} AS ends, (i * {len(MONTHS)} + m) * {SLOTS} + k AS o,
            {draw.uniform("place in the month", "i", number)} AS place, {draw.uniform("way", "i", number)} AS way,
            {draw.uniform("late", "i", number)} < {per_segment(true.late)} AS is_late
        FROM (SELECT *, unnest(range(n)) AS k
        FROM (SELECT i, g, s, m, joined, first_month, {orders_in(draw, true, "m")} AS n
        FROM (SELECT *, unnest(range({len(MONTHS) - 1})) AS m FROM months) WHERE active & (1::BIGINT << m) > 0))))"""


def orders(draw: Draws, true: Parameters) -> str:
    """Return the table ``orders``: sales, and refunds as rows of their own."""
    margin = f"round(amount * {true.margin_fraction!r} * (0.8 + 0.4 * {draw.uniform('margin', 'o')}), 2)"
    known = f"delivered < {END}"
    bought = f"""
        SELECT {customer_id("i")} AS customer_id, {moment("placed")} AS ordered_at, amount, 'O' || o AS order_id,
            {margin} AS margin, {numbered("s", map(text, STORES))} AS store, channel,
            {numbered("g", map(text, SEGMENTS))} AS segment, false AS is_refund, {moment("promised")} AS promised_at,
            CASE WHEN {known} THEN {moment("delivered")} END AS delivered_at,
            CASE WHEN {known} THEN {draw.uniform("intact", "o")} < {true.intact!r} END AS is_intact,
            CASE WHEN {known} THEN {draw.uniform("complete", "o")} < {true.complete!r} END AS is_complete,
            {one_of(draw.uniform("payment", "o"), PAYMENTS)} AS payment_method,
            {draw.uniform("preferred", "o")} < {true.preferred_payment!r} AS preferred_method_offered
        FROM (SELECT *, cents / 100 AS amount FROM sales)"""
    later = f"placed + {DAY} + floor({draw.uniform('refunded after', 'o')} * {19 * DAY})::BIGINT"
    shared = f"{draw.uniform('refund id', 'o')} < {true.refund_shares_id!r}"
    refunds = f"""
        SELECT {customer_id("i")}, {moment(at_counter("later"))}, -amount,
            CASE WHEN {shared} THEN 'O' ELSE 'R' END || o,
            -{margin}, {numbered("s", map(text, STORES))}, channel, {numbered("g", map(text, SEGMENTS))}, true,
            NULL::TIMESTAMP, NULL::TIMESTAMP, NULL::BOOLEAN, NULL::BOOLEAN, NULL::VARCHAR, NULL::BOOLEAN
        FROM (SELECT *, cents / 100 AS amount, {later} AS later FROM sales
            WHERE {draw.uniform("refunded", "o")} < {true.refunded!r})
        WHERE {at_counter("later")} < {END}"""
    return f"{bought} UNION ALL {refunds}"


def order_lines(draw: Draws, true: Parameters) -> str:
    """Return the table ``order_lines``: one to three lines of each sale, which share its cents without a rest.

    The lines of an order lie a third apart on the scale of the products, so that none comes twice.
    """
    share = draw.uniform("share of the first line", "o")
    first = f"(cents * (0.3 + 0.4 * {share}))::BIGINT"
    returned = f"placed + {8 * DAY} + floor({draw.uniform('returned after', 'o', 'j')} * {21 * DAY})::BIGINT"
    rated = f"placed + {8 * DAY} + floor({draw.uniform('rated after', 'o', 'j')} * {10 * DAY})::BIGINT"
    was_returned = f"{draw.uniform('returned', 'o', 'j')} < {named('product', true.returned)} AND {returned} < {END}"
    was_rated = f"{draw.uniform('rated', 'o', 'j')} < {true.rated!r} AND {rated} < {END}"
    rating = counted(draw.uniform("rating", "o", "j"), true.ratings, 1)
    size = counted(draw.uniform("lines", "o"), LINES, 1)
    units = f"1 + ({draw.uniform('units', 'o', 'j')} < 0.2)::INTEGER"
    return f"""
        SELECT 'O' || o AS order_id, product, part / 100 AS amount, {moment("placed")} AS ordered_at,
            ({units})::DOUBLE AS quantity, {named("product", {k: text(v) for k, v in CATEGORIES.items()})} AS category,
            CASE WHEN {was_returned} THEN {moment(returned)} END AS returned_at,
            CASE WHEN {was_rated} THEN {rating}::DOUBLE END AS rating,
            CASE WHEN {was_rated} THEN {moment(rated)} END AS rated_at
        FROM (SELECT o, placed, j, CASE WHEN n = 1 THEN cents WHEN j = 0 THEN first WHEN n = 2 THEN cents - first
                WHEN j = 1 THEN (cents - first) // 2 ELSE cents - first - (cents - first) // 2 END AS part,
            {chosen("wanted", true.products)} AS product
        FROM (SELECT *, ({draw.uniform("product", "o")} + j / {len(LINES)}) % 1 AS wanted
        FROM (SELECT *, unnest(range(n)) AS j
        FROM (SELECT o, placed, cents, {first} AS first, {size} AS n FROM sales))))"""


def customers(draw: Draws, true: Parameters) -> str:
    """Return the table ``customers``; who was referred, was so by somebody acquired earlier."""
    return f"""
        SELECT {customer_id("i")} AS customer_id, {moment("joined")} AS acquired_at, channel,
            {numbered("g", map(text, SEGMENTS))} AS segment, country, {numbered("s", map(text, STORES))} AS store,
            CASE WHEN channel = 'referral' AND i > 0
                THEN {customer_id(f"floor({draw.uniform('referred by', 'i')} * i)::BIGINT")} END AS referred_by
        FROM (SELECT *, {chosen(draw.uniform("acquired through", "i"), true.channels)} AS channel,
            {chosen(draw.uniform("country", "i"), true.countries)} AS country FROM people)"""
