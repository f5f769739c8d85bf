"""Do the intervals of the base total hold? Forecasts at many earlier days, with and without the common shock.

``python -m benchmarks.origins [--origins N]`` prints, for CDNOW and (where the file is there) Online Retail, how often
the 95 % interval of all purchases held what came: by chance and parameters alone, and with the common shock that
earlier forecasts had shown by that day. The shares are over the origins that have both; overlapping horizons are not
independent of one another, so that the horizons side by side are printed too.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from kpikit import clv, customers
from kpikit.clv.uncertainty import common_shock
from kpikit.datasets import cdnow

ONLINE_RETAIL = Path(__file__).parents[2] / "shared" / "data" / "online_retail.parquet"
FEWEST = 10


def data_sets() -> Iterator[tuple[str, pd.DataFrame, str, str]]:
    """Yield name, orders, first day that is not known, and model."""
    yield "CDNOW sample", cdnow(sample=True), "1998-07-01", "mbg_nbd"
    yield "CDNOW sample", cdnow(sample=True), "1998-07-01", "pareto_nbd"
    yield "CDNOW", cdnow(), "1998-07-01", "mbg_nbd"
    if ONLINE_RETAIL.exists():
        lines = pd.read_parquet(ONLINE_RETAIL)
        lines = lines[(lines.quantity > 0) & lines.customer_id.notna()]
        amount = lines.quantity * lines.unit_price.clip(lower=0)
        orders = pd.DataFrame({"customer_id": lines.customer_id, "ordered_at": lines.invoice_date, "amount": amount})
        yield "Online Retail", orders, "2011-12-10", "mbg_nbd"


def measured(orders: pd.DataFrame, as_of: str, model: str, horizon_days: int, step_days: int, n: int) -> Any:
    """Return the rolling origins of one data set and horizon."""
    stacked = customers.rolling_origins(
        orders, as_of=as_of, horizon_days=horizon_days, n_origins=n, step_days=step_days
    )
    return clv.rolling(stacked, horizon_days=horizon_days, model=model)


def line(name: str, model: str, horizon_days: int, step_days: int, found: Any, seconds: float) -> str:
    table = found.table
    both = table[table["shock_inside"].notna()]
    shock = common_shock(found)
    alone, with_shock = both["inside"].astype(float).mean(), both["shock_inside"].astype(float).mean()
    width = ((both.shock_high - both.shock_low) / both.forecast).median()
    narrow = ((both.high - both.low) / both.forecast).median()
    return (
        f"{name:<13} {model:<10} {horizon_days:>3} days every {step_days}: {len(both)} origins with both; held "
        f"{alone:.0%} by chance alone (width {narrow:.0%} of the forecast), {with_shock:.0%} with the shock "
        f"(width {width:.0%}); customers {table.customers_inside.mean():.1%}; shock {shock.sd:.1%}, "
        f"{shock.freedom:.1f} horizons side by side; {seconds:.0f} s"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--origins", type=int, default=FEWEST, help="origins that have both intervals, at least")
    asked = options.parse_args()
    warnings.simplefilter("ignore")
    for name, orders, as_of, model in data_sets():
        for horizon_days, step_days in ((28, 21), (56, 14)):
            start = time.perf_counter()
            # a shock needs three earlier forecasts whose days are over
            before = 2 + -(-horizon_days // step_days)
            found = measured(orders, as_of, model, horizon_days, step_days, asked.origins + before)
            print(line(name, model, horizon_days, step_days, found, time.perf_counter() - start), flush=True)


if __name__ == "__main__":
    main()
