"""Visitors who convert, and how far they come: one row per visit or step → one row per period and segment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.errors import ParameterError, listed
from kpikit.metrics.cards import kpi
from kpikit.metrics.grid import ALL, Contributions, bounds, cell_status, every_period, located
from kpikit.metrics.openings import openings
from kpikit.metrics.visits import VISITOR, visitor_periods, visits
from kpikit.timeline import before, days, one_if, period_start

CONVERTED_WITHIN_DAYS = 7
FEWEST_STEPS = 2


def _checked_window(within_days: int) -> None:
    if within_days < 1:
        raise ParameterError("1 day or more", got=str(within_days), fix="Pass 7.", where="within_days")


def _began(each: ir.Table) -> ir.Table:
    """Return each visitor's first row of each period: ``visitor_id``, ``period``, ``began``, ``day``, ``segment``."""
    first = openings(each, ["visitor_id", "period"])
    return first.select("visitor_id", "period", began="first_at", day=days(first.first_at), segment="segment")


@kpi(
    counts="visitor",
    title="Visitors who convert within {within_days} days",
    question="Of the people who visited, how many did what the visit is for within {within_days} days?",
    formula="visitors with a conversion within {within_days} days of their first session of the period / "
    "visitors whose first session is ≥ {within_days} days ago",
    grain="period and segment of a visitor's first session in it",
    unit="share of visitors",
    style="percent",
    direction="up",
    needs=("sessions",),
    columns=("sessions.converted_at",),
    interval="wilson",
    caveat="Visitors are counted, not sessions: a person on two devices, or without cookies, is two visitors. Those "
    "first seen less than {within_days} days ago are in neither count.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020; eligibility as in survival analysis (right-censoring)",
)
def conversion_rate(
    sessions: Any,
    *,
    within_days: int = CONVERTED_WITHIN_DAYS,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return the share of visitors who convert within ``within_days`` of their first session of the period."""
    _checked_window(within_days)
    table = as_table("sessions", sessions, also=("converted_at", *((by,) if by else ())))
    first, span = _began(visitor_periods(table, period, by, as_of)), bounds(table, period, as_of, time="started_at")
    eligible = first.cross_join(span.select("end")).filter(lambda t: t.day + within_days < t.end)
    done = visits(table, None, None, as_of)
    done = done.filter(done.converted_at.notnull() & before(done.converted_at, _end(span)))
    done = done.select("visitor_id", "converted_at", on=days(done.converted_at))
    both = done.inner_join(eligible.select("visitor_id", "period", "began", began_on="day"), "visitor_id")
    in_time = both.filter(both.converted_at >= both.began, both.on <= both.began_on + within_days)
    converted = in_time.select("visitor_id", "period").distinct()
    joined = eligible.left_join(converted, ["visitor_id", "period"])
    each = joined.select(
        eligible.period,
        eligible.segment,
        customer_id=eligible.visitor_id,
        x=one_if(joined.visitor_id_right.notnull()),
        y=ibis.literal(1),
    )
    return Contributions(each, span, lag_days=within_days)


def _end(span: ir.Table) -> ir.DateScalar:
    """Return the first unknown day of a span as a date."""
    return span.select(end=period_start(span.end, "day")).as_scalar()


def funnel(
    events: Any,
    *,
    steps: Sequence[str],
    within_days: int = CONVERTED_WITHIN_DAYS,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> ir.Table:
    """Return how many visitors reach each step, in order: one row per event → one row per period, segment and step.

    Parameters
    ----------
    events
        Ibis table or DataFrame with ``visitor_id``, ``happened_at``, ``step``; a mapping of tables will do, and without
        ``events`` in it the answer has no rows.
    steps
        Names of the steps in their order, two or more.
    within_days
        Days after a visitor's first step in the period within which the later steps count.
    period, by, as_of
        As for every KPI. A visitor belongs to the period and segment of the first step.

    Returns
    -------
    Table
        ``period`` (date, null without a period), ``segment``, ``step_number`` (1 …), ``step``, ``visitors`` (who
        reached it after all steps before it), ``previous`` (who reached the step before; at step 1 the same),
        ``entered`` (who reached step 1), ``status``. Visitors whose window is not over are in no count.

    Raises
    ------
    ParameterError
        When there are fewer than two steps, or one twice.
    """
    _checked_window(within_days)
    names = list(steps)
    if len(names) < FEWEST_STEPS or len(set(names)) < len(names):
        raise ParameterError("two or more different steps", got=listed(names) or "none", where="steps")
    table = as_table("events", _events(events), also=(by,) if by else ())
    rows = located(table, "happened_at", period=period, by=by, as_of=as_of)
    rows = rows.filter(rows.visitor_id.notnull())
    span = bounds(table, period, as_of, time="happened_at")
    reached = _reached(rows, names, within_days, span)
    counts = [reached[f"t{number}"].count().name(f"n{number}") for number in range(1, len(names) + 1)]
    sums = reached.group_by("period", "segment").aggregate(counts)
    every = every_period(span)
    cells = every.cross_join(sums.select("segment").distinct()) if by else every.mutate(segment=ibis.literal(ALL))
    cells = cells.left_join(sums, ["period", "segment"])
    status = cell_status(cells, period, within_days)
    parts = [_step(cells, names, number, status, period) for number in range(1, len(names) + 1)]
    return ibis.union(parts[0], *parts[1:]).order_by("period", "segment", "step_number")


def _events(events: Any) -> Any:
    """Return the table of events, an empty one where a mapping of tables has none."""
    if not hasattr(events, "keys") or hasattr(events, "columns"):
        return events
    if "events" in events:
        return events["events"]
    return ibis.memtable(
        [], schema={"visitor_id": "string", "happened_at": "timestamp", "step": "string"}
    )  # fmt: skip


def _reached(rows: ir.Table, names: list[str], within_days: int, span: ir.Table) -> ir.Table:
    """Return the moment of each step: one row per visitor and period whose window is over; ``t1``, ``t2`` … or null.

    Each step is taken at its earliest moment at or after the step before.
    """
    began = rows.filter(rows.step == names[0])
    first = _began(began.group_by(list(VISITOR)).aggregate(first_at=began.happened_at.min()))
    found = first.cross_join(span.select("end")).filter(lambda t: t.day + within_days < t.end).drop("end")
    found = found.rename(t1="began")
    for number, name in enumerate(names[1:], start=2):
        step = rows.filter(rows.step == name).select(who="visitor_id", at="happened_at", on="day")
        joined = found.left_join(step, found.visitor_id == step.who)
        counts = (joined["at"] >= joined[f"t{number - 1}"]) & (joined.on <= joined.day + within_days)
        found = joined.group_by(found.columns).aggregate(joined["at"].min(where=counts).name(f"t{number}"))
    return found


def _step(cells: ir.Table, names: list[str], number: int, status: ir.StringValue, period: str | None) -> ir.Table:
    """Return the rows of one step."""

    def count(which: int) -> ir.IntegerValue:
        seen = status != "not_yet_observed"
        return seen.ifelse(cells[f"n{which}"].fill_null(0), ibis.null("int64")).cast("int64")

    return cells.select(
        period=period_start(cells.period, period) if period else ibis.null("date"),
        segment=cells.segment,
        step_number=ibis.literal(number, type="int64"),
        step=ibis.literal(names[number - 1]),
        visitors=count(number),
        previous=count(max(number - 1, 1)),
        entered=count(1),
        status=status,
    )
