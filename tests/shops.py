"""Hand-typed orders whose answers a reader can check with a pencil, and hypothesis strategies for any orders."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import strategies as st

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FIRST_DAY = pd.Timestamp("2024-01-01")


def orders(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Return orders from (customer, time, amount)."""
    table = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    return table.assign(ordered_at=[pd.Timestamp(time) for time in table.ordered_at]).astype(
        {"ordered_at": "datetime64[us]"}
    )


def visits(days: dict[str, list[int]], hour: int = 9) -> pd.DataFrame:
    """Return orders of 1.0 on numbered days."""
    rows = [
        (who, str(FIRST_DAY + pd.Timedelta(days=day, hours=hour)), 1.0)
        for who, numbers in days.items()
        for day in numbers
    ]
    return orders(*rows)


one_customer_one_order = orders(("ann", "2024-01-10", 20.0))

three_months = orders(
    ("ann", "2024-01-05 10:00", 10.0),
    ("ann", "2024-02-01 00:00", 30.0),
    ("ann", "2024-03-31 23:59", 20.0),
    ("bob", "2024-01-31 23:59", 40.0),
    ("bob", "2024-03-01 08:00", 10.0),
    ("eve", "2024-02-10 12:00", 50.0),
    ("eve", "2024-02-10 13:00", 70.0),
    ("eve", "2024-02-20 09:00", -20.0),
    ("zoe", "2024-03-15 09:00", -5.0),
)


@st.composite
def any_orders(draw: st.DrawFn, *, refunds: bool = True) -> pd.DataFrame:
    """Return up to 40 orders of up to 6 customers over some 200 days."""
    amounts = st.integers(-2000 if refunds else 0, 9000).map(lambda cents: cents / 100)
    row = st.tuples(st.sampled_from("abcdef"), st.integers(0, 200 * 24 * 60), amounts)
    rows = draw(st.lists(row, min_size=1, max_size=40))
    table = pd.DataFrame(rows, columns=["customer_id", "minute", "amount"])
    table["ordered_at"] = (FIRST_DAY + pd.to_timedelta(table.minute, unit="min")).astype("datetime64[us]")
    return table.drop(columns="minute")


def online_retail_lines() -> pd.DataFrame:
    """Return Online Retail's lines, or skip where the file is absent."""
    path = SHARED_DATA / "online_retail.parquet"
    if not path.is_file():
        pytest.skip(f"needs {path.name} in ../shared/data")
    return pd.read_parquet(path)
