"""The whole loader from one Parquet file: mapping, audit counts, masking, orders, fingerprint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import scale
from benchmarks.scale import MEMORY_LIMIT, measured
from benchmarks.table import Row

ORDERS = (1_000_000, 10_000_000, 100_000_000)
TITLE = "Loading"
AIM = "no more seconds per million orders at 100 million than at 10 million"
METHOD = (
    "`kpikit.load` of one Parquet file with three columns that bear kpikit's names: mapped, typed, counted for the "
    "audit, searched for duplicates, cut and masked at `as_of`, made into orders, fingerprinted. DuckDB is held to "
    f"{MEMORY_LIMIT}; the loaded orders stay in its memory."
)

falls_short = scale.falls_short


def load(path: str) -> Callable[[], Any]:
    """Load the file as a configuration names it; the answer is the number of orders and the fingerprint."""
    from kpikit import sources

    config = Path(path).with_name("kpikit.yaml")
    config.write_text(f"tables:\n  orders:\n    from: {Path(path).name}\n", encoding="utf-8")

    def step() -> list[Any]:
        data = sources.load(config)
        return [data.counts["orders"].rows, data.fingerprint]

    return step


def rows(scale: float = 1.0) -> Iterator[Row]:
    """Yield one row per size."""
    steps = {"kpikit.load": "loading:load"}
    yield from measured(steps, [round(size * scale) for size in ORDERS], round(ORDERS[1] * scale))
