"""How far visitors come: the steps of a journey with the share that takes each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kpikit import intervals
from kpikit.cells import SUPPRESSED
from kpikit.errors import ContractError, listed
from kpikit.formatting import interval, number, percent
from kpikit.growth.matching import absent
from kpikit.results import Result

NEEDED = ("segment", "step_number", "step", "visitors", "previous", "entered", "status")
COLUMNS = ["step_number", "step", "visitors", "of_previous", "low", "high", "of_entered", "of_entered_low",
           "of_entered_high"]  # fmt: skip


def funnel(steps: pd.DataFrame, *, within_days: int = 7) -> Result:
    """Return the funnel with the share that takes each step: one row per period, segment and step, as given.

    Parameters
    ----------
    steps
        From ``metrics.acquisition.funnel``, whole or through ``kk.protected``.
    within_days
        The window that it was counted with, for the text.

    Returns
    -------
    Result
        ``table``: the columns given and ``of_previous`` (share of the visitors of the step before) with ``low`` and
        ``high``, ``of_entered`` (share of those who began) with ``of_entered_low`` and ``of_entered_high``: Wilson; a
        visitor counts once.
    """
    missing = [name for name in NEEDED if name not in steps.columns]
    if missing:
        fix = "Pass metrics.acquisition.funnel(events, steps=[…]).to_pandas()."
        raise ContractError(f"columns {missing}", got=f"[{listed(steps.columns)}]", fix=fix, where="steps")
    known = steps.astype({"visitors": float, "previous": float, "entered": float})
    withheld = bool((known.status == SUPPRESSED).any())
    if not known.entered.sum() > 0:
        why = (
            "No visitor has begun the steps asked for long enough ago. The table events (visitor_id, happened_at, "
            "step) adds how far visitors come and where they leave."
        )
        why = "Too few visitors have begun the steps asked for to be shown." if withheld else why
        return absent("funnel", "How far visitors come is not known", why, COLUMNS)
    for name, base, low, high in (
        ("of_previous", "previous", "low", "high"),
        ("of_entered", "entered", "of_entered_low", "of_entered_high"),
    ):
        known[name] = known.visitors / known[base].where(known[base] > 0)
        known[low], known[high] = intervals.wilson(known.visitors.fillna(0), known[base].fillna(0))
    title, text = _in_words(known, within_days)
    text += " Visitors of small groups are left out." if withheld else ""
    return Result("funnel", "table", title, text, f"{title}.", table=known)


def _in_words(table: pd.DataFrame, within_days: int) -> tuple[str, str]:
    """Return the finding over all periods and segments together: visitors are summed, never rates."""
    whole = table.groupby(["step_number", "step"], as_index=False)[["visitors", "previous", "entered"]].sum()
    first, last = whole.iloc[0], whole.iloc[-1]
    low, high = intervals.wilson(last.visitors, last.entered)
    title = f"{percent(last.visitors / last.entered)} of those who reach {first.step} go on to {last.step}"
    text = (
        f"{number(last.visitors)} of {number(last.entered)} visitors (interval {interval(float(low), float(high))}) "
        f"came through all steps, in order, within {within_days} days; younger visitors are not counted yet."
    )
    later = whole[(whole.step_number > 1) & (whole.previous > 0)]
    share = (later.visitors / later.previous).to_numpy()
    worst = int(np.argmin(share))
    row = later.iloc[worst]
    before = whole[whole.step_number == row.step_number - 1].iloc[0]
    text += (
        f" The fewest go on from {before.step} to {row.step}: {percent(share[worst])} "
        f"({number(row.visitors)} of {number(row.previous)})."
    )
    return title, text
