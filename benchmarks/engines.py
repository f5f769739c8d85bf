"""The same definitions on DuckDB, PostgreSQL and Spark: cohort table, histories and revenue of the same orders.

Each engine holds the orders its own way before the clock starts: DuckDB and Spark read the Parquet file, PostgreSQL
has a table filled by COPY and analysed. Results are compared with DuckDB's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measuring import DidNotFinishError, measure
from benchmarks.orders import orders_file
from benchmarks.table import Row

ORDERS = 10_000_000
TITLE = "Three engines"
AIM = "the same numbers on every engine"
METHOD = (
    "One definition each, handed to DuckDB, PostgreSQL and a local Spark through Ibis, without a change. DuckDB and "
    "Spark read the Parquet file; PostgreSQL has a table filled by COPY and analysed beforehand, with 512 MB of "
    "working memory and without just-in-time compilation. Starting and loading are not in the times, which are of one "
    "run each. The ratio says how many times faster DuckDB is."
)
TOLERANCE = 1e-9
SPARK = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "6g",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.session.timeZone": "UTC",
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
}
POSTGRES = ("SET work_mem = '512MB'", "SET jit = off")


def cohort_table(orders: Any) -> pd.DataFrame:
    from kpikit.cohorts import cohort_retention

    return cohort_retention(orders, period="month").to_pandas().drop(columns="cohort")


def histories(orders: Any) -> pd.DataFrame:
    """Summed up by frequency in the engine: what a model's fit reads, not a transfer of a million rows."""
    from kpikit import customers

    each = customers.histories(orders, unit="day")
    sums = {name: each[name].cast("float64").sum() for name in ("recency", "T", "monetary_value")}
    return each.group_by("frequency").aggregate(customers=each.count(), **sums).order_by("frequency").to_pandas()


def revenue(orders: Any) -> pd.DataFrame:
    from kpikit.metrics.sales import revenue as kpi

    return kpi(orders, period="month").to_pandas().drop(columns="period")


STEPS: dict[str, Callable[[Any], pd.DataFrame]] = {
    "cohort table": cohort_table,
    "histories by frequency": histories,
    "revenue by month": revenue,
}


@contextmanager
def duckdb(path: str) -> Iterator[Any]:
    from kpikit.sources.engine import connect

    yield connect().read_parquet(path)


@contextmanager
def postgresql(path: str) -> Iterator[Any]:
    """Start a server of our own on loopback, copy the orders in as CSV, end it."""
    import ibis
    import psycopg

    from tests.engines import PASSWORD, start_postgres

    server = start_postgres()
    try:
        where = {"host": "127.0.0.1", "port": server.port, "user": "tester", "password": PASSWORD}
        with psycopg.connect(**where, dbname="postgres") as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE orders (customer_id text, ordered_at timestamp, amount double precision)")
            with cursor.copy("COPY orders FROM STDIN (FORMAT csv)") as copy, _csv(path).open("rb") as lines:
                while block := lines.read(1 << 20):
                    copy.write(block)
            cursor.execute("ANALYZE orders")
        backend = ibis.postgres.connect(**where, database="postgres")
        for setting in POSTGRES:
            backend.raw_sql(setting).close()
        yield backend.table("orders")
        backend.disconnect()
    finally:
        server.stop()


@contextmanager
def spark(path: str) -> Iterator[Any]:
    """Start a local session on every core, end it."""
    import ibis
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[*]").appName("kpikit benchmarks")
    for key, value in SPARK.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    try:
        yield ibis.pyspark.connect(session).read_parquet(path)
    finally:
        session.stop()


ENGINES = {"DuckDB": duckdb, "PostgreSQL": postgresql, "Spark": spark}


def timed(engine: str, path: str) -> Callable[[], dict[str, Any]]:
    """Run every step on one engine, in a process of its own: its server and its log end with it."""

    def step() -> dict[str, Any]:
        answers: dict[str, Any] = {}
        with ENGINES[engine](path) as orders:
            orders.count().to_pyarrow()  # a first query starts what an engine starts late
            for name, query in STEPS.items():
                began = time.perf_counter()
                table = query(orders)
                answers[name] = [time.perf_counter() - began, table.to_json(orient="split", double_precision=15)]
        return answers

    return step


def rows(scale: float = 1.0) -> list[Row]:
    """Return one row per step and engine: how many times faster DuckDB is, at 10 million orders times ``scale``."""
    size, answers, found = round(ORDERS * scale), {}, []
    with orders_file(size) as path:
        for engine in ENGINES:
            try:
                answers[engine] = measure("engines:timed", {"engine": engine, "path": path}).answer
            except DidNotFinishError as error:
                answers[engine] = str(error)
    for engine, answer in answers.items():
        found += [_row(name, engine, size, answers["DuckDB"], answer) for name in STEPS if engine != "DuckDB"]
    return found


def _row(name: str, engine: str, size: int, ours: dict[str, Any], theirs: dict[str, Any] | str) -> Row:
    compared, (seconds, table) = f"DuckDB against {engine}", ours[name]
    if isinstance(theirs, str):
        return Row(name, compared, size, kpikit_s=seconds, note=f"did not run: {theirs}")
    other, their_table = theirs[name]
    equal = agreement(
        pd.read_json(StringIO(table), orient="split"), pd.read_json(StringIO(their_table), orient="split")
    )
    return Row(name, compared, size, ratio=other / seconds, kpikit_s=seconds, other_s=other, agreement=equal)


def falls_short(rows: list[Row]) -> list[str]:
    return [f"{row.name}, {row.compared}" for row in rows if not row.agreement or "NOT" in row.agreement]


def agreement(left: pd.DataFrame, right: pd.DataFrame) -> str:
    """Say how far two tables are equal: numbers to a billionth of themselves, texts and gaps exactly."""
    if left.shape != right.shape:
        return f"NOT EQUAL: {left.shape} and {right.shape}"
    for name in left.columns:
        one, two = left[name], right[name]
        if pd.api.types.is_numeric_dtype(one) or pd.api.types.is_numeric_dtype(two):
            same = np.allclose(one.astype(float), two.astype(float), rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
        else:
            same = one.fillna("").tolist() == two.fillna("").tolist()
        if not same:
            return f"NOT EQUAL: {name}"
    return f"{len(left):,} rows equal"


def _csv(path: str) -> Path:
    import duckdb as engine

    target = Path(path).with_suffix(".csv")
    engine.sql(f"COPY (FROM read_parquet('{path}')) TO '{target}' (FORMAT csv, HEADER false)")
    return target
