"""Hand-typed paid spans, a strategy for any of them, and who was there by counting midnights one by one."""

from __future__ import annotations

import pandas as pd
from hypothesis import strategies as st
from shops import FIRST_DAY

COLUMNS = ["customer_id", "started_at", "ended_at", "monthly_amount", "plan"]


def spans(*rows: tuple[str, str, str | None] | tuple[str, str, str | None, float | None]) -> pd.DataFrame:
    """Return paid spans from (customer, start, end or None, monthly amount: 10 where not given)."""
    table = pd.DataFrame([(*row, 10.0)[:4] for row in rows], columns=COLUMNS[:4])
    times = {
        name: pd.to_datetime(table[name], format="ISO8601").astype("datetime64[us]")
        for name in ("started_at", "ended_at")
    }
    return table.assign(**times, monthly_amount=table.monthly_amount.astype("float64"))


@st.composite
def any_spans(draw: st.DrawFn) -> pd.DataFrame:
    """Return up to 15 spans of up to 5 customers over some 300 days: overlapping, following, running, with cents."""
    row = st.tuples(
        st.sampled_from("abcde"),
        st.integers(0, 200),
        st.none() | st.integers(1, 120),
        st.integers(0, 9999),
        st.sampled_from(["basic", "full"]),
    )
    rows = draw(st.lists(row, min_size=1, max_size=15))
    table = pd.DataFrame(rows, columns=["customer_id", "day", "length", "cents", "plan"])
    started = FIRST_DAY + pd.to_timedelta(table.day, unit="D") + pd.Timedelta(hours=9)
    ended = started + pd.to_timedelta(table.length.astype("float64"), unit="D")
    return pd.DataFrame(
        {
            "customer_id": table.customer_id,
            "started_at": started.astype("datetime64[us]"),
            "ended_at": ended.astype("datetime64[us]"),
            "monthly_amount": table.cents / 100,
            "plan": table.plan,
        }
    )


def month_starts(first: pd.Timestamp, end: pd.Timestamp) -> list[pd.Timestamp]:
    """Return the first midnights of the months after the one of ``first``, and at last ``end``."""
    return [*pd.date_range(first.normalize(), end - pd.Timedelta(days=1), freq="MS", inclusive="right"), end]


def midnights(covered: set[pd.Timestamp], end: pd.Timestamp, grace_days: int) -> set[pd.Timestamp]:
    """Return the midnights at which somebody was a customer: holes of up to ``grace_days`` midnights are filled."""
    day, there, hole = pd.Timedelta(days=1), set(covered), []
    if not covered:
        return there
    now = min(covered)
    while now <= end:
        if now in covered:
            there |= set(hole) if len(hole) <= grace_days else set()
            hole = []
        else:
            hole.append(now)
        now += day
    return there | (set(hole) if len(hole) <= grace_days else set())
