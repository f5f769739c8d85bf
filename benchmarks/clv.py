"""Fit and score a million customers: kpikit against plain lifetimes, in one run. Prints seconds and their ratio.

python benchmarks/clv.py [CUSTOMERS]
"""

from __future__ import annotations

import sys
import time
import warnings

import numpy as np
import pandas as pd

from kpikit import clv

DAYS = 365 * 2
HORIZON_DAYS = 365.0


def simulated(customers: int, seed: int = 7) -> pd.DataFrame:
    """Return weekly histories of BG/NBD customers with the parameters of CDNOW: one row per customer."""
    rng = np.random.default_rng(seed)
    T = rng.integers(1, DAYS, customers).astype(float)
    rate = rng.gamma(0.2426, 1 / (4.4136 * 7), customers)
    leaves = rng.beta(0.7929, 2.4259, customers)
    frequency, recency = np.zeros(customers), np.zeros(customers)
    active = np.flatnonzero(rate > 1e-9)
    while active.size:
        bought = recency[active] + np.ceil(rng.exponential(1 / rate[active]))
        within = bought <= T[active]
        active = active[within]
        frequency[active] += 1
        recency[active] = bought[within]
        active = active[rng.random(active.size) > leaves[active]]
    spend = (
        rng.gamma(6.25 * np.maximum(frequency, 1)) / np.maximum(frequency, 1) / rng.gamma(3.74, 1 / 15.44, customers)
    )
    return pd.DataFrame(
        {
            "customer_id": np.arange(customers),
            "frequency": frequency.astype(int),
            "recency": recency / 7,
            "T": T / 7,
            "monetary_value": np.where(frequency > 0, spend, np.nan),
        }
    )


def with_kpikit(histories: pd.DataFrame) -> float:
    start = time.perf_counter()
    found = clv.fit(histories, "bg_nbd", unit="week")
    fitted = time.perf_counter() - start
    scores = found.predict(horizon_days=HORIZON_DAYS)
    total = time.perf_counter() - start
    expected = scores["expected_purchases"]
    print(f"kpikit     fit {fitted:7.1f} s, fit and score {total:7.1f} s, purchases {expected.sum():,.0f}")
    return total


def with_lifetimes(histories: pd.DataFrame) -> float:
    warnings.simplefilter("ignore")
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    start = time.perf_counter()
    columns = [histories[name] for name in ("frequency", "recency", "T")]
    purchases = BetaGeoFitter().fit(*columns)
    repeat = histories[histories.frequency > 0]
    spend = GammaGammaFitter().fit(repeat.frequency, repeat.monetary_value)
    fitted = time.perf_counter() - start
    expected = purchases.conditional_expected_number_of_purchases_up_to_time(HORIZON_DAYS / 7, *columns)
    purchases.conditional_probability_alive(*columns)
    paid = histories.monetary_value.fillna(0)
    spend.customer_lifetime_value(purchases, *columns, paid, time=12, discount_rate=0.00797, freq="W")
    total = time.perf_counter() - start
    print(f"lifetimes  fit {fitted:7.1f} s, fit and score {total:7.1f} s, purchases {expected.sum():,.0f}")
    return total


def main() -> None:
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    histories = simulated(customers)
    distinct = len(histories[["frequency", "recency", "T"]].drop_duplicates())
    print(f"{customers:,} customers, {distinct:,} distinct histories, horizon {HORIZON_DAYS:.0f} days")
    ours = with_kpikit(histories)
    theirs = with_lifetimes(histories)
    print(f"ratio      {theirs / ours:.1f} times faster, with predictive intervals besides")


if __name__ == "__main__":
    main()
