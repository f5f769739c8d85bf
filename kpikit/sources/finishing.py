"""Staged rows as the tables that the metrics read: cut and masked at ``as_of``, counted, orders summed.

Written in Ibis, so that the rules are the same for what was copied into DuckDB and for what stays on its server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir

from kpikit.contracts import CONTRACTS
from kpikit.errors import ContractError
from kpikit.formatting import agreed, counted
from kpikit.sources.data import Counts, Flag, rows_text
from kpikit.sources.masking import UNKNOWN, before, masked, unmaskable

DUPLICATE = "exact duplicate"
OWN = ("_row", "_reason")


@dataclass(frozen=True)
class Staged:
    """One table, typed, before it is cut: the contract's columns and the user's, and ``_reason`` to set a row aside."""

    name: str
    table: ir.Table
    flags: tuple[Flag, ...]
    drop_duplicates: bool

    @property
    def names(self) -> list[str]:
        """Names of the columns, without those of our own."""
        return [name for name in self.table.columns if name not in OWN]


class Place(Protocol):
    """Where the tables are kept: what each engine does in its own way. Rows that have an order keep it."""

    def store(self, name: str, table: ir.Table) -> ir.Table:
        """Run the query once, and return the table that holds its rows."""

    def distinct_rows(self, table: ir.Table, names: list[str], rows: int) -> int:
        """Return the number of different rows, by the columns ``names``, of a query that has ``rows`` of them."""

    def store_orders(self, name: str, lines: ir.Table) -> ir.Table:
        """Run the query of the orders once, and return the table that holds them."""

    def content(self, table: ir.Table) -> object:
        """Return numbers that change when a value of a stored table does."""

    def drop(self, table: ir.Table) -> None:
        """Forget a table that was stored."""


@dataclass(frozen=True)
class Finished:
    """One loaded table and what is known of it beside its rows."""

    table: ir.Table
    counts: Counts
    newest: datetime | None
    flags: tuple[Flag, ...]


def finish(staged: Staged, as_of: date, place: Place) -> Finished:
    """Store the table under its contract's name and return it with its counts and flags."""
    rows = staged.table.mutate(_reason=_reason(staged, as_of))
    aside = _set_aside(rows)
    if staged.name == "orders" and aside.used == 0:
        _refuse_no_orders(rows, as_of)
    kept = rows.filter(rows._reason.isnull())
    source = kept.select(_as_known(kept, staged, as_of))
    copies = aside.used - place.distinct_rows(source, staged.names, aside.used)
    if staged.drop_duplicates and copies:
        source = place.store(f"_once_{staged.name}", _once(source, staged.names))
    if staged.name == "orders":
        table = place.store_orders(staged.name, source)
    else:
        table = place.store(staged.name, source.select(staged.names))
    counts = aside.counts(copies if staged.drop_duplicates else 0, _number(table.count()))
    flags = _flags(staged, source, table, 0 if staged.drop_duplicates else copies)
    time = CONTRACTS[staged.name].time
    newest = table[time].max().to_pyarrow().as_py() if time in staged.names else None
    if staged.drop_duplicates and copies:
        place.drop(source)
    return Finished(table, counts, newest, tuple(flags))


@dataclass(frozen=True)
class _Aside:
    """How many rows came in, and how many (with what money) were set aside, by reason."""

    rows: Mapping[str, int]
    amounts: Mapping[str, float]
    used: int

    def counts(self, dropped: int, rows: int) -> Counts:
        reasons = {**self.rows, DUPLICATE: dropped} if dropped else dict(self.rows)
        return Counts(self.used + sum(self.rows.values()), self.used - dropped, reasons, self.amounts, rows)


def _reason(staged: Staged, as_of: date) -> ir.StringValue:
    """Return a row's reason to be set aside: the staged one, else that it is dated at or after ``as_of``."""
    time = CONTRACTS[staged.name].time
    if time not in staged.names:
        return staged.table._reason
    later = (~before(staged.table[time], as_of)).fill_null(False)
    return ibis.coalesce(staged.table._reason, later.ifelse(UNKNOWN, ibis.null("string")))


def _set_aside(rows: ir.Table) -> _Aside:
    money = {"money": rows.amount.sum()} if "amount" in rows.columns else {}
    groups = _records(rows.group_by("_reason").aggregate(rows=rows.count(), **money))
    used = sum(group["rows"] for group in groups if group["_reason"] is None)
    groups = sorted((g for g in groups if g["_reason"] is not None), key=lambda g: (-g["rows"], g["_reason"]))
    amounts = {group["_reason"]: float(group["money"]) for group in groups if group.get("money") is not None}
    return _Aside({group["_reason"]: group["rows"] for group in groups}, amounts, used)


def _refuse_no_orders(rows: ir.Table, as_of: date) -> None:
    oldest = rows.ordered_at.min(where=rows._reason == UNKNOWN).to_pyarrow().as_py()
    raise ContractError(
        f"orders before as_of ({as_of})", got=f"the oldest on {oldest:%Y-%m-%d}", fix="Pass a later as_of."
    )


def _as_known(rows: ir.Table, staged: Staged, as_of: date) -> list[ir.Value]:
    own = [rows["_row"]] if "_row" in rows.columns else []
    return [*own, *(masked(staged.name, rows, name, as_of).name(name) for name in staged.names)]


def _once(table: ir.Table, names: list[str]) -> ir.Table:
    """Return the first of each set of equal rows."""
    if "_row" not in table.columns:
        return table.distinct()
    return table.group_by(names).aggregate(_row=table["_row"].min()).order_by("_row")


def _flags(staged: Staged, source: ir.Table, table: ir.Table, copies: int) -> list[Flag]:
    name, flags = staged.name, []
    if copies:
        text = f"{name}: {rows_text(copies)} exactly like another {agreed(copies, 'was', 'were')} used; "
        text += f"drop_duplicates: true sets {agreed(copies, 'it', 'them')} aside."
        flags.append(Flag(name, "exact duplicates", copies, text))
    for column, known_at in unmaskable(name, staged.names):
        text = f"{name}.{column} may hold what was not known yet: map {known_at}, which says when it became known."
        flags.append(Flag(name, "not masked", 0, text))
    key = CONTRACTS[name].key
    if key:
        twice = _number(table[key].count() - table[key].nunique())
        if twice:
            text = f"{name}: {rows_text(twice)} {agreed(twice, 'repeats', 'repeat')} the {key} of another."
            flags.append(Flag(name, "duplicate keys", twice, text))
    return flags + (_order_flags(source, table) if name == "orders" else [])


def _order_flags(lines: ir.Table, orders: ir.Table) -> list[Flag]:
    if not orders.is_activity.any().to_pyarrow().as_py():
        raise ContractError(
            "at least one order with a positive or free line",
            got="refunds only",
            fix="Check the sign of amount and the meaning of is_refund.",
            where="orders",
        )
    flags = []
    is_refund = lines.amount < 0
    if "is_refund" in lines.columns:
        is_refund = is_refund | lines.is_refund.fill_null(False)
    refunds = lines.filter(is_refund)
    facts = _records(
        refunds.aggregate(rows=refunds.count(), money=refunds.amount.sum(), below=ibis.least(refunds.amount, 0.0).sum())
    )[0]
    if facts["rows"]:
        size = facts["rows"]
        kind = agreed(size, "is a refund or cancellation", "are refunds or cancellations")
        change = agreed(size, "it changes", "they change")
        text = f"orders: {rows_text(size)} {kind} ({facts['money']:,.2f}): {change} money, not activity."
        flags.append(Flag("orders", "refunds", size, text, facts["below"]))
    if "order_id" in lines.columns:
        lost = _number(lines.filter(lines.order_id.isnull()).count())
        if lost:
            count = agreed(lost, "counts as an order", "count as an order each")
            text = f"orders: {rows_text(lost)} without order_id {count}."
            flags.append(Flag("orders", "no order_id", lost, text))
        owned = orders.filter(orders.order_id.notnull())
        owners = owned.group_by("order_id").aggregate(owners=owned.customer_id.nunique())
        shared = _number(owners.filter(owners.owners > 1).count())
        if shared:
            belong = agreed(shared, "belongs", "belong")
            text = f"orders: {counted(shared, 'order id')} {belong} to two or more customers; "
            text += "each customer's part is an order."
            flags.append(Flag("orders", "two customers", shared, text))
    return flags


def _records(table: ir.Table) -> list[dict[str, Any]]:
    return table.to_pyarrow().to_pylist()  # type: ignore[no-any-return]  # ibis has no types


def _number(value: ir.IntegerScalar) -> int:
    return int(value.to_pyarrow().as_py())
