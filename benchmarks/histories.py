"""Purchase histories: ``customers.histories`` against lifetimes' summary of the same orders, from the same file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measuring import Measured, alternately
from benchmarks.orders import orders_file
from benchmarks.table import Row, compare

ORDERS = 10_000_000
LARGEST_DIFFERENCE = 1e-9
TITLE = "Purchase histories"
AIM = "at least 10 times faster than lifetimes, with at most a quarter of its memory"
TIMES_FASTER, SHARE_OF_MEMORY = 10, 0.25
MEMORY_LIMIT = "300MB"
METHOD = (
    "`customers.histories` by the day, against `lifetimes.utils.summary_data_from_transaction_data` on the same "
    "orders. Both begin with the Parquet file, as a user does; the last row begins with a DataFrame that is in memory "
    "already. Memory is the peak of the whole process, Python and its imports included (some 200 MB of each)."
)
LIMITS = (
    "Most of the time and memory goes into one grouping by customer and day, of nearly as many groups as there are "
    "orders; it uses all cores, lifetimes one, so the ratio falls on a busy machine. Memory is a choice: DuckDB takes "
    "what it is given (`KPIKIT_MEMORY_LIMIT`) and spills the rest to disk, for some more time."
)


def kpikit_as_table(path: str, memory_limit: str = "") -> Callable[[], Any]:
    """From the Parquet file to a table in DuckDB, where scores are joined to it."""
    from kpikit import customers
    from kpikit.sources.engine import connect

    connection = connect()
    if memory_limit:
        connection.raw_sql(f"SET memory_limit = '{memory_limit}'")

    def step() -> Any:
        orders = connection.read_parquet(path)
        return connection.create_table("histories", customers.histories(orders, unit="day"))

    return step


def kpikit_as_frame(path: str) -> Callable[[], pd.DataFrame]:
    """From the Parquet file to a DataFrame, as lifetimes returns one."""
    from kpikit import customers
    from kpikit.sources.engine import connect

    connection = connect()
    return lambda: customers.histories(connection.read_parquet(path), unit="day").to_pandas()


def kpikit_from_frame(path: str) -> Callable[[], pd.DataFrame]:
    """From a DataFrame that is there already to a DataFrame."""
    from kpikit import customers

    orders = pd.read_parquet(path)
    return lambda: customers.histories(orders, unit="day").to_pandas()


def lifetimes_from_file(path: str) -> Callable[[], pd.DataFrame]:
    """From the Parquet file by pandas to lifetimes' DataFrame."""
    from lifetimes.utils import summary_data_from_transaction_data

    return lambda: summary_data_from_transaction_data(
        pd.read_parquet(path), "customer_id", "ordered_at", "amount", freq="D"
    )


def lifetimes_from_frame(path: str) -> Callable[[], pd.DataFrame]:
    """From a DataFrame that is there already."""
    from lifetimes.utils import summary_data_from_transaction_data

    orders = pd.read_parquet(path)
    return lambda: summary_data_from_transaction_data(orders, "customer_id", "ordered_at", "amount", freq="D")


def rows(scale: float = 1.0, rounds: int = 3) -> list[Row]:
    """Return the comparisons at 10 million orders times ``scale``."""
    size = round(ORDERS * scale)
    names = ("kpikit_as_table", "kpikit_as_frame", "lifetimes_from_file", "kpikit_from_frame", "lifetimes_from_frame")
    with orders_file(size) as path:
        steps: dict[str, Any] = {name: (f"histories:{name}", {"path": path}) for name in names}
        steps["held"] = ("histories:kpikit_as_table", {"path": path, "memory_limit": MEMORY_LIMIT})
        found = alternately(steps, rounds)
    theirs = found["lifetimes_from_file"]
    pairs = (
        ("histories as a DuckDB table", "lifetimes, Parquet to DataFrame", found["kpikit_as_table"], theirs),
        (f"the same, DuckDB held to {MEMORY_LIMIT}", "lifetimes, Parquet to DataFrame", found["held"], theirs),
        ("histories as a DataFrame", "lifetimes, Parquet to DataFrame", found["kpikit_as_frame"], theirs),
        ("histories of a DataFrame", "lifetimes, DataFrame to DataFrame",
         found["kpikit_from_frame"], found["lifetimes_from_frame"]),
    )  # fmt: skip
    return [compare(*pair[:2], size, *pair[2:], agreement=agreement(*pair[2:])) for pair in pairs]


def falls_short(rows: list[Row]) -> list[str]:
    found = [f"{row.name}: {row.ratio:.1f} times" for row in rows if row.ratio < TIMES_FASTER]
    return found + [
        f"{row.name}: {row.memory_ratio:.2f} of the memory" for row in rows if row.memory_ratio > SHARE_OF_MEMORY
    ]


def agreement(ours: Measured, theirs: Measured) -> str:
    """Say how far two tables of histories are equal; lifetimes writes 0 where nothing was spent after the first day."""
    left = ours.answer.sort_values("customer_id").reset_index(drop=True)
    right = theirs.answer.rename_axis("customer_id").reset_index().sort_values("customer_id").reset_index(drop=True)
    columns = ("customer_id", "frequency", "recency", "T")
    unequal = [name for name in columns if not np.array_equal(left[name].to_numpy(), right[name].to_numpy())]
    if len(left) != len(right) or unequal:
        return f"NOT EQUAL: {', '.join(unequal)}"
    spent, other = left.monetary_value.fillna(0).to_numpy(), right.monetary_value.to_numpy()
    difference = float(np.max(np.abs(spent - other) / np.maximum(np.abs(other), 1)))
    if difference > LARGEST_DIFFERENCE:
        return f"NOT EQUAL: monetary value differs by {difference:.1e}"
    return f"{len(left):,} customers equal, money to {difference:.0e}"
