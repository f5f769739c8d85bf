"""Where loaded tables are kept: inside the process, or on the server that their rows come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis.expr.types as ir

from kpikit.sources.engine import quoted, row, run
from kpikit.sources.orders import orders_query, orders_table

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend


ROWS_AT_A_TIME = 20_000_000
MODULUS = 1_000_003  # keeps a sum of hashes within 64 bits


@dataclass(frozen=True)
class InDuckDB:
    """The tables' place inside the process: a :class:`kpikit.sources.finishing.Place`."""

    connection: Backend

    def store(self, name: str, table: ir.Table) -> ir.Table:
        """Run the query once, and return the table that holds its rows."""
        run(self.connection, f"CREATE TABLE {quoted(name)} AS {self.connection.compile(table)}")
        return self.connection.table(name)

    def distinct_rows(self, table: ir.Table, names: list[str], rows: int) -> int:
        """Return the number of different rows, by a hash of 64 bits; in parts, so that memory stays bounded."""
        hashes = f"SELECT hash({', '.join(map(quoted, names))}) AS h FROM ({self.connection.compile(table)})"
        parts = -(-rows // ROWS_AT_A_TIME) or 1
        return sum(
            int(row(self.connection, f"SELECT count(DISTINCT h) FROM ({hashes}) WHERE h % {parts} = {part}")[0])
            for part in range(parts)
        )

    def store_orders(self, name: str, lines: ir.Table) -> ir.Table:
        """Run the query of the orders once, and return the table that holds them."""
        names = [column for column in lines.columns if column != "_row"]
        query = orders_query(f"({self.connection.compile(lines)}) AS lines", names)
        run(self.connection, f"CREATE TABLE {quoted(name)} AS {query}")
        return self.connection.table(name)

    def content(self, table: ir.Table) -> object:
        """Return numbers that change when a value of a stored table does."""
        name = quoted(table.get_name())
        query = f"SELECT count(*), CAST(sum(CAST(hash({name}) AS HUGEINT)) AS VARCHAR) FROM {name}"
        return row(self.connection, query)

    def drop(self, table: ir.Table) -> None:
        """Forget a table that was stored."""
        run(self.connection, f"DROP TABLE {quoted(table.get_name())}")


@dataclass(frozen=True)
class OnServer:
    """A place on PostgreSQL or Spark: temporary tables of the session. A :class:`kpikit.sources.finishing.Place`."""

    def store(self, name: str, table: ir.Table) -> ir.Table:
        """Run the query once, and return the table that holds its rows."""
        del name  # the session names its temporary tables itself
        return table.cache()

    def distinct_rows(self, table: ir.Table, names: list[str], rows: int) -> int:  # noqa: ARG002 - as the other place
        """Return the number of different rows."""
        return int(table.select(names).distinct().count().to_pyarrow().as_py())

    def store_orders(self, name: str, lines: ir.Table) -> ir.Table:
        """Run the query of the orders once, and return the table that holds them."""
        return self.store(name, orders_table(lines))

    def content(self, table: ir.Table) -> object:
        """Return numbers that change when a value of a stored table does: per column, the sum of small hashes."""
        numbers = [table.count().name("rows")]
        for at, name in enumerate(table.columns):
            value = table[name]
            numbers += [(value.cast("string").hash() % MODULUS).sum().name(f"h{at}"), value.count().name(f"n{at}")]
        return sorted(table.aggregate(numbers).to_pyarrow().to_pylist()[0].items())

    def drop(self, table: ir.Table) -> None:
        """Forget a table that was stored: the session does when nobody holds it."""
