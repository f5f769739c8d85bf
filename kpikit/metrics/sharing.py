"""What several KPIs compute alike: found in their expressions, so that an engine does it once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

COUNTED = (ops.Aggregate, ops.Distinct)  # what reads many rows and leaves few; windows leave all, but have to sort
Sharers = dict[ops.Node, frozenset[int]]


def shared_steps(tables: Sequence[ir.Table]) -> list[ir.Table]:
    """Return the steps that two or more of the expressions have in common, inner ones first.

    A step is an aggregation or what window functions compute. One that is shared only as a part of a larger shared one
    is left out.
    """
    users: dict[ops.Node, set[int]] = {}
    order: list[ops.Node] = []
    for number, table in enumerate(tables):
        for node in _steps(table.op()):
            if node not in users:
                order.append(node)
            users.setdefault(node, set()).add(number)
    common: Sharers = {node: frozenset(users[node]) for node in order if len(users[node]) > 1}
    inside = {node: set(_steps(node)) for node in common}
    kept = [node for node in order if node in common and not _covered(node, common, inside)]
    kept.sort(key=lambda node: len(inside[node]))  # what lies inside another comes before it
    return [node.to_expr() for node in kept]


def with_stored(table: ir.Table, stored: Mapping[ops.Node, ops.Node]) -> ir.Table:
    """Return the expression with steps replaced by what :func:`in_place_of` gives for them."""
    return table.op().replace(dict(stored)).to_expr() if stored else table


def in_place_of(step: ir.Table, held: ir.Table) -> ops.Node:
    """Return a selection of the table that holds a step's rows, with its schema; ibis takes no bare table as scalar."""
    wanted = step.schema()
    return (held.select(*held.columns) if held.schema() == wanted else held.cast(wanted)).op()


@contextmanager
def nested_selects(tables: Sequence[ir.Table]) -> Iterator[None]:
    """Have ibis leave selects inside each other for DuckDB, which merges them itself: to merge takes long."""
    before = ibis.options.sql.fuse_selects
    if tables and tables[0].get_backend().name == "duckdb":
        ibis.options.sql.fuse_selects = False
    try:
        yield
    finally:
        ibis.options.sql.fuse_selects = before


def _steps(root: ops.Node) -> list[ops.Node]:
    return list(root.find(_is_step))


def _is_step(node: ops.Node) -> bool:
    if isinstance(node, ops.Project):
        return any(value.find(ops.WindowFunction, filter=ops.Value) for value in node.values.values())
    return isinstance(node, COUNTED)


def _covered(node: ops.Node, common: Sharers, inside: Mapping[ops.Node, set[ops.Node]]) -> bool:
    """Say whether a larger shared step, used by the same expressions, holds this one."""
    return any(other is not node and users == common[node] and node in inside[other] for other, users in common.items())
