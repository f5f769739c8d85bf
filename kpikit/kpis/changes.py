"""Each KPI's last complete period beside an earlier one."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats


def latest(values: pd.DataFrame, *, claims: int | None = None) -> pd.DataFrame:
    """Return each KPI's last complete period beside the one before: one row per KPI, period and segment → per KPI.

    Parameters
    ----------
    values
        As :func:`compute` returns it, with a period.
    claims
        Number of changes judged on the page; None means as many as there are rows. Intervals of the changes are
        widened so that all of them hold together (Bonferroni).

    Returns
    -------
    DataFrame
        The columns of ``values`` and ``previous_period``, ``previous``, ``change``, ``change_low``, ``change_high``,
        ``verdict`` (``up``, ``down``, ``no clear change``, ``no comparison``). Partial periods are never compared.

    Notes
    -----
    The interval of a difference recovers the two variances from the two intervals (MOVER; Zou and Donner, 2008), taking
    the periods as independent: since they share customers, whose values are alike, it is rather too wide.
    """
    done = values[(values.status == "complete") & values.value.notna()].sort_values("period")
    groups = done.groupby(["kpi", "segment"], sort=False)
    last = groups.nth(-1).set_index(["kpi", "segment"])
    before = groups.nth(-2).set_index(["kpi", "segment"]).reindex(last.index)
    widen = float(stats.norm.ppf(1 - 0.025 / max(claims or len(last), 1)) / stats.norm.ppf(0.975))
    change = last.value - before.value
    low = change - widen * np.hypot(last.value - last.low, before.high - before.value)
    high = change + widen * np.hypot(last.high - last.value, before.value - before.low)
    verdict = np.select([low.isna(), low > 0, high < 0], ["no comparison", "up", "down"], "no clear change")
    judged = last.assign(
        previous_period=before.period,
        previous=before.value,
        change=change,
        change_low=low,
        change_high=high,
        verdict=verdict,
    )
    order = list(dict.fromkeys(values.kpi))
    return judged.reset_index().sort_values("kpi", key=lambda k: k.map(order.index), kind="stable", ignore_index=True)
