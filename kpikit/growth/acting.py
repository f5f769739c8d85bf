"""What to do about growth, each with the number behind it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kpikit.formatting import counted, money, number, percent
from kpikit.growth.matching import ALL, PAID
from kpikit.growth.payback import months_in_words
from kpikit.results import Result

COSTS_AND_MORE = 3.0  # the rule of thumb for value over cost: below it little is left for everything else
Action = tuple[str, str, float]


def actions(ratios: Result, paid_back: Result, journey: Result, sorted_by_rfm: Result) -> Result:
    """Return things to do about growth, each with the number behind it; none where no number supports any.

    Parameters
    ----------
    ratios, paid_back, journey, sorted_by_rfm
        Results of :func:`ltv_to_cac`, :func:`payback_months`, :func:`funnel` and :func:`rfm_segments`.

    Returns
    -------
    Result
        ``table``: ``action``, ``reason``, ``value`` (money, where it can be said).
    """
    currency = ratios.facts.get("currency", "")
    found = (
        *_channels(ratios.table, paid_back.table, currency),
        _leak(journey.table),
        _win_back(sorted_by_rfm.table, currency),
    )
    table = pd.DataFrame([row for row in found if row], columns=["action", "reason", "value"])
    return Result("what-to-do", "actions", "What to do", table=table)


def _channels(ratios: pd.DataFrame, paid_back: pd.DataFrame, currency: str) -> list[Action]:
    """Return which channels clearly do not earn their cost, and which clearly earn much more."""
    each = ratios[~ratios.channel.isin([ALL, PAID])] if len(ratios) else ratios
    rows: list[Any] = list(each[each.media_cost > 0].itertuples())
    months = dict(zip(paid_back.channel, paid_back.months, strict=True)) if len(paid_back) else {}
    made = []
    for row in (one for one in rows if one.to_full_high < 1):
        lost = row.customers * (row.full_cost - row.value)
        reason = (
            f"Customers of {row.channel} are worth {number(row.to_full, 1)} times their cost (interval "
            f"{number(row.to_full_low, 1)} to {number(row.to_full_high, 1)}; n = {number(row.customers)}): "
            f"{money(lost, currency, 0)} more was spent than they are expected to bring."
        )
        made.append((f"Cut or rework spend on {row.channel}", reason, float(lost)))
    good = [one for one in rows if one.to_full_low > COSTS_AND_MORE]
    if good:
        best = max(good, key=lambda one: one.to_full)
        when = months.get(best.channel, np.nan)
        back = "" if np.isnan(when) else f", earned back {months_in_words(when)}"
        reason = (
            f"Customers of {best.channel} are worth {number(best.to_full, 1)} times their cost (interval "
            f"{number(best.to_full_low, 1)} to {number(best.to_full_high, 1)}; n = {number(best.customers)}){back}. "
            "The next customer costs more than the average one: raise it in steps, and watch the cost of the added "
            "customers."
        )
        made.append((f"Try more spend on {best.channel}", reason, float("nan")))
    return made


def _leak(journey: pd.DataFrame) -> Action | None:
    """Return the step at which most visitors are lost."""
    if journey.empty:
        return None
    whole = journey.groupby(["step_number", "step"], as_index=False)[["visitors", "previous"]].sum()
    later = whole[(whole.step_number > 1) & (whole.previous > 0)]
    if later.empty:
        return None
    row = later.iloc[int((later.visitors / later.previous).argmin())]
    before = whole[whole.step_number == row.step_number - 1].iloc[0]
    reason = (
        f"Only {percent(row.visitors / row.previous)} of those who reach {before.step} go on ({number(row.visitors)} "
        f"of {number(row.previous)}), the least of all steps. Test a change on a random half of the visitors."
    )
    return f"Find out what stops visitors between {before.step} and {row.step}", reason, float("nan")


def _win_back(segments: pd.DataFrame, currency: str) -> Action | None:
    """Return whom to win back: frequent once, quiet now."""
    risk = segments[segments.segment == "at risk"] if len(segments) else segments
    if risk.empty or not risk.margin.iloc[0] > 0:
        return None
    row = risk.iloc[0]
    reason = (
        f"{counted(row.customers, 'customer')} ordered often and have been quiet for {number(row.recency_days)} days "
        f"(median); they brought {money(row.margin, currency, 0)} of margin, {percent(row.share_of_margin, 0)} of all. "
        "Write to a random half, so that the effect can be measured."
    )
    return "Win back frequent customers who have gone quiet", reason, float("nan")
