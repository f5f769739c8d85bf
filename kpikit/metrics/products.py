"""Products: what they bring, come back, how they are rated, and whether who began with them came back.

The KPIs take ``order_lines`` and ``orders``, which says whose a line is; ``by`` is a column of the lines (product,
category) or else of the orders. A line of an order that is not there belongs to nobody known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table, missing_columns
from kpikit.errors import ParameterError
from kpikit.metrics.cards import kpi
from kpikit.metrics.grid import KEYS, WHOLE, Contributions, clustered, located
from kpikit.metrics.known import as_known, span_until
from kpikit.timeline import activity, before, days, end_of_data, one_if

RETURN_DAYS = 30
BACK_WITHIN_DAYS = 90
RETURNS = ("returned", "lines_old_enough", "return_customers", "return_xx", "return_yy", "return_xy")
RATINGS = ("rating_sum", "ratings", "raters", "rating_xx", "rating_yy", "rating_xy")
FACTS = ("customers", "revenue", "orders", "units", *RETURNS, *RATINGS, "began", "came_back")


def _known(
    order_lines: Any, orders: Any, by: str | None, as_of: Any, *columns: str
) -> tuple[ir.Table, ir.Table, ir.Value]:
    """Return the lines as known at the end, the orders that have an id (``kk_order`` on both), and the end."""
    lines = as_table("order_lines", order_lines, also=columns)
    bought = as_table("orders", orders, also=("order_id",))
    if by and by not in lines.columns and by not in bought.columns:
        raise missing_columns("order_lines", [by], lines.columns)
    end = end_of_data(bought, as_of)
    own = lines.ordered_at if "ordered_at" in lines.columns else ibis.null("timestamp")
    known = as_known("order_lines", lines.mutate(kk_order=lines.order_id.cast("string"), ordered_at=own), end)
    return known, bought.filter(bought.order_id.notnull()).mutate(kk_order=bought.order_id.cast("string")), end


def _placed(lines: ir.Table, bought: ir.Table, by: str | None, end: ir.Value) -> ir.Table:
    """Return the lines ordered before the end, with the customer of their order, and its time where they have none.

    Each line stays one row: orders that come as several rows are one order here.
    """
    of_order = {"kk_customer": bought.customer_id.min(), "kk_ordered": bought.ordered_at.min()}
    if by and by not in lines.columns:
        of_order["kk_by"] = bought[by].cast("string").min()
    joined = lines.left_join(bought.group_by("kk_order").aggregate(**of_order), "kk_order")
    own = {str(by): joined.kk_by} if "kk_by" in of_order else {}
    ordered_at = ibis.coalesce(joined.ordered_at, joined.kk_ordered)
    placed = joined.mutate(customer_id=joined.kk_customer, ordered_at=ordered_at, **own)
    return placed.filter(before(placed.ordered_at, end))


def _dated(lines: ir.Table, bought: ir.Table, end: ir.Value) -> ir.Table:
    """Return what :func:`_placed` does for the oldest of any time: only lines without a time of their own are joined.

    Such a line comes once for each row of its order.
    """
    undated = lines.filter(lines.ordered_at.isnull()).drop("ordered_at")
    joined = undated.inner_join(bought.select("kk_order", "ordered_at"), "kk_order")
    every = lines.union(joined.select(*lines.columns))
    return every.filter(before(every.ordered_at, end))


def _sold(lines: ir.Table) -> ir.Table:
    return lines.filter((lines.amount >= 0).fill_null(False))


def _returns(sold: ir.Table, end: ir.Value, return_days: int) -> ir.Table:
    """Return sold lines with ``is_old`` (their window is over) and ``is_returned`` (within it)."""
    if return_days < 1:
        raise ParameterError("1 day or more", got=str(return_days), fix="Pass 30.", where="return_days")
    day = days(sold.ordered_at)
    back = days(sold.returned_at)
    in_time = (back >= day) & (back <= day + return_days)
    return sold.mutate(is_old=day + return_days < days(end), is_returned=in_time.fill_null(False))


@kpi(
    title="Returns within {return_days} days",
    splits_by_any=True,
    question="How much of what is sold comes back within {return_days} days?",
    formula="order lines returned within {return_days} days of the order / "
    "order lines ordered ≥ {return_days} days ago",
    grain="period of the order, and segment",
    unit="share of order lines",
    style="percent",
    direction="down",
    needs=("order_lines", "orders"),
    columns=("order_lines.returned_at", "orders.order_id"),
    interval="clustered_wilson",
    caveat="Younger lines may still come back and are in neither count. A line counts once, whatever its quantity.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020; eligibility as in survival analysis (right-censoring)",
)
def return_rate(
    order_lines: Any,
    orders: Any,
    *,
    return_days: int = RETURN_DAYS,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return the share of sold lines that came back within ``return_days``."""
    lines, bought, end = _known(order_lines, orders, by, as_of, "returned_at")
    sold = _sold(lines)
    rows = located(_returns(_placed(sold, bought, by, end), end, return_days), "ordered_at", period=period, by=by)
    old = rows.filter(rows.is_old)
    each = clustered(old.select(*KEYS, x=one_if(old.is_returned), y=ibis.literal(1)))
    span = span_until(_dated(sold, bought, end), "ordered_at", period, end)
    return Contributions(each, span, lag_days=return_days)


@kpi(
    title="Product rating",
    splits_by_any=True,
    question="How do customers rate what they bought?",
    formula="Σ ratings / number of ratings",
    grain="period of the rating, and segment",
    unit="points of the scale",
    style="decimal",
    direction="up",
    needs=("order_lines", "orders"),
    columns=("order_lines.rating", "order_lines.rated_at", "orders.order_id"),
    interval="clustered_mean",
    caveat="Who rates is no random sample: very pleased and very displeased customers rate more often.",
    source="Hu, Pavlou and Zhang, 2009, Communications of the ACM 52(10), on why ratings are J-shaped",
)
def product_rating(
    order_lines: Any, orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return the mean rating, by when it was given."""
    lines, bought, end = _known(order_lines, orders, by, as_of, "rating", "rated_at")
    rated = lines.filter(lines.rating.notnull(), lines.rated_at.notnull())
    theirs = bought.semi_join(rated, "kk_order")  # few lines are rated
    rows = located(_placed(rated, theirs, by, end), "rated_at", period=period, by=by)
    each = clustered(rows.select(*KEYS, x=rows.rating, y=ibis.literal(1)))
    return Contributions(each, span_until(_dated(rated, bought, end), "rated_at", period, end))


def product_performance(
    tables: Mapping[str, Any],
    *,
    return_days: int = RETURN_DAYS,
    within_days: int = BACK_WITHIN_DAYS,
    as_of: Any = None,
) -> ir.Table:
    """Return what each product does: one row per order line → one row per product.

    Parameters
    ----------
    tables
        ``order_lines`` and ``orders`` by name (``data.tables``). Without lines or ids of orders there are no rows.
    return_days
        Window of a return: lines younger than that are not yet eligible.
    within_days
        Window of coming back after the first order: customers younger than that are not yet eligible.

    Returns
    -------
    Table
        ``product``, ``customers`` (who bought it, as far as they are known), ``revenue`` (net), ``orders``,
        ``units`` (null where no quantity is known), ``lines_old_enough``,
        ``returned``, ``ratings``, ``rating_sum``, ``began`` (customers whose first day's orders held the product),
        ``came_back`` (those of them who ordered again on a later day). What an interval needs, since one customer's
        lines are alike: ``return_customers``, ``return_xx``, ``return_yy``, ``return_xy`` (Σx², Σy², Σxy over
        customers, x of whose y lines came back), and ``raters``, ``rating_xx``, ``rating_yy``, ``rating_xy`` (x points
        in y ratings). Counts of what the data do not hold are null.
    """
    if "order_lines" not in tables or "order_id" not in tables["orders"].columns:
        kinds = {"product": "string"} | dict.fromkeys(FACTS, "float64")
        return ibis.memtable({name: [] for name in kinds}, schema=kinds)
    lines, bought, end = _known(tables["order_lines"], tables["orders"], None, as_of)
    lines = _placed(lines, bought, None, end)
    sold = (lines.amount >= 0).fill_null(False)
    quantity = lines.quantity.sum(where=sold) if "quantity" in lines.columns else ibis.null("float64")
    brought = lines.group_by("product").aggregate(
        customers=lines.customer_id.nunique(),
        revenue=lines.amount.cast("float64").sum().fill_null(0),
        orders=lines.order_id.nunique(where=sold),
        units=quantity,
    )
    parts = [_returned(lines, end, return_days), _rated(lines), _began(lines, tables["orders"], end, within_days)]
    joined = brought
    for part in parts:
        joined = joined.left_join(part, "product").drop("product_right")
    facts = {name: joined[name].cast("float64") for name in FACTS}
    return joined.select("product", **facts).order_by(ibis.desc("revenue"), "product")


def _returned(lines: ir.Table, end: ir.Value, return_days: int) -> ir.Table:
    if "returned_at" not in lines.columns:
        return _unknown(lines, *RETURNS)
    sold = _returns(_sold(lines), end, return_days)
    old = one_if(sold.is_old)
    return _by_customer(sold.mutate(x=one_if(sold.is_old & sold.is_returned), y=old), RETURNS)


def _rated(lines: ir.Table) -> ir.Table:
    if "rating" not in lines.columns:
        return _unknown(lines, *RATINGS)
    rating = lines.rating.cast("float64")
    return _by_customer(lines.mutate(x=rating.fill_null(0.0), y=one_if(rating.notnull())), RATINGS)


def _by_customer(rows: ir.Table, names: tuple[str, ...]) -> ir.Table:
    """Return per product what its customers add up to: Σx, Σy, customers, Σx², Σy², Σxy, under ``names``."""
    keyed = rows.select("customer_id", "x", "y", period=ibis.literal(WHOLE, type="int64"), segment=rows["product"])
    each = clustered(keyed)
    counted = one_if(each.y > 0)  # a customer none of whose lines count is no cluster
    found = [one.sum() for one in (each.x, each.y, counted, each.x * each.x, each.y * each.y, each.x * each.y)]
    return each.group_by(product="segment").aggregate(**dict(zip(names, found, strict=True)))


def _unknown(lines: ir.Table, *names: str) -> ir.Table:
    products = lines.select("product").distinct()
    return products.mutate(**{name: ibis.null("float64") for name in names})


def _began(lines: ir.Table, orders: Any, end: ir.Value, within_days: int) -> ir.Table:
    """Return for each product the customers who began with it and are old enough, and those who came back in time."""
    if within_days < 1:
        raise ParameterError("1 day or more", got=str(within_days), fix="Pass 90.", where="within_days")
    bought = activity(as_table("orders", orders))
    visits = bought.select("customer_id", day=days(bought.ordered_at), at=bought.ordered_at)
    visits = visits.filter(before(visits["at"], end))
    first = visits.group_by("customer_id").aggregate(first_day=visits.day.min())
    later = first.left_join(visits.select("customer_id", "day"), "customer_id")
    in_time = (later.day > later.first_day) & (later.day <= later.first_day + within_days)
    back = later.group_by("customer_id", "first_day").aggregate(x=one_if(in_time).max())
    eligible = back.filter(back.first_day + within_days < days(end))
    sold = _sold(lines.filter(lines.customer_id.notnull()))
    held = sold.select("customer_id", "product", first_day=days(sold.ordered_at)).distinct()  # counted once each
    both = eligible.inner_join(held, ["customer_id", "first_day"])
    return both.group_by("product").aggregate(began=both.count(), came_back=both.x.sum())
