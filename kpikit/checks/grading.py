"""One line of the audit: a table, what was checked, the grade, what was seen, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
