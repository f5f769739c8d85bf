"""Staged rows as the tables that the metrics read: cut and masked at ``as_of``, counted, orders summed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from kpikit.contracts import CONTRACTS
from kpikit.errors import ContractError
from kpikit.sources.data import Counts, Flag
from kpikit.sources.engine import quoted, row, run
from kpikit.sources.masking import UNKNOWN, masked, moment, unmaskable
from kpikit.sources.orders import orders_query
from kpikit.sources.staging import Staged

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

DUPLICATE = "exact duplicate"


@dataclass(frozen=True)
class Finished:
    """What is known of one loaded table beside its rows."""

    counts: Counts
    newest: datetime | None
    flags: tuple[Flag, ...]


def finish(connection: Backend, staged: Staged, as_of: date) -> Finished:
    """Create the table under its contract's name and return its counts and flags."""
    known = f"_known_{staged.name}"
    _create_known(connection, staged, known, as_of)
    copies = row(connection, f"SELECT count(*) - count(DISTINCT _copy) FROM {known}")[0]
    if staged.drop_duplicates and copies:
        keep = "QUALIFY row_number() OVER (PARTITION BY _copy ORDER BY _row) = 1"
        run(connection, f"CREATE TEMP TABLE {known}_once AS SELECT * FROM {known} {keep}")
        source = f"{known}_once"
    else:
        source = known
    if row(connection, f"SELECT count(*) FROM {source}")[0] == 0 and staged.name == "orders":
        oldest = row(connection, f"SELECT min(ordered_at) FILTER (_reason IS NULL) FROM {staged.relation}")[0]
        raise ContractError(
            f"orders before as_of ({as_of})", got=f"the oldest on {oldest:%Y-%m-%d}", fix="Pass a later as_of."
        )
    listing = ", ".join(map(quoted, staged.names))
    query = (
        orders_query(source, staged.names)
        if staged.name == "orders"
        else f"SELECT {listing} FROM {source} ORDER BY _row"
    )
    run(connection, f"CREATE TABLE {staged.name} AS {query}")
    counts = _counts(connection, staged, source, as_of, copies if staged.drop_duplicates else 0)
    flags = _flags(connection, staged, source, 0 if staged.drop_duplicates else copies)
    time = CONTRACTS[staged.name].time
    newest = row(connection, f"SELECT max({time}) FROM {source}")[0] if time in staged.names else None
    for relation in (known, f"{known}_once"):
        run(connection, f"DROP TABLE IF EXISTS {relation}")
    return Finished(counts, newest, tuple(flags))


def _known(staged: Staged, as_of: date) -> str:
    """Return the SQL condition of the rows that are used: no reason against them, and dated before ``as_of``."""
    time = CONTRACTS[staged.name].time
    if time not in staged.names:
        return "_reason IS NULL"
    return f"_reason IS NULL AND ({quoted(time)} IS NULL OR {quoted(time)} < {moment(as_of)})"


def _create_known(connection: Backend, staged: Staged, known: str, as_of: date) -> None:
    columns = [
        f"{masked(item, staged.names, as_of, item.name in staged.dated)} AS {quoted(item.name)}"
        for item in staged.items
    ]
    copy = f"hash({', '.join(map(quoted, staged.names))}) AS _copy"
    run(
        connection,
        f"CREATE TEMP TABLE {known} AS SELECT *, {copy} FROM (SELECT _row, {', '.join(columns)} "
        f"FROM {staged.relation} WHERE {_known(staged, as_of)})",
    )


def _counts(connection: Backend, staged: Staged, source: str, as_of: date, dropped: int) -> Counts:
    money = "amount" if "amount" in staged.names else "NULL"
    reasons = run(
        connection,
        f"SELECT coalesce(_reason, '{UNKNOWN}') AS reason, count(*), sum({money}) FROM {staged.relation} "
        f"WHERE NOT coalesce({_known(staged, as_of)}, false) GROUP BY 1 ORDER BY 2 DESC, 1",
    )
    set_aside = {reason: rows for reason, rows, _ in reasons}
    amounts = {reason: float(amount) for reason, _, amount in reasons if amount is not None}
    if dropped:
        set_aside[DUPLICATE] = dropped
    rows_in = row(connection, f"SELECT count(*) FROM {staged.relation}")[0]
    used = row(connection, f"SELECT count(*) FROM {source}")[0]
    rows = row(connection, f"SELECT count(*) FROM {staged.name}")[0]
    return Counts(rows_in=rows_in, used=used, set_aside=set_aside, amounts=amounts, rows=rows)


def _flags(connection: Backend, staged: Staged, source: str, copies: int) -> list[Flag]:
    name, flags = staged.name, []
    if copies:
        text = f"{name}: {_rows(copies)} exactly like another were used; drop_duplicates: true sets them aside."
        flags.append(Flag(name, "exact duplicates", copies, text))
    for column, known_at in unmaskable(name, staged.names):
        text = f"{name}.{column} may hold what was not known yet: map {known_at}, which says when it became known."
        flags.append(Flag(name, "not masked", 0, text))
    key = CONTRACTS[name].key
    if key:
        twice = row(connection, f"SELECT count({key}) - count(DISTINCT {key}) FROM {name}")[0]
        if twice:
            flags.append(Flag(name, "duplicate keys", twice, f"{name}: {_rows(twice)} repeat a {key}."))
    return flags + (_order_flags(connection, staged, source) if name == "orders" else [])


def _order_flags(connection: Backend, staged: Staged, source: str) -> list[Flag]:
    flags = []
    active = row(connection, "SELECT count(*) FILTER (is_activity) FROM orders")[0]
    if not active:
        raise ContractError(
            "at least one order with a positive or free line",
            got="refunds only",
            fix="Check the sign of amount and the meaning of is_refund.",
            where="orders",
        )
    refund = "amount < 0" + (" OR is_refund" if "is_refund" in staged.names else "")
    refunds, money, below = row(
        connection, f"SELECT count(*), sum(amount), sum(least(amount, 0)) FROM {source} WHERE {refund}"
    )
    if refunds:
        text = f"orders: {_rows(refunds)} are refunds or cancellations ({money:,.2f}): they change money, not activity."
        flags.append(Flag("orders", "refunds", refunds, text, below))
    if "order_id" in staged.names:
        lost = row(connection, f"SELECT count(*) FROM {source} WHERE order_id IS NULL")[0]
        if lost:
            text = f"orders: {_rows(lost)} without order_id count as an order each."
            flags.append(Flag("orders", "no order_id", lost, text))
        shared = row(
            connection,
            "SELECT count(*) FROM (SELECT order_id FROM orders WHERE order_id IS NOT NULL GROUP BY 1 "
            "HAVING count(DISTINCT customer_id) > 1)",
        )[0]
        if shared:
            text = f"orders: {shared:,} order ids belong to two or more customers; each customer's part is an order."
            flags.append(Flag("orders", "two customers", shared, text))
    return flags


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"
