"""Customers whose purchase rate goes with the month: drawn in season time, dated by the calendar."""

from datetime import date

import numpy as np
import pandas as pd

from kpikit.clv import Season

STRONG_AUTUMN = (0.7, 0.7, 0.8, 0.9, 0.9, 0.8, 0.7, 0.8, 1.1, 1.4, 1.9, 1.3)
TRUTH = {"r": 0.6, "alpha": 60.0, "a": 0.8, "b": 4.0}  # BG/NBD, in days


def seasonal_orders(
    customers: int, first_day: str, last_day: str, *, factors=STRONG_AUTUMN, born_until: str = "", seed: int = 1
) -> pd.DataFrame:
    """Return orders of BG/NBD customers, first seen evenly from the first day on: one row per day with an order."""
    rng = np.random.default_rng(seed)
    start, end = (date.fromisoformat(day).toordinal() for day in (first_day, last_day))
    born = rng.integers(start, date.fromisoformat(born_until or last_day).toordinal(), customers)
    edges = np.arange(start, end + 2)
    passed = np.concatenate([[0.0], np.cumsum(Season(factors).days(edges[:-1], edges[1:]))])
    rate = rng.gamma(TRUTH["r"], 1 / TRUTH["alpha"], customers)
    leaves = rng.beta(TRUTH["a"], TRUTH["b"], customers)
    rows = [(np.arange(customers), born)]
    who, at = np.arange(customers), np.interp(born + 1, edges, passed)
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
