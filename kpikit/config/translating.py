"""SQL of kpikit.yaml over a loaded table, as Ibis: translated node by node, so that every engine means the same.

What engines read differently is refused or written out: a division gives null where the divisor is 0, ``1 / 2`` is 0.5,
texts are compared for equality only, a date is its midnight.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
from sqlglot import exp

from kpikit.config.expressions import parse_expression
from kpikit.config.kinds import (
    ALLOWED,
    AMOUNT,
    MOMENT,
    NOTHING,
    PARTS_OF_TIME,
    TRUTH,
    WORDS,
    Node,
    as_moment,
    as_span,
    column_of,
    kind_of,
    not_allowed,
    only,
    wrong_kind,
)  # fmt: skip
from kpikit.contracts import CONTRACTS, COUNT, FLAG, NUMBER, TEXT, TIME
from kpikit.errors import ConfigError, listed
from kpikit.periods import as_date
from kpikit.timeline import days, one_if, quotient

AS_OF = "as_of"
OF_CONTRACT = {NUMBER: "float64", COUNT: "int64", TEXT: "string", TIME: "timestamp", FLAG: "boolean"}


@dataclass(frozen=True)
class Scope:
    """What an expression may read: a table's columns and the first moment that is not known."""

    table: ir.Table
    as_of: Any


def to_ibis(sql: str, table: ir.Table, as_of: Any) -> ir.Value:
    """Return one DuckDB expression over a table's columns as an Ibis value.

    Parameters
    ----------
    sql
        As it stands in kpikit.yaml; ``:as_of`` is the first moment that is not known.
    table
        Table whose columns it reads; names count in any case.
    as_of
        A date, ISO text, or an Ibis date.

    Raises
    ------
    ConfigError
        When it is not one expression, reads a column that is not there, mixes kinds, or uses what engines read
        differently; the message says what is allowed.
    """
    scope = Scope(table, as_of)
    if sql.strip().casefold() in {name.casefold() for name in table.columns}:
        return column_of(sql.strip(), table)
    try:
        return _value(_parsed(sql), scope)
    except RecursionError:
        raise ConfigError("an expression of moderate depth", got="one nested too deeply", fix="Simplify it.") from None


def condition(sql: str, table: ir.Table, as_of: Any) -> ir.BooleanValue:
    """Return an expression that is true or false, false where it is not known; :func:`to_ibis` says what is raised."""
    found = to_ibis(sql, table, as_of)
    if not found.type().is_boolean():
        raise wrong_kind(sql, TRUTH, found, "Compare it with something, such as amount > 0.")
    return found.fill_null(False)


def columns_read(sql: str, valid: Sequence[str]) -> list[str]:
    """Return the columns that an expression reads, spelt as in ``valid`` where they are there."""
    spelt = {name.casefold(): name for name in valid}
    if sql.strip().casefold() in spelt:
        return [spelt[sql.strip().casefold()]]
    names = [column.name for column in _parsed(sql).find_all(exp.Column)]
    return list(dict.fromkeys(spelt.get(name.casefold(), name) for name in names))


def check_condition(sql: str, table: str) -> None:
    """Raise :class:`ConfigError` where a condition over a contract's table is wrong as far as that is known yet.

    Columns of the user's own have no known kind before the data are loaded: then only the words are checked.
    """
    kinds = {one.name: OF_CONTRACT[one.kind] for one in CONTRACTS[table].columns if one.kind in OF_CONTRACT}
    names = columns_read(sql, [one.name for one in CONTRACTS[table].columns])
    if set(names) <= set(kinds):
        condition(sql, ibis.table(kinds, name=table), date(2000, 1, 1))
        return
    for node in _parsed(sql).walk():
        if not isinstance(node, (*HANDLERS, *PARTS)):
            raise not_allowed(node)


def _parsed(sql: str) -> Node:
    try:
        return parse_expression(sql)
    except ValueError as error:
        raise ConfigError("one SQL expression", got=str(error), fix="Write one, without ';'.") from None


def _value(node: Node, scope: Scope) -> ir.Value:
    handler = HANDLERS.get(type(node))
    if handler is None:
        raise not_allowed(node)
    return handler(node, scope)


def _column(node: Node, scope: Scope) -> ir.Value:
    if node.args.get("table"):
        raise ConfigError("columns of one table", got=node.sql(), fix=f"Write {node.name}.")
    return column_of(node.name, scope.table)


def _literal(node: Node, _: Scope) -> ir.Value:
    if node.is_string:
        return ibis.literal(node.this)
    return ibis.literal(int(node.this) if node.this.isdigit() else float(node.this))


def _placeholder(node: Node, scope: Scope) -> ir.Value:
    if node.name != AS_OF:
        raise ConfigError("no other placeholder than :as_of", got=node.sql(), fix="Write the value itself.")
    day = scope.as_of if isinstance(scope.as_of, ir.Value) else ibis.literal(as_date(scope.as_of))
    return day.cast("timestamp")


def _compared(compare: Callable[[Any, Any], Any], *, ordered: bool = True) -> Handler:
    def handler(node: Node, scope: Scope) -> ir.Value:
        return _comparison(compare, node, node.this, node.expression, scope, ordered=ordered)

    return handler


def _comparison(compare: Any, node: Node, left: Node, right: Node, scope: Scope, *, ordered: bool) -> ir.Value:
    if isinstance(left, exp.Null) or isinstance(right, exp.Null):
        raise ConfigError("IS NULL or IS NOT NULL", got=node.sql(), fix="A comparison with NULL is never true.")
    first, second = _alike(node, [left, right], scope)
    if ordered and kind_of(first) in (WORDS, TRUTH):
        raise wrong_kind(node.sql(), "numbers or times to compare", first, "Engines sort texts differently.")
    return compare(first, second)


def _alike(node: Node, parts: Sequence[Node], scope: Scope) -> list[ir.Value]:
    """Return values of one kind; beside a time, a text is read as one."""
    values = [_value(part, scope) for part in parts]
    kinds = [kind_of(value) for value in values]
    if MOMENT in kinds:
        values = [
            as_moment(part.this) if isinstance(part, exp.Literal) and part.is_string else value
            for part, value in zip(parts, values, strict=True)
        ]
        values = [value.cast("timestamp") if value.type().is_date() else value for value in values]
    found = {kind for value in values if (kind := kind_of(value)) != NOTHING}
    if len(found) > 1:
        raise ConfigError(
            "values of one kind", got=f"{node.sql()}: {listed(sorted(found))}", fix="Compare like with like."
        )
    return values


def _between(node: Node, scope: Scope) -> ir.Value:
    only(node, "this", "low", "high")
    above = _comparison(operator.ge, node, node.this, node.args["low"], scope, ordered=True)
    return above & _comparison(operator.le, node, node.this, node.args["high"], scope, ordered=True)


def _in(node: Node, scope: Scope) -> ir.Value:
    only(node, "this", "expressions")
    same = [_comparison(operator.eq, node, node.this, one, scope, ordered=False) for one in node.expressions]
    return functools.reduce(operator.or_, same)


def _is(node: Node, scope: Scope) -> ir.Value:
    if isinstance(node.expression, exp.Null):
        return _value(node.this, scope).isnull()
    if isinstance(node.expression, exp.Boolean):
        truth = _of(TRUTH, node.this, scope)
        return (truth if node.expression.this else ~truth).fill_null(False)
    raise not_allowed(node)


def _like(node: Node, scope: Scope) -> ir.Value:
    pattern = node.expression
    if not (isinstance(pattern, exp.Literal) and pattern.is_string) or "\\" in pattern.this:
        raise ConfigError("a pattern such as 'spring%'", got=pattern.sql(), fix="Write a text without backslashes.")
    text = _of(WORDS, node.this, scope)
    found = text.ilike(pattern.this) if isinstance(node, exp.ILike) else text.like(pattern.this)
    return ~found if node.args.get("negate") else found


def _logic(combine: Callable[[Any, Any], Any]) -> Handler:
    return lambda node, scope: combine(_of(TRUTH, node.this, scope), _of(TRUTH, node.expression, scope))


def _arithmetic(combine: Callable[[Any, Any], Any]) -> Handler:
    def handler(node: Node, scope: Scope) -> ir.Value:
        if isinstance(node.expression, exp.Interval):
            return combine(_of(MOMENT, node.this, scope).cast("timestamp"), as_span(node.expression))
        left, right = (_of(AMOUNT, part, scope).cast("float64") for part in (node.this, node.expression))
        return combine(left, right)

    return handler


def _case(node: Node, scope: Scope) -> ir.Value:
    branches = [node] if isinstance(node, exp.If) else node.args["ifs"]
    tests = [
        _comparison(operator.eq, node, node.this, one.this, scope, ordered=False)
        if isinstance(node, exp.Case) and node.this
        else _of(TRUTH, one.this, scope)
        for one in branches
    ]
    default = node.args.get("false" if isinstance(node, exp.If) else "default") or exp.Null()
    *results, other = _alike(node, [*(one.args["true"] for one in branches), default], scope)
    return ibis.cases(*zip(tests, results, strict=True), else_=other)


def _several(combine: Callable[..., Any], *, ordered: bool = False) -> Handler:
    def handler(node: Node, scope: Scope) -> ir.Value:
        values = _alike(node, [node.this, *(node.expressions or [node.expression])], scope)
        if ordered and kind_of(values[0]) in (WORDS, TRUTH):
            raise wrong_kind(node.sql(), "numbers or times to compare", values[0], "Engines sort texts differently.")
        return combine(*values)

    return handler


def _one(kind: str, change: Callable[[Any], Any]) -> Handler:
    def handler(node: Node, scope: Scope) -> ir.Value:
        only(node, "this")
        return change(_of(kind, node.this, scope))

    return handler


def _extract(node: Node, scope: Scope) -> ir.Value:
    part = PARTS_OF_TIME.get(node.name.casefold())
    if part is None:
        raise not_allowed(node)
    return part(_of(MOMENT, node.expression, scope))


def _day_difference(node: Node, scope: Scope) -> ir.Value:
    if node.args.get("unit") is None or node.args["unit"].name.casefold() != "day":
        raise ConfigError("a difference in days", got=node.sql("duckdb"), fix="Write DATE_DIFF('day', earlier, later).")
    return days(_of(MOMENT, node.this, scope)) - days(_of(MOMENT, node.expression, scope))


def _cast(node: Node, scope: Scope) -> ir.Value:
    target = node.to.this.value if isinstance(node.to.this, exp.DataType.Type) else ""
    if isinstance(node.this, exp.Literal) and node.this.is_string and target in {"DATE", "TIMESTAMP", "TIMESTAMPNTZ"}:
        return as_moment(node.this.this)
    if target == "DOUBLE":
        value = _value(node.this, scope)
        return (
            one_if(value).cast("float64") if kind_of(value) == TRUTH else _of(AMOUNT, node.this, scope).cast("float64")
        )
    if target == "DATE":
        return _of(MOMENT, node.this, scope).cast("timestamp").date()
    if target in {"TIMESTAMP", "TIMESTAMPNTZ"}:
        return _of(MOMENT, node.this, scope).cast("timestamp")
    raise ConfigError(
        "a cast to DOUBLE, DATE or TIMESTAMP", got=node.sql("duckdb"), fix="Map the column with its type."
    )


def _of(kind: str, node: Node, scope: Scope) -> ir.Value:
    """Return the value of a part that must be of a kind."""
    value = _value(node, scope)
    if kind_of(value) not in (kind, NOTHING):
        raise wrong_kind(node.sql("duckdb"), kind, value, f"Allowed are {ALLOWED}.")
    return value.cast({TRUTH: "boolean", AMOUNT: "float64", WORDS: "string", MOMENT: "timestamp"}[kind]) if (
        kind_of(value) == NOTHING
    ) else value  # fmt: skip


Handler = Callable[[Node, Scope], ir.Value]
PARTS = (exp.Identifier, exp.Var, exp.DataType, exp.If, exp.Interval)
HANDLERS: dict[Any, Handler] = {
    exp.Column: _column,
    exp.Literal: _literal,
    exp.Boolean: lambda node, _: ibis.literal(bool(node.this)),
    exp.Null: lambda _node, _: ibis.null(),
    exp.Placeholder: _placeholder,
    exp.Paren: lambda node, scope: _value(node.this, scope),
    exp.EQ: _compared(operator.eq, ordered=False),
    exp.NEQ: _compared(operator.ne, ordered=False),
    exp.LT: _compared(operator.lt),
    exp.LTE: _compared(operator.le),
    exp.GT: _compared(operator.gt),
    exp.GTE: _compared(operator.ge),
    exp.And: _logic(operator.and_),
    exp.Or: _logic(operator.or_),
    exp.Not: lambda node, scope: ~_of(TRUTH, node.this, scope),
    exp.Is: _is,
    exp.In: _in,
    exp.Between: _between,
    exp.Like: _like,
    exp.ILike: _like,
    exp.Add: _arithmetic(operator.add),
    exp.Sub: _arithmetic(operator.sub),
    exp.Mul: _arithmetic(operator.mul),
    exp.Div: _arithmetic(quotient),
    exp.Neg: _one(AMOUNT, operator.neg),
    exp.Abs: _one(AMOUNT, lambda value: value.abs()),
    exp.Case: _case,
    exp.If: _case,
    exp.Coalesce: _several(ibis.coalesce),
    exp.Nullif: _several(lambda value, other: value.nullif(other)),
    exp.Greatest: _several(ibis.greatest, ordered=True),
    exp.Least: _several(ibis.least, ordered=True),
    exp.Lower: _one(WORDS, lambda value: value.lower()),
    exp.Upper: _one(WORDS, lambda value: value.upper()),
    # ibis's own strip() also takes the letters v and f on Spark, which does not know \v and \f
    exp.Trim: _one(WORDS, lambda value: value.re_replace("^ +| +$", "")),
    exp.Length: _one(WORDS, lambda value: value.length().cast("int64")),
    exp.Year: _one(MOMENT, PARTS_OF_TIME["year"]),
    exp.Month: _one(MOMENT, PARTS_OF_TIME["month"]),
    exp.Day: _one(MOMENT, PARTS_OF_TIME["day"]),
    exp.Hour: _one(MOMENT, PARTS_OF_TIME["hour"]),
    exp.Extract: _extract,
    exp.DateDiff: _day_difference,
    exp.Cast: _cast,
}
