"""What each visitor did in each period: one aggregation that the KPIs of visits share."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.metrics.grid import located
from kpikit.periods import SECONDS_PER_MINUTE
from kpikit.timeline import quotient

VISITOR = ("visitor_id", "period", "segment")


def visits(sessions: ir.Table, period: str | None, by: str | None, as_of: Any) -> ir.Table:
    """Return the visits of known visitors, located by when they began."""
    return located(sessions.filter(sessions.visitor_id.notnull()), "started_at", period=period, by=by, as_of=as_of)


def visitor_periods(sessions: ir.Table, period: str | None, by: str | None, as_of: Any) -> ir.Table:
    """Return what visitors did: one row per visit → one row per visitor, period and segment with any.

    Returns
    -------
    Table
        ``visitor_id``, ``period`` (number), ``segment``; ``visits``, ``first_at``, ``timed`` (visits whose length is
        known) and ``minutes`` (their sum; null without one).
    """
    known = visits(sessions, period, by, as_of)
    seconds = known.duration_s if "duration_s" in known.columns else ibis.null("float64")
    known = known.mutate(minutes=quotient(seconds, SECONDS_PER_MINUTE))
    return known.group_by(list(VISITOR)).aggregate(
        visits=known.count(), first_at=known.started_at.min(), timed=known.minutes.count(), minutes=known.minutes.sum()
    )
