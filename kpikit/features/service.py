"""Support and surveys up to a cutoff: what happened to a customer, and what they said of it."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.features.cutoffs import at_each
from kpikit.periods import SECONDS_PER_DAY, SECONDS_PER_HOUR
from kpikit.timeline import count_if, days, quotient, seconds_of_day

SURVEYS = ("nps", "csat", "ces")
KEYS = ["customer_id", "at"]


def with_support(each: ir.Table, tickets: Any, at: list[int], window_days: int) -> ir.Table:
    """Return the features with those of the support cases opened before the cutoff."""
    table = as_table("tickets", tickets, also=("customer_id",))
    later = {name: table[name] for name in ("first_response_at", "resolved_at") if name in table.columns}
    answered, resolved = (later.get(name, ibis.null("timestamp")) for name in ("first_response_at", "resolved_at"))
    reopened = table.reopened.cast("boolean").fill_null(False) if "reopened" in table.columns else ibis.literal(False)
    seconds = (days(answered) - days(table.opened_at)) * SECONDS_PER_DAY
    seconds = seconds + seconds_of_day(answered) - seconds_of_day(table.opened_at)
    cases = table.select(
        "customer_id",
        day=days(table.opened_at),
        answered=days(answered),
        resolved=days(resolved),
        reopened=reopened,
        hours=quotient(seconds, SECONDS_PER_HOUR),
    )
    rows = at_each(cases.filter(cases.customer_id.notnull()), at)
    rows = rows.filter(rows.day < rows["at"])
    is_over = (rows.resolved < rows["at"]).fill_null(False)
    found = rows.group_by(KEYS).aggregate(
        tickets=rows.count().cast("int64"),
        recent_tickets=count_if(rows.day >= rows["at"] - window_days),
        open_tickets=count_if(~is_over),
        reopened_tickets=count_if(is_over & rows.reopened),
        newest=rows.day.max(),
        first_response_hours=rows.hours.mean(where=(rows.answered < rows["at"]) & (rows.hours >= 0)),
    )
    counts = ("tickets", "recent_tickets", "open_tickets", "reopened_tickets")
    shown = found.select(
        *KEYS, *counts, "first_response_hours", days_since_ticket=found["at"] - found.newest
    )  # the mean of a wait that has not begun is missing
    return joined_to(each, shown, counts)


def with_surveys(each: ir.Table, survey_responses: Any, at: list[int]) -> ir.Table:
    """Return the features with those of the answers given before the cutoff; the last score is the latest answer's."""
    table = as_table("survey_responses", survey_responses, also=("customer_id",))
    answers = table.select(
        "customer_id",
        "responded_at",
        "score",
        kind=table.kind.strip().lower(),
        day=days(table.responded_at),
    )
    rows = at_each(answers.filter(answers.customer_id.notnull()), at)
    rows = rows.filter(rows.day < rows["at"])
    newest = rows.responded_at.max().over(ibis.window(group_by=[*KEYS, "kind"]))
    rows = rows.mutate(is_newest=rows.responded_at == newest)
    found = rows.group_by(KEYS).aggregate(
        answers=rows.count().cast("int64"),
        newest=rows.day.max(),
        # several answers of one moment are averaged: no engine's order of rows decides
        **{f"last_{kind}": rows.score.mean(where=rows.is_newest & (rows.kind == kind)) for kind in SURVEYS},
    )
    lasts = [f"last_{kind}" for kind in SURVEYS]
    shown = found.select(*KEYS, "answers", *lasts, days_since_answer=found["at"] - found.newest)
    return joined_to(each, shown, ("answers",))


def joined_to(each: ir.Table, more: ir.Table, counts: tuple[str, ...] = ()) -> ir.Table:
    """Return the features with those of another table, 0 in ``counts`` where it has no row."""
    new = [name for name in more.columns if name not in KEYS]
    joined = each.left_join(more, KEYS)
    values = [more[name].fill_null(0).name(name) if name in counts else more[name] for name in new]
    return joined.select([*[each[name] for name in each.columns], *values])
