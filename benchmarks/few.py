"""Coverage where there are few rows, or a rate near 0 or 1: simulated through ``kpikit.compute``, and exact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

import kpikit
from kpikit import intervals

N = 30
AS_OF = "2026-02-01"
RATES = (0.02, 0.1, 0.5, 0.9, 0.98)
NET = ((0.05, 0.9), (0.3, 0.5), (0.05, 0.05), (0.9, 0.05))  # share of detractors, of promoters
COUNTS = (0.5, 3.0, 30.0)
BATCH = 2000


def few_rows(shops: int = 10_000, seed: int = 7) -> pd.DataFrame:
    """Return simulated and exact coverage: one row per method and true value.

    Returns
    -------
    DataFrame
        ``method``, ``truth``, ``n``, ``simulated``, ``exact`` (0 to 1), ``errors`` (Monte-Carlo standard errors).
    """
    random = np.random.default_rng(seed)
    rows = [_share(rate, shops, random) for rate in RATES]
    rows += [_net(*shares, shops, random) for shares in NET]
    rows += [_count(mean, shops, random) for mean in COUNTS]
    return pd.DataFrame(rows)


def _share(rate: float, shops: int, random: np.random.Generator) -> dict[str, Any]:
    """Satisfied answers of 30 customers: Wilson."""
    hits = random.random((shops, N)) < rate
    values = _computed(lambda rows: _answers(np.where(hits[rows], 5, 1), "csat"), "csat", shops)
    low, high = intervals.wilson(np.arange(N + 1), N)
    weights = stats.binom.pmf(np.arange(N + 1), N, rate)
    return _row("Wilson (csat)", rate, values, float(weights[(low <= rate) & (rate <= high)].sum()))


def _net(detractors: float, promoters: float, shops: int, random: np.random.Generator) -> dict[str, Any]:
    """Net promoter scores of 30 customers: adjusted Wald."""
    drawn = random.random((shops, N))
    scores = np.where(drawn < detractors, 0, np.where(drawn < 1 - promoters, 8, 10))
    values = _computed(lambda rows: _answers(scores[rows], "nps"), "nps", shops)
    truth, exact = promoters - detractors, 0.0
    for up in range(N + 1):
        down = np.arange(N + 1 - up)
        net = np.asarray(up - down, dtype=float)
        low, high = intervals.net_score(net, N, up + down, up + down, N, net, N)
        cells = np.column_stack([np.full(len(down), up), down, N - up - down])
        weights = stats.multinomial.pmf(cells, N, [promoters, detractors, 1 - promoters - detractors])
        exact += float(weights[(low <= truth) & (truth <= high)].sum())
    return _row("adjusted Wald (nps)", 100 * truth, values, exact)


def _count(mean: float, shops: int, random: np.random.Generator) -> dict[str, Any]:
    """New customers of a month: exact Poisson."""
    sizes = random.poisson(mean, shops)

    def orders(rows: slice) -> dict[str, Any]:
        shop = np.repeat(np.arange(shops)[rows], sizes[rows] + 1)  # one earlier customer, so that the month is there
        first = np.concatenate([[True], shop[1:] != shop[:-1]])
        table = pd.DataFrame({"customer_id": [f"c{i}" for i in range(len(shop))], "amount": 1.0, "shop": shop})
        table["ordered_at"] = np.where(first, np.datetime64("2025-12-05", "us"), np.datetime64("2026-01-05", "us"))
        return {"orders": table}

    values = _computed(orders, "new_customers", shops)
    counts = np.arange(int(mean + 12 * mean**0.5 + 20))
    low, high = intervals.poisson(counts)
    weights = stats.poisson.pmf(counts, mean)
    return _row("exact Poisson (new_customers)", mean, values, float(weights[(low <= mean) & (mean <= high)].sum()))


def _answers(scores: np.ndarray, kind: str) -> dict[str, Any]:
    shops, n = scores.shape
    table = pd.DataFrame({"score": scores.ravel().astype(float), "shop": np.repeat(np.arange(shops), n), "kind": kind})
    table["customer_id"] = [f"c{i}" for i in range(len(table))]
    return {"survey_responses": table.assign(responded_at=pd.Timestamp("2026-01-10").as_unit("us"))}


def _computed(tables: Callable[[slice], dict[str, Any]], kpi: str, shops: int) -> pd.DataFrame:
    parts = []
    for start in range(0, shops, BATCH):
        values = kpikit.compute(tables(slice(start, start + BATCH)), [kpi], period="month", by="shop", as_of=AS_OF)
        parts.append(values[values.period == pd.Timestamp("2026-01-01")])
    return pd.concat(parts, ignore_index=True)


def _row(method: str, truth: float, values: pd.DataFrame, exact: float) -> dict[str, Any]:
    simulated = float(((values.low <= truth) & (truth <= values.high)).mean())
    error = (exact * (1 - exact) / len(values)) ** 0.5
    errors = (simulated - exact) / error if error else float(simulated != exact)
    return {"method": method, "truth": truth, "n": N, "simulated": simulated, "exact": exact, "errors": errors}
