"""Values of one row that contradict each other or their contract, and spans that overlap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kpikit.checks.grading import PASS, REVIEW, Check, figures, graded, meant, records
from kpikit.contracts import CONTRACTS, MEDIA, OVERHEAD
from kpikit.errors import listed
from kpikit.formatting import agreed, counted, number
from kpikit.timeline import count_if

if TYPE_CHECKING:
    from kpikit.sources import Data

# What happens first, what can only happen after it, and what the KPIs make of a row where it did not.
SEQUENCES = {
    "orders": (
        ("ordered_at", "promised_at", "Until then such an order counts as late, whenever it came."),
        ("ordered_at", "delivered_at", "Until then such an order counts as on time."),
    ),
    "order_lines": (
        ("ordered_at", "returned_at", "Until then such a line counts as not returned."),
        ("ordered_at", "rated_at", ""),
    ),
    "subscriptions": (("started_at", "ended_at", "Until then such a span never ran."),),
    "survey_invites": (("sent_at", "responded_at", "Until then such an invitation counts as not answered."),),
    "survey_responses": (("responded_at", "contacted_at", "Until then such a customer counts as not contacted."),),
    "tickets": (
        ("opened_at", "first_response_at", "Until then such a case counts as answered at once, after 0 hours."),
        ("opened_at", "resolved_at", "Until then such a case counts as solved at once, after 0 hours."),
        ("first_response_at", "resolved_at", "Until then each time counts by itself, from the opening."),
    ),
    "sessions": (
        ("started_at", "converted_at", "Until then a conversion before a visitor's first visit is not counted."),
    ),
    "actions": (("started_on", "done_on", ""), ("started_on", "due_on", "")),
}
CORRECT = "Correct them at the source, or set them aside with keep."
RATINGS = (1, 5)


@dataclass(frozen=True)
class Doubt:
    """What may be wrong: the check's name, the condition, the noun for one of it, what is wrong, what to do."""

    check: str
    is_bad: Any
    noun: str
    what: str
    do: str


def of_its_values(data: Data, name: str) -> Iterator[Check]:
    """Yield the checks of a table's values against each other; one query for all that look at a row alone."""
    table = data.tables[name]
    doubts = [*_ranges(name, table), *_sequences(name, table), *_own(name, table)]
    if doubts:
        found = figures(table, {f"n{place}": count_if(doubt.is_bad) for place, doubt in enumerate(doubts)})
        for place, doubt in enumerate(doubts):
            size = int(found[f"n{place}"])
            seen = f"{counted(size, doubt.noun)} {doubt.what}"
            yield Check(name, doubt.check, REVIEW if size else PASS, seen, doubt.do if size else "")
    if name == "subscriptions":
        yield _overlaps(table)
    if name == "spend" and "kind" in table.columns:
        yield _kinds_of_spend(table)


def _ranges(name: str, table: Any) -> Iterator[Doubt]:
    for column in CONTRACTS[name].columns:
        if column.name not in table.columns or (column.low is None and column.high is None):
            continue
        value = table[column.name]
        outside = (value < column.low) if column.low is not None else (value > column.high)
        if column.low is not None and column.high is not None:
            outside = outside | (value > column.high)
        low, high = ("" if end is None else number(end) for end in (column.low, column.high))
        limits = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
        yield Doubt(column.name, outside, "value", f"not {limits}", CORRECT)


def _sequences(name: str, table: Any) -> Iterator[Doubt]:
    for first, then, until in SEQUENCES.get(name, ()):
        if {first, then} <= set(table.columns):
            earlier, later = table[first], table[then]
            whole_day = (later == later.truncate("D")) & (later == earlier.truncate("D"))  # a date without its time
            is_bad = (later < earlier) & ~whole_day
            yield Doubt(then, is_bad, "row", f"with {then} before {first}", f"{CORRECT} {until}".strip())


def _own(name: str, table: Any) -> Iterator[Doubt]:
    """Yield what only one table can have: ratings, spend without its channel, spend below zero."""
    if name == "order_lines" and "rating" in table.columns:
        low, high = RATINGS
        do = f"Map rating so that it runs from {low} to {high}. Until then the mean rating counts them as they are."
        yield Doubt("rating", ~table.rating.between(low, high), "rating", f"not from {low} to {high}", do)
    if name == "spend":
        bare = table.channel.isnull() if "channel" in table.columns else table.amount.notnull()
        if "kind" in table.columns:
            bare = bare & table.kind.lower().fill_null(MEDIA).notin(OVERHEAD)
        do = "Without it, cost is known for all channels together only."
        yield Doubt("channel", bare, "row", "without channel", do)
        do = "They lower the cost, as a credit note does. If they are costs, map amount with abs(YOUR_COLUMN)."
        yield Doubt("amount", table.amount < 0, "amount", "below 0", do)


def _overlaps(table: Any) -> Check:
    same = [column for column in ("customer_id", "plan") if column in table.columns]
    spans = table.group_by(same).order_by("started_at").mutate(next_start=lambda rows: rows.started_at.lead())
    running = spans.next_start.notnull() & spans.ended_at.isnull()
    found = int(spans.filter(running | (spans.next_start < spans.ended_at)).count().to_pyarrow().as_py())
    seen = f"{counted(found, 'span')} {agreed(found, 'overlaps', 'overlap')} the next of the same {' and '.join(same)}"
    do = "Export each span once, with its end; two plans at once need their names in plan." if found else ""
    return Check("subscriptions", "overlaps", REVIEW if found else PASS, seen, do)


def _kinds_of_spend(table: Any) -> Check:
    kinds = {row["kind"]: row["rows"] for row in records(table.group_by("kind").aggregate(rows=table.count()))}
    names = (MEDIA, *OVERHEAD)
    unknown = {kind: size for kind, size in kinds.items() if kind is not None and kind.lower() not in names}
    size = sum(unknown.values())
    seen = f"{counted(size, 'row')} of a kind that is not {listed(names)}"
    seen += f": {listed(map(repr, sorted(unknown)), 5)}" if unknown else ""
    do = f"{meant(sorted(unknown), names)}Until then they count as {MEDIA}."
    return graded("spend", "kind", size, seen, do)
