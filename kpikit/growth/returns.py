"""What spend brings back: lifetime value against cost, and the return within a time, by channel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from kpikit import intervals
from kpikit.formatting import counted, interval, money, number, percent
from kpikit.growth.bootstrap import SEED, Array, ends, sums_by_group, widened
from kpikit.growth.matching import ALL, PAID, Matched, absent, cost_rows, matched
from kpikit.periods import DAYS_PER_YEAR
from kpikit.results import Result

LTV_COLUMNS = [
    "channel", "customers", "value", "value_low", "value_high", "so_far", "own_cost", "media_cost", "full_cost",
    "to_own", "to_own_low", "to_own_high", "to_media", "to_media_low", "to_media_high", "to_full", "to_full_low",
    "to_full_high",
]  # fmt: skip
ROI_COLUMNS = ["channel", "customers", "margin", "spend", "roi", "roi_low", "roi_high", "media_roi"]


def ltv_to_cac(
    each: pd.DataFrame,
    spent: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    horizon_days: float,
    annual_discount_rate: float = 0.10,
    currency: str = "",
    min_cell: int = 1,
    seed: int = SEED,
) -> Result:
    """Return lifetime value over cost by channel: margin so far and expected, against media and against all spend.

    Parameters
    ----------
    each, spent
        From ``metrics.margins.customer_margins`` (with the same margin and discount rate) and
        ``metrics.costs.monthly_spend``.
    scores
        One row per customer with ``clv``, the discounted margin of the next ``horizon_days``, from ``Fit.predict``.
    min_cell
        Channels with fewer customers are put together (``small channels``).

    Returns
    -------
    Result
        ``table``: ``channel``, ``customers``, ``value`` (per customer, brought back to the day of the first order)
        with its interval, ``so_far`` (its part that has come already), ``own_cost`` (media of the channel's own),
        ``media_cost`` (with its part of media without a channel), ``full_cost`` (with its part of salaries and tools),
        all per customer; ``to_own``, ``to_media``, ``to_full`` (value / cost) with joint bootstrap intervals:
        customers and their number vary together, the forecast of each customer is taken as it is.
    """
    name = "ltv-to-cac"
    found = matched(each, spent, min_cell=min_cell)
    if not found.known:
        return absent(name, "Value against cost is not known", found.why_not, LTV_COLUMNS, currency=currency)
    customers = _valued(found.customers, scores, annual_discount_rate)
    rows = cost_rows(found)
    table = _ratios(rows, found, customers, seed)
    late = int(customers.clv.isna().sum())
    title, text = _ltv_in_words(table, found, horizon_days, late, currency)
    return Result(name, "table", title, text, f"{title}.", table=table, facts={"currency": currency})


def _valued(customers: pd.DataFrame, scores: pd.DataFrame, annual_discount_rate: float) -> pd.DataFrame:
    """Return customers with ``value``: margin so far, and that expected, each discounted to the first order's day."""
    both = customers.merge(scores[["customer_id", "clv"]], on="customer_id", how="left")
    age = both.age_days / DAYS_PER_YEAR
    ahead = both.clv.fillna(0.0) * (1 + annual_discount_rate) ** -age
    return both.assign(value=both.discounted + ahead)


def _ratios(rows: pd.DataFrame, found: Matched, customers: pd.DataFrame, seed: int) -> pd.DataFrame:
    groups = members(found, list(rows.channel))
    drawn = sums_by_group(customers.value, customers.channel, seed=seed)
    media, full = (costs_drawn(found, drawn, overhead=over) for over in (False, True))
    named = dict(zip(found.channels.channel, found.channels.media, strict=True))
    own = {str(name): float(named.get(name, sum(named.values()))) for name in rows.channel}  # of all rows: all of it
    made = []
    row: Any  # pandas types no named rows
    for row in rows.itertuples():
        mine = customers[customers.channel.isin(groups[str(row.channel)])]
        n, total, squares = len(mine), float(mine.value.sum()), float((mine.value**2).sum())
        low, high = intervals.clustered_mean(total, n, squares, n, total, n)
        sums = sum((drawn[name][1] for name in groups[str(row.channel)]), np.zeros(1))
        facts = {
            "channel": row.channel, "customers": n,
            "value": total / n if n else np.nan, "value_low": float(low), "value_high": float(high),
            "so_far": float(mine.discounted.sum()) / n if n else np.nan,
            "own_cost": own[str(row.channel)] / n if n else np.nan,
            "media_cost": float(row.media) / n if n else np.nan, "full_cost": float(row.total) / n if n else np.nan,
        }  # fmt: skip
        against = (("own", own[str(row.channel)], own), ("media", row.media, media), ("full", row.total, full))
        for kind, spend, costs in against:
            facts[f"to_{kind}"] = total / float(spend) if n and spend else np.nan
            cost = costs[str(row.channel)]
            with np.errstate(invalid="ignore", divide="ignore"):
                held = ends(sums / cost, n) if n and spend else (np.nan, np.nan)
            facts[f"to_{kind}_low"], facts[f"to_{kind}_high"] = held
        made.append(facts)
    return pd.DataFrame(made)[LTV_COLUMNS]


def members(found: Matched, rows: list[str]) -> dict[str, list[str]]:
    """Return which channels each row is made of, those with customers only."""
    here = found.channels[found.channels.customers > 0]
    groups = {ALL: list(here.channel), PAID: list(here.channel[here.paid])}
    return {row: groups.get(row, [row] if row in set(here.channel) else []) for row in rows}


def costs_drawn(
    found: Matched, drawn: Mapping[str, tuple[Array, Array]], *, overhead: bool
) -> dict[str, Array | float]:
    """Return the spend of each row in each resample: what has no channel follows the number of customers."""
    common = found.shared_media + (found.overhead if overhead else 0.0)
    everybody = sum((counts for counts, _ in drawn.values()), np.zeros(1))
    channels: list[Any] = list(found.channels.itertuples())
    with np.errstate(invalid="ignore", divide="ignore"):
        costs: dict[str, Array | float] = {
            str(row.channel): float(row.media)
            + common * (drawn[str(row.channel)][0] / everybody if str(row.channel) in drawn else 0.0)
            for row in channels
        }
        paid = members(found, [PAID])[PAID]
        share = sum((drawn[name][0] for name in paid), np.zeros(1)) / everybody
    costs[ALL] = found.media + (found.overhead if overhead else 0.0)
    costs[PAID] = found.media + (found.overhead * share if overhead else 0.0)
    return costs


def _ltv_in_words(
    table: pd.DataFrame, found: Matched, horizon_days: float, late: int, currency: str
) -> tuple[str, str]:
    whole = table.iloc[0]
    if np.isnan(whole.to_full):
        return "Value against cost cannot be said", f"No customers or no spend in {found.span}.{found.note}"
    title = f"A new customer brings {number(whole.to_full, 1)} times what winning one costs"
    text = (
        f"{counted(whole.customers, 'customer')} won in {found.span} are worth {money(whole.value, currency)} of "
        f"margin each ({interval(whole.value_low, whole.value_high, 'money', currency)}): "
        f"{money(whole.so_far, currency)} so far, the rest expected in the next {number(horizon_days)} days, all "
        f"brought back to the first order. Against the fully loaded cost of {money(whole.full_cost, currency)} that is "
        f"{_held(whole, 'full')}; "
    )
    alone = f"against media alone ({money(whole.media_cost, currency)}), {_held(whole, 'media')}."
    text += "no spend on media is known." if np.isnan(whole.to_media) else alone
    each = table[~table.channel.isin([ALL, PAID]) & table.to_full.notna()]
    if len(each) > 1:
        best, worst = each.iloc[int(each.to_full.argmax())], each.iloc[int(each.to_full.argmin())]
        _, below = widened(worst.to_full, worst.to_full_low, worst.to_full_high, len(each))
        above, _ = widened(best.to_full, best.to_full_low, best.to_full_high, len(each))
        apart = below < above
        text += (
            f" By channel: {worst.channel} {_held(worst, 'full')}; {best.channel} {_held(best, 'full')}"
            f"{'' if apart else ', which cannot be told apart'}."
        )
    if late:
        text += f" {counted(late, 'customer')} without a forecast count with what has come."
    return title, f"{text} The intervals do not hold the error of the forecast.{found.note}"


def _held(row: pd.Series, kind: str) -> str:
    low, high = row[f"to_{kind}_low"], row[f"to_{kind}_high"]
    held = "no interval" if np.isnan(low) else f"interval {number(low, 1)} to {number(high, 1)}"
    return f"{number(row[f'to_{kind}'], 1)} times, {held}"


def _interval(low: float, high: float) -> str:
    return "no interval" if np.isnan(low) else f"interval {interval(low, high)}"


def roi(
    each: pd.DataFrame,
    spent: pd.DataFrame,
    *,
    within_days: int,
    currency: str = "",
    min_cell: int = 1,
    seed: int = SEED,
) -> Result:
    """Return the return on acquisition spend within a time, by channel: (margin − spend) / spend.

    Parameters
    ----------
    each
        From ``metrics.margins.customer_margins`` with the same ``within_days``.
    within_days
        Days after the first order whose margin counts. Only months all of whose customers are that old are counted.
    min_cell
        Channels with fewer customers are put together (``small channels``).

    Returns
    -------
    Result
        ``table``: ``channel``, ``customers``, ``margin`` (within the time), ``spend`` (fully loaded), ``roi`` with its
        joint bootstrap interval (0.5: half as much again as was spent), ``media_roi`` (against media alone).
    """
    name = "return-on-spend"
    found = matched(each, spent, min_age_days=within_days, min_cell=min_cell)
    if not found.known:
        why = (
            found.why_not if not found.has_spend else f"No whole month of new customers is {within_days} days old yet."
        )
        return absent(name, "The return on spend is not known", why, ROI_COLUMNS, currency=currency)
    customers = found.customers.assign(within=found.customers.within.astype(float).fillna(0.0))
    rows, drawn = cost_rows(found), sums_by_group(customers.within, customers.channel, seed=seed)
    groups, costs = members(found, list(rows.channel)), costs_drawn(found, drawn, overhead=True)
    made = []
    row: Any  # pandas types no named rows
    for row in rows.itertuples():
        mine = customers[customers.channel.isin(groups[str(row.channel)])]
        margin, spend = float(mine.within.sum()), float(row.total)
        sums = sum((drawn[one][1] for one in groups[str(row.channel)]), np.zeros(1))
        with np.errstate(invalid="ignore", divide="ignore"):
            low, high = ends(sums / costs[str(row.channel)] - 1, len(mine)) if spend else (np.nan, np.nan)
        of_spend = margin / spend - 1 if spend else np.nan
        of_media = margin / float(row.media) - 1 if row.media else np.nan
        made.append((row.channel, len(mine), margin, spend, of_spend, low, high, of_media))
    table = pd.DataFrame(made, columns=ROI_COLUMNS)
    title, text = _roi_in_words(table, found, within_days, currency)
    return Result(name, "table", title, text, f"{title}.", table=table, facts={"currency": currency})


def _roi_in_words(table: pd.DataFrame, found: Matched, within_days: int, currency: str) -> tuple[str, str]:
    whole = table.iloc[0]
    if np.isnan(whole.roi):
        return "The return on spend cannot be said", f"No spend in {found.span}.{found.note}"
    spend, margin = money(whole.spend, currency, 0), money(whole.margin, currency, 0)
    verdict = "so the spend has clearly come back" if whole.roi_low > 0 else "so the spend has clearly not come back"
    if not (whole.roi_low > 0 or whole.roi_high < 0):
        verdict = "whether the spend has come back cannot be told"
    title = f"Within {number(within_days)} days new customers bring {number(1 + whole.roi, 1)} times what they cost"
    text = (
        f"{counted(whole.customers, 'customer')} won in {found.span} brought {margin} of margin within "
        f"{number(within_days)} days of their first order, for {spend} of spend: a return of {percent(whole.roi)} "
        f"({_interval(whole.roi_low, whole.roi_high)}); {verdict}. Margin is not discounted."
    )
    each = table[~table.channel.isin([ALL, PAID]) & table.roi.notna()]
    _, highest = widened(each.roi, each.roi_low, each.roi_high, len(each))
    lost = each[highest < 0].channel.astype(str).tolist()
    text += f" Clearly below what was spent: {', '.join(lost)}." if lost else ""
    return title, text + found.note
