"""Every KPI by month and segment: ``kpikit.compute`` at once against pandas, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from benchmarks.measuring import Measured, alternately
from benchmarks.table import Row, compare

if TYPE_CHECKING:
    import ibis.expr.types as ir

CUSTOMERS = (100_000, 1_000_000)
FEWEST = 500  # with fewer, a table may be silent for a week: kpikit then takes it as not exported further
SEED = 7
NEAR = 1e-9
TITLE = "All KPIs"
AIM = "no more time and memory than pandas at a million customers, with the intervals that pandas has not computed"
METHOD = (
    "The coffee shop's tables in Parquet files, 25 months, 3 segments: `kpikit.compute` of every KPI at once, with "
    "intervals, against numerators, denominators and values of the same KPIs in pandas, one after the other, each "
    "table read once (`benchmarks/pandas_kpis.py`). By month and segment; the cost of a new customer, whose spend has "
    "no segment, by month. The last row is every KPI by month alone, without a comparison. Single runs in turn; the "
    "size is the number of customers."
)
WITHOUT_SEGMENT = "spend"
KEYS = ["kpi", "month", "segment"]
COUNTS = ["numerator", "denominator", "value"]


@contextmanager
def shop_files(customers: int) -> Iterator[tuple[str, str]]:
    """Give the folder of a shop's tables as Parquet files, and its ``as_of``; remove them afterwards."""
    from kpikit.datasets import coffee_shop

    with TemporaryDirectory(prefix="kpikit-shop-") as folder:
        shop = coffee_shop(SEED, customers, mess=False)
        for name, table in shop.tables.items():
            table.to_parquet(Path(folder) / f"{name}.parquet")
        as_of = shop.as_of.isoformat()
        del shop, table  # the engine that drew them goes with them
        yield folder, as_of


def _tables(folder: str) -> dict[str, ir.Table]:
    from kpikit.sources.engine import connect

    connection = connect()
    return {path.stem: connection.read_parquet(str(path)) for path in sorted(Path(folder).glob("*.parquet"))}


def pandas_kpis() -> dict[str, dict[str, Any]]:
    """Return the KPIs that pandas computes, as functions by the table they read."""
    from benchmarks.pandas_kpis import KPIS

    return KPIS


def kpikit(folder: str, as_of: str, chosen: Sequence[str] | None = None) -> Callable[[], pd.DataFrame]:
    """Every KPI that pandas computes too, or those chosen, with intervals: by segment where the tables have one."""
    from kpikit import compute

    tables, parts = _tables(folder), []
    for by in ("segment", None):
        its = [names for table, names in pandas_kpis().items() if (table != WITHOUT_SEGMENT) == bool(by)]
        parts.append(([name for names in its for name in names if chosen is None or name in chosen], by))

    def step() -> pd.DataFrame:
        found = [compute(tables, names, period="month", by=by, as_of=as_of) for names, by in parts if names]
        return pd.concat(found, ignore_index=True)

    return step


def every_kpi(folder: str, as_of: str) -> Callable[[], pd.DataFrame]:
    """Every KPI there is, by month alone."""
    from kpikit import compute

    tables = _tables(folder)
    return lambda: compute(tables, period="month", as_of=as_of)


def by_pandas(folder: str, as_of: str) -> Callable[[], pd.DataFrame]:
    """Counts and values alone, one KPI after the other."""
    from benchmarks.pandas_kpis import computed

    return lambda: computed(folder, as_of)


def rows(scale: float = 1.0, rounds: int = 1) -> Iterator[Row]:
    """Yield the comparisons at 0.1 and 1 million customers times ``scale``, and all KPIs without one."""
    for size in CUSTOMERS:
        yield from measured(max(round(size * scale), FEWEST), rounds)


def measured(customers: int, rounds: int = 1) -> Iterator[Row]:
    """Yield the rows of a shop of one size."""
    with shop_files(customers) as (folder, as_of):
        arguments = {"folder": folder, "as_of": as_of}
        steps = {name: (f"kpis:{name}", arguments) for name in ("kpikit", "by_pandas", "every_kpi")}
        found = alternately(steps, rounds)
    ours, theirs, every = found["kpikit"], found["by_pandas"], found["every_kpi"]
    both = f"{theirs.answer.kpi.nunique()} KPIs by month and segment"
    yield compare(both, "pandas, one by one", customers, ours, theirs, agreement=agreement(ours.answer, theirs.answer))
    yield _alone(f"{every.answer.kpi.nunique()} KPIs by month", customers, every)


def _alone(name: str, customers: int, run: Measured) -> Row:
    more: dict[str, Any] = {"kpikit_s": run.seconds, "kpikit_cpu_s": run.cpu_s, "kpikit_mb": run.peak_mb}
    return Row(name, "nothing", customers, **more)


def falls_short(rows: list[Row]) -> list[str]:
    largest = max((row.size for row in rows), default=0)
    slower = [row for row in rows if row.size == largest and row.ratio is not None and row.ratio < 1]
    larger = [row for row in rows if row.size == largest and row.memory_ratio is not None and row.memory_ratio > 1]
    return [
        *(f"{1 / (row.ratio or 1):.1f} times the seconds of pandas" for row in slower),
        *(f"{row.memory_ratio:.1f} times the memory of pandas" for row in larger),
    ]


def agreement(ours: pd.DataFrame, theirs: pd.DataFrame) -> str:
    """Say how many cells have the same numerator, denominator and value; where they differ, of which KPIs."""
    equal = compared(ours, theirs)
    if equal.all():
        return f"{len(equal):,} cells equal"
    wrong = equal[~equal].groupby("kpi").size()
    return f"NOT EQUAL: {(~equal).sum():,} of {len(equal):,} cells: {', '.join(f'{k} {n}' for k, n in wrong.items())}"


def compared(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.Series:
    """Say of each cell that either has whether both agree; a cell that pandas has no row for counts nothing."""
    month = ours.period.to_numpy().astype("datetime64[M]").astype("int64")
    mine, other = (table.set_index(KEYS)[COUNTS].astype(float) for table in (ours.assign(month=month), theirs))
    cells = mine.index.union(other.index)
    counts = COUNTS[:2]
    unseen = mine.numerator.isna().reindex(cells, fill_value=False)  # not yet observed: nobody is to count there
    mine, other = mine.reindex(cells), other.reindex(cells)
    mine.loc[unseen, counts] = 0
    nothing = other.numerator.isna() & (mine[counts].fillna(0) == 0).all(axis=1)
    same = np.isclose(mine, other, rtol=NEAR, atol=NEAR, equal_nan=True).all(axis=1)
    return nothing | pd.Series(same, cells)
