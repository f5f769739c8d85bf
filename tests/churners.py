"""Customers whose true risk of leaving is known: drawn from a logistic curve over two of their features."""

from __future__ import annotations

import numpy as np
import pandas as pd
from conftest import needs
from scipy.special import expit
from shops import SHARED_DATA

TELCO = SHARED_DATA / "telco_churn.csv"


def ready(n: int = 1200, seed: int = 1) -> pd.DataFrame:
    """Return customers of a ready table: ``age`` and ``plan`` matter, ``noise`` does not; ``true_risk`` beside them."""
    rng = np.random.default_rng(seed)
    age, plan = rng.normal(size=n).round(4), rng.choice(["small", "large"], n)
    true = expit(-1.0 + 1.4 * age + 0.8 * (plan == "small"))
    frame = pd.DataFrame({"who": [f"c{number:05d}" for number in range(n)], "age": age, "plan": plan})
    frame["noise"], frame["worth"] = rng.normal(size=n).round(4), rng.gamma(2.0, 50.0, n).round(2)
    return frame.assign(left=np.where(rng.random(n) < true, "Yes", "No"), true_risk=true)


def snapshots(n: int = 700, cutoffs: int = 4, horizon_days: int = 30, seed: int = 2) -> pd.DataFrame:
    """Return every customer at several cutoffs a horizon apart, with a rival that is the true risk and one of noise."""
    rng = np.random.default_rng(seed)
    parts = []
    for place in range(cutoffs):
        one = ready(n, seed + 10 + place).rename(columns={"who": "customer_id"})
        day = pd.Timestamp("2024-01-01") + pd.Timedelta(days=place * horizon_days)
        parts.append(one.assign(cutoff=day, coin=rng.random(n), churned=(one.left == "Yes").astype(int)))
    return pd.concat(parts, ignore_index=True).drop(columns="left")


def telco() -> pd.DataFrame:
    """Return the Telco table, or skip where the file is absent."""
    needs(f"{TELCO.name} in ../shared/data", present=TELCO.is_file())
    return pd.read_csv(TELCO)
