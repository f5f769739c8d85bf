"""Time, memory and spill against the number of orders, within a memory limit: histories and the cohort table."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.measuring import DidNotFinishError, measure
from benchmarks.orders import orders_file
from benchmarks.table import Row

ORDERS = (1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000)
LINEAR_FROM = 10_000_000
MEMORY_LIMIT = "8GB"
STEPS = {"histories as a DuckDB table": "histories:kpikit_as_table", "cohort table": "cohorts:kpikit"}
TITLE = "Scale"
AIM = "no more seconds per million orders at 30 and 100 million than at 10 million"
TOLERANCE = 1.1
METHOD = (
    f"Histories and the cohort table from Parquet files of 1 to 100 million orders, each in a process of its own with "
    f"DuckDB held to {MEMORY_LIMIT} (`KPIKIT_MEMORY_LIMIT`). Spilled is the most that lay in the temporary folder at "
    "one time. The ratio compares seconds per order with those at 10 million: 1 is linear, above 1 better."
)


def rows(scale: float = 1.0) -> Iterator[Row]:
    """Yield one row per size and step, each from a process of its own under the memory limit."""
    yield from measured(STEPS, [round(size * scale) for size in ORDERS], round(LINEAR_FROM * scale))


def measured(steps: dict[str, str], sizes: list[int], linear_from: int) -> Iterator[Row]:
    """Yield the rows of some steps at ascending sizes; a row's ratio is its speed per order against ``linear_from``."""
    speed: dict[str, float | None] = {}
    for size in sizes:
        with orders_file(size) as path:
            for name, step in steps.items():
                row = _row(name, step, path, size, linear_from)
                if size == linear_from:
                    speed[name] = row.seconds_per_million
                yield _against(row, speed.get(name))


def _row(name: str, step: str, path: str, size: int, linear_from: int) -> Row:
    compared = f"itself at {linear_from:,}, per order"
    try:
        run = measure(step, {"path": path}, {"KPIKIT_MEMORY_LIMIT": MEMORY_LIMIT})
    except DidNotFinishError as error:
        return Row(name, compared, size, note=f"did not finish: {error}")
    return Row(
        name,
        compared,
        size,
        kpikit_s=run.seconds,
        kpikit_cpu_s=run.cpu_s,
        kpikit_mb=run.peak_mb,
        spill_mb=run.spill_mb,
        seconds_per_million=run.seconds / size * 1_000_000,
    )


def _against(row: Row, speed: float | None) -> Row:
    if speed is None or not row.seconds_per_million:
        return row
    return Row.of({**vars(row), "ratio": speed / row.seconds_per_million})


def falls_short(rows: list[Row]) -> list[str]:
    found = [f"{row.name} at {row.size:,}: {row.note}" for row in rows if row.note]
    slower = [row for row in rows if row.ratio is not None and row.ratio < 1 / TOLERANCE]
    return found + [f"{row.name} at {row.size:,}: {1 / row.ratio:.2f} times the seconds per order" for row in slower]
