"""How long subscriptions last: the first subscription of each customer, closed or still running."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.features.subscribing import GRACE_DAYS, with_runs
from kpikit.metrics.spans import whole_days
from kpikit.periods import EPOCH, as_date
from kpikit.timeline import period_start

KEYS = ("started_on", "segment", "duration", "observed", "followed_days")


def subscription_lengths(subscriptions: Any, *, as_of: Any, grace_days: int = GRACE_DAYS) -> ir.Table:
    """Return how long subscriptions lasted: one row per paid span → one row per distinct first day, length and plan.

    Spans of a customer with a gap of up to ``grace_days`` are one subscription, and each customer counts with the
    first: who comes back after a longer gap begins another, which is not in it. Whether a span was the last is known
    only after the grace, so that everything is told as of ``grace_days`` before ``as_of``: what runs then, or ends on
    that day or later, is open.

    Parameters
    ----------
    subscriptions
        Ibis table or DataFrame with ``customer_id``, ``started_at``, ``ended_at`` (null: running), perhaps ``plan``.
    as_of
        First day that is not known.
    grace_days
        Longest gap within a subscription, in days, 0 or more.

    Returns
    -------
    Table
        ``started_on`` (date), ``segment`` (the plan at the start, ``unknown`` where it is not said; ``all`` without
        plans), ``duration`` (days, to the end or as far as it is known), ``observed`` (it has ended),
        ``followed_days`` (from the start to the last day that is told), ``n`` (subscriptions).

    Raises
    ------
    ParameterError
        When ``grace_days`` is below 0.
    """
    whole_days(0, grace_days=grace_days)
    end = as_date(as_of)
    spans = with_runs(as_table("subscriptions", subscriptions), end, grace_days)
    with_plan = "plan" in spans.columns
    order = ["since", "until", *(["plan"] if with_plan else [])]
    place = ibis.row_number().over(ibis.window(group_by="customer_id", order_by=order))
    first = spans.mutate(place=place).filter(ibis._.place == 0)
    told = ibis.literal((end - EPOCH).days - grace_days, "int64")
    first = first.filter(first.run_since < told)
    each = first.select(
        started_on=period_start(first.run_since, "day"),
        segment=first.plan.cast("string").fill_null("unknown") if with_plan else ibis.literal("all"),
        duration=(ibis.least(first.run_until, told) - first.run_since).cast("float64"),
        observed=first.run_until < told,
        followed_days=told - first.run_since,
    )
    return each.group_by(list(KEYS)).aggregate(n=each.count()).order_by(list(KEYS))
