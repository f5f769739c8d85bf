"""How long customers wait for support: one row per case → durations, curves, and where the time is lost.

All take ``tickets`` (Ibis table or DataFrame) and ``event``: ``first_response_at`` or ``resolved_at``. A case without
that event is still waiting at ``as_of``: it is kept as longer than that (censored), not dropped. ``hours``,
``schedule``, ``holidays`` and ``timezone`` say which hours count, as :func:`kpikit.metrics.hours.hours_between` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.errors import ParameterError, one_of
from kpikit.metrics.durations import kaplan_meier, quantiles, reached
from kpikit.metrics.grid import ALL, bounds, cell_status, every_period, located
from kpikit.metrics.hours import (
    FIRST_MONDAY,
    LAST_YEAR_OF_ZONES,
    hours_between,
    local_seconds,
)
from kpikit.periods import DAYS_PER_WEEK, SECONDS_PER_DAY, SECONDS_PER_HOUR, as_date
from kpikit.timeline import one_if, period_start, segment_of, whole

EVENTS = ("first_response_at", "resolved_at")
STEPS_OF_A_CURVE = 200  # a drawn curve is thinned to steps of half a percent
PLACES = ("channel", "topic", "agent")
MEDIAN, LATE = 0.5, 0.9


def waits(
    tickets: Any,
    event: str = "first_response_at",
    *,
    period: str | None = None,
    by: str | Sequence[str] | None = None,
    as_of: Any = None,
    **clock: Any,
) -> tuple[ir.Table, ir.Table]:
    """Return how long each case waited: one row per case opened before ``as_of``, and the span of the cases.

    Parameters
    ----------
    by
        A column, or several: each becomes a column of that name, as text; one alone is also the ``segment``.
    clock
        ``hours``, ``schedule``, ``holidays``, ``timezone``.

    Returns
    -------
    Table, Table
        Cases: ``customer_id``, ``period`` (number), ``segment``, ``opened`` (local seconds), ``duration`` (hours; an
        answer dated before the opening is 0), ``observed``, the columns of ``by``; and the span, as
        :func:`kpikit.metrics.grid.bounds` returns it.
    """
    one_of("event", event, EVENTS)
    names = (by,) if isinstance(by, str) else tuple(by or ())
    table = as_table("tickets", tickets, also=(event, *names))
    span = bounds(table, period, as_of, time="opened_at")
    known = located(table, "opened_at", period=period, by=names[0] if len(names) == 1 else None, as_of=as_of)
    customer = known.customer_id.cast("string") if "customer_id" in known.columns else ibis.null("string")
    cases = known.select(
        **{name: segment_of(known, name) for name in names},
        kk_customer=customer,
        kk_period=known.period,
        kk_segment=known.segment,
        kk_opened=local_seconds(known.opened_at),
        kk_over=local_seconds(known[event]),
    ).cross_join(span.select(kk_end=span.end * SECONDS_PER_DAY))
    over = (cases.kk_over < cases.kk_end).fill_null(False)
    duration = hours_between(
        cases.kk_opened,
        over.ifelse(cases.kk_over, cases.kk_end),
        last_year=LAST_YEAR_OF_ZONES if as_of is None else as_date(as_of).year + 1,
        **clock,
    )
    own = {name: cases[name] for name in names if name not in RESERVED}
    rows = cases.select(
        **own, customer_id=cases.kk_customer, period=cases.kk_period, segment=cases.kk_segment,
        opened=cases.kk_opened, duration=duration, observed=over,
    )  # fmt: skip
    return rows, span


RESERVED = ("customer_id", "period", "segment", "opened", "duration", "observed")


def quantile_table(
    tickets: Any, event: str, quantile: float, *, period: str | None, by: str | None, as_of: Any, **clock: Any
) -> ir.Table:
    """Return a quantile of the wait per period and segment, by opening date, with every period of the grid.

    Returns
    -------
    Table
        ``period`` (date, null without a period), ``segment``, ``numerator`` (cases over), ``denominator`` (cases),
        ``n`` (customers; a case without one counts as one), ``value``, ``low``, ``high`` (hours), ``status``.
    """
    rows, span = waits(tickets, event, period=period, by=by, as_of=as_of, **clock)
    keys = ["period", "segment"]
    found = quantiles(rows, keys, quantile)
    every = every_period(span)
    cells = every.cross_join(rows.select("segment").distinct()) if by else every.mutate(segment=ibis.literal(ALL))
    cells = cells.left_join(found, keys)
    return cells.select(
        period=period_start(cells.period, period) if period else ibis.null("date"),
        segment=cells.segment,
        numerator=cells.events.fill_null(0).cast("float64"),
        denominator=cells.cases.fill_null(0).cast("float64"),
        n=cells.customers.fill_null(0).cast("int64"),
        value=cells.value,
        low=cells.low,
        high=cells.high,
        status=cell_status(cells, period),
    ).order_by("period", "segment")


def wait_curve(
    tickets: Any, event: str = "first_response_at", *, by: str | None = None, as_of: Any = None, **clock: Any
) -> ir.Table:
    """Return who still waits after how many hours: one row per case → at most some 200 per segment.

    Returns
    -------
    Table
        ``segment``, ``duration`` (hours), ``at_risk``, ``events``, ``survival`` (share still waiting), ``greenwood``,
        and per segment ``design_effect``, ``median``, ``low``, ``high``, ``cases``, ``observed`` (cases over),
        ``customers``, ``log_sum`` and ``log_squares`` (Σ ln h, Σ ln² h; null where a case still waits or took no
        time). Of the steps within half a percent of the curve only the first is there.
    """
    rows, _ = waits(tickets, event, by=by, as_of=as_of, **clock)
    keys = ["segment"]
    curve = kaplan_meier(rows, keys)
    curve = curve.mutate(step=whole(curve.survival * STEPS_OF_A_CURVE, 1))
    first = curve.group_by([*keys, "step"]).aggregate(duration=curve.duration.min())
    kept = curve.inner_join(first.select(*keys, "duration"), [*keys, "duration"]).drop("step", "censored")
    middle = quantiles(rows, keys, MEDIAN).rename(median="value", observed="events")
    logs = (rows.observed & (rows.duration > 0)).ifelse(rows.duration, ibis.null("float64")).ln()
    added = (
        rows.mutate(logs=logs)
        .group_by(keys)
        .aggregate(
            log_sum=lambda t: (t.logs.count() == t.count()).ifelse(t.logs.sum(), ibis.null("float64")),
            log_squares=lambda t: (t.logs.count() == t.count()).ifelse((t.logs * t.logs).sum(), ibis.null("float64")),
        )
    )
    return kept.inner_join(middle, keys).inner_join(added, keys).order_by("segment", "duration")


def waits_by_hour(
    tickets: Any, event: str = "first_response_at", *, block_hours: int = 3, as_of: Any = None, **clock: Any
) -> ir.Table:
    """Return waits by weekday and time of day of the opening: one row per case → at most 7 × 24.

    Returns
    -------
    Table
        ``weekday`` (Monday 0), ``hour`` (first of its block), ``block_hours``, and the columns of :func:`delays`.
    """
    if block_hours not in (1, 2, 3, 4, 6, 8, 12):
        raise ParameterError("a number of hours that divides a day", got=str(block_hours), where="block_hours")
    rows, _ = waits(tickets, event, as_of=as_of, **clock)
    day = whole(rows.opened, SECONDS_PER_DAY)
    since_monday = day - FIRST_MONDAY
    block = whole(rows.opened - day * SECONDS_PER_DAY, SECONDS_PER_HOUR * block_hours)
    weekday = since_monday - whole(since_monday, DAYS_PER_WEEK) * DAYS_PER_WEEK
    rows = rows.mutate(weekday=weekday, hour=block * block_hours)
    table = _against_all(rows, ["weekday", "hour"])
    return table.mutate(block_hours=ibis.literal(block_hours, type="int64")).order_by("weekday", "hour")


def delays(
    tickets: Any, event: str = "first_response_at", *, by: Sequence[str] | None = None, as_of: Any = None, **clock: Any
) -> ir.Table:
    """Return where the time is lost: one row per case → one row per combination of the columns of ``by``.

    Parameters
    ----------
    by
        Columns; None: those of ``channel``, ``topic`` and ``agent`` that are there.

    Returns
    -------
    Table
        ``by`` (``all`` where no column is there); ``cases``, ``waiting`` (not over yet), ``customers``; ``median``,
        ``low``, ``high`` (hours); ``slower`` and ``late`` (cases that waited longer than the overall median and than
        the overall 90th percentile), each with the cases of which that is known (``slower_of``, ``late_of``);
        ``hours_lost`` (hours beyond the overall median in cases that are over), ``hours_waiting`` (the same so far in
        cases that still wait); and, equal on each row, ``overall_median`` and ``overall_p90``. Most hours lost first.
    """
    names = list(by) if by is not None else [name for name in PLACES if name in tickets.columns]
    if set(names) & set(RESERVED):
        raise ParameterError("columns such as channel, topic, agent", got=", ".join(names), where="by")
    rows, _ = waits(tickets, event, by=names, as_of=as_of, **clock)
    if not names:
        names, rows = [ALL], rows.mutate(**{ALL: ibis.literal(ALL)})
    table = _against_all(rows, names)
    return table.order_by(table.hours_lost.desc(), *names)


def _against_all(rows: ir.Table, keys: list[str]) -> ir.Table:
    """Return the waits of each group of cases beside those of all cases."""
    rows = rows.mutate(everything=ibis.literal(ALL))
    curve = kaplan_meier(rows, ["everything"])
    middle, late = (reached(curve, ["everything"], 1 - q).select("everything", level="value") for q in (MEDIAN, LATE))
    judged = rows.inner_join(middle.rename(overall_median="level"), "everything")
    judged = judged.inner_join(late.rename(overall_p90="level"), "everything")
    is_slower = (judged.duration > judged.overall_median).fill_null(False)
    is_late = (judged.duration > judged.overall_p90).fill_null(False)
    beyond = ibis.greatest(judged.duration - judged.overall_median, ibis.literal(0.0))
    sums = judged.group_by(keys).aggregate(
        waiting=_count(~judged.observed),
        slower=_count(is_slower),
        slower_of=_count(judged.observed | is_slower),
        late=_count(is_late),
        late_of=_count(judged.observed | is_late),
        hours_lost=beyond.sum(where=judged.observed).fill_null(0),
        hours_waiting=beyond.sum(where=~judged.observed).fill_null(0),
        overall_median=judged.overall_median.max(),
        overall_p90=judged.overall_p90.max(),
    )
    cells = quantiles(rows, keys, MEDIAN).rename(median="value").drop("events", "design_effect")
    return cells.inner_join(sums, keys)


def _count(condition: ir.BooleanValue) -> ir.IntegerValue:
    return one_if(condition).sum().cast("int64")
