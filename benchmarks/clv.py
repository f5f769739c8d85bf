"""Fit and score customers: kpikit against plain lifetimes, in one run. Prints seconds, peak memory and their ratios.

python benchmarks/clv.py [CUSTOMERS ...]

Each side runs in a process of its own, on the same simulated weekly histories, with its libraries imported before the
clock starts. Two comparisons come from one run. "Point scores" is like against like: both fit BG/NBD and Gamma-Gamma
and give each customer P(alive), expected purchases and CLV over a year. "With intervals" is `Fit.predict` as users call
it, whose 95 % interval of each CLV lifetimes does not have, against the same point scores of lifetimes.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

DAYS = 365 * 2
HORIZON_DAYS = 365.0
MOST_FOR_LIFETIMES = 1_000_000  # beyond it lifetimes takes many minutes: kpikit runs alone


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


def peak_megabytes() -> float:
    """Return the largest resident memory of this process so far, in MB (2**20 bytes)."""
    status = Path("/proc/self/status")
    if status.exists():  # a child's ru_maxrss starts at its parent's on Linux, this does not
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024


def point_scores(found: Any) -> pd.DataFrame:
    """Return what lifetimes gives too, for each customer that was fitted: no intervals."""
    from kpikit.clv.histories import KEYS, codes

    customers = found.customers()
    index, groups = codes(customers, KEYS)
    forecast = found.forecast(groups, HORIZON_DAYS, 0.10)
    spend = found.spend.expected(customers["frequency"].to_numpy(), customers["monetary_value"].to_numpy())
    scores = {name: forecast[name].to_numpy()[index] for name in ("p_alive", "expected_purchases")}
    return pd.DataFrame({**scores, "clv": forecast["discounted"].to_numpy()[index] * spend})


def with_kpikit(path: str) -> dict[str, float]:
    import lifetimes  # noqa: F401 - kpikit imports it inside functions: not on the clock, as on the other side

    from kpikit import clv

    histories = pd.read_pickle(path)
    start = time.perf_counter()
    found = clv.fit(histories, "bg_nbd", unit="week")
    fitted = time.perf_counter()
    points = point_scores(found)
    scored = time.perf_counter()
    result = {"points_mb": peak_megabytes(), "purchases": points.expected_purchases.sum(), "clv": points.clv.sum()}
    del points
    again = time.perf_counter()
    scores = found.predict(horizon_days=HORIZON_DAYS)
    predicted = time.perf_counter() - again
    if not np.isclose(scores.clv.sum(), result["clv"], rtol=1e-12):
        raise SystemExit("the point scores are not those of predict: the comparison does not hold")
    fit_s = fitted - start
    return {
        **result,
        "fit_s": fit_s,
        "points_s": scored - start,
        "intervals_s": fit_s + predicted,
        "intervals_mb": peak_megabytes(),
    }


def with_lifetimes(path: str) -> dict[str, float]:
    warnings.simplefilter("ignore")
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    histories = pd.read_pickle(path)
    start = time.perf_counter()
    columns = [histories[name] for name in ("frequency", "recency", "T")]
    purchases = BetaGeoFitter().fit(*columns)
    repeat = histories[histories.frequency > 0]
    spend = GammaGammaFitter().fit(repeat.frequency, repeat.monetary_value)
    fitted = time.perf_counter()
    expected = purchases.conditional_expected_number_of_purchases_up_to_time(HORIZON_DAYS / 7, *columns)
    purchases.conditional_probability_alive(*columns)
    paid = histories.monetary_value.fillna(0)
    monthly = 1.10 ** (1 / 12) - 1
    clv = spend.customer_lifetime_value(purchases, *columns, paid, time=12, discount_rate=monthly, freq="W")
    scored = time.perf_counter()
    return {
        "fit_s": fitted - start,
        "points_s": scored - start,
        "points_mb": peak_megabytes(),
        "purchases": float(expected.sum()),
        "clv": float(clv.sum()),
    }


def write_simulated(path: str, customers: str) -> dict[str, float]:
    histories = simulated(int(customers))
    histories.to_pickle(path)
    return {"distinct": len(histories[["frequency", "recency", "T"]].drop_duplicates())}


PARTS = {"simulated": write_simulated, "kpikit": with_kpikit, "lifetimes": with_lifetimes}


def in_a_process(part: str, *arguments: str) -> dict[str, float]:
    """Run one part in a process of its own, so that neither side's memory is counted to the other."""
    command = [sys.executable, __file__, "--part", part, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{part} failed:\n{run.stderr}")
    found: dict[str, float] = json.loads(run.stdout.splitlines()[-1])
    return found


def rows(sizes: list[int]) -> list[dict[str, Any]]:
    """Measure each number of customers: two rows per size.

    ``ratio`` is lifetimes' seconds over kpikit's (above 1 kpikit is faster), ``memory_ratio`` kpikit's peak over
    lifetimes' (below 1 kpikit needs less); both None where lifetimes was left out.
    """
    return [row for size in sizes for row in _rows_of(size)]


def _rows_of(size: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "histories.pkl")
        distinct = int(in_a_process("simulated", path, str(size))["distinct"])
        ours = in_a_process("kpikit", path)
        theirs = in_a_process("lifetimes", path) if size <= MOST_FOR_LIFETIMES else None
    found = []
    for kind, name in (("points", "fit and point scores"), ("intervals", "fit and scores with intervals")):
        seconds, memory = ours[f"{kind}_s"], ours[f"{kind}_mb"]
        facts = {"name": f"CLV: {name}", "compared": "kpikit alone", "size": size, "ratio": None, "kpikit_s": seconds}
        facts |= {"other_s": None, "memory_ratio": None, "kpikit_mb": memory, "other_mb": None}
        note = f"{distinct:,} distinct histories; fit alone {ours['fit_s']:.2f} s"
        if theirs:
            purchases, money = (theirs[column] / ours[column] - 1 for column in ("purchases", "clv"))
            facts["compared"] = "lifetimes: fit and point scores"
            facts |= {"ratio": theirs["points_s"] / seconds, "other_s": theirs["points_s"]}
            facts |= {"memory_ratio": memory / theirs["points_mb"], "other_mb": theirs["points_mb"]}
            facts["agreement"] = f"sum of purchases {purchases:+.1e}" if abs(purchases) < 1e-4 else "NOT EQUAL"
            note += f", of lifetimes {theirs['fit_s']:.2f} s; its CLV, discounted by whole months, {money:+.1%}"
        found.append({**facts, "note": note})
    return found


def main() -> None:
    if sys.argv[1:2] == ["--part"]:
        print(json.dumps({name: float(value) for name, value in PARTS[sys.argv[2]](*sys.argv[3:]).items()}))
        return
    sizes = [int(argument.replace(",", "").replace("_", "")) for argument in sys.argv[1:]] or [1_000_000]
    for size in sizes:
        for row in rows([size]):
            print(f"{size:>12,} customers  {row['name']}: {row['kpikit_s']:.2f} s, {row['kpikit_mb']:,.0f} MB", end="")
            if row["ratio"] is not None:
                print(f"; lifetimes {row['other_s']:.2f} s, {row['other_mb']:,.0f} MB: ", end="")
                print(f"{row['ratio']:.1f} times faster, {row['memory_ratio']:.0%} of the memory", end="")
            print(f"\n{'':>24}{row['note']}", flush=True)


if __name__ == "__main__":
    main()
