"""Support: time to the first response and to the resolution, first contact resolution, reopened cases, backlog.

All KPIs take ``tickets`` (Ibis table or DataFrame), ``period`` (None: one row over all), ``by`` (a column) and
``as_of`` (first unknown day; None: the day after the newest case). Answers and solutions dated at or after ``as_of``
are not known: such a case is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.errors import ParameterError
from kpikit.metrics.cards import kpi
from kpikit.metrics.grid import KEYS, WHOLE, Contributions, bounds, clustered, located
from kpikit.metrics.purchases import active
from kpikit.metrics.waiting import quantile_table
from kpikit.timeline import before, days, end_of_data, marked, one_if, period_index, segment_of

SAME_MATTER_WITHIN_DAYS = 7
MEDIAN, NINE_IN_TEN = 0.5, 0.9
WAIT: dict[str, Any] = {
    "grain": "period and segment of the opening",
    "unit": "hours",
    "style": "hours",
    "direction": "down",
    "needs": ("tickets",),
    "interval": "kaplan_meier",
    "source": "Kaplan and Meier, JASA 53, 1958; limits: Brookmeyer and Crowley, Biometrics 38, 1982",
}
BUSINESS_HOURS = "business hours"
ANSWERED: dict[str, Any] = {
    "question": "How long do customers wait until {quantile:.0%} of cases have their first reply by a person?",
    "formula": "the time after which {quantile:.0%} of cases are answered, read off the Kaplan–Meier curve",
    "columns": ("tickets.first_response_at",),
    "caveat": "Cases still unanswered count as waiting longer, not as missing; where too few are answered yet, there "
    "is no value. An automatic reply must not stand in first_response_at; one dated before the opening counts as 0.",
}
SOLVED: dict[str, Any] = {
    "question": "How long does it take until {quantile:.0%} of cases are solved?",
    "formula": "the time after which {quantile:.0%} of cases are solved for the last time, read off the Kaplan–Meier "
    "curve",
    "columns": ("tickets.resolved_at",),
    "caveat": "Cases still open count as taking longer, not as missing; where too few are solved yet, there is no "
    "value. A reopened case counts up to its last solution, so resolved_at must hold that one.",
}  # fmt: skip


def _titled(what: str) -> dict[str, Any]:
    """Return the titles of a quantile: by name for the usual two, by its share for another and in business hours."""
    named = {
        MEDIAN: {"title": f"{what} (median)"},
        NINE_IN_TEN: {"title": f"{what} (nine cases in ten)"},
    }
    business = {"business": {"title": f"{what} in business hours ({{quantile:.0%}} of cases)", "unit": BUSINESS_HOURS}}
    return {"title": f"{what} ({{quantile:.0%}} of cases)", "variants": {"quantile": named, "hours": business}}


@kpi(**WAIT, **ANSWERED, **_titled("Time to first response"), aliases=("frt",))
def first_response_time(
    tickets: Any,
    *,
    quantile: float = MEDIAN,
    hours: str = "calendar",
    schedule: Mapping[int, Any] | None = None,
    holidays: tuple[date, ...] = (),
    timezone: str = "",
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> ir.Table:
    """Return the hours until half of the cases have their first reply."""
    clock = {"hours": hours, "schedule": schedule, "holidays": holidays, "timezone": timezone}
    return quantile_table(tickets, "first_response_at", quantile, period=period, by=by, as_of=as_of, **clock)


@kpi(**WAIT, **ANSWERED, **_titled("Time to first response"))
def first_response_p90(
    tickets: Any,
    *,
    quantile: float = NINE_IN_TEN,
    hours: str = "calendar",
    schedule: Mapping[int, Any] | None = None,
    holidays: tuple[date, ...] = (),
    timezone: str = "",
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> ir.Table:
    """Return the hours until nine cases in ten have their first reply."""
    clock = {"hours": hours, "schedule": schedule, "holidays": holidays, "timezone": timezone}
    return quantile_table(tickets, "first_response_at", quantile, period=period, by=by, as_of=as_of, **clock)


@kpi(**WAIT, **SOLVED, **_titled("Time to resolution"))
def resolution_time(
    tickets: Any,
    *,
    quantile: float = MEDIAN,
    hours: str = "calendar",
    schedule: Mapping[int, Any] | None = None,
    holidays: tuple[date, ...] = (),
    timezone: str = "",
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> ir.Table:
    """Return the hours until half of the cases are solved for the last time."""
    clock = {"hours": hours, "schedule": schedule, "holidays": holidays, "timezone": timezone}
    return quantile_table(tickets, "resolved_at", quantile, period=period, by=by, as_of=as_of, **clock)


@kpi(**WAIT, **SOLVED, **_titled("Time to resolution"))
def resolution_p90(
    tickets: Any,
    *,
    quantile: float = NINE_IN_TEN,
    hours: str = "calendar",
    schedule: Mapping[int, Any] | None = None,
    holidays: tuple[date, ...] = (),
    timezone: str = "",
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> ir.Table:
    """Return the hours until nine cases in ten are solved for the last time."""
    clock = {"hours": hours, "schedule": schedule, "holidays": holidays, "timezone": timezone}
    return quantile_table(tickets, "resolved_at", quantile, period=period, by=by, as_of=as_of, **clock)


def _cases(tickets: Any, by: str | None, *also: str) -> ir.Table:
    """Return the cases with a customer id, null where the table knows none."""
    table = as_table("tickets", tickets, also=(*also, *((by,) if by else ())))
    if "customer_id" in table.columns:
        return table
    return table.mutate(customer_id=ibis.null("string"))


def _solved(table: ir.Table, period: str | None, by: str | None, as_of: Any) -> ir.Table:
    """Return the cases that are solved before the end of what is known, by the date of the solution."""
    end = end_of_data(table, as_of, "opened_at")
    known = table.filter(before(table.opened_at, end), before(table.resolved_at, end))
    return located(known, "resolved_at", period=period, by=by)


@kpi(
    title="First contact resolution within {window_days} days",
    question="How many solved cases took one contact, with no new case about the matter within {window_days} days?",
    formula="solved with one contact, not reopened, no new case of the customer about the topic within {window_days} "
    "days / cases solved ≥ {window_days} days ago",
    grain="period and segment of the solution",
    unit="share of cases",
    style="percent",
    direction="up",
    needs=("tickets",),
    columns=("tickets.resolved_at", "tickets.contacts"),
    interval="clustered_wilson",
    caveat="Cases solved less than {window_days} days ago, or with an unknown number of contacts, are in neither "
    "count. Without topics any new case counts; without a customer none can be seen.",
    source="Contact centre practice; the window as in repeat-contact studies (kpikit)",
    aliases=("fcr",),
)
def first_contact_resolution(
    tickets: Any,
    *,
    window_days: int = SAME_MATTER_WITHIN_DAYS,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return the share of eligible solved cases that one contact solved for good."""
    if window_days < 1:
        raise ParameterError("1 day or more", got=str(window_days), fix="Pass 7.", where="window_days")
    table = _cases(tickets, by, "resolved_at", "contacts")
    span = bounds(table, period, as_of, time="opened_at")
    solved = _solved(table, period, by, as_of).cross_join(span.select(kk_end="end"))
    solved = solved.filter(solved.day + window_days < solved.kk_end, solved.contacts.notnull())
    topic = segment_of(solved, "topic") if "topic" in solved.columns else ibis.literal("any")
    solved = solved.mutate(kk_topic=topic)
    again = table.select(
        "customer_id",
        kk_topic=segment_of(table, "topic") if "topic" in table.columns else ibis.literal("any"),
        new_id=table.ticket_id,
        new_at=table.opened_at,
    )
    pairs = solved.inner_join(again, ["customer_id", "kk_topic"])
    soon = (pairs.new_at >= pairs.resolved_at) & (days(pairs.new_at) <= pairs.day + window_days)
    repeated = pairs.filter(soon, pairs.new_id != pairs.ticket_id).select(kk_repeated="ticket_id").distinct()
    judged = solved.left_join(repeated, solved.ticket_id == repeated.kk_repeated)
    once = (judged.contacts == 1) & judged.kk_repeated.isnull()
    if "reopened" in table.columns:
        once = once & ~judged.reopened.cast("boolean").fill_null(False)
    rows = judged.select("customer_id", "period", "segment", x=one_if(once), y=ibis.literal(1))
    return Contributions(clustered(rows), span, lag_days=window_days)


@kpi(
    title="Reopened cases",
    question="How many solved cases had to be opened again?",
    formula="solved cases that had been reopened / solved cases of which it is known",
    grain="period and segment of the last solution",
    unit="share of cases",
    style="percent",
    direction="down",
    needs=("tickets",),
    columns=("tickets.resolved_at", "tickets.reopened"),
    interval="clustered_wilson",
    caveat="A case that is open again counts once it is solved again; the newest solutions may still be reopened.",
    source="kpikit",
)
def reopen_rate(tickets: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None) -> Contributions:
    """Return the share of solved cases that had been reopened."""
    table = _cases(tickets, by, "resolved_at", "reopened")
    solved = _solved(table, period, by, as_of)
    known = solved.filter(solved.reopened.notnull())
    rows = known.select("customer_id", "period", "segment", x=one_if(known.reopened.cast("boolean")), y=ibis.literal(1))
    return Contributions(clustered(rows), bounds(table, period, as_of, time="opened_at"))


@kpi(
    title="Open cases at the end",
    question="How many cases were open when the period ended?",
    formula="cases opened before the end of the period and not solved by then",
    grain="period and segment",
    unit="cases",
    style="count",
    direction="down",
    needs=("tickets",),
    columns=("tickets.resolved_at",),
    interval="none",
    caveat="A stock: periods cannot be added up. A reopened case looks open from its opening to its last solution.",
    source="kpikit",
)
def backlog(tickets: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None) -> Contributions:
    """Return the number of open cases at the end of each period, in the running one at ``as_of``."""
    table = _cases(tickets, by, "resolved_at")
    span = bounds(table, period, as_of, time="opened_at")
    end = end_of_data(table, as_of, "opened_at")
    known = located(table, "opened_at", period=period, by=by, as_of=as_of)
    solved = before(known.resolved_at, end).fill_null(False)
    over = period_index(known.resolved_at, period) if period else ibis.literal(WHOLE, type="int64")
    cases = known.select(
        "customer_id", "segment", kk_from=known.period, kk_over=solved.ifelse(over, ibis.null("int64"))
    )
    cases = cases.cross_join(span.select(kk_beyond=span["last"] + 1))
    stays = ibis.range(cases.kk_from, ibis.coalesce(cases.kk_over, cases.kk_beyond)).unnest().cast("int64")
    rows = cases.select("customer_id", "segment", period=stays, x=ibis.literal(1), y=ibis.literal(1))
    named = known.group_by("segment").aggregate(period=known.period.min())  # all solved is 0, not unknown
    nobody = ibis.null(rows.customer_id.type())
    solved_up = named.select(nobody.name("customer_id"), "segment", "period", x=ibis.literal(0), y=ibis.literal(0))
    return Contributions(clustered(rows.union(solved_up)), span, ratio=False, count_where_y=True)


@kpi(
    title="Support cases per customer",
    question="How many support cases come with a customer who orders?",
    formula="cases opened / customers who ordered",
    grain="period and segment",
    unit="cases per active customer",
    style="decimal",
    direction="down",
    needs=("tickets", "orders"),
    interval="clustered_ratio",
    caveat="Cases of people who did not order in the period count above, not below the line. Days from before the "
    "first case or the first order are in neither count.",
    source="contact rate, as in service operations (kpikit)",
)
def cases_per_customer(
    tickets: Any, orders: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> Contributions:
    """Return the cases opened per customer with an order, while both tables are known; no rows where one is empty."""
    table = _cases(tickets, by)
    bought = as_table("orders", orders, also=(by,) if by else ())
    begins = _both_begin(table, bought, as_of)
    if as_of is None:  # both are known up to the end of the shorter one
        ends = [end_of_data(table, None, "opened_at"), end_of_data(bought)]
        for end in ends:
            table, bought = table.filter(before(table.opened_at, end)), bought.filter(before(bought.ordered_at, end))
    cases = located(table, "opened_at", period=period, by=by, as_of=as_of).cross_join(begins)
    cases = cases.filter(cases.day >= cases.begins).select(
        cases.customer_id.cast("string"), "period", "segment", x=ibis.literal(1.0), y=ibis.literal(0.0)
    )
    buyers = active(bought, period, by, as_of).cross_join(begins)
    buyers = buyers.filter(days(buyers.last_at) >= buyers.begins)
    buyers = buyers.select(buyers.customer_id.cast("string"), "period", "segment")
    rows = clustered(cases.union(buyers.mutate(x=ibis.literal(0.0), y=ibis.literal(1.0))))
    spans = bounds(table, period, as_of, time="opened_at").cross_join(
        bounds(bought, period, as_of).rename(end_2="end", first_2="first", last_2="last")
    )
    spans = spans.cross_join(begins)
    span = spans.select(**{name: ibis.greatest(spans[name], spans[f"{name}_2"]) for name in ("end", "first", "last")})
    return Contributions(rows, span, totals=_per_buyer(clustered(cases), buyers))


def _per_buyer(cases: ir.Table, buyers: ir.Table) -> ir.Table:
    """Return the sums over customers with cases (``x``), with an order, or with both: only those with cases are joined.

    One row per customer, period and segment in each table → one row per period and segment.
    """
    keys = ["period", "segment"]
    both = cases.left_join(buyers, list(KEYS))
    buys = both.customer_id_right.notnull()
    both = both.select(cases.period, cases.segment, "x", xy=buys.ifelse(both.x, 0.0), alone=one_if(~buys))
    of_cases = both.group_by(keys).aggregate(
        x=both.x.sum(), xx=(both.x * both.x).sum(), xy=both.xy.sum(), alone=both.alone.sum().cast("int64")
    )
    of_buyers = buyers.group_by(keys).aggregate(y=buyers.count())
    none = {name: ibis.literal(0.0) for name in ("x", "xx", "xy")}
    sums = of_cases.mutate(y=ibis.literal(0, type="int64")).union(
        of_buyers.select(*keys, **none, alone=ibis.literal(0, type="int64"), y="y")
    )
    return sums.group_by(keys).aggregate(
        numerator=sums.x.sum(),
        denominator=sums.y.sum().cast("float64"),
        n=(sums.y + sums.alone).sum().cast("int64"),
        sum_xx=sums.xx.sum(),
        sum_yy=sums.y.sum().cast("float64"),
        sum_xy=sums.xy.sum(),
        sum_ww=ibis.literal(0.0),
    )


def _both_begin(tickets: ir.Table, orders: ir.Table, as_of: Any) -> ir.Table:
    """Return one row with ``begins``, the number of the first day of the later table; no row where one has no row."""
    cases, bought = located(tickets, "opened_at", as_of=as_of), marked(orders, as_of)
    firsts = cases.aggregate(case=cases.opened_at.min()).cross_join(bought.aggregate(order=bought.ordered_at.min()))
    firsts = firsts.filter(firsts["case"].notnull(), firsts["order"].notnull())
    return firsts.select(begins=ibis.greatest(days(firsts["case"]), days(firsts["order"])))
