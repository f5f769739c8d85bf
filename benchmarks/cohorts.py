"""The monthly cohort table: kpikit against pandas, and against a bare scan of the same file with a group-by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measuring import alternately
from benchmarks.orders import orders_file
from benchmarks.table import Row, compare

ORDERS = 10_000_000
TITLE = "Cohort table"
AIM = "within 3 times the time of the bare scan and group-by"
TIMES_THE_SCAN = 3
METHOD = (
    "`cohorts.cohort_retention` by the month, from the Parquet file to a DataFrame, against two things: a pandas "
    "groupby of the counts alone, and the scan that any cohort table begins with, orders per customer and month, whose "
    "rows stay in DuckDB. kpikit's table has every cell besides, with its size and its status."
)
BARE = (
    "SELECT customer_id, date_trunc('month', ordered_at) AS month, count(*) AS orders "
    "FROM read_parquet('{path}') GROUP BY 1, 2"
)


def kpikit(path: str) -> Callable[[], pd.DataFrame]:
    """Every cohort and age with its size and status, from the file."""
    from kpikit.cohorts import cohort_retention
    from kpikit.sources.engine import connect

    connection = connect()
    return lambda: cohort_retention(connection.read_parquet(path), period="month").to_pandas()


def by_pandas(path: str) -> Callable[[], pd.DataFrame]:
    """The counts alone, as someone who knows pandas writes them: ids as integers, pairs made distinct early."""

    def step() -> pd.DataFrame:
        orders = pd.read_parquet(path, columns=["customer_id", "ordered_at", "amount"])
        orders = orders[orders.amount >= 0]
        month = orders.ordered_at.dt.year * 12 + orders.ordered_at.dt.month - 1
        customer, _ = pd.factorize(orders.customer_id)
        seen = pd.DataFrame({"customer": customer, "month": month.to_numpy()}).drop_duplicates()
        seen["cohort"] = seen.groupby("customer").month.transform("min")
        seen["age"] = seen.month - seen.cohort
        return seen.groupby(["cohort", "age"]).size().rename("active").reset_index()

    return step


def bare_scan(path: str) -> Callable[[], Any]:
    """Orders per customer and month: what any cohort table has to do first. The rows stay in the engine."""
    from kpikit.sources.engine import connect

    connection = connect()

    def step() -> int:
        connection.raw_sql(f"CREATE TABLE months AS {BARE.format(path=path)}")
        return int(connection.raw_sql("SELECT count(*) FROM months").fetchall()[0][0])

    return step


def rows(scale: float = 1.0, rounds: int = 3) -> list[Row]:
    """Return the comparisons at 10 million orders times ``scale``."""
    size = round(ORDERS * scale)
    with orders_file(size) as path:
        found = alternately(
            {name: (f"cohorts:{name}", {"path": path}) for name in ("kpikit", "by_pandas", "bare_scan")}, rounds
        )
    ours, theirs, bare = found["kpikit"], found["by_pandas"], found["bare_scan"]
    return [
        compare("cohort table", "pandas groupby", size, ours, theirs, agreement=agreement(ours.answer, theirs.answer)),
        compare(
            "cohort table", "bare scan and group-by", size, ours, bare,
            agreement=_same_pairs(int(ours.answer.active.sum()), bare.answer),
            note=f"{ours.seconds / bare.seconds:.1f} times the bare scan's time",
        ),
    ]  # fmt: skip


def falls_short(rows: list[Row]) -> list[str]:
    scan = [row for row in rows if row.compared == "bare scan and group-by"]
    return [row.note for row in scan if row.kpikit_s > TIMES_THE_SCAN * row.other_s]


def agreement(ours: pd.DataFrame, theirs: pd.DataFrame) -> str:
    """Say how far the active customers of each cohort and age are equal."""
    cohort = pd.to_datetime(ours.cohort)
    mine = ours.assign(cohort=cohort.dt.year * 12 + cohort.dt.month - 1).query("active > 0")
    mine = mine.sort_values(["cohort", "age"])[["cohort", "age", "active"]].to_numpy(dtype="int64")
    equal = np.array_equal(mine, theirs.sort_values(["cohort", "age"]).to_numpy(dtype="int64"))
    return f"{len(mine):,} cells equal" if equal else "NOT EQUAL"


def _same_pairs(ours: int, bare: int) -> str:
    return f"{ours:,} customer-months in both" if ours == bare else f"NOT EQUAL: {ours:,} and {bare:,} customer-months"
