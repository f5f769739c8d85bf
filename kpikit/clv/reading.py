"""What a lifetime-value page says: key figures, who holds the value, top customers, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from kpikit.clv.fitting import NO_CHURN, TOO_LITTLE
from kpikit.clv.model import Fit
from kpikit.clv.models import TITLES
from kpikit.errors import ParameterError
from kpikit.formatting import agreed, counted, interval, money, number, percent
from kpikit.keyfigures import Tile, key_figures
from kpikit.kpis.suppression import hidden
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
OTHER_NUMBERS = "other numbers"  # of purchases, each of too few customers to be shown
QUIET = 0.5
TOLERATED_BIAS = 0.10
ENOUGH_TO_TEST = 30


def model_in_words(found: Fit, season: Result | None = None) -> Result:
    """Return what was fitted and what came of it: one row per parameter, the verdict as title.

    ``season``, what :func:`kpikit.clv.month_effect` found, is told with it.
    """
    used = TITLES.get(found.used, "no model")
    rows = [{"quantity": name, "value": value} for name, value in found.params.items()]
    rows += [{"quantity": name, "value": value} for name, value in found.coefficients.items()]
    rows += [
        {"quantity": f"{name} (spend)", "value": value}
        for name, value in (found.spend.params if found.spend else {}).items()
    ]
    rows += [{"quantity": "log-likelihood", "value": found.log_likelihood}, {"quantity": "AIC", "value": found.aic}]
    title = f"Verdict: {found.verdict}" + ("" if found.verdict == "sound" else f"; forecasts by {used}")
    headline = {
        NO_CHURN: f"The data show no sign of customers leaving: forecasts are by {used}, and no P(alive) is shown.",
        TOO_LITTLE: "There is too little data for a model: everybody is forecast near the common rate, so take no "
        "number here for more than a guess.",
    }.get(found.verdict, "")
    facts = {"verdict": found.verdict, "model": found.model, "used": found.used, "unit": found.unit}
    text = found.text if season is None else f"{found.text} {season.text}"
    return Result("clv-model", "table", title, text, headline, table=pd.DataFrame(rows), facts=facts)


def key_values(
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
        From ``Fit.predict``, :func:`kpikit.clv.base_total`, :func:`kpikit.clv.concentration` and
        :func:`kpikit.clv.holdout`.
    """
    if not horizon_days >= 1:
        raise ParameterError("1 day or more", got=str(horizon_days), fix="Pass 365.", where="horizon_days")
    purchases, value = (total.table.iloc[place] for place in (0, 1))
    how = "with the common shock of earlier forecasts" if value.get("shock_sd", 0.0) > 0 else "by chance alone"
    what = "revenue" if margin_fraction == 1 else f"margin of {percent(margin_fraction, 0)}"
    ahead = f"next {number(horizon_days)} days"
    tested = proof.table.iloc[0]
    missed = number(abs(tested.bias) * 100, 1)
    side = "above" if tested.bias > 0 else "below"
    share = concentrated.facts["top_share"]
    customers = f"n = {counted(len(scores), 'customer')}"
    tiles = [
        Tile("Value of today's customers", money(value.expected, currency), f"{ahead}, discounted {what}",
             interval=f"{how} {interval(value.low, value.high, 'money', currency)} (95 %)", count=customers),
        Tile("Purchases expected", number(purchases.expected), ahead,
             interval=f"{how} {interval(purchases.low, purchases.high, 'count')} (95 %)", count=customers),
        Tile("Value per customer", money(scores.clv.mean(), currency),
             f"{ahead}; half are below {money(scores.clv.median(), currency)}", count=customers),
        Tile(f"Held by the top {percent(TOP_SHARE, 0)}", percent(share, 0), "of the expected value", count=customers),
        Tile("Last test of the forecast", f"{missed} % {side}" if np.isfinite(tested.bias) else "–",
             f"forecast for {number(proof.facts['horizon_days'])} days against what came",
             count=f"{number(tested.total_forecast)} forecast, {number(tested.total_actual)} came"),
    ]  # fmt: skip
    headline = (
        f"Today's {counted(len(scores), 'customer')} will bring some {money(value.expected, currency)} in the {ahead} "
        f"({interval(value.low, value.high, 'money', currency)} {how}; discounted {what}; "
        f"{money(scores.clv.mean(), currency)} each on average)."
    )
    if np.isfinite(tested.bias) and abs(tested.bias) > TOLERATED_BIAS:
        headline += f" The last test missed by {percent(abs(tested.bias), 0)}: plan with that margin."
    if not np.isfinite(value.expected):
        headline = "The data are too few to put a value on the customers."
    kpis = tuple(
        {"kpi": name, "period": None, "segment": "all", "numerator": None, "denominator": None,
         "value": float(row.expected), "low": float(row.low), "high": float(row.high), "n": len(scores),
         "status": "complete", "definition": 1, "horizon_days": horizon_days}
        for name, row in (("expected_purchases", purchases), ("clv", value))
    )  # fmt: skip
    return key_figures(tiles, text=total.text, headline=headline, table=total.table, kpis=kpis)


def value_by_purchases(
    scores: pd.DataFrame, histories: pd.DataFrame, *, currency: str = "", min_cell: int = 1
) -> Result:
    """Return who holds the value, by number of purchase days so far: one row per group.

    Parameters
    ----------
    scores, histories
        From ``Fit.predict`` and what was fitted.
    min_cell
        Groups of fewer customers are put together (``other numbers``), and with the next smallest where need be.

    Returns
    -------
    Result
        ``table``: ``group``, ``customers``, ``share_of_customers``, ``p_alive`` (mean), ``expected_purchases`` (mean),
        ``clv`` (sum), ``share_of_value``.
    """
    frequency = histories.set_index("customer_id").frequency.reindex(scores.customer_id).to_numpy()
    total = scores.clv.sum()
    place = np.searchsorted([low for low, _ in GROUPS.values()], frequency, side="right") - 1
    sizes = np.bincount(place[np.isfinite(frequency)], minlength=len(GROUPS))
    small = hidden(sizes, min_cell)
    group = np.where(small, OTHER_NUMBERS, list(GROUPS))[place]
    shown = [name for name, is_small in zip(GROUPS, small, strict=True) if not is_small]
    rows = []
    for name in [*shown, OTHER_NUMBERS] if small.any() else shown:
        part = scores[(group == name) & np.isfinite(frequency)]
        rows.append(
            {
                "group": name, "customers": len(part), "share_of_customers": len(part) / max(len(scores), 1),
                "p_alive": part.p_alive.mean(), "expected_purchases": part.expected_purchases.mean(),
                "clv": part.clv.sum(), "share_of_value": part.clv.sum() / total if total else np.nan,
            }
        )  # fmt: skip
    table = pd.DataFrame(rows)
    if small[0]:
        title = "Customers who have bought once are too few to be shown apart"
        text = f"{title}: they are put together with others of {number(len(scores))} customers."
        return Result("value-by-purchases", "table", title, text, table=table, facts={"currency": currency})
    once, rest = table.iloc[0], table.iloc[1:]
    title = f"Customers who have bought once hold {percent(once.share_of_value, 0)} of the expected value"
    text = (
        f"{counted(once.customers, 'customer')} ({percent(once.share_of_customers, 0)}) bought on one day only; "
        f"together they will bring some {money(once.clv, currency)}, {percent(once.share_of_value, 0)} of the value. "
        f"The other {number(rest.customers.sum())} hold {percent(rest.share_of_value.sum(), 0)}."
    )
    if not once.customers:
        title = text = "Everybody has bought on more than one day"
    text += " Numbers of purchases with too few customers to be shown are put together." if small.any() else ""
    return Result("value-by-purchases", "table", title, text, table=table, facts={"currency": currency})


def top_customers(
    scores: pd.DataFrame, histories: pd.DataFrame, *, most: int = 20, customer_ids: str = "hashed", currency: str = ""
) -> Result:
    """Return the customers expected to bring most: one row per customer, with ids hashed or in clear.

    Returns
    -------
    Result
        ``table``: ``customer``, ``frequency`` (repeat purchase days), ``recency`` and ``T`` in the unit of the
        histories, ``p_alive``, ``expected_purchases``, ``expected_spend``, ``clv``, ``clv_low``, ``clv_high``.
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
        hold = agreed(len(table), "holds", "hold")
        first = counted(len(table), "customer")
        title = f"The first {first} {hold} {percent(table.clv.sum() / total)} of the expected value"
        text = (
            f"{title}: {money(table.clv.sum(), currency)}. The intervals are wide, as they are for any one customer: "
            f"the first is expected to bring {money(table.clv.iloc[0], currency)} and may well bring "
            f"{interval(table.clv_low.iloc[0], table.clv_high.iloc[0], 'money', currency)}."
        )
        if customer_ids == "hashed":
            text += " Ids are keyed hashes."
    return Result("top-customers", "table", title, text, table=table, facts={"currency": currency})


def actions(found: Fit, scores: pd.DataFrame, histories: pd.DataFrame, proof: Result, *, currency: str = "") -> Result:
    """Return ranked things to do about lifetime value, each with the number behind it.

    Too little data supports no action but to wait.
    """
    rows: list[dict[str, Any]] = []
    if found.verdict == TOO_LITTLE:
        reason = f"{counted(found.n_repeat_buyers, 'customer')} came back so far, too few for a forecast of anybody."
        rows.append({"action": "Wait for more data before acting on values", "reason": reason, "value": np.nan})
    elif scores.clv.sum() > 0:
        frequency = histories.set_index("customer_id").frequency.reindex(scores.customer_id).to_numpy()
        top = scores.clv.rank(method="first", ascending=False) <= np.ceil(TOP_SHARE * len(scores))
        rows += [*_quiet(scores, top & (frequency > 0), currency), *_second_purchase(scores, frequency, currency)]
        rows += [*_top(scores, top, currency), *_untested(proof)]
    columns = ["action", "reason", "value"]
    return Result("what-to-do", "actions", "What to do", table=pd.DataFrame(rows, columns=columns))


def _quiet(scores: pd.DataFrame, valuable: pd.Series[bool], currency: str) -> Iterator[dict[str, Any]]:
    quiet = scores[valuable & (scores.p_alive < QUIET)]
    if len(quiet) >= ENOUGH_TO_TEST:
        reason = (
            f"{number(len(quiet))} of the most valuable tenth are more likely gone than not (P(alive) below "
            f"{percent(QUIET, 0)}); they still hold {money(quiet.clv.sum(), currency)} of the expected value. Contact "
            "a random half of them, so that the effect can be measured."
        )
        yield {"action": "Win back the valuable customers who went quiet", "reason": reason, "value": quiet.clv.sum()}


def _second_purchase(scores: pd.DataFrame, frequency: Any, currency: str) -> Iterator[dict[str, Any]]:
    once, twice = scores.clv[frequency == 0], scores.clv[frequency == 1]
    if len(once) and len(twice) and twice.mean() > once.mean():
        reason = (
            f"{counted(len(once), 'customer')} bought once and will bring some {money(once.mean(), currency)} each; "
            f"those who came back once bring {money(twice.mean(), currency)}. What winning a second purchase would "
            "bring is neither: it is that purchase and what follows from a customer who is back today. Make the offer "
            "to a random half, so that it can be measured."
        )
        yield {"action": "Find out what a second purchase is worth", "reason": reason, "value": once.sum()}


def _top(scores: pd.DataFrame, top: pd.Series[bool], currency: str) -> Iterator[dict[str, Any]]:
    held = scores.clv[top].sum()
    reason = (
        f"{counted(top.sum(), 'customer')} hold {percent(held / scores.clv.sum(), 0)} of the expected value "
        f"({money(held, currency)}): losing one costs most there."
    )
    yield {"action": "Give the top tenth a service of their own", "reason": reason, "value": held}


def _untested(proof: Result) -> Iterator[dict[str, Any]]:
    first = proof.table.iloc[0]
    bias, held = first.bias, first.get("total_low", np.nan) <= first.total_actual <= first.get("total_high", np.nan)
    if np.isfinite(bias) and abs(bias) > TOLERATED_BIAS and not held:
        reason = (
            f"In the last test the forecast came out {percent(abs(bias), 0)} {'above' if bias > 0 else 'below'} what "
            "happened. Use the ranking of customers, and plan the total with that margin."
        )
        yield {"action": "Do not budget on the total yet", "reason": reason, "value": np.nan}
