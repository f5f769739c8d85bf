"""The kinds of value that an expression of kpikit.yaml may have, and what is said where one is of the wrong kind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import ibis
import ibis.expr.types as ir
from sqlglot import exp

from kpikit.errors import ConfigError, listed, nearest

ALLOWED = (
    "columns, :as_of, numbers, 'texts', DATE '2026-01-01', = <> < <= > >=, AND, OR, NOT, IS [NOT] NULL, IN (…), "
    "BETWEEN, LIKE, ILIKE, + - * /, CASE, COALESCE, NULLIF, ABS, GREATEST, LEAST, LOWER, UPPER, TRIM, LENGTH, YEAR, "
    "MONTH, DAY, HOUR, DATE_DIFF('day', …), ± INTERVAL n DAY (HOUR, MINUTE), CAST to DOUBLE, DATE or TIMESTAMP"
)
TRUTH, AMOUNT, WORDS, MOMENT, NOTHING = "true or false", "a number", "a text", "a time", "nothing"
SPANS = {"day": "days", "hour": "hours", "minute": "minutes"}
Node = Any  # a node of sqlglot: its own annotations differ between the versions that kpikit allows


def kind_of(value: ir.Value) -> str:
    """Return the kind of a value in words; another type than these has its own name."""
    dtype = value.type()
    if dtype.is_boolean():
        return TRUTH
    if dtype.is_numeric():
        return AMOUNT
    if dtype.is_timestamp() or dtype.is_date():
        return MOMENT
    return NOTHING if dtype.is_null() else WORDS if dtype.is_string() else str(dtype)


def column_of(name: str, table: ir.Table) -> ir.Value:
    """Return a table's column, its name in any case; exact decimals become 64-bit numbers."""
    spelt = {column.casefold(): column for column in table.columns}
    known = name if name in table.columns else spelt.get(name.casefold())
    if known is None:
        hint = nearest(name, table.columns)
        raise ConfigError(
            f"one of the columns {listed(table.columns, 20)}",
            got=repr(name),
            fix=f"Did you mean {hint!r}?" if hint else "Map it under tables, or write one of these.",
        )
    value = table[known]
    return value.cast("float64") if value.type().is_decimal() else value


def only(node: Node, *names: str) -> None:
    """Refuse what a node says beyond the parts that are translated, such as TRIM's second argument."""
    if any(value for name, value in node.args.items() if name not in names):
        raise not_allowed(node)


def wrong_kind(sql: str, kind: str, value: ir.Value, fix: str) -> ConfigError:
    """Return the error of a part that is of another kind than is needed."""
    return ConfigError(kind, got=f"{sql}, which is {kind_of(value)}", fix=fix)


def not_allowed(node: Node) -> ConfigError:
    """Return the error of a part that is not translated: what is allowed, and :as_of in place of the clock."""
    fix = "Write :as_of: a report of the past must not depend on the clock."
    if isinstance(node, (exp.CurrentDate, exp.CurrentTimestamp)) or node.name.casefold() in {"now", "today"}:
        return ConfigError(":as_of", got=node.sql("duckdb"), fix=fix)
    return ConfigError(f"an expression of {ALLOWED}", got=node.sql("duckdb"), fix="Write it with these.")


def as_moment(text: str) -> ir.Value:
    """Return a text as a local time."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ConfigError("a date such as '2026-12-31'", got=repr(text), fix="Write year-month-day.") from None
    if moment.tzinfo is not None:
        raise ConfigError("a local time without a zone", got=repr(text), fix="Leave the zone out.")
    return ibis.literal(moment, type="timestamp")


def as_span(node: Node) -> Any:
    """Return INTERVAL n DAY, HOUR or MINUTE; months differ in length and are refused."""
    unit = str(node.args["unit"]).casefold().removesuffix("s") if node.args.get("unit") else ""
    if unit not in SPANS or not isinstance(node.this, exp.Literal) or not str(node.this.this).isdigit():
        raise ConfigError(
            "a span such as INTERVAL 2 DAY, in whole days, hours or minutes", got=node.sql("duckdb"), fix="Write it so."
        )
    return ibis.interval(**{SPANS[unit]: int(node.this.this)})


def _part(name: str) -> Callable[[Any], Any]:
    return lambda moment: getattr(moment, name)().cast("int64")


PARTS_OF_TIME: dict[str, Callable[[Any], Any]] = {name: _part(name) for name in ("year", "month", "day", "hour")}
