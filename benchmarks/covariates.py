"""Do fits with covariates find the truth? Customers are drawn from stated effects, and their intervals counted.

``python -m benchmarks.covariates [MODEL ...] [--data-sets N] [--customers N]`` prints, for each model, in which share
of the data sets the 95 % interval of each coefficient and parameter, and of the purchases in the horizon, held the
truth, and how far the coefficients were off on average. One covariate is 0 or 1 and goes with purchases and dropout;
one is normal, rounded to tenths, and goes with purchases alone.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.recovery import TRUTH, WEEKS
from kpikit import clv
from kpikit.clv.covariates import own_params

EFFECTS = {"purchase:is_web": 0.5, "purchase:income": -0.3, "dropout:is_web": 0.6}
COLUMNS = {"purchase": ["is_web", "income"], "dropout": ["is_web"]}
MODELS = ("bg_nbd", "mbg_nbd", "pareto_nbd")
AHEAD_WEEKS = 26


def data_set(model: str, customers: int, seed: int) -> pd.DataFrame:
    """Return customers of ages spread over a year, their covariates, and what they did in the half year after."""
    rng = np.random.default_rng([seed, customers])
    known = {"is_web": rng.integers(0, 2, customers).astype(float), "income": rng.normal(0, 1, customers).round(1)}
    covariates = pd.DataFrame(known)
    ages = rng.integers(26 * 7, WEEKS * 7, customers) / 7
    own = own_params(TRUTH[model], EFFECTS, covariates)
    return clv.simulate(model, own, ages, horizon=AHEAD_WEEKS, seed=seed).join(covariates)


def recovery(model: str, data_sets: int, customers: int) -> dict[str, Any]:
    """Return ``sound`` (data sets), ``held`` by parameter and for the total, and the errors of each coefficient."""
    truth = TRUTH[model] | EFFECTS
    held, errors, sound = dict.fromkeys([*truth, "total purchases"], 0), {name: [] for name in EFFECTS}, 0
    for seed in range(1, data_sets + 1):
        table = data_set(model, customers, seed)
        found = clv.fit(table, model, unit="week", covariates=COLUMNS)
        if found.verdict != "sound" or found.covariance is None:
            continue
        sound += 1
        for row in clv.parameter_intervals(found).table.itertuples():
            held[row.parameter] += row.low <= truth[row.parameter] <= row.high
            if row.parameter in EFFECTS:
                errors[row.parameter].append(row.value - truth[row.parameter])
        total = clv.base_total(found, horizon_days=AHEAD_WEEKS * 7, annual_discount_rate=0.0).table.iloc[0]
        held["total purchases"] += total.low <= table["purchases"].sum() <= total.high
    return {"sound": sound, "held": {name: count / max(sound, 1) for name, count in held.items()}, "errors": errors}


def line(model: str, data_sets: int, found: dict[str, Any], seconds: float) -> str:
    held = ", ".join(f"{name} {share:.0%}" for name, share in found["held"].items())
    known = {name: errors for name, errors in found["errors"].items() if errors}
    off = ", ".join(f"{name} {np.mean(one):+.3f} (spread {np.std(one):.3f})" for name, one in known.items())
    return f"{model:<11}{found['sound']} of {data_sets} data sets sound; held: {held}; off: {off}; {seconds:.0f} s"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("models", nargs="*", default=list(MODELS))
    options.add_argument("--data-sets", type=int, default=100)
    options.add_argument("--customers", type=int, default=2000)
    asked = options.parse_args()
    warnings.simplefilter("ignore")
    for model in asked.models:
        start = time.perf_counter()
        found = recovery(model, asked.data_sets, asked.customers)
        print(line(model, asked.data_sets, found, time.perf_counter() - start), flush=True)


if __name__ == "__main__":
    main()
