"""What to do about growth, each with the number behind it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kpikit.formatting import counted, money, number, percent
from kpikit.growth.bootstrap import widened
from kpikit.growth.matching import ALL, PAID, SMALL
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
        _overhead(ratios.table, currency),
        _leak(journey.table),
        _win_back(sorted_by_rfm.table, currency),
    )
    table = pd.DataFrame([row for row in found if row], columns=["action", "reason", "value"])
    return Result("what-to-do", "actions", "What to do", table=table)


def _channels(ratios: pd.DataFrame, paid_back: pd.DataFrame, currency: str) -> list[Action]:
    """Return which channels clearly do not earn their own media, and which clearly earn much more than their cost.

    A cut saves the media of the channel and nothing else: salaries, tools and shared media stay.
    """
    if ratios.empty:
        return []
    paid = _compared(ratios[~ratios.channel.isin([ALL, PAID, SMALL]) & (ratios.own_cost > 0)])
    rows: list[Any] = list(paid.itertuples())
    months = dict(zip(paid_back.channel, paid_back.months, strict=True)) if len(paid_back) else {}
    made = []
    for row in (one for one in rows if one.to_own_high < 1):
        lost = row.customers * (row.own_cost - row.value)
        reason = (
            f"Customers of {row.channel} are worth {_held(row, 'own', 'its media', len(rows))}: "
            f"{money(lost, currency, 0)} more was spent on them than they are expected to bring."
        )
        made.append((f"Cut or rework spend on {row.channel}", reason, float(lost)))
    good = [one for one in rows if one.to_full_low > COSTS_AND_MORE]
    if good:
        best = max(good, key=lambda one: one.to_full)
        when = months.get(best.channel, np.nan)
        back = "" if np.isnan(when) else f", earned back {months_in_words(when)}"
        reason = (
            f"Customers of {best.channel} are worth {_held(best, 'full', 'their fully loaded cost', len(rows))}"
            f"{back}. The next customer costs more than the average one: raise it in steps, and watch the cost of "
            "the added customers."
        )
        made.append((f"Try more spend on {best.channel}", reason, float("nan")))
    return made


def _compared(paid: pd.DataFrame) -> pd.DataFrame:
    """Return channels with intervals that hold for all of them at once: the worst and the best are picked from many."""
    wide = {}
    for kind in ("own", "full"):
        value, low, high = (paid[f"to_{kind}{end}"] for end in ("", "_low", "_high"))
        wide[f"to_{kind}_low"], wide[f"to_{kind}_high"] = widened(value, low, high, len(paid))
    return paid.assign(**wide)


def _held(row: Any, kind: str, cost: str, channels: int) -> str:
    value, low, high = (number(getattr(row, f"to_{kind}{end}"), 1) for end in ("", "_low", "_high"))
    compared = f", widened for {counted(channels, 'channel')}" if channels > 1 else ""
    return f"{value} times {cost} (interval {low} to {high}{compared}; n = {number(row.customers)})"


def _overhead(ratios: pd.DataFrame, currency: str) -> Action | None:
    """Return what salaries and tools cost beyond what all customers bring: no channel's fault, so said once."""
    whole = ratios.iloc[0] if len(ratios) else None
    if whole is None or not (whole.to_full_high < 1 and whole.full_cost > whole.media_cost):
        return None
    short = whole.customers * (whole.full_cost - max(whole.media_cost, whole.value))
    reason = (
        f"All new customers together are worth {_held(whole, 'full', 'their fully loaded cost', 1)}: "
        f"{money(short, currency, 0)} of salaries and tools is not covered. They are shared by all channels: cutting "
        "the media of one does not save them."
    )
    return "Bring salaries and tools in line with the customers they win", reason, float(short)


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
