"""What became of each customer after a cutoff: lost within the horizon, or not."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.errors import ContractError, listed
from kpikit.features.cutoffs import KEYS, at_each, dated, days_of, days_of_horizon, known_by
from kpikit.features.subscribing import GRACE_DAYS, with_runs
from kpikit.handing import in_engine
from kpikit.metrics.spans import whole_days
from kpikit.periods import as_date
from kpikit.timeline import activity, days, one_if


def inactivity_labels(orders: Any, *, cutoffs: Any, horizon_days: int, as_of: Any) -> ir.Table:
    """Return who placed no order in the horizon: one row per order → one row per customer and cutoff.

    Parameters
    ----------
    orders
        Ibis table or DataFrame with ``customer_id``, ``ordered_at`` (local) and ``amount``.
    cutoffs
        First day of each horizon: one date, or several.
    horizon_days
        Length of the horizon in days, the cutoff's day being the first.
    as_of
        First day that is not known: cutoff + horizon must not lie after it.

    Returns
    -------
    Table
        ``customer_id``, ``cutoff`` (date), ``churned`` (1: no order from the cutoff on, for ``horizon_days``; 0:
        at least one), for every customer with an order before the cutoff. A refund is no order.

    Raises
    ------
    ParameterError
        When labels would lie after ``as_of``.
    """
    at, horizon = days_of(cutoffs), days_of_horizon(horizon_days)
    known_by(as_of, at, horizon)
    bought = activity(as_table("orders", orders), as_of)
    rows = at_each(bought.select("customer_id", day=days(bought.ordered_at)), at)
    rows = rows.filter(rows.day < rows["at"] + horizon)
    each = rows.group_by(["customer_id", "at"]).aggregate(first=rows.day.min(), last=rows.day.max())
    each = each.filter(each["first"] < each["at"])
    return dated(each.select("customer_id", "at", churned=one_if(each["last"] < each["at"])))


def subscription_labels(
    subscriptions: Any, *, cutoffs: Any, horizon_days: int, as_of: Any, grace_days: int = GRACE_DAYS
) -> ir.Table:
    """Return which subscribers ended within the horizon: one row per paid span → one row per customer and cutoff.

    Parameters
    ----------
    subscriptions
        Ibis table or DataFrame with ``customer_id``, ``started_at`` and ``ended_at`` (null: running).
    cutoffs, horizon_days
        As in :func:`inactivity_labels`.
    as_of
        First day that is not known: cutoff + horizon + grace must not lie after it.
    grace_days
        Who is back within so many days never left.

    Returns
    -------
    Table
        ``customer_id``, ``cutoff`` (date), ``churned`` (1: the subscription ended on one of the ``horizon_days`` days
        from the cutoff on), for everybody with a running one at the first instant of the cutoff.

    Raises
    ------
    ParameterError
        When labels would lie after ``as_of``.
    """
    at, horizon = days_of(cutoffs), days_of_horizon(horizon_days)
    whole_days(0, grace_days=grace_days)
    known_by(as_of, at, horizon, grace_days)
    table = as_table("subscriptions", subscriptions)
    spans = with_runs(table, as_date(as_of), grace_days)
    runs = spans.group_by(["customer_id", "run"]).aggregate(since=spans.since.min(), until=spans.until.max())
    rows = at_each(runs, at)
    rows = rows.filter(rows.since < rows["at"], rows.until >= rows["at"])
    return dated(rows.select("customer_id", "at", churned=one_if(rows.until < rows["at"] + horizon)))


def labelled(snapshots: Any, labels: Any) -> ir.Table:
    """Return snapshots with their labels: the customers and cutoffs that both have, the label last.

    Parameters
    ----------
    snapshots, labels
        Tables of this package, one row per ``customer_id`` and ``cutoff``.

    Raises
    ------
    ContractError
        When one lacks the keys, or ``labels`` has no ``churned``.
    """
    left, right = _keyed("snapshots", snapshots, KEYS), _keyed("labels", labels, (*KEYS, "churned"))
    joined = left.inner_join(right, list(KEYS))
    return joined.select([*[left[name] for name in left.columns], right.churned]).order_by(["cutoff", "customer_id"])


def _keyed(name: str, data: Any, needed: tuple[str, ...]) -> ir.Table:
    table = in_engine(data)
    missing = [column for column in needed if column not in table.columns]
    if missing:
        raise ContractError(
            f"columns {missing}", got=f"[{listed(table.columns)}]", where=name,
            fix="Pass the tables that kpikit.features made.",
        )  # fmt: skip
    return table
