"""Cohort × age tables with explicit zeros and the status of every cell.

A cell is *complete* when its period is over, *partial* while it runs, *not_yet_observed* before it begins: then its
counts are null, and the row is there. Zero is not null.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.errors import ParameterError, listed, one_of
from kpikit.periods import MONTHS_PER_QUARTER, MONTHS_PER_YEAR, SECONDS_PER_DAY, Period
from kpikit.timeline import (
    days,
    end_of_data,
    marked,
    one_if,
    period_index,
    period_start,
    quotient,
    seconds_of_day,
    segment_of,
    whole,
)

ALL = "all customers"
RESERVED = ("cohort", "age", "cohort_size", "active", "retention", "status", "revenue", "revenue_per_customer")


@dataclass(frozen=True)
class _Clock:
    """How ages are counted: the period, from the calendar or from each customer's own first moment, in brackets."""

    period: Period
    elapsed: bool
    brackets: tuple[int, ...]

    def age(self, later: ir.Table, entered: ir.Value) -> ir.IntegerValue:
        """Return whole periods from entry to ``later.ordered_at``."""
        if not self.elapsed:
            return later.period - period_index(entered, self.period)
        moment, unit = later.ordered_at, self.period.unit
        if unit in {"day", "week"}:
            length = SECONDS_PER_DAY * (1 if unit == "day" else 7)
            return whole(moment.epoch_seconds() - entered.epoch_seconds(), length)
        months = period_index(moment, "month") - period_index(entered, "month")
        months = months - one_if(_seconds_of_month(moment) < _seconds_of_month(entered))
        length = {"month": 1, "quarter": MONTHS_PER_QUARTER, "year": MONTHS_PER_YEAR}[unit]
        return whole(months, length)

    def cell(self, age: ir.IntegerValue) -> ir.IntegerValue:
        """Return the number of the bracket that holds each age; beyond the last, one more than there are."""
        if not self.brackets:
            return age
        ends = self._ends()
        cases = [((age > low) & (age <= high), number) for number, (low, high) in enumerate(ends, start=1)]
        return ibis.cases((age == 0, 0), *cases, else_=len(ends) + 1)

    def first_and_last_age(self, cell: ir.IntegerValue) -> tuple[ir.IntegerValue, ir.IntegerValue]:
        """Return the first and the last age that a cell covers."""
        if not self.brackets:
            return cell, cell
        ends = self._ends()
        first = ibis.cases(*[(cell == number, low + 1) for number, (low, _) in enumerate(ends, start=1)], else_=0)
        last = ibis.cases(*[(cell == number, high) for number, (_, high) in enumerate(ends, start=1)], else_=0)
        return first, last

    def _ends(self) -> list[tuple[int, int]]:
        reached, ends = 0, []
        for length in self.brackets:
            ends.append((reached, reached + length))
            reached += length
        return ends


def cohort_retention(
    orders: Any,
    *,
    period: str = "month",
    mode: str = "exact",
    entry: str = "first",
    clock: str = "calendar",
    brackets: Sequence[int] | None = None,
    min_occurrences: int = 1,
    as_of: Any = None,
    by: str | None = None,
) -> ir.Table:
    """Return who came back: one row per order → one row per cohort and age (and segment).

    Parameters
    ----------
    orders
        Ibis table or DataFrame with ``customer_id``, ``ordered_at`` (local) and ``amount``. Refunds are no activity.
    period
        Width of cohorts and ages: ``day``, ``week`` (Monday), ``week-sunday``, ``month``, ``quarter``, ``year``.
    mode
        ``exact``: active in that age; ``rolling``: active in that age or any later one, as far as is known.
    entry
        ``first``: a customer belongs to the cohort of the first order; ``recurring``: to the cohort of every period
        with an order.
    clock
        ``calendar``: age k is the k-th period after the cohort's; ``elapsed``: age k begins k periods after the
        customer's own first moment.
    brackets
        Lengths of the age brackets after age 0, in periods: ``[1, 3, 5]`` makes age 1 the first period, age 2 the
        second to fourth, age 3 the fifth to ninth.
    min_occurrences
        Orders that a customer needs in a period to count as active in it (ages above 0; also within a bracket).
    as_of
        First day that is not known; None means the day after the newest row.
    by
        Column to split by; a customer belongs to the segment of the entry order.

    Returns
    -------
    Table
        ``cohort`` (date), ``age`` (int), ``cohort_size``, ``active`` (int, null when not yet observed), ``retention``
        (0 to 1, null when not yet observed or the cohort is empty), ``status``, and ``by`` under its own name.

    Raises
    ------
    ContractError
        When ``orders`` lacks a column.
    ParameterError
        When an option is not valid.

    Notes
    -----
    Rolling values of young cohorts can only grow as more becomes known. Customers who bought before the data begin
    look new in the first cohort (left truncation).
    """
    one_of("mode", mode, ("exact", "rolling"))
    if min_occurrences < 1:
        raise ParameterError("1 or more", got=str(min_occurrences), fix="Pass 1.", where="min_occurrences")
    table, how, segment = _prepare(orders, period, entry, clock, brackets, by)
    known = marked(table, as_of)
    bought = _placed(known.filter(known.is_activity), how, segment)
    periods = bought.group_by("customer_id", "period").aggregate(n=bought.count())
    members = _members_by_period(periods) if _by_period_alone(how, entry, by) else _members(bought, entry)
    if how.elapsed:
        visits = _aged(bought, members, how)
        each = visits.group_by("segment", "cohort", "customer_id", "age").aggregate(n=visits.count())
    else:  # one row per customer and period before the join: far fewer than orders
        each = _aged_by_period(periods, members)
    if min_occurrences > 1:
        each = each.filter((each.age == 0) | (each.n >= min_occurrences))
    returned = each.mutate(age=how.cell(each.age)).select("segment", "cohort", "customer_id", "age")
    if how.brackets:  # several ages of a customer in one cell
        returned = returned.distinct()
    if mode == "rolling":
        last = returned.age.max()
        if how.brackets:  # who is seen after the last bracket was kept through it
            last = ibis.least(last, len(how.brackets))
        returned = returned.group_by("segment", "cohort", "customer_id").aggregate(age=last)
    counts = returned.group_by("segment", "cohort", "age").aggregate(active=returned.count())
    cells = _grid(members, table, how, as_of).left_join(counts, ["segment", "cohort", "age"])
    cells = cells.mutate(active=cells.active.fill_null(0))
    if mode == "rolling":
        later = ibis.window(group_by=["segment", "cohort"], order_by=ibis.desc("age"), preceding=None, following=0)
        kept = cells.active.cast("float64").sum().over(later)  # DuckDB sums integers to 128 bits
        cells = cells.mutate(active=kept.cast("int64"))
    seen = cells.status != "not_yet_observed"
    active = seen.ifelse(cells.active, ibis.null("int64")).cast("int64")
    return _finished(
        cells.mutate(active=active, retention=quotient(active, cells.cohort_size)), how, by, ["active", "retention"]
    )


def cohort_revenue(
    orders: Any,
    *,
    period: str = "month",
    entry: str = "first",
    clock: str = "calendar",
    brackets: Sequence[int] | None = None,
    as_of: Any = None,
    by: str | None = None,
) -> ir.Table:
    """Return what each cohort spent at each age: one row per order → one row per cohort and age (and segment).

    Parameters
    ----------
    orders, period, entry, clock, brackets, as_of, by
        As in :func:`cohort_retention`. Refunds count as negative amounts of the cohort of their customer; those from
        before the cohort's period belong to none.

    Returns
    -------
    Table
        ``cohort`` (date), ``age`` (int), ``cohort_size`` (int), ``revenue`` (net amount, null when not yet observed),
        ``revenue_per_customer`` (of the whole cohort), ``status``, and ``by`` under its own name.
    """
    table, how, segment = _prepare(orders, period, entry, clock, brackets, by)
    known = _placed(marked(table, as_of), how, segment)
    members = _members(known.filter(known.is_activity), entry)
    moves = _aged(known, members, how)
    moves = moves.mutate(age=how.cell(moves.age))
    sums = moves.group_by("segment", "cohort", "age").aggregate(revenue=moves.amount.sum())
    cells = _grid(members, table, how, as_of).left_join(sums, ["segment", "cohort", "age"])
    seen = cells.status != "not_yet_observed"
    revenue = seen.ifelse(cells.revenue.fill_null(0).cast("float64"), ibis.null("float64"))
    per_customer = quotient(revenue, cells.cohort_size)
    names = ["revenue", "revenue_per_customer"]
    return _finished(cells.mutate(revenue=revenue, revenue_per_customer=per_customer), how, by, names)


def _prepare(
    orders: Any, period: str, entry: str, clock: str, brackets: Sequence[int] | None, by: str | None
) -> tuple[ir.Table, _Clock, str | None]:
    one_of("entry", entry, ("first", "recurring"))
    one_of("clock", clock, ("calendar", "elapsed"))
    lengths = [] if brackets is None else list(brackets)
    if any(str(length) != str(int(length)) or length < 1 for length in lengths):
        raise ParameterError("whole lengths of 1 or more", got=str(brackets), fix="Pass [1, 3, 5].", where="brackets")
    if by in RESERVED:
        raise ParameterError(
            f"a column other than {listed(RESERVED)}", got=repr(by), fix="Rename it first.", where="by"
        )
    table = as_table("orders", orders, also=(by,) if by else ())
    return table, _Clock(Period.parse(period), clock == "elapsed", tuple(map(int, lengths))), by


def _placed(known: ir.Table, how: _Clock, by: str | None) -> ir.Table:
    """Return orders with the number of their period and their segment."""
    segment = segment_of(known, by) if by else ibis.literal(ALL)
    return known.select(
        "customer_id",
        "ordered_at",
        "amount",
        "is_activity",
        segment=segment,
        period=period_index(known.ordered_at, how.period),
    )


def _members(bought: ir.Table, entry: str) -> ir.Table:
    """Return who belongs to which cohort: segment, cohort (number), customer and the moment of entry."""
    if entry == "recurring":
        grouped = bought.group_by("segment", "customer_id", cohort=bought.period)
        return grouped.aggregate(entered=bought.ordered_at.min())
    first = bought.group_by("customer_id").aggregate(entered=bought.ordered_at.min())
    opening = first.inner_join(bought, [first.customer_id == bought.customer_id, first.entered == bought.ordered_at])
    return opening.group_by("customer_id", "entered").aggregate(
        segment=opening.segment.min(), cohort=opening.period.min()
    )


def _by_period_alone(how: _Clock, entry: str, by: str | None) -> bool:
    """Say whether a cohort can be read from the customers' periods, without the moment and segment of entry."""
    return by is None and entry == "first" and not how.elapsed


def _members_by_period(periods: ir.Table) -> ir.Table:
    """Return the members of cohorts as :func:`_members` does, from one row per customer and period."""
    first = periods.group_by("customer_id").aggregate(cohort=periods.period.min())
    return first.mutate(segment=ibis.literal(ALL))


def _aged_by_period(periods: ir.Table, members: ir.Table) -> ir.Table:
    """Return the periods of each cohort's members since the cohort's, with their age and their number of orders."""
    later = periods.rename(later_customer="customer_id")
    joined = members.inner_join(later, [members.customer_id == later.later_customer, later.period >= members.cohort])
    return joined.select("segment", "cohort", "customer_id", "n", age=joined.period - joined.cohort)


def _aged(moves: ir.Table, members: ir.Table, how: _Clock) -> ir.Table:
    """Return the orders of each cohort's members, at or after their entry's period, with their age in periods."""
    later = moves.drop("segment").rename(later_customer="customer_id")
    joined = members.inner_join(later, [members.customer_id == later.later_customer, later.period >= members.cohort])
    age = how.age(joined, joined.entered)
    return joined.mutate(age=ibis.greatest(age, 0))  # a refund before the first order, in its period, has age 0


def _grid(members: ir.Table, orders: ir.Table, how: _Clock, as_of: Any) -> ir.Table:
    """Return every cohort and age, up to the last known period, with cohort size and cell status."""
    spans = members.aggregate(first=members.cohort.min())
    spans = spans.mutate(end=days(end_of_data(orders, as_of)), last=period_index(_last_day(orders, as_of), how.period))
    cohorts = spans.mutate(cohort=ibis.range(spans["first"], spans["last"] + 1).unnest())
    ages = len(how.brackets) + 1 if how.brackets else cohorts["last"] - cohorts["first"] + 1
    grid = cohorts.mutate(age=ibis.range(0, ages).unnest())
    grid = grid.mutate(age=grid.age.cast("int64"), cohort=grid.cohort.cast("int64"))
    sizes = members.group_by("segment", "cohort").aggregate(cohort_size=members.count())
    grid = grid.cross_join(members.select("segment").distinct())
    full = grid.left_join(sizes, ["segment", "cohort"])
    low, high = how.first_and_last_age(full.age)
    spread = 1 if how.elapsed else 0  # with the elapsed clock the last member's window ends one period later
    begins = days(period_start(full.cohort + low, how.period))
    ends = days(period_start(full.cohort + high + 1 + spread, how.period))
    status = ibis.cases((begins >= full.end, "not_yet_observed"), (ends > full.end, "partial"), else_="complete")
    return full.select("segment", "cohort", "age", cohort_size=full.cohort_size.fill_null(0), status=status)


def _last_day(orders: ir.Table, as_of: Any) -> ir.DateScalar:
    return (end_of_data(orders, as_of) - ibis.interval(days=1)).cast("date")


def _finished(cells: ir.Table, how: _Clock, by: str | None, values: list[str]) -> ir.Table:
    start = period_start(cells.cohort, how.period)
    segment = {by: cells.segment} if by else {}
    shown = cells.select(
        **segment,
        cohort=start,
        age=cells.age,
        cohort_size=cells.cohort_size,
        **{name: cells[name] for name in values},
        status=cells.status,
    )
    return shown.order_by([*([by] if by else []), "cohort", "age"])


def _seconds_of_month(moment: ir.TimestampValue) -> ir.IntegerValue:
    return moment.day().cast("int64") * SECONDS_PER_DAY + seconds_of_day(moment)
