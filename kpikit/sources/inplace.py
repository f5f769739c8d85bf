"""Tables that stay on their server: mapped and typed there, with the rules of those that are copied.

A server's columns have types, so nothing is parsed here: a date or a number kept as text is an error that says how to
cast it. What was not known yet is masked in the raw rows, before any expression of the user's reads them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import ibis
import ibis.expr.types as ir
from sqlglot import exp

from kpikit.config import Config
from kpikit.config import Table as Settings
from kpikit.config.expressions import parse_expression
from kpikit.contracts import CONTRACTS, COUNT, FLAG, ID, NUMBER, TIME, missing_columns
from kpikit.errors import ContractError
from kpikit.sources import currencies, mapping, masking
from kpikit.sources.casting import LARGEST
from kpikit.sources.data import Flag, rows_text
from kpikit.sources.finishing import Staged
from kpikit.sources.servers import Server

ROWS = "_rows"
# What an expression in kpikit.yaml may call on a server; a test computes each on every engine.
PROVEN = (
    exp.And, exp.Or, exp.Xor, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Cast, exp.Abs, exp.Greatest, exp.Least,
    exp.Lower, exp.Upper, exp.Trim, exp.Length, exp.Year, exp.Month, exp.Day, exp.Extract, exp.Floor,
)  # fmt: skip
PARTS = ("YEAR", "MONTH", "DAY")  # of extract; the others are counted differently
PROVEN_NAMES = "case, coalesce, nullif, cast, abs, floor, greatest, least, lower, upper, trim, length, year, month, day"
KEEP = "_keep"


@dataclass
class Reader:
    """Reads one table of a configuration on a server."""

    server: Server
    name: str
    config: Config
    flags: list[Flag] = field(default_factory=list)

    def newest(self, raw: ir.Table) -> datetime | None:
        """Return the newest time of the orders in ``raw``."""
        mapped = self._mapped(raw, {"ordered_at"})
        with self._computing():
            return self._typed(mapped).ordered_at.max().to_pyarrow().as_py()  # type: ignore[no-any-return]  # ibis has no types

    def stage(self, raw: ir.Table, as_of: date, orders: ir.Table | None) -> Staged:
        """Return the table typed, each row with its reason to be set aside. ``orders`` dates lines without a time."""
        mapping.refuse_ours(self.name, [*raw.columns, *self._settings.columns])
        missing = [name for name in CONTRACTS[self.name].needed if name not in self._sources(raw)]
        if missing:
            raise missing_columns(self.name, missing, list(raw.columns))
        mapped = self._mapped(self._masked(raw, as_of), None)
        rows = self._typed(mapped)
        own = [column for column in self._aware(mapped) if CONTRACTS[self.name].column(column)]
        if own:
            zone = self.config.business.timezone
            self.flags.append(Flag(self.name, "time zone", 0, f"{self.name}: times with a zone became {zone} time."))
        self._flag_blanks(mapped)
        undated = None
        undated_lines = self.name == "order_lines" and "ordered_at" not in rows.columns
        if undated_lines and orders is not None and "order_id" in orders.columns:
            dates = orders.group_by("order_id").aggregate(ordered_at=orders.ordered_at.min())
            rows = rows.left_join(dates, "order_id").select(*(rows[name] for name in rows.columns), "ordered_at")
            undated = rows.ordered_at.isnull()
        rows = rows.mutate(_reason=self._reason(rows, undated))
        with self._computing():
            rows = (rows.drop(KEEP) if KEEP in rows.columns else rows).cache()  # one state of a table that may change
            if rows.count().to_pyarrow().as_py() == 0:
                raise ContractError(
                    "at least one row", got="no rows", fix="Fill the table, or leave it out.", where=self.name
                )
        self._refuse_wrong_numbers(rows, as_of)
        self._refuse_currencies(rows, as_of)
        return Staged(self.name, rows, tuple(self.flags), self._settings.drop_duplicates)

    @property
    def _settings(self) -> Settings:
        return self.config.tables.get(self.name, Settings())

    def _sources(self, raw: ir.Table) -> set[str]:
        return {*mapping.direct(self.name, self._settings, list(raw.columns)), *self._settings.columns}

    def _mapped(self, raw: ir.Table, only: set[str] | None) -> ir.Table:
        """Return the raw rows under the contract's names: columns as they are, and the user's expressions."""
        columns = list(raw.columns)
        direct = mapping.direct(self.name, self._settings, columns)
        listing: dict[str, exp.Expr] = {name: self._plain(raw, source) for name, source in direct.items()}
        for name, sql in self._settings.columns.items():
            if name not in direct:
                listing[name] = self._expression(sql, raw, "columns", name)
        keep, late = self._settings.keep, False
        if only is not None:
            absent = sorted(only - listing.keys())
            if absent:
                raise missing_columns(self.name, absent, columns)
            listing = {name: tree for name, tree in listing.items() if name in only}
        else:
            taken = {*listing, *direct.values(), *mapping.COMPUTED.get(self.name, ())}
            listing |= {name: self._plain(raw, name) for name in columns if name not in taken}
            if keep is not None:
                try:
                    listing[KEEP] = self._expression(keep, raw, "keep")
                except ContractError:  # it may name what the mapping makes
                    late = True
        mapped = self._selected(raw, listing)
        if keep is None or not late:
            return mapped
        names = {name: exp.column(name, quoted=True) for name in mapped.columns}
        return self._selected(mapped, {**names, KEEP: self._expression(keep, mapped, "keep")})

    def _selected(self, rows: ir.Table, listing: Mapping[str, exp.Expr]) -> ir.Table:
        query = exp.select(*(exp.alias_(tree, name, quoted=True) for name, tree in listing.items())).from_(ROWS)
        with self._computing():
            return rows.alias(ROWS).sql(query.sql(dialect=self.server.dialect))

    def _plain(self, raw: ir.Table, name: str) -> exp.Expr:
        """Return a raw column; what PostgreSQL has beside numbers, truth, time (an enum, a uuid) becomes text."""
        column, kind = exp.column(name, quoted=True), raw[name].type()
        simple = kind.is_numeric() or kind.is_boolean() or kind.is_temporal()
        return column if simple or self.server.kind == "Spark" else exp.cast(column, "text")

    def _expression(self, sql: str, raw: ir.Table, *keys: str) -> exp.Expr:
        """Return an expression of kpikit.yaml, its columns spelled as the server spells them."""
        columns = list(raw.columns)
        mapping.expression(sql, columns, self.name, self.config, "tables", self.name, *keys)  # raises where it is wrong
        own = mapping.own_name(sql, columns)
        if own is not None:
            return self._plain(raw, own)
        tree = parse_expression(sql)
        self._refuse_unproven(tree, *keys)
        for column in list(tree.find_all(exp.Column)):
            found = mapping.own_name(column.name, columns)
            if found is not None and not column.table:
                plain = self._plain(raw, found)
                tree = plain if column is tree else tree
                column.replace(plain)
        return tree

    def _refuse_unproven(self, tree: exp.Expr, *keys: str) -> None:
        """Refuse functions whose translation may mean something else: date_diff counts midnights here, days there."""
        for call in tree.find_all(exp.Func):
            odd_part = isinstance(call, exp.Extract) and call.name.upper() not in PARTS
            if odd_part or not isinstance(call, PROVEN):
                raise self.config.error(
                    "tables", self.name, *keys,
                    expected=f"functions that mean the same on DuckDB and {self.server.kind} ({PROVEN_NAMES})",
                    got=call.sql(dialect="duckdb"),
                    fix="Compute the column in a view on the server, and map it by name.",
                )  # fmt: skip

    def _aware(self, rows: ir.Table) -> list[str]:
        """Return the columns whose times are instants: with a time zone, or Spark's TIMESTAMP."""
        if self.server.kind == "Spark":
            return self.server.instants(rows)
        kinds = rows.schema().items()
        return [name for name, kind in kinds if kind.is_timestamp() and kind.timezone is not None]

    def _typed(self, mapped: ir.Table) -> ir.Table:
        """Return mapped rows with the contract's types, times local."""
        aware = set(self._aware(mapped))
        contract = CONTRACTS[self.name]
        typed: dict[str, ir.Value] = {}
        for name in mapped.columns:
            value = self._local(mapped[name]) if name in aware else mapped[name]
            column = contract.column(name)
            typed[name] = self._as(column.kind, name, value) if column else value
        return mapped.select([value.name(name) for name, value in typed.items()])

    def _local(self, moment: ir.Value) -> ir.Value:
        return self.server.local_time(moment, self.config.business.timezone)

    def _as(self, kind: str, name: str, value: ir.Value) -> ir.Value:
        dtype = value.type()
        if kind == TIME:
            if not (dtype.is_timestamp() or dtype.is_date() or dtype.is_null()):
                raise self._wrong_type(name, "a timestamp or a date", dtype, "CAST({} AS TIMESTAMP)")
            return value.cast("timestamp")
        if kind in {NUMBER, COUNT}:
            if dtype.is_boolean() or not (dtype.is_numeric() or dtype.is_null()):
                raise self._wrong_type(name, "a number", dtype, "CAST({} AS DOUBLE)")
            if kind == COUNT and not (dtype.is_integer() or dtype.is_null()):
                raise self._wrong_type(name, "a whole number", dtype, "CAST({} AS BIGINT)")
            return value.cast("float64" if kind == NUMBER else "int64")
        if kind == FLAG:
            if not (dtype.is_boolean() or dtype.is_null()):
                remedy = "{} <> 0" if dtype.is_numeric() else "{} = 'yes'"
                raise self._wrong_type(name, "true or false", dtype, remedy)
            return value.cast("boolean")
        if kind == ID and (dtype.is_floating() or dtype.is_decimal()):  # 17850.0 is 17850
            value = value.isnan().ifelse(ibis.null(), value) if dtype.is_floating() else value
            whole = value == value.floor()
            return whole.ifelse(value.cast("decimal(38, 0)").cast("string"), value.cast("string"))
        return value.cast("string").strip().nullif("")

    def _flag_blanks(self, mapped: ir.Table) -> None:
        """Say how many ids lost their outer blanks, as the copied ones do."""
        ids = [column.name for column in CONTRACTS[self.name].columns if column.kind == ID]
        texts = [name for name in ids if name in mapped.columns and mapped[name].type().is_string()]
        if not texts:
            return
        blank = {n: ((mapped[n].strip() != mapped[n]) & (mapped[n].strip() != "")).fill_null(False) for n in texts}
        with self._computing():
            tests = {name: test.ifelse(1, 0).sum() for name, test in blank.items()}
            found = mapped.aggregate(**tests).to_pyarrow().to_pylist()[0]
        for name, rows in found.items():
            if rows:
                sentence = f"ids lost their outer blanks in {rows_text(rows)}"
                self.flags.append(Flag(self.name, "repair", rows, f"{self.name}.{name}: {sentence}."))

    def _wrong_type(self, name: str, expected: str, dtype: Any, remedy: str) -> ContractError:
        keys = ("tables", self.name, "columns", name)
        source = self._settings.columns.get(name, name)
        return ContractError(
            f"{name} as {expected}", got=f"{dtype} on {self.server.kind}", where=self.config.where(*keys),
            fix=f"Cast it in kpikit.yaml: {'.'.join(keys)}: {remedy.format(source)}",
        )  # fmt: skip

    def _masked(self, raw: ir.Table, as_of: date) -> ir.Table:
        """Make raw values that were not known before ``as_of`` missing."""
        direct = mapping.direct(self.name, self._settings, list(raw.columns))
        hidden: dict[str, ir.Value] = {}
        for known_at, sources in masking.known_later(self.name, direct):
            time = raw[direct[known_at]]
            if self._aware(raw.select(time)):
                time = self._local(time)
            unknown = (~masking.before(self._as(TIME, known_at, time), as_of)).fill_null(False)
            for source in sources:
                hidden[source] = unknown.ifelse(ibis.null(), raw[source])  # a typed null would change Spark's type
        return raw.mutate(**hidden)

    def _reason(self, rows: ir.Table, undated: ir.BooleanValue | None) -> ir.StringValue:
        cases = [(~rows[KEEP].cast("boolean").fill_null(False), "keep is false")] if KEEP in rows.columns else []
        cases += [(rows[name].isnull(), why) for name, why in masking.required(self.name, list(rows.columns))]
        if self.name == "orders" and "unit_price" in self._settings.columns:
            cases.append((rows.unit_price.isnull() | (rows.unit_price <= 0), "unit price not above 0"))
        if undated is not None:
            cases.append((undated, "no order"))
        return ibis.cases(*cases, else_=ibis.null("string")) if cases else ibis.null("string")

    def _known(self, rows: ir.Table, as_of: date) -> ir.Table:
        """Return the rows that are used: no reason against them, and dated before ``as_of``."""
        time, used = CONTRACTS[self.name].time, rows.filter(rows["_reason"].isnull())
        return used.filter(masking.before(used[time], as_of) | used[time].isnull()) if time in rows.columns else used

    def _refuse_currencies(self, rows: ir.Table, as_of: date) -> None:
        """Refuse money in two or more currencies, unless the mapping converts them."""
        written = self._settings.columns
        money = next((name for name in currencies.MONEY if name in rows.columns), None)
        named = [
            name for name in rows.columns if currencies.is_named(name) or currencies.is_named(written.get(name, ""))
        ]
        if money is None or not named or currencies.converted(written.get(named[0], named[0]), written.get(money, "")):
            return
        used = self._known(rows, as_of)
        code = used[named[0]].cast("string").strip().upper().nullif("")
        with self._computing():
            groups = used.group_by(code=code).aggregate(rows=used.count()).to_pyarrow().to_pylist()
        found = sorted(((g["code"], g["rows"]) for g in groups if g["code"]), key=lambda pair: (-pair[1], pair[0]))
        if len(found) > 1:
            column = written.get(named[0], named[0])
            raise currencies.several(found, self.name, self.name, column, money, written.get(money, money))

    def _refuse_wrong_numbers(self, rows: ir.Table, as_of: date) -> None:
        """Refuse numbers that are not finite, and orders without an amount: neither free nor a refund."""
        used = self._known(rows, as_of)
        wrong = {
            name: used[name].isnan() | used[name].isinf() | (used[name].abs() >= float(LARGEST))
            for name in used.columns
            if CONTRACTS[self.name].column(name) and used[name].type().is_floating()
        }
        if self.name == "orders":
            wrong["amount"] = wrong["amount"] | used.amount.isnull()
        if not wrong:
            return
        tests = {name: test.fill_null(False).ifelse(1, 0).sum() for name, test in wrong.items()}
        with self._computing():
            found = used.aggregate(**tests).to_pyarrow().to_pylist()[0]
        for name, count in found.items():
            if count:
                source = self._settings.columns.get(name, name)
                raise ContractError(
                    "an amount in every order" if name == "amount" else "finite numbers",
                    got=f"{rows_text(count)} where it is missing or not below {LARGEST}",
                    fix=f"Map {name}: coalesce({source}, 0) if that is what it means, or set these rows aside with "
                    f"keep: {source} IS NOT NULL.",
                    where=f"{self.name}.{name}",
                )

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """Turn what the server says about a value, or about an expression, into our error."""
        with self.server.computing(self.config.where("tables", self.name)):
            yield
