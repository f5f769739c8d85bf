"""A growing shop's orders as one Parquet file, made by DuckDB from their numbers: the same rows on every machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ORDERS_PER_CUSTOMER = 10
SECONDS = 3 * 365 * 86_400
MADE_WITHIN = "2GB"

# Row i is dated by its place. Its customer is one of those who have come by then, the later ones more often; half of
# the draws go to every tenth or every hundredth customer instead: half of all have six orders or fewer, one in a
# thousand has more than 400.
ORDERS = """
SELECT
  'c' || lpad(CAST(who - CASE WHEN kind < 0.2 THEN who % 100 WHEN kind < 0.5 THEN who % 10 ELSE 0 END AS VARCHAR),
    7, '0') AS customer_id,
  TIMESTAMP '2021-01-01' + to_seconds(CAST(floor({seconds} * done) AS BIGINT)) AS ordered_at,
  round(5 - 25 * ln(1 - paid), 2) AS amount
FROM (
  SELECT *, CAST(floor({customers} * done * sqrt(pick)) AS BIGINT) AS who FROM (
    SELECT (i + 0.5) / {rows} AS done, (hash(i, 1) % 1000003) / 1000003 AS pick,
      (hash(i, 2) % 1000003) / 1000003 AS kind, (hash(i, 3) % 1000003) / 1000003 AS paid
    FROM range({rows}) numbers(i)))
"""


def write(path: Path, rows: int) -> Path:
    """Write ``rows`` orders of some ``rows / 11`` customers over three years, in order of time."""
    import duckdb

    query = ORDERS.format(rows=rows, customers=max(rows // ORDERS_PER_CUSTOMER, 1), seconds=SECONDS)
    with duckdb.connect(config={"memory_limit": MADE_WITHIN}) as connection:
        connection.execute("SET enable_progress_bar = false")
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


@contextmanager
def orders_file(rows: int) -> Iterator[str]:
    """Give the path of a Parquet file of so many orders, and remove it afterwards."""
    with TemporaryDirectory(prefix="kpikit-orders-") as folder:
        yield str(write(Path(folder) / "orders.parquet", rows))
