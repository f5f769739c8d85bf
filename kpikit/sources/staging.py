"""Raw rows with the contract's columns and types, each with its reason to be set aside, if it has one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from kpikit.config import Config
from kpikit.config import Table as Settings
from kpikit.errors import ContractError
from kpikit.sources import currencies, mapping, masking
from kpikit.sources.casting import Caster
from kpikit.sources.data import Flag
from kpikit.sources.engine import first_line, quoted, row, run, types
from kpikit.sources.finishing import Staged
from kpikit.sources.mapping import Mapped
from kpikit.sources.reading import Raw
from kpikit.sources.wrongs import wrong

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend


def staged_name(name: str) -> str:
    """Return what the engine calls a staged table."""
    return f"_staged_{name}"


def stage(
    connection: Backend,
    name: str,
    raw: Raw,
    config: Config,
    orders: Staged | None,
    known_before: Callable[[str], date],
) -> Staged:
    """Map and type the rows in ``raw``, then drop them. ``orders`` dates order lines that have no time.

    ``known_before`` returns ``as_of`` when it is told the SQL of the newest order's time. What was not known then is
    masked in the raw rows, before any expression of the user's reads them.
    """
    settings = config.tables.get(name, Settings())
    items = mapping.mapped(connection, name, settings, raw, config)
    caster = Caster(connection, name, raw, config.business.timezone)
    with _computing(name, raw):
        newest = ""
        if name == "orders":
            time = next(item for item in items if item.name == "ordered_at")
            newest = f"SELECT max({caster.cast(time)}) FROM {raw.relation}"
        as_of = known_before(newest)
        caster = Caster(connection, name, raw, config.business.timezone, as_of)
        typed = {item.name: caster.cast(item) for item in items}
        masking.mask_raw(connection, name, raw.relation, items, typed, as_of)
    flags = [Flag(name, "repair", 0, f"{name}: {text}.") for text in raw.repairs]
    flags += [Flag(name, "note", 0, f"{name}: {text}.") for text in raw.notes] + caster.flags
    if any(item.type.startswith("TIMESTAMP WITH TIME ZONE") for item in items if item.column):
        flags += _zone_flag(name, config)
    relation = staged_name(name)
    inner = _select(connection, name, raw, settings, config, typed)
    names = [item.name for item in items]
    priced = name == "orders" and "unit_price" in settings.columns
    reason = masking.reasons(name, names, "_keep" if settings.keep else "", priced)
    with _computing(name, raw):
        run(connection, f"CREATE TEMP TABLE {relation} AS SELECT *, {reason} AS _reason FROM ({inner})")
    if name == "orders":
        _refuse_missing_amounts(connection, relation, raw, items, as_of)
    currencies.refuse_several(connection, name, relation, raw, items, as_of)
    run(connection, f"DROP TABLE {raw.relation}")
    if name == "order_lines" and "ordered_at" not in names and orders is not None and "order_id" in orders.names:
        _date_by_orders(connection, relation)
    columns = [column for column in types(connection, f"SELECT * FROM {relation}") if column != "_keep"]
    table = connection.table(relation, database="temp.main").select(columns)
    return Staged(name, table, tuple(flags), settings.drop_duplicates)


def _zone_flag(name: str, config: Config) -> list[Flag]:
    stated = "timezone" in config.business.model_fields_set
    hint = "" if stated else " (state business.timezone if that is not the local time)"
    return [Flag(name, "time zone", 0, f"{name}: times with a zone became {config.business.timezone} time{hint}.")]


def _select(connection: Backend, name: str, raw: Raw, settings: Settings, config: Config, typed: dict[str, str]) -> str:
    """Return the SELECT of the typed columns and of ``keep``, over the raw columns or, failing that, the mapped."""
    listing = ", ".join(f"{sql} AS {quoted(column)}" for column, sql in typed.items())
    plain = f"SELECT rowid AS _row, {listing} FROM {raw.relation}"
    if settings.keep is None:
        return plain
    columns = list(types(connection, f"SELECT * FROM {raw.relation}"))
    keys = ("tables", name, "keep")
    try:
        keep = mapping.expression(settings.keep, columns, name, config, *keys)
        keep = keep if "(" in keep[:1] else quoted(keep)
        mapping.refuse_uncomputable(connection, keep, raw.relation, raw.origin, config, *keys)
        return f"SELECT rowid AS _row, {listing}, {keep} AS _keep FROM {raw.relation}"
    except ContractError:
        keep = mapping.expression(settings.keep, list(dict.fromkeys([*columns, *typed])), name, config, *keys)
        mapping.refuse_uncomputable(connection, keep, f"({plain})", raw.origin, config, *keys)
        return f"SELECT *, {keep} AS _keep FROM ({plain})"


@contextmanager
def _computing(name: str, raw: Raw) -> Iterator[None]:
    """Turn what DuckDB says about a value into our error."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise ContractError(
            "values that the mapping can compute",
            got=first_line(error),
            fix="A value that does not fit can be made missing with try_cast(x AS DOUBLE), or set aside with keep.",
            where=f"{name}: {raw.origin}",
        ) from None


def _refuse_missing_amounts(connection: Backend, relation: str, raw: Raw, items: list[Mapped], as_of: date) -> None:
    """An order without an amount is neither free nor a refund: nobody but the business can say what it is."""
    known = f"_reason IS NULL AND ordered_at < {masking.moment(as_of)}"
    missing = f"rowid IN (SELECT _row FROM {relation} WHERE {known} AND amount IS NULL)"
    if row(connection, f"SELECT count(*) FROM {raw.relation} WHERE {missing}")[0]:
        amount = next(item for item in items if item.name == "amount")
        raise wrong(
            connection, raw, "orders", amount, "an amount", missing,
            fix=f"Map amount: coalesce({amount.written}, 0) if a missing amount means free, or set these "
            f"rows aside with keep: {amount.written} IS NOT NULL.",
        )  # fmt: skip


def _date_by_orders(connection: Backend, relation: str) -> None:
    run(
        connection,
        f"CREATE OR REPLACE TEMP TABLE {relation} AS SELECT l.*, o.ordered_at FROM {relation} l LEFT JOIN "
        f"(SELECT order_id, min(ordered_at) AS ordered_at FROM {staged_name('orders')} GROUP BY 1) o USING (order_id)",
    )
    run(connection, f"UPDATE {relation} SET _reason = 'no order' WHERE ordered_at IS NULL AND _reason IS NULL")
