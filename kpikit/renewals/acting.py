"""What to do about renewals, each with the number behind it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kpikit import intervals
from kpikit.formatting import interval, joined, money, number, percent
from kpikit.renewals.projection import HOLDS
from kpikit.results import Result

Action = tuple[str, str, float]
LEVEL = 0.95


def actions(projected: Result, tested: Result, plans: Result, bridge: Result, known: Result) -> Result:
    """Return ranked things to do about renewals, each with the number behind it.

    Parameters
    ----------
    projected, tested, plans, bridge, known
        From :func:`projection`, :func:`held_out`, :func:`plans_compared`, :func:`recurring_bridge`, :func:`ends_known`.

    Returns
    -------
    Result
        ``table``: ``action``, ``reason``, ``value`` (money a month, where it can be said); empty where no number
        supports any.
    """
    found = (_complete(known), _ask(bridge), _remind(projected), _plan(plans), _budget(tested))
    table = pd.DataFrame([row for row in found if row], columns=["action", "reason", "value"])
    return Result("what-to-do", "actions", "What to do", table=table)


def _complete(known: Result) -> Action | None:
    """Return what to repair first: without its ends a table of subscriptions says little."""
    if known.facts["verdict"] == "complete":
        return None
    return "Export the subscriptions that have ended too", f"{known.title}. {known.text}", float("nan")


def _ask(bridge: Result) -> Action | None:
    """Return whom to ask: those who pay no more or less, whichever cost more in the last complete period."""
    churned, contraction = (-float(bridge.facts.get(name, 0.0)) for name in ("churned", "contraction"))
    if max(churned, contraction) <= 0:
        return None
    currency, when = bridge.facts["currency"], bridge.facts["period_label"]
    who, cost = ("have left", churned) if churned >= contraction else ("pay less", contraction)
    said = {
        "churned": f"accounts that pay no more took {money(churned, currency)} of monthly revenue with them",
        "contraction": f"accounts that pay less pay {money(contraction, currency)} a month less",
    }
    reason = f"In {when} {joined(text for name, text in said.items() if name in bridge.facts)}."
    return f"Ask the accounts that {who} why", reason, cost


def _remind(projected: Result) -> Action | None:
    """Return the renewal at which clearly more are lost than at the others, judged together (Bonferroni)."""
    if projected.table is None:
        return None
    past = projected.table[(projected.table.renewal > 0) & (projected.table.due >= 1)]
    left = past.seen.shift(fill_value=1.0)
    past = past.assign(lost=((1 - past.seen / left.where(left > 0)) * past.due).fillna(0.0).round())
    if len(past) < 2 or past.lost.sum() == 0:
        return None
    rest_due, rest_lost = past.due.sum() - past.due, past.lost.sum() - past.lost
    low, high = intervals.wilson(past.lost, past.due, confidence=1 - (1 - LEVEL) / len(past))
    clear = past.assign(low=low, high=high, rest=rest_lost / rest_due.where(rest_due > 0))
    clear = clear[clear.low > clear.rest]
    if clear.empty:
        return None
    extra = clear.lost - clear.rest * clear.due
    row: Any = clear.loc[extra.idxmax()]
    reason = (
        f"{percent(row.lost / row.due)} of {number(row.due)} due did not renew then (interval "
        f"{interval(row.low, row.high)}, widened for the number of renewals), {percent(row.rest)} at the others: "
        f"{number(extra.max())} more than there. Send it to a random half, so that its effect can be measured."
    )
    return f"Test a reminder or an offer before renewal {number(row.renewal)}", reason, float("nan")


def _plan(plans: Result) -> Action | None:
    # where rows are withheld, the verdict is too: the soonest of those that are left need not be the soonest
    if plans.facts.get("verdict") != "they differ" or plans.table is None or plans.table.empty:
        return None
    row: Any = plans.table.loc[int(plans.table.ratio.argmax())]
    reason = (
        f"{number(row.events)} of {number(row.n)} have ended, {number(row.expected)} were to be expected if plans were "
        "alike (log-rank). Who chooses a plan differs too: the plan need not be the cause."
    )
    return f"Find out why {row.segment} ends soonest", reason, float("nan")


def _budget(tested: Result) -> Action | None:
    if tested.facts["verdict"] == HOLDS:
        return None
    return "Do not budget on the projection yet", f"{tested.title}. {tested.text}", float("nan")
