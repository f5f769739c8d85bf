"""The rules of money and activity: lines become orders; refunds change money only."""

from __future__ import annotations

import ibis.expr.types as ir

from kpikit.sources.engine import quoted

SUMMED = ("amount", "margin")
LINE_IS_ACTIVITY = "amount >= 0"


def orders_query(relation: str, names: list[str]) -> str:
    """Return the SELECT that makes orders from the lines in ``relation``.

    Lines are summed per ``order_id`` and ``customer_id``: the earliest time, the sum of the money, activity when any
    line is positive or free and not a refund; every other column is its smallest value, so that no order of lines
    matters. Sums add in order of size, so that they are the same to the last bit whatever thread read them first.
    A line without ``order_id`` is an order of its own.
    """
    positive = LINE_IS_ACTIVITY + (" AND NOT coalesce(is_refund, false)" if "is_refund" in names else "")
    if "order_id" not in names:
        listing = ", ".join(quoted(name) for name in names)
        return f"SELECT {listing}, ({positive}) AS is_activity FROM {relation}"
    keys = ("order_id", "customer_id")
    parts = []
    for name in names:
        column = quoted(name)
        if name in keys:
            parts.append(column)
        elif name in SUMMED:
            parts.append(f"sum({column} ORDER BY {column}) AS {column}")
        else:
            parts.append(f"min({column}) AS {column}")
    return (
        f"SELECT {', '.join(parts)}, bool_or({positive}) AS is_activity FROM {relation} "
        f"GROUP BY order_id, customer_id, CASE WHEN order_id IS NULL THEN _row END "
        f"ORDER BY min(ordered_at), customer_id, order_id, min(_row)"
    )


def orders_table(lines: ir.Table) -> ir.Table:
    """Return the same as :func:`orders_query` for an engine that adds in its own order."""
    positive = lines.amount >= 0
    if "is_refund" in lines.columns:
        positive = positive & ~lines.is_refund.fill_null(False)
    lines = lines.mutate(is_activity=positive)
    if "order_id" not in lines.columns:
        return lines
    keys = ("order_id", "customer_id")
    named = lines.filter(lines.order_id.notnull())
    parts = {name: named[name].sum() if name in SUMMED else _least(named[name]) for name in lines.columns}
    parts["is_activity"] = named.is_activity.any()
    orders = named.group_by(list(keys)).aggregate([part.name(n) for n, part in parts.items() if n not in keys])
    return orders.select(lines.columns).union(lines.filter(lines.order_id.isnull()))


def _least(column: ir.Value) -> ir.Value:
    return column.all() if column.type().is_boolean() else column.min()
