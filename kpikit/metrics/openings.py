"""Where somebody began: the segment of the earliest row, with few rows looked up twice."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
import ibis.expr.types as ir


def openings(each: ir.Table, keys: Sequence[str]) -> ir.Table:
    """Return the earliest ``first_at`` and its ``segment``: one row per ``keys`` and segment → one row per ``keys``.

    Of several segments at the same instant the first by name counts, so that every engine decides alike. Only where
    there are several is the row of that instant looked up.
    """
    names = list(keys)
    first = each.group_by(names).aggregate(
        first_at=each.first_at.min(), segment=each.segment.min(), other=each.segment.max()
    )
    mixed = first.filter(first.segment != first.other).select(*names, "first_at")
    found = mixed.inner_join(each.select(*names, "first_at", began_in="segment"), [*names, "first_at"])
    found = found.group_by(names).aggregate(began_in=found.began_in.min())
    both = first.left_join(found, names)
    return both.select(*names, segment=ibis.coalesce(both.began_in, both.segment), first_at=both.first_at)
