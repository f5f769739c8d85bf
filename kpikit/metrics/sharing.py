"""What several KPIs compute alike: found in their expressions, so that an engine does it once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.common.graph import Graph

COUNTED = (ops.Aggregate, ops.Distinct)  # what reads many rows and leaves few


def shared_steps(tables: Sequence[ir.Table]) -> list[ir.Table]:
    """Return the steps to keep for the expressions, inner ones first: those that two or more of their users have.

    A step is an aggregation, or what window functions compute. Its users are the expressions and the kept steps that
    ask for it: one that only a single kept step asks for is computed within that.
    """
    graph = Graph.from_bfs([table.op() for table in tables])
    users: dict[ops.Node, set[ops.Node]] = {node: set() for node in graph}
    for table in tables:
        users[table.op()].add(table.op())
    kept: list[ops.Node] = []
    ordered, _ = graph.toposort()
    for node in reversed(ordered):  # users come before what they use
        if len(users[node]) > 1 and _is_step(node):
            kept.append(node)
        asking = {node} if kept and kept[-1] is node else users[node]
        for below in graph[node]:
            users[below] |= asking
    return [node.to_expr() for node in reversed(kept)]


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


def _is_step(node: ops.Node) -> bool:
    if isinstance(node, ops.Project):  # windows leave as many rows, but have to sort them
        return any(value.find(ops.WindowFunction, filter=ops.Value) for value in node.values.values())
    return isinstance(node, COUNTED)
