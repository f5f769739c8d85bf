"""What a lifetime-value page says: key figures, who holds the value, top customers, what to do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kpikit.clv.formulas import TITLES
from kpikit.clv.model import Fit
from kpikit.formatting import interval, money, number, percent
from kpikit.keyfigures import Tile, key_figures
from kpikit.privacy import hashed
from kpikit.results import Result

TOP_SHARE = 0.10
GROUPS = {
    "one purchase": (0, 0),
    "two": (1, 1),
    "three or four": (2, 3),
    "five to nine": (4, 8),
    "ten or more": (9, np.inf),
}
QUIET = 0.5


def model_in_words(found: Fit) -> Result:
    """Return what was fitted and what came of it: one row per parameter, the verdict as title."""
    used = TITLES.get(found.used, "no model")
    rows = [{"quantity": name, "value": value} for name, value in found.params.items()]
    rows += [
        {"quantity": f"{name} (spend)", "value": value}
        for name, value in (found.spend.params if found.spend else {}).items()
    ]
    rows += [{"quantity": "log-likelihood", "value": found.log_likelihood}, {"quantity": "AIC", "value": found.aic}]
    title = f"Verdict: {found.verdict}" + ("" if found.verdict == "sound" else f"; forecasts by {used}")
    headline = (
        ""
        if found.verdict == "sound"
        else f"The data show {found.verdict}: forecasts are by {used}, and no P(alive) is shown."
    )
    facts = {"verdict": found.verdict, "model": found.model, "used": found.used, "unit": found.unit}
    return Result("clv-model", "table", title, found.text, headline, table=pd.DataFrame(rows), facts=facts)


def key_values(
    found: Fit,
    scores: pd.DataFrame,
    total: Result,
    concentrated: Result,
    proof: Result,
    *,
    horizon_days: float,
    currency: str = "",
    margin_fraction: float = 1.0,
) -> Result:
    """Return the key figures of a lifetime-value page.

    Parameters
    ----------
    scores, total, concentrated, proof
        From ``Fit.predict``, :func:`kpikit.clv.base_total`, :func:`kpikit.clv.concentration`, :func:`kpikit.clv.holdout`.
    """
    purchases, value = (total.table.iloc[place] for place in (0, 1))
    what = "revenue" if margin_fraction == 1 else f"margin of {percent(margin_fraction, 0)}"
    ahead = f"next {number(horizon_days)} days"
    tested = proof.table.iloc[0]
    missed = number(abs(tested.bias) * 100, 1)
    side = "above" if tested.bias > 0 else "below"
    share = concentrated.facts["top_share"]
    customers = f"n = {number(len(scores))} customers"
    tiles = [
        Tile("Value of today's customers", money(value.expected, currency), f"{ahead}, discounted {what}",
             interval=f"by chance alone {interval(value.low, value.high, 'money', currency)} (95 %)", count=customers),
        Tile("Purchases expected", number(purchases.expected), ahead,
             interval=f"by chance alone {interval(purchases.low, purchases.high, 'count')} (95 %)", count=customers),
        Tile("Value per customer", money(scores.clv.mean(), currency), f"{ahead}; half are below {money(scores.clv.median(), currency)}",
             count=customers),
        Tile(f"Held by the top {percent(TOP_SHARE, 0)}", percent(share, 0), "of the expected value", count=customers),
        Tile("Last test of the forecast", f"{missed} % {side}" if np.isfinite(tested.bias) else "–",
             f"forecast for {number(proof.facts['horizon_days'])} days against what came",
             count=f"{number(tested.total_forecast)} forecast, {number(tested.total_actual)} came"),
    ]  # fmt: skip
    per_customer = f"{money(scores.clv.mean(), currency)} each" if len(scores) else ""
    headline = (
        f"Today's {number(len(scores))} customers are worth {money(value.expected, currency)} in the {ahead} "
        f"({interval(value.low, value.high, 'money', currency)} by chance alone; discounted {what}; {per_customer} on average)."
    )
    if not np.isfinite(value.expected):
        headline = "The data are too few to put a value on the customers."
    kpis = tuple(
        {"kpi": name, "period": None, "segment": "all", "numerator": None, "denominator": None, "value": _plain(row.expected),
         "low": _plain(row.low), "high": _plain(row.high), "n": len(scores), "status": "complete", "definition": 1,
         "horizon_days": horizon_days}
        for name, row in (("expected_purchases", purchases), ("clv", value))
    )  # fmt: skip
    return key_figures(tiles, text=total.text, headline=headline, table=total.table, kpis=kpis)


def value_by_purchases(scores: pd.DataFrame, histories: pd.DataFrame, *, currency: str = "") -> Result:
    """Return who holds the value, by number of purchase days so far: one row per group.

    Returns
    -------
    Result
        ``table``: ``group``, ``customers``, ``share_of_customers``, ``p_alive`` (mean), ``expected_purchases`` (mean), ``clv``
        (sum), ``share_of_value``.
    """
    frequency = histories.set_index("customer_id").frequency.reindex(scores.customer_id).to_numpy()
    total = scores.clv.sum()
    rows = []
    for name, (low, high) in GROUPS.items():
        part = scores[(frequency >= low) & (frequency <= high)]
        rows.append(
            {
                "group": name, "customers": len(part), "share_of_customers": len(part) / max(len(scores), 1),
                "p_alive": part.p_alive.mean(), "expected_purchases": part.expected_purchases.mean(), "clv": part.clv.sum(),
                "share_of_value": part.clv.sum() / total if total else np.nan,
            }
        )  # fmt: skip
    table = pd.DataFrame(rows)
    once, rest = table.iloc[0], table.iloc[1:]
    title = f"Customers who have bought once hold {percent(once.share_of_value, 0)} of the expected value"
    text = (
        f"{number(once.customers)} customers ({percent(once.share_of_customers, 0)}) have bought on one day only; together they are "
        f"expected to bring {money(once.clv, currency)}, {percent(once.share_of_value, 0)} of the value. The other "
        f"{number(rest.customers.sum())} hold {percent(rest.share_of_value.sum(), 0)}."
    )
    return Result("value-by-purchases", "table", title, text, table=table, facts={"currency": currency})


def top_customers(
    scores: pd.DataFrame, histories: pd.DataFrame, *, most: int = 20, customer_ids: str = "hashed", currency: str = ""
) -> Result:
    """Return the customers expected to bring most: one row per customer, ids hashed unless the configuration says clear.

    Returns
    -------
    Result
        ``table``: ``customer``, ``frequency`` (repeat purchase days), ``recency`` and ``T`` in the unit of the histories, ``p_alive``, ``expected_purchases``,
        ``expected_spend``, ``clv``, ``clv_low``, ``clv_high``.
    """
    best = scores.dropna(subset="clv").sort_values(["clv", "customer_id"], ascending=[False, True]).head(most)
    table = best.merge(
        histories[["customer_id", "frequency", "recency", "T"]], on="customer_id", how="left", sort=False
    )
    table.insert(0, "customer", hashed(table.customer_id, mode=customer_ids))
    table = table.drop(columns="customer_id")
    total = scores.clv.sum()
    title, text = "No customer can be valued", "There is too little data to rank customers."
    if len(table) and total:
        title = f"The first {len(table)} customers hold {percent(table.clv.sum() / total)} of the expected value"
        text = (
            f"{title}: {money(table.clv.sum(), currency)}. The intervals are wide, as they are for any single customer: "
            f"the first is expected to bring {money(table.clv.iloc[0], currency)} and may well bring "
            f"{interval(table.clv_low.iloc[0], table.clv_high.iloc[0], 'money', currency)}."
        )
        if customer_ids == "hashed":
            text += " Ids are keyed hashes."
    return Result("top-customers", "table", title, text, table=table, facts={"currency": currency})


def actions(found: Fit, scores: pd.DataFrame, histories: pd.DataFrame, proof: Result, *, currency: str = "") -> Result:
    """Return ranked things to do about lifetime value, each with the number behind it."""
    rows: list[dict[str, Any]] = []
    frequency = histories.set_index("customer_id").frequency.reindex(scores.customer_id).to_numpy()
    total = scores.clv.sum()
    cut = scores.clv.quantile(1 - TOP_SHARE)
    top = scores.clv >= cut
    if total > 0 and scores.p_alive.notna().any():
        quiet = top & (scores.p_alive < QUIET) & (frequency > 0)
        if quiet.any():
            rows.append(
                {
                    "action": "Win back the valuable customers who went quiet",
                    "reason": f"{number(quiet.sum())} of the most valuable tenth are more likely gone than not (P(alive) below "
                    f"{percent(QUIET, 0)}); they still hold {money(scores.clv[quiet].sum(), currency)} of the expected value. Contact a "
                    "random half of them, so that the effect can be measured.",
                    "value": float(scores.clv[quiet].sum()),
                }
            )
    if total > 0:
        once = frequency == 0
        rows.append(
            {
                "action": "Decide what a second purchase is worth",
                "reason": f"{number(once.sum())} customers have bought once and are expected to bring "
                f"{money(scores.clv[once].mean(), currency)} each; those who came back once bring "
                f"{money(scores.clv[frequency == 1].mean(), currency)}. The difference is a ceiling for what winning a second "
                "purchase may cost, since those who come back differ in more than that.",
                "value": float(scores.clv[once].sum()),
            }
        )
        rows.append(
            {
                "action": "Keep service for the top tenth apart",
                "reason": f"{number(top.sum())} customers hold {percent(scores.clv[top].sum() / total, 0)} of the expected value "
                f"({money(scores.clv[top].sum(), currency)}).",
                "value": float(scores.clv[top].sum()),
            }
        )
    tested = proof.table.iloc[0]
    if np.isfinite(tested.bias) and abs(tested.bias) > 0.10:
        rows.append(
            {
                "action": "Do not budget on the total yet",
                "reason": f"In the last test the forecast came out {percent(abs(tested.bias), 0)} "
                f"{'above' if tested.bias > 0 else 'below'} what happened. Use the ranking of customers, and plan the total with that margin.",
                "value": float("nan"),
            }
        )
    return Result(
        "what-to-do", "actions", "What to do", table=pd.DataFrame(rows, columns=["action", "reason", "value"])
    )


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
