"""Values that contradict each other or their contract: out of range, ended before begun, overlapping, not assigned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kpikit.checks.grading import PASS, REVIEW, Check
from kpikit.contracts import CONTRACTS
from kpikit.formatting import number

if TYPE_CHECKING:
    from kpikit.sources import Data

# What happens first, and what can only happen after it.
SEQUENCES = {
    "orders": (("ordered_at", "delivered_at"),),
    "order_lines": (("ordered_at", "returned_at"),),
    "subscriptions": (("started_at", "ended_at"),),
    "survey_invites": (("sent_at", "responded_at"),),
    "survey_responses": (("responded_at", "contacted_at"),),
    "tickets": (("opened_at", "first_response_at"), ("opened_at", "resolved_at"), ("first_response_at", "resolved_at")),
    "sessions": (("started_at", "converted_at"),),
    "actions": (("started_on", "done_on"),),
}
CORRECT = "Correct them at the source, or set them aside with keep."


def of_its_values(data: Data, name: str) -> Iterator[Check]:
    """Yield the checks of a table's values against each other; one query for all that look at a row alone."""
    table = data.tables[name]
    wanted = [*_ranges(name, table), *_sequences(name, table), *_unassigned(name, table)]
    if wanted:
        counts = table.aggregate(**{f"n{place}": table.count(where=bad) for place, (_, bad, _, _) in enumerate(wanted)})
        found = counts.to_pyarrow().to_pylist()[0]
        for place, (check, _, what, do) in enumerate(wanted):
            size = int(found[f"n{place}"])
            yield Check(name, check, REVIEW if size else PASS, f"{number(size)} {what}", do if size else "")
    if name == "subscriptions":
        yield _overlaps(table)


def _ranges(name: str, table: Any) -> Iterator[tuple[str, Any, str, str]]:
    for column in CONTRACTS[name].columns:
        if column.name not in table.columns or (column.low is None and column.high is None):
            continue
        value = table[column.name]
        outside = (value < column.low) if column.low is not None else (value > column.high)
        if column.low is not None and column.high is not None:
            outside = outside | (value > column.high)
        low, high = ("" if end is None else number(end) for end in (column.low, column.high))
        limits = f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
        yield column.name, outside, f"values not {limits}", CORRECT
    if name == "survey_responses" and {"scale_min", "scale_max"} <= set(table.columns):
        outside = (table.score < table.scale_min) | (table.score > table.scale_max)
        yield "score", outside, "scores outside their scale", "Check scale_min and scale_max."


def _sequences(name: str, table: Any) -> Iterator[tuple[str, Any, str, str]]:
    for first, then in SEQUENCES.get(name, ()):
        if {first, then} <= set(table.columns):
            earlier, later = table[first], table[then]
            whole_day = (later == later.truncate("D")) & (later == earlier.truncate("D"))  # a date without its time
            yield then, (later < earlier) & ~whole_day, f"rows with {then} before {first}", CORRECT


def _unassigned(name: str, table: Any) -> Iterator[tuple[str, Any, str, str]]:
    if name == "spend":
        bare = table.channel.isnull() if "channel" in table.columns else table.amount.notnull()
        yield "channel", bare, "rows without channel", "Without it, cost is known for all channels together only."


def _overlaps(table: Any) -> Check:
    same = [column for column in ("customer_id", "plan") if column in table.columns]
    spans = table.group_by(same).order_by("started_at").mutate(next_start=lambda rows: rows.started_at.lead())
    running = spans.next_start.notnull() & spans.ended_at.isnull()
    found = int(spans.filter(running | (spans.next_start < spans.ended_at)).count().to_pyarrow().as_py())
    seen = f"{number(found)} spans overlap the next of the same {' and '.join(same)}"
    do = "Export each span once, with its end; two plans at once need their names in plan." if found else ""
    return Check("subscriptions", "overlaps", REVIEW if found else PASS, seen, do)
