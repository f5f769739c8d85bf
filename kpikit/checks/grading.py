"""One line of the audit: a table, what was checked, the grade, what was seen, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kpikit.errors import listed, nearest

if TYPE_CHECKING:
    from kpikit.sources import Data

PASS, REVIEW, FAIL = "PASS", "REVIEW", "FAIL"


@dataclass(frozen=True)
class Check:
    """One check of one table."""

    table: str
    check: str
    status: str
    seen: str
    do: str = ""


def flagged(data: Data, name: str, *kinds: str) -> list[str]:
    """Return what loading said about a table in flags of these kinds."""
    return [
        flag.text.removeprefix(f"{name}: ").rstrip(".")
        for flag in data.flags
        if flag.table == name and flag.kind in kinds
    ]


def graded(table: str, check: str, bad: int, seen: str, do: str, *, status: str = REVIEW) -> Check:
    """Return a check that passes where nothing bad was found; what to do is said only where something was."""
    return Check(table, check, status if bad else PASS, seen, do if bad else "")


def figures(table: Any, expressions: Mapping[str, Any]) -> dict[str, Any]:
    """Return aggregates over a table by name, in one query; a sum over no rows is 0."""
    row = table.aggregate(**expressions).to_pyarrow().to_pylist()[0]
    return {name: value or 0 for name, value in row.items()}


def records(table: Any) -> list[dict[str, Any]]:
    """Return a small table's rows."""
    return list(table.to_pyarrow().to_pylist())


def meant(unknown: Iterable[str], valid: Iterable[str]) -> str:
    """Return the question which valid names were meant, where any is near.

    >>> meant(["npss", "x"], ["nps", "csat"])
    "Did you mean 'nps' for 'npss'? "
    """
    names = list(valid)
    hints = [f"{hint!r} for {name!r}" for name in unknown if (hint := nearest(name, names))]
    return f"Did you mean {listed(hints, 5)}? " if hints else ""
