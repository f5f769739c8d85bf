"""Rows that refer to other rows: referrals, lines and their orders, invitations and their answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kpikit.checks.grading import REVIEW, Check, figures, graded
from kpikit.formatting import counted, money, number
from kpikit.timeline import count_if

if TYPE_CHECKING:
    from kpikit.sources import Data

ROUNDED_BY = 0.01  # a line's share of a tax or discount is rounded to a cent


def of_its_references(data: Data, name: str) -> Iterator[Check]:
    """Yield the checks of a table's rows against the rows that they name; one query for each other table."""
    table, tables = data.tables[name], data.tables
    if name == "customers" and "referred_by" in table.columns:
        yield from _referrals(table)
    if name == "order_lines" and "order_id" in data.orders.columns:
        yield from _lines(data, table)
    if name == "survey_invites" and "response_id" in table.columns:
        yield _shared_answers(table)
        responses = tables.get("survey_responses")
        if responses is not None and "response_id" in responses.columns:
            yield _early_answers(table, responses)


def _referrals(table: Any) -> Iterator[Check]:
    known = table.select(referrer=table.customer_id).distinct()
    both = table.left_join(known, table.referred_by == known.referrer)
    itself = both.referred_by == both.customer_id
    unknown = both.referred_by.notnull() & both.referrer.isnull()
    found = figures(both, {"itself": count_if(itself), "unknown": count_if(unknown)})
    until = "They count as not referred."
    seen = f"{counted(found['itself'], 'customer')} referred by themselves"
    yield graded("customers", "referred by oneself", found["itself"], seen, f"Leave referred_by empty. {until}")
    seen = f"{counted(found['unknown'], 'customer')} referred by somebody who is not in customers"
    do = f"Export every customer, and map referred_by to the id of one. {until}"
    yield graded("customers", "referred by unknown", found["unknown"], seen, do)


def _lines(data: Data, table: Any) -> Iterator[Check]:
    orders = data.orders.filter(data.orders.order_id.notnull())
    whole = orders.group_by("order_id").aggregate(paid=orders.amount.sum())
    sums = table.group_by("order_id").aggregate(lines=table.count(), summed=table.amount.sum().fill_null(0))
    sums = sums.left_join(whole.select(order=whole.order_id, paid=whole.paid), sums.order_id == whole.order_id)
    yield from _judged_lines(data, sums)


def _judged_lines(data: Data, sums: Any) -> Iterator[Check]:
    """Judge the sums of lines by order; an order that was given back in full (0 or less) keeps its lines."""
    alone = sums.order.isnull()
    differs = (sums.paid > 0) & ((sums.summed - sums.paid).abs() > ROUNDED_BY * sums.lines)
    aggregates = {
        "alone": sums.lines.sum(where=alone),
        "worth": sums.summed.sum(where=alone),
        "differs": count_if(differs),
        "orders": count_if(~alone),
        "summed": sums.summed.sum(where=differs),
        "paid": sums.paid.sum(where=differs),
    }
    found = figures(sums, aggregates)
    seen = f"{counted(found['alone'], 'line')} of an order that is not there"
    seen += f", worth {money(found['worth'], data.currency)}" if found["alone"] else ""
    do = "Export the orders of the same time. Products count such lines; what needs their customer does not."
    yield graded("order_lines", "orders known", found["alone"], seen, do)
    seen = f"lines sum to another amount in {number(found['differs'])} of {counted(found['orders'], 'order')}"
    if found["differs"]:
        amounts = (money(found[name], data.currency) for name in ("paid", "summed"))
        seen += ": {} on the orders, {} on the lines".format(*amounts)
    do = "Is it shipping, a discount or a refund, or are lines missing? Revenue is that of orders."
    yield graded("order_lines", "sums", found["differs"], seen, do)


def _shared_answers(table: Any) -> Check:
    found = figures(table, {"named": table.response_id.count(), "different": table.response_id.nunique()})
    size = found["named"] - found["different"]
    seen = f"{counted(size, 'invitation')} with the response_id of another"
    do = "Give an answer to the invitation that it came from. Until then one answer makes several invitations answered."
    return graded("survey_invites", "response_id", size, seen, do)


def _early_answers(table: Any, responses: Any) -> Check:
    """Look at the answers' own time: that in survey_invites may be another."""
    given = responses.select(response_id=responses.response_id, given_at=responses.responded_at)
    both = table.select("response_id", "sent_at").inner_join(given, "response_id")
    whole_day = (both.given_at == both.given_at.truncate("D")) & (both.given_at == both.sent_at.truncate("D"))
    size = figures(both, {"early": count_if((both.given_at < both.sent_at) & ~whole_day)})["early"]
    seen = f"{counted(size, 'answer')} given before the invitation was sent"
    do = "Check the clocks and the ids of the two systems. The answer counts for its score."
    return graded("survey_invites", "answers", size, seen, do, status=REVIEW)
