"""Purchase histories at several cutoffs, for the purchase models."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit import customers
from kpikit.features.cutoffs import KEYS, as_day, days_of


def histories(orders: Any, *, cutoffs: Any, unit: str = "week") -> ir.Table:
    """Return each customer's purchase history at each cutoff: one row per order → one row per customer and cutoff.

    Parameters
    ----------
    orders, unit
        As in :func:`kpikit.customers.histories`.
    cutoffs
        First unknown day of each history: one date, or several.

    Returns
    -------
    Table
        ``customer_id``, ``cutoff`` (date), ``frequency``, ``recency``, ``T``, ``monetary_value``.
    """
    parts = []
    for day in map(as_day, days_of(cutoffs)):
        each = customers.histories(orders, as_of=day, unit=unit)
        parts.append(each.mutate(cutoff=ibis.literal(day)).select(*KEYS, "frequency", "recency", "T", "monetary_value"))
    table = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return table.order_by(["cutoff", "customer_id"])
