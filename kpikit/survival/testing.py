"""Do groups stay equally long? The log-rank test over whole curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from kpikit.errors import ContractError
from kpikit.formatting import counted, number
from kpikit.results import Result
from kpikit.survival.curves import GROUP, steps_of

LEVEL = 0.05


def log_rank(data: Any) -> Result:
    """Return whether groups differ in how long they stay: one row per group.

    Parameters
    ----------
    data
        As in :func:`kpikit.survival.curve`, with two or more groups in ``segment``. Groups must be known at the start:
        a group that is entered by staying (loyal customers) stays longer by construction.

    Returns
    -------
    Result
        ``table``: ``segment``, ``n``, ``events``, ``expected`` (events, were the curves the same), ``ratio``.
        ``facts``: ``chi_square``, ``degrees_of_freedom``, ``p_value``, ``verdict`` (``they differ``,
        ``no clear difference``).

    References
    ----------
    Mantel, N. (1966), "Evaluation of survival data and two new rank order statistics arising in its consideration",
    Cancer Chemotherapy Reports 50. Peto, R. and Peto, J. (1972), JRSS A 135.
    """
    steps = steps_of(data)
    groups = sorted(steps[GROUP].unique(), key=str)
    if len(groups) < 2:
        raise ContractError(
            "two or more groups", got=counted(len(groups), "group"), fix="Pass by=… when the durations are made.",
            where=GROUP,
        )  # fmt: skip
    times = np.sort(steps.duration[steps.events > 0].unique())
    if not len(times):
        raise ContractError("at least one event", got="none", where="events")
    at_risk, events = (np.array([read(steps[steps[GROUP] == name], times) for name in groups]) for read in (_risk, _of))
    everyone, all_events = at_risk.sum(axis=0), events.sum(axis=0)
    share = at_risk / everyone
    expected = (share * all_events).sum(axis=1)
    spread = all_events * (everyone - all_events) / np.maximum(everyone - 1, 1)
    variance = (np.diag(share @ spread)) - (share * spread) @ share.T
    gap = (events.sum(axis=1) - expected)[:-1]  # the last follows from the others
    chi_square = float(gap @ np.linalg.pinv(variance[:-1, :-1]) @ gap)
    freedom = len(groups) - 1
    p_value = float(stats.chi2.sf(chi_square, freedom))
    table = pd.DataFrame(
        {GROUP: [str(name) for name in groups], "n": [_size(steps, name) for name in groups],
         "events": events.sum(axis=1), "expected": expected, "ratio": events.sum(axis=1) / expected}
    )  # fmt: skip
    verdict = "they differ" if p_value < LEVEL else "no clear difference"
    highest: Any = table.loc[int(table.ratio.argmax())]
    title = f"The groups differ in how long they take: {highest.segment} soonest" if p_value < LEVEL else (
        "No clear difference between the groups in how long they take"
    )  # fmt: skip
    rows: Any = table.itertuples()
    said = "; ".join(
        f"{row.segment} {number(row.events)} events of {number(row.n)}, {number(row.expected, 1)} expected"
        for row in rows
    )
    text = f"Were all curves the same: {said} (log-rank χ² = {number(chi_square, 2)}, {freedom} df, p "
    text += f"{'< .001' if p_value < 0.001 else f'= {number(p_value, 3)}'}): {verdict}."
    facts = {"chi_square": chi_square, "degrees_of_freedom": freedom, "p_value": p_value, "verdict": verdict}
    return Result("log-rank", "table", title, text, table=table, facts=facts)


def _risk(steps: pd.DataFrame, times: Any) -> Any:
    """Return how many of a group were followed up to each time: those of its next step, none after the last."""
    place = np.searchsorted(steps.duration.to_numpy(float), times)
    return np.append(steps.at_risk.to_numpy(float), 0.0)[place]


def _of(steps: pd.DataFrame, times: Any) -> Any:
    return steps.set_index("duration").events.reindex(times).fillna(0.0).to_numpy(float)


def _size(steps: pd.DataFrame, name: Any) -> int:
    return int(steps.at_risk[steps[GROUP] == name].iloc[0])
