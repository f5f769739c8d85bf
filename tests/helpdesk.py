"""Hand-typed support cases whose answers a reader can check with a pencil."""

from __future__ import annotations

from typing import Any

import pandas as pd

TIMES = ("opened_at", "first_response_at", "resolved_at")
COLUMNS = ("ticket_id", "customer_id", *TIMES, "contacts", "reopened", "topic", "channel")


def tickets(*rows: tuple[Any, ...]) -> pd.DataFrame:
    """Return cases from (id, customer, opened, first response, resolved, contacts, reopened, topic, channel).

    Times are texts such as ``"01-02 09:00"`` in 2024; what is not given is missing.
    """
    filled = [(*row, *[None] * (len(COLUMNS) - len(row))) for row in rows]
    table = pd.DataFrame(filled, columns=list(COLUMNS))
    for name in TIMES:
        stamps = [None if pd.isna(text) else pd.Timestamp(f"2024-{text}") for text in table[name]]
        table[name] = pd.Series(stamps, dtype="datetime64[us]")
    table["contacts"] = table.contacts.astype("Int64")
    table["reopened"] = table.reopened.astype("boolean")
    return table.astype(dict.fromkeys(("ticket_id", "customer_id", "topic", "channel"), "str"))


six_cases = tickets(
    ("T1", "ann", "01-02 09:00", "01-02 10:00", "01-02 12:00", 1, False, "delivery", "email"),
    ("T2", "ann", "01-05 09:00", "01-05 11:00", "01-06 09:00", 1, False, "delivery", "phone"),  # the same again
    ("T3", "bob", "01-10 09:00", "01-10 12:00", "01-10 15:00", 2, False, "billing", "email"),
    ("T4", "bob", "01-15 09:00", "01-15 13:00", "01-15 14:00", 1, False, "quality", "phone"),
    ("T5", "eve", "01-20 09:00", "01-20 14:00", "02-03 10:00", 1, True, "billing", "email"),
    ("T6", None, "02-01 09:00", None, None, None, None, "billing", None),
)
