"""One row per customer: purchase histories for the models, RFM scores, the calibration and holdout split.

The models' ``recency`` (age at the last purchase) and the RFM score's ``recency_days`` (days since the last purchase)
are different things and have different names.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.errors import ContractError, ParameterError, listed, one_of
from kpikit.handing import in_engine
from kpikit.periods import DAYS_PER_UNIT, as_date
from kpikit.timeline import activity, days, end_of_data, marked, one_if, period_start, quotient

HISTORY = ("frequency", "recency", "T")


def occasions(orders: ir.Table, as_of: Any) -> ir.Table:
    """Return the days with activity: one row per customer and day, with the day's number and its net amount."""
    known = marked(orders, as_of)
    daily = known.group_by(known.customer_id, day=days(known.ordered_at)).aggregate(
        net=known.amount.sum(), is_active=known.is_activity.any()
    )
    return daily.filter(daily.is_active).select("customer_id", "day", "net")


def histories(orders: Any, *, as_of: Any = None, unit: str = "week") -> ir.Table:
    """Return each customer's purchase history: one row per order → one row per customer.

    Parameters
    ----------
    orders
        Ibis table or DataFrame with ``customer_id``, ``ordered_at`` (local) and ``amount``.
    as_of
        First day that is not known; None means the day after the newest row.
    unit
        Unit of ``recency`` and ``T``: ``day``, ``week`` (days / 7, not rounded), ``month`` or ``year``.

    Returns
    -------
    Table
        ``customer_id``; ``frequency`` (int, days with an order after the first such day); ``recency`` (age at the last
        purchase) and ``T`` (age at the last known day), in units; ``monetary_value`` (mean of the day's net amount
        over repeat days, null at frequency 0).

    Raises
    ------
    ContractError
        When ``orders`` lacks a column.
    ParameterError
        When ``unit`` or ``as_of`` is not valid.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. and Lee, K. L. (2005), "Counting your customers the easy way", Marketing Science 24.
    """
    one_of("unit", unit, DAYS_PER_UNIT)
    table = as_table("orders", orders)
    last_known_day = days(end_of_data(table, as_of)) - 1
    daily = occasions(table, as_of)
    each = daily.group_by("customer_id").aggregate(
        first=daily.day.min(),
        last=daily.day.max(),
        occasions=daily.count(),
        total=daily.net.sum(),
        first_net=daily.net.argmin(daily.day),
    )
    length = DAYS_PER_UNIT[unit]
    repeats = each.occasions - 1
    shown = each.select(
        "customer_id",
        frequency=repeats.cast("int64"),
        recency=quotient(each["last"] - each["first"], length),
        T=quotient(last_known_day - each["first"], length),
        monetary_value=quotient(each.total - each.first_net, repeats),
    )
    return shown.order_by("customer_id")


def distinct_histories(histories: Any) -> ir.Table:
    """Return the distinct histories with their counts: one row per customer → one row per (frequency, recency, T).

    Returns
    -------
    Table
        ``frequency``, ``recency``, ``T``, ``n_customers`` (int). A model fit with these counts as weights equals the
        fit on all customers; a million customers have about 108,000 distinct weekly histories.
    """
    table = _with_columns(histories, HISTORY)
    return table.group_by(list(HISTORY)).aggregate(n_customers=table.count()).order_by(list(HISTORY))


def join_scores(histories: Any, scores: Any) -> ir.Table:
    """Return every customer's history with the scores of their distinct history, joined by the engine.

    Parameters
    ----------
    histories
        One row per customer, as :func:`histories` returns it.
    scores
        One row per (frequency, recency, T): those three columns, unchanged, and any others. Where a history stands
        twice, its largest scores count.

    Returns
    -------
    Table
        The columns of ``histories`` and the score columns; null where a history has no score.
    """
    left, right = _with_columns(histories, HISTORY), _with_columns(scores, HISTORY)
    new = [name for name in right.columns if name not in HISTORY]
    both = [name for name in new if name in left.columns]
    if both:
        raise ContractError(
            f"scores without the columns {both}", got="both tables have them", fix="Rename or drop them."
        )
    right = right.group_by(list(HISTORY)).aggregate(**{name: right[name].max() for name in new})  # one row each
    joined = left.left_join(right, list(HISTORY))
    return joined.select([*[left[name] for name in left.columns], *[right[name] for name in new]])


def calibration_holdout(orders: Any, *, calibration_end: Any, as_of: Any = None, unit: str = "week") -> ir.Table:
    """Return histories at ``calibration_end`` beside what came after it: one row per customer born before it.

    Parameters
    ----------
    orders, as_of, unit
        As in :func:`histories`; ``as_of`` ends the holdout.
    calibration_end
        First day of the holdout.

    Returns
    -------
    Table
        The columns of :func:`histories` as known at ``calibration_end``, and ``holdout_purchases`` (days with an order
        in the holdout, 0 where none) and ``holdout_spend`` (their net amount). Customers whose first purchase lies in
        the holdout are not in the table: count them apart.
    """
    table, cut = as_table("orders", orders), as_date(calibration_end, name="calibration_end")
    if as_of is not None and as_date(as_of) <= cut:
        raise ParameterError(
            f"calibration_end before as_of ({as_of})",
            got=str(cut),
            fix="Leave days for the holdout.",
            where="calibration_end",
        )
    known = histories(table, as_of=cut, unit=unit)
    daily = occasions(table, as_of)
    later = daily.filter(daily.day >= days(ibis.literal(cut)))
    after = later.group_by("customer_id").aggregate(purchases=later.count(), spend=later.net.sum())
    joined = known.left_join(after, "customer_id")
    return joined.select(
        [known[name] for name in known.columns],
        holdout_purchases=after.purchases.fill_null(0),
        holdout_spend=after.spend.fill_null(0.0),
    )


def rolling_origins(
    orders: Any, *, as_of: Any, horizon_days: int, n_origins: int = 12, step_days: int = 28, unit: str = "week"
) -> ir.Table:
    """Return :func:`calibration_holdout` at several cutoffs, stacked: one row per customer and origin.

    Parameters
    ----------
    orders, unit
        As in :func:`histories`.
    as_of
        First day that is not known; the last holdout ends before it.
    horizon_days
        Length of each holdout in days, 1 or more.
    n_origins
        How many cutoffs; 0 gives a table without rows.
    step_days
        Days from one cutoff to the next, 1 or more; whole weeks keep the days of the week alike.

    Returns
    -------
    Table
        ``origin`` (date, first day of the holdout), then the columns of :func:`calibration_holdout`: customers known at
        that origin, and what they did in the ``horizon_days`` from it on. An origin before the first order has no rows.

    Raises
    ------
    ParameterError
        When a number of days is below 1, that of cutoffs below 0, or ``as_of`` is no date.
    """
    facts = (("horizon_days", horizon_days, 1), ("n_origins", n_origins, 0), ("step_days", step_days, 1))
    for name, value, least in facts:
        if value < least or value != int(value):
            raise ParameterError(f"a whole number of {least} or more", got=str(value), fix="Pass 28.", where=name)
    table, end = as_table("orders", orders), as_date(as_of)
    parts = []
    for back in reversed(range(max(int(n_origins), 1))):
        origin = end - timedelta(days=int(horizon_days) + back * int(step_days))
        until = origin + timedelta(days=int(horizon_days))
        part = calibration_holdout(table, calibration_end=origin, as_of=until, unit=unit)
        parts.append(part.select(origin=ibis.literal(origin), **{name: part[name] for name in part.columns}))
    stacked = ibis.union(*parts) if len(parts) > 1 else parts[0]
    return stacked if n_origins else stacked.limit(0)


def daily_purchases(orders: Any, *, known_before: Any, as_of: Any = None) -> ir.Table:
    """Return first and repeat purchases by day, of customers first seen before a day: one row per order → one per day.

    Parameters
    ----------
    known_before
        Customers whose first purchase lies on or after this day are left out.

    Returns
    -------
    Table
        ``day`` (date), ``first_purchases``, ``repeat_purchases`` (int; a customer counts once a day). Days without a
        purchase are not there.
    """
    table, cut = as_table("orders", orders), as_date(known_before, name="known_before")
    daily = occasions(table, as_of)
    first = daily.group_by("customer_id").aggregate(first=daily.day.min())
    born = first.filter(first["first"] < days(ibis.literal(cut)))
    both = daily.inner_join(born, "customer_id")
    is_first = both.day == both["first"]
    counts = both.group_by(number=both.day).aggregate(
        first_purchases=one_if(is_first).sum(), repeat_purchases=one_if(~is_first).sum()
    )
    return counts.select(
        day=period_start(counts.number, "day"),
        first_purchases=counts.first_purchases.cast("int64"),
        repeat_purchases=counts.repeat_purchases.cast("int64"),
    ).order_by("day")


def rfm_scores(orders: Any, *, as_of: Any = None, bins: int = 5) -> ir.Table:
    """Return recency, frequency and money with their scores: one row per order → one row per customer.

    Parameters
    ----------
    bins
        Number of score classes; the best is ``bins``. Equal values get equal scores.

    Returns
    -------
    Table
        ``customer_id``, ``recency_days`` (days since the last purchase), ``orders`` (count), ``amount`` (net, refunds
        subtracted), ``r_score``, ``f_score``, ``m_score`` (1 to ``bins``).
    """
    if bins < 2:
        raise ParameterError("at least 2 bins", got=str(bins), fix="Pass 5.", where="bins")
    table = as_table("orders", orders)
    last_known_day = days(end_of_data(table, as_of)) - 1
    bought = activity(table, as_of)
    each = bought.group_by("customer_id").aggregate(last=days(bought.ordered_at).max(), orders=bought.count())
    known = marked(table, as_of)
    money = known.group_by("customer_id").aggregate(amount=known.amount.sum())
    both = each.inner_join(money, "customer_id").select(
        each.customer_id, each.orders, money.amount, recency_days=last_known_day - each["last"]
    )

    def score(worst_first: Any) -> ir.IntegerColumn:
        share_below = ibis.percent_rank().over(ibis.window(order_by=worst_first))
        return ((share_below * bins).floor().cast("int64") + 1).clip(upper=bins)

    return both.mutate(
        r_score=score(both.recency_days.desc()), f_score=score(both.orders.asc()), m_score=score(both.amount.asc())
    )


def _with_columns(data: Any, needed: tuple[str, ...]) -> ir.Table:
    table = in_engine(data)
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise ContractError(
            f"columns {missing}",
            got=f"[{listed(table.columns)}]",
            fix="Pass the table that customers.histories(orders) returns.",
            where="histories",
        )
    return table
