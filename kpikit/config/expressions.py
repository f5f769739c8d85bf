"""SQL that stands in kpikit.yaml: one expression for a column, one SELECT for a table, nothing that writes."""

from __future__ import annotations

import re

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

WRITES = (exp.DML, exp.DDL, exp.Command, exp.Drop, exp.Alter, exp.Attach, exp.Detach, exp.Copy, exp.Set, exp.Pragma)
# What a column of a file may be called without being an expression: letters first, no operator of SQL but - and /.
NAME = re.compile(r"[^\W\d][\w .\-/#%€$£&]*(\([\w .%€$£]+\))?", re.UNICODE)


def bare_name(text: str) -> bool:
    """Say whether ``text`` may be meant as the name of a column rather than as an expression.

    >>> bare_name("Customer ID"), bare_name("quantity * unit_price")
    (True, False)
    """
    return NAME.fullmatch(text.strip()) is not None


def parse_expression(text: str) -> exp.Expr:
    """Return the parsed DuckDB expression; ``ValueError`` says why ``text`` is not exactly one.

    >>> parse_expression("quantity * unit_price").sql()
    'quantity * unit_price'
    """
    tree = _single(text)
    if isinstance(tree, (exp.Query, exp.Alias, *WRITES)):
        raise ValueError("a statement" if not isinstance(tree, exp.Alias) else "two words without an operator")
    if any(tree.find_all(*WRITES)):
        raise ValueError("an expression that writes")
    if any(tree.find_all(exp.UDTF, exp.Explode)):
        raise ValueError("an expression that makes rows")
    return tree


def check_expression(text: str) -> str:
    """Return ``text`` when it is one DuckDB expression or may name a column; otherwise raise ``ValueError``."""
    if not text.strip():
        raise ValueError("nothing")
    if bare_name(text) and not _is_statement(text):
        return text
    parse_expression(text)
    return text


def _is_statement(text: str) -> bool:
    try:
        return isinstance(_single(text), (exp.Query, exp.Drop))  # a column may well be called "Update date"
    except ValueError:
        return False


def check_query(text: str) -> str:
    """Return ``text`` when it is exactly one SELECT; otherwise raise ``ValueError``."""
    tree = _single(text)
    if not isinstance(tree, exp.Query) or any(tree.find_all(*WRITES)):
        raise ValueError("something other than one SELECT")
    return text


def _single(text: str) -> exp.Expr:
    try:
        trees = sqlglot.parse(text, dialect="duckdb")
    except RecursionError:
        raise ValueError("an expression nested too deeply") from None
    except SqlglotError as error:
        first = getattr(error, "errors", None) or [{}]
        near = first[0].get("highlight") or ""
        raise ValueError(f"text that is not SQL{f' (near {near!r})' if near else ''}: {text!r}") from None
    found = [tree for tree in trees if tree is not None]
    if len(found) != 1 or ";" in _outside_quotes(text):
        raise ValueError(f"{len(found)} statements" if len(found) != 1 else "a semicolon")
    return found[0]


def _outside_quotes(text: str) -> str:
    return re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"", "", text)
