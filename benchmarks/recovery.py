"""Do the fits find the truth? Customers are drawn from stated parameters, and the parameters' intervals counted.

``python -m benchmarks.recovery [MODEL ...] [--data-sets N] [--customers N] [--bootstrap N]`` prints, for each model,
how many data sets were fitted, how many were not sound or ended without a curvature (degenerate), and in which share
of the others the 95 % interval of each parameter, and of the purchases in the horizon, held the truth.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import Any

import numpy as np

from kpikit import clv
from kpikit.clv.models import CONTINUOUS, NAMES, new_customer_purchases

TRUTH = {
    "bg_nbd": {"r": 0.55, "alpha": 10.6, "a": 0.8, "b": 2.5},
    "mbg_nbd": {"r": 0.55, "alpha": 6.2, "a": 0.9, "b": 1.6},
    "pareto_nbd": {"r": 0.55, "alpha": 10.6, "s": 0.61, "beta": 11.7},
    "nbd": {"r": 0.6, "alpha": 10.0},
    "bg_bb": {"alpha": 1.2, "beta": 0.75, "gamma": 0.66, "delta": 2.78},
    "bb": {"alpha": 0.5, "beta": 0.8},
    "sbg": {"alpha": 0.7, "beta": 1.2},
}
WEEKS, CHANCES = 78, 8


def data_set(model: str, customers: int, seed: int) -> Any:
    """Return customers of ages spread over a year and a half (or eight opportunities), in whole days."""
    rng = np.random.default_rng([seed, customers])
    if model in CONTINUOUS:
        table = clv.simulate(model, TRUTH[model], rng.integers(26 * 7, WEEKS * 7, customers) / 7, seed=seed, horizon=26)
        # data know days, not instants
        day = np.minimum(np.ceil(table["recency"] * 7) / 7, table["T"])
        return table.assign(recency=np.where(table["frequency"] > 0, day, 0.0))
    return clv.simulate(model, TRUTH[model], rng.integers(3, CHANCES + 1, customers), seed=seed, horizon=3)


def recovery(model: str, data_sets: int, customers: int, bootstrap: int = 0) -> dict[str, Any]:
    """Return the counts of one model: ``fitted``, ``degenerate``, and ``held`` by parameter and for the total."""
    unit = "week" if model in CONTINUOUS else "year"
    horizon_days = 26 * 7 if model in CONTINUOUS else 3 * 365.25
    truth, names = TRUTH[model], NAMES[model]
    ahead = 52 if model in CONTINUOUS else 5
    year = float(new_customer_purchases(model, truth, ahead))
    held = dict.fromkeys([*names, "total purchases"], 0)
    sound, off, verdicts = 0, [], {}
    for seed in range(1, data_sets + 1):
        table = data_set(model, customers, seed)
        found = clv.fit(table, model, unit=unit)
        verdicts[found.verdict] = verdicts.get(found.verdict, 0) + 1
        if found.verdict != "sound" or found.covariance is None:
            continue
        sound += 1
        method = {"method": "bootstrap", "n": bootstrap} if bootstrap else {}
        for row in clv.parameter_intervals(found, **method).table.itertuples():
            held[row.parameter] += row.low <= truth[row.parameter] <= row.high
        total = clv.base_total(found, horizon_days=horizon_days, annual_discount_rate=0.0).table.iloc[0]
        held["total purchases"] += total.low <= table["purchases"].sum() <= total.high
        off.append(float(found.new_customer_purchases(ahead)) / year - 1)
    shares = {name: count / max(sound, 1) for name, count in held.items()}
    return {"fitted": data_sets, "degenerate": data_sets - sound, "verdicts": verdicts, "held": shares, "off": off}


def line(model: str, found: dict[str, Any], seconds: float) -> str:
    held = ", ".join(f"{name} {share:.1%}" for name, share in found["held"].items())
    off = np.array(found["off"] or [np.nan])
    return (
        f"{model:<11}{found['fitted']:>5} data sets, {found['degenerate']} degenerate {found['verdicts']}; "
        f"held: {held}; "
        f"purchases of a new customer {off.mean():+.1%} on average, spread {off.std():.1%}; {seconds:.0f} s"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("models", nargs="*", default=list(TRUTH))
    options.add_argument("--data-sets", type=int, default=1000)
    options.add_argument("--customers", type=int, default=2000)
    options.add_argument("--bootstrap", type=int, default=0, help="refits per data set; 0: intervals by the Hessian")
    asked = options.parse_args()
    warnings.simplefilter("ignore")
    for model in asked.models:
        start = time.perf_counter()
        found = recovery(model, asked.data_sets, asked.customers, asked.bootstrap)
        print(line(model, found, time.perf_counter() - start), flush=True)


if __name__ == "__main__":
    main()
