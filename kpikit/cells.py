"""Small cells: which columns of a shown table say how many people a row rests on, and when that is too few.

Suppression (``kpikit.kpis.suppression``) and the export gate read the same words, so that one proves the other. Words
of what a protected table no longer holds are here too: what reads such a table must not speak as if it were all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

SUPPRESSED = "suppressed"
# People first: where a table counts them, what they did (answers, cases) needs no threshold of its own.
PEOPLE = (
    "n", "customers", "n_customers", "cohort_size", "started", "entered", "invited", "n_opening", "n_closing",
)  # fmt: skip
EVENTS = ("answers", "cases", "orders", "invitations")
TITLE = "Small groups are not shown"
ALL, ALL_CHANNELS, PAID_CHANNELS = "all", "all channels", "paid channels"  # rows that are sums of others
TOTALS, SUBTOTALS = (ALL, ALL_CHANNELS), (PAID_CHANNELS,)
LEFT_OUT = "small_groups_left_out"  # under this name a protected table says how many rows it no longer holds


def basis(columns: Iterable[object]) -> tuple[str, ...]:
    """Return the columns that say on how many people a row rests; without any, those that count what they did.

    >>> basis(["segment", "answers", "n", "value"]), basis(["score", "answers"]), basis(["age", "value"])
    (('n',), ('answers',), ())
    """
    names = set(map(str, columns))
    people = tuple(name for name in PEOPLE if name in names)
    return people or tuple(name for name in EVENTS if name in names)


def is_small(count: Any, min_cell: int) -> bool:
    """Say whether a count is above zero and below the threshold; what is no number is not.

    >>> [is_small(count, 5) for count in (0, 1, 4, 5, None, "4")]
    [False, True, True, False, False, False]
    """
    return isinstance(count, int | float) and not isinstance(count, bool) and 0 < count < min_cell


def small_rows(columns: Sequence[object], rows: Iterable[Sequence[Any]], min_cell: int) -> list[tuple[int, str, Any]]:
    """Return number (from 0), column and count of each row that rests on too few people."""
    names = [str(name) for name in columns]
    places = [(names.index(name), name) for name in basis(names)]
    return [
        (number, name, row[place])
        for number, row in enumerate(rows)
        for place, name in places
        if is_small(row[place], min_cell)
    ]


def left_out(table: Any) -> int:
    """Return how many rows ``kk.protected`` took out of a table, 0 where it is whole."""
    return int(getattr(table, "attrs", {}).get(LEFT_OUT, 0))


def left_out_text(count: int, group: str = "group") -> str:
    """Return the sentence that says what is not there, with a blank before it; nothing where all is there.

    >>> left_out_text(2), left_out_text(1, "product"), left_out_text(0)
    (' 2 small groups are left out, of every count here.', ' 1 small product is left out, of every count here.', '')
    """
    if not count:
        return ""
    said = f"1 small {group} is" if count == 1 else f"{count:,} small {group}s are"
    return f" {said} left out, of every count here."
