"""Is a season found, and does the forecast lose its bias? Customers are drawn whose purchase rate goes with the month.

``python -m benchmarks.season [--shops N] [--customers N]`` draws shops of nearly three years and prints, for forecasts
of 100 days before the strong autumn and after it: how far the twelve factors were off at most, how many of their 95 %
intervals held, and how far the forecast came out from what came, without and with the season.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from kpikit import clv, customers
from kpikit.clv import Season

STRONG_AUTUMN = (0.7, 0.7, 0.8, 0.9, 0.9, 0.8, 0.7, 0.8, 1.1, 1.4, 1.9, 1.3)
CUTOFFS = (("2024-09-01", "2024-12-10"), ("2025-01-01", "2025-04-11"))
DAYS = 100
TRUTH = {"r": 0.6, "alpha": 60.0, "a": 0.8, "b": 4.0}  # BG/NBD, in days


def seasonal_orders(
    size: int,
    first_day: str,
    last_day: str,
    *,
    factors: Sequence[float] = STRONG_AUTUMN,
    born_until: str = "",
    seed: int = 1,
) -> pd.DataFrame:
    """Return orders of BG/NBD customers, first seen evenly from the first day on: one row per day with an order."""
    rng = np.random.default_rng(seed)
    start, end = (date.fromisoformat(day).toordinal() for day in (first_day, last_day))
    born = rng.integers(start, date.fromisoformat(born_until or last_day).toordinal(), size)
    edges = np.arange(start, end + 2)
    passed = np.concatenate([[0.0], np.cumsum(Season(tuple(factors)).days(edges[:-1], edges[1:]))])
    rate = rng.gamma(TRUTH["r"], 1 / TRUTH["alpha"], size)
    leaves = rng.beta(TRUTH["a"], TRUTH["b"], size)
    rows = [(np.arange(size), born)]
    who, at = np.arange(size), np.interp(born + 1, edges, passed)
    while len(who):
        at = at + rng.exponential(1 / np.maximum(rate[who], 1e-12))
        going = at < passed[-1]
        who, at = who[going], at[going]
        rows.append((who, np.floor(np.interp(at, passed, edges)).astype(int)))
        stays = rng.random(len(who)) > leaves[who]
        who, at = who[stays], at[stays]
    ids, days = (np.concatenate(values) for values in zip(*rows, strict=True))
    when = pd.to_datetime((days - date(1970, 1, 1).toordinal()).astype("datetime64[D]"))
    return pd.DataFrame({"customer_id": ids, "ordered_at": when, "amount": 10.0})


def outcome(orders: pd.DataFrame, cutoff: str, end: str) -> dict[str, Any]:
    """Return the errors of factors and forecasts at one cutoff."""
    split = customers.calibration_holdout(orders, calibration_end=cutoff, as_of=end).to_pandas()
    daily = customers.daily_purchases(orders, known_before=cutoff, as_of=cutoff).to_pandas()
    plain = clv.fits(split, ("bg_nbd",))
    effect = clv.month_effect(plain["bg_nbd"], daily, as_of=cutoff, horizon_days=DAYS)
    seasonal = clv.in_season(plain, effect, as_of=cutoff)
    truth, table = np.array(Season(STRONG_AUTUMN).factors), effect.table
    rows = [clv.holdout(fits, horizon_days=DAYS, model="bg_nbd").table.iloc[0] for fits in (plain, seasonal)]
    return {
        "off": float(np.abs(table["factor"] / truth - 1).max()),
        "held": int(((table["low"] <= truth) & (truth <= table["high"])).sum()),
        "bias": [float(row.bias) for row in rows],
        "inside": [bool(row.total_low <= row.total_actual <= row.total_high) for row in rows],
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--shops", type=int, default=3)
    options.add_argument("--customers", type=int, default=4000)
    asked = options.parse_args()
    for seed in range(1, asked.shops + 1):
        orders = seasonal_orders(asked.customers, "2022-01-01", "2025-06-01", born_until="2025-03-01", seed=seed)
        for cutoff, end in CUTOFFS:
            found = outcome(orders, cutoff, end)
            factors = f"factors off by {found['off']:.1%} at most, {found['held']} of 12 intervals held"
            rows = zip(("without season", "with it"), found["bias"], found["inside"], strict=True)
            said = ", ".join(f"{bias:+.1%} {how} (interval held: {inside})" for how, bias, inside in rows)
            print(f"shop {seed}, {DAYS} days from {cutoff}: {factors}; forecast {said}", flush=True)


if __name__ == "__main__":
    main()
