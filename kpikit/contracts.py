"""What each table must have: columns, types, grain, keys, ranges, and which values are known only later.

A contract drives everything that happens to a table on its way in: which columns may be mapped, how values are
cast, at which column rows are cut at ``as_of``, and which values are masked because they were dated later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir

from kpikit.errors import ContractError, listed, nearest
from kpikit.handing import in_engine, len_or_none

ID, TEXT, TIME, NUMBER, COUNT, FLAG = "id", "text", "time", "number", "count", "flag"
MEDIA, OVERHEAD = "media", ("salaries", "tools")  # kinds of spend: bought for a channel, or serving all channels
EMPTY = {ID: "string", TEXT: "string", TIME: "timestamp", NUMBER: "float64", COUNT: "int64", FLAG: "boolean"}


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    ``kind`` is one of ``id``, ``text``, ``time``, ``number``, ``count``, ``flag``. ``known_at`` names the time column
    at which the value becomes known: where that time is at or after ``as_of``, the value is masked.
    """

    name: str
    kind: str
    needed: bool = False
    known_at: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Contract:
    """What one table must have. ``time`` is the column at which rows are cut; ``key`` is the grain's key, if any."""

    name: str
    grain: str
    columns: tuple[Column, ...]
    time: str = ""
    key: str = ""

    @property
    def needed(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.needed)

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None for one of the user's own."""
        return next((column for column in self.columns if column.name == name), None)


def _need(name: str, kind: str, **facts: Any) -> Column:
    return Column(name, kind, needed=True, **facts)


def _later(name: str, kind: str, known_at: str) -> Column:
    return Column(name, kind, known_at=known_at)


CONTRACTS: dict[str, Contract] = {
    contract.name: contract
    for contract in (
        Contract(
            "orders",
            "one order, or lines that are summed by order_id",
            (
                _need("customer_id", ID),
                _need("ordered_at", TIME),
                _need("amount", NUMBER),
                Column("order_id", ID),
                Column("unit_price", NUMBER),
                Column("margin", NUMBER),
                Column("channel", TEXT),
                Column("segment", TEXT),
                Column("is_refund", FLAG),
                Column("promised_at", TIME),
                _later("delivered_at", TIME, "delivered_at"),
                _later("is_intact", FLAG, "delivered_at"),
                _later("is_complete", FLAG, "delivered_at"),
                Column("payment_method", TEXT),
                Column("preferred_method_offered", FLAG),
            ),
            time="ordered_at",
        ),
        Contract(
            "order_lines",
            "one product of one order",
            (
                _need("order_id", ID),
                _need("product", TEXT),
                _need("amount", NUMBER),
                Column("ordered_at", TIME),
                Column("quantity", NUMBER),
                Column("category", TEXT),
                _later("returned_at", TIME, "returned_at"),
                _later("rating", NUMBER, "rated_at"),
                _later("rated_at", TIME, "rated_at"),
            ),
            time="ordered_at",
        ),
        Contract(
            "customers",
            "one customer",
            (
                _need("customer_id", ID),
                Column("acquired_at", TIME),
                Column("channel", TEXT),
                Column("segment", TEXT),
                Column("country", TEXT),
                Column("referred_by", ID),
            ),
            time="acquired_at",
            key="customer_id",
        ),
        Contract(
            "subscriptions",
            "one paid span of one customer",
            (
                _need("customer_id", ID),
                _need("started_at", TIME),
                Column("ended_at", TIME, needed=True, known_at="ended_at"),
                Column("plan", TEXT),
                Column("monthly_amount", NUMBER, low=0),
            ),
            time="started_at",
        ),
        Contract(
            "survey_responses",
            "one answer",
            (
                _need("responded_at", TIME),
                _need("kind", TEXT),
                _need("score", NUMBER),
                Column("response_id", ID),
                Column("customer_id", ID),
                Column("scale_min", NUMBER),
                Column("scale_max", NUMBER),
                Column("comment", TEXT),
                Column("channel", TEXT),
                Column("segment", TEXT),
                Column("touchpoint", TEXT),
                _later("contacted_at", TIME, "contacted_at"),
            ),
            time="responded_at",
        ),
        Contract(
            "survey_invites",
            "one invitation",
            (
                _need("invite_id", ID),
                _need("sent_at", TIME),
                Column("customer_id", ID),
                _later("response_id", ID, "responded_at"),
                _later("responded_at", TIME, "responded_at"),
                Column("segment", TEXT),
                Column("kind", TEXT),
                Column("bounced", FLAG),
            ),
            time="sent_at",
            key="invite_id",
        ),
        Contract(
            "feedback",
            "one text from anywhere",
            (
                _need("written_at", TIME),
                _need("text", TEXT),
                Column("customer_id", ID),
                Column("source", TEXT),
                Column("score", NUMBER),
                Column("product", TEXT),
            ),
            time="written_at",
        ),
        Contract(
            "tickets",
            "one support case",
            (
                _need("ticket_id", ID),
                _need("opened_at", TIME),
                Column("customer_id", ID),
                _later("first_response_at", TIME, "first_response_at"),
                _later("resolved_at", TIME, "resolved_at"),
                _later("contacts", COUNT, "resolved_at"),
                _later("reopened", FLAG, "resolved_at"),
                Column("channel", TEXT),
                Column("topic", TEXT),
                Column("agent", TEXT),
            ),
            time="opened_at",
            key="ticket_id",
        ),
        Contract(
            "sessions",
            "one visit",
            (
                _need("visitor_id", ID),
                _need("started_at", TIME),
                Column("customer_id", ID),
                Column("channel", TEXT),
                Column("duration_s", NUMBER, low=0),
                _later("converted_at", TIME, "converted_at"),
                Column("device", TEXT),
            ),
            time="started_at",
        ),
        Contract(
            "events",
            "one step of a journey",
            (
                _need("visitor_id", ID),
                _need("happened_at", TIME),
                _need("step", TEXT),
                Column("customer_id", ID),
                Column("channel", TEXT),
                Column("device", TEXT),
            ),
            time="happened_at",
        ),
        Contract(
            "spend",
            "one channel and day or month",
            (_need("spent_on", TIME), _need("amount", NUMBER), Column("channel", TEXT), Column("kind", TEXT)),
            time="spent_on",
        ),
        Contract(
            "actions",
            "one thing done about a KPI",
            (
                _need("title", TEXT),
                _need("kpi", TEXT),
                _need("started_on", TIME),
                Column("owner", TEXT),
                Column("due_on", TIME),
                _later("done_on", TIME, "done_on"),
            ),
            time="started_on",
        ),
    )
}


def as_table(name: str, data: Any, *, also: tuple[str, ...] = ()) -> ir.Table:
    """Return ``data`` as an Ibis table that has what the contract ``name`` needs.

    Parameters
    ----------
    name
        A key of :data:`CONTRACTS`.
    data
        An Ibis table or a DataFrame. Times must be local and without time zone.
    also
        Further columns that the caller needs, for example the ``by`` column.

    Returns
    -------
    Table
        Dates have become timestamps; nothing else is changed.

    Raises
    ------
    ContractError
        When a column is missing, or a time column is text or carries a time zone.
    """
    contract = CONTRACTS[name]
    columns = [str(column) for column in data.columns]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise ContractError(
            "columns with different names", got=f"twice {listed(twice)}", fix="Rename them.", where=name
        )
    table = in_engine(data, {column.name: EMPTY[column.kind] for column in contract.columns})
    missing = [column for column in (*contract.needed, *also) if column not in table.columns]
    if missing:
        raise missing_columns(name, missing, table.columns)
    casts: dict[str, str] = {}
    for column in contract.columns:
        if column.name not in table.columns:
            continue
        dtype = table[column.name].type()
        if column.kind == NUMBER and not (dtype.is_numeric() or dtype.is_null()):
            raise ContractError(
                f"{column.name} as numbers",
                got=str(dtype),
                fix="Convert it first, for example with pandas.to_numeric(…), or load it with kpikit.load(tables=…).",
                where=name,
            )
        if column.kind != TIME:
            continue
        if dtype.is_timestamp() and dtype.timezone is not None:
            raise ContractError(
                f"{column.name} in local time without a zone",
                got=f"time zone {dtype.timezone}",
                fix="Load the table with kpikit.load(tables=…) and business.timezone, or convert it first.",
                where=name,
            )
        if dtype.is_date() or dtype.is_null() or len_or_none(data) == 0:
            casts[column.name] = "timestamp"
        elif not dtype.is_timestamp():
            raise ContractError(
                f"{column.name} as a timestamp or date",
                got=str(dtype),
                fix=f"Convert it first, for example with pandas.to_datetime(…), or map it in kpikit.yaml: "
                f"tables.{name}.columns.{column.name}.",
                where=name,
            )
    return table.cast(casts) if casts else table


def missing_columns(table: str, missing: list[str], found: tuple[str, ...] | list[str]) -> ContractError:
    """Return the error for columns that a table lacks, with the nearest name that it has."""
    hints = {name: nearest(name, found) for name in missing}
    name = missing[0]
    return ContractError(
        f"columns {missing}",
        got=f"[{listed(found)}]",
        fix=f"Map it in kpikit.yaml: tables.{table}.columns.{name}: {hints[name] or 'YOUR_COLUMN'}",
        where=table,
    )
