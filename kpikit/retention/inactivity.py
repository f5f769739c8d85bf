"""When silence means that a customer is lost: a threshold from the gaps between purchases, and how much hangs on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from statsmodels.duration.survfunc import SurvfuncRight

from kpikit.errors import ContractError, ParameterError, listed
from kpikit.formatting import counted, interval, number, percent
from kpikit.kpis import compute
from kpikit.kpis.computing import Inputs
from kpikit.results import Result

SHARE = 0.9
MULTIPLES = (0.5, 1.0, 2.0)
FEWEST_AT_RISK = 10  # a curve is read as far as so many gaps reach
NEEDED = ("duration", "observed")


def inactivity_threshold(gaps: pd.DataFrame, *, share: float = SHARE) -> Result:
    """Return after how many days of silence a customer may be called lost, from the gaps between purchases.

    Some never return, so the gaps of all have no 90th percentile. The threshold is the number of days within which
    ``share`` of those who return at all do so, as far as the data reach; open gaps count as long as they have lasted
    (Kaplan–Meier), since leaving them out would make customers look quicker than they are.

    Parameters
    ----------
    gaps
        One row per gap, as ``metrics.retention.purchase_gaps`` gives it: ``duration`` (days), ``observed``; or one row
        per distinct gap with its count ``n``, as ``duration_counts`` does.
    share
        Share of those who return, above 0 and below 1.

    Returns
    -------
    Result
        ``facts["inactive_days"]`` (None where nobody returned) and ``table``: one row per multiple of it (0.5, 1, 2):
        ``multiple``, ``inactive_days``, ``returned`` (share of gaps that have ended by then), ``wrongly_lost`` (of
        those silent for so long, the share that returns later all the same, as far as the data reach).

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958), "Nonparametric estimation from incomplete observations", JASA 53.
    """
    if not 0 < share < 1:
        raise ParameterError("a share above 0 and below 1", got=str(share), fix="Pass 0.9.", where="share")
    times, returned = _returned(gaps)
    title = "When silence means that a customer is lost"
    if not len(times):
        text = f"Too few purchases to tell: fewer than {FEWEST_AT_RISK} gaps between purchases have been seen."
        columns = ["multiple", "inactive_days", "returned", "wrongly_lost"]
        return Result("inactivity-threshold", "text", title, text, table=pd.DataFrame(columns=columns),
                      facts={"inactive_days": None, "share": share})  # fmt: skip
    reached = float(returned[-1])
    chosen = int(np.ceil(times[np.searchsorted(returned, share * reached - 1e-9)]))
    days = np.array([max(1, round(multiple * chosen)) for multiple in MULTIPLES])
    by_then = np.concatenate([[0.0], returned])[np.searchsorted(times, days, side="right")]
    with np.errstate(invalid="ignore", divide="ignore"):
        late = np.where(by_then < 1, (reached - by_then) / (1 - by_then), np.nan)
    table = pd.DataFrame({"multiple": MULTIPLES, "inactive_days": days, "returned": by_then, "wrongly_lost": late})
    text = (
        f"{percent(reached)} of purchases are followed by another within {number(times[-1])} days, as far as the data "
        f"reach; of those that are, {percent(share, 0)} are within {counted(chosen, 'day')}. Of customers silent for "
        f"longer than that, {percent(late[1])} come back all the same; at half as many days {percent(late[0])}, at "
        f"twice as many {percent(late[2])}. Those who buy often have most of the gaps: the threshold is theirs."
    )
    facts = {"inactive_days": chosen, "share": share, "returning": reached, "longest": float(times[-1])}
    return Result("inactivity-threshold", "table", title, text, table=table, facts=facts)


def _returned(gaps: pd.DataFrame) -> tuple[Any, Any]:
    """Return the durations at which a gap ended, in order, and the share of all gaps ended by then."""
    missing = [name for name in NEEDED if name not in gaps.columns]
    if missing:
        raise ContractError(
            f"columns {missing}", got=f"[{listed(gaps.columns)}]",
            fix="Pass metrics.retention.purchase_gaps(orders).to_pandas().", where="gaps",
        )  # fmt: skip
    size = gaps["n"] if "n" in gaps.columns else pd.Series(1, index=gaps.index)
    if not gaps.observed.any():
        return np.array([]), np.array([])
    curve = SurvfuncRight(gaps.duration.to_numpy(float), gaps.observed.to_numpy(int), freq_weights=size.to_numpy(float))
    enough = (curve.n_risk >= FEWEST_AT_RISK) & (curve.n_events > 0)
    return curve.surv_times[enough], 1 - curve.surv_prob[enough]


def churn_by_threshold(
    tables: Any, inactive_days: Sequence[int], *, period: str | None = None, by: str | None = None, as_of: Any = None
) -> pd.DataFrame:
    """Return churn by inactivity for several thresholds: how much hangs on the choice.

    Parameters
    ----------
    tables, period, by, as_of
        As in :func:`kpikit.compute`.
    inactive_days
        Thresholds in days, for example half, once and twice what :func:`inactivity_threshold` chose.

    Returns
    -------
    DataFrame
        The columns of :func:`kpikit.compute`, and ``inactive_days``.
    """
    churn = Inputs.of(tables, by, as_of).chosen("inactivity_churn")[0]
    found = [
        compute(tables, [churn.using(inactive_days=int(days))], period=period, by=by, as_of=as_of).assign(
            inactive_days=int(days)
        )
        for days in inactive_days
    ]
    return pd.concat(found, ignore_index=True)


def constant_hazard(rate: float, *, from_days: float, to_days: float) -> float:
    """Return the churn over another number of days, if the hazard were constant: 1 − (1 − rate)^(to / from).

    Parameters
    ----------
    rate
        Share lost within ``from_days``, 0 to 1.
    from_days, to_days
        Lengths in days, above 0.

    >>> round(constant_hazard(0.03, from_days=30, to_days=360), 4)  # not 12 times 3 %
    0.3062
    """
    for name, value in (("from_days", from_days), ("to_days", to_days)):
        if not value > 0:
            raise ParameterError("a number of days above 0", got=str(value), fix="Pass 30.", where=name)
    if not 0 <= rate <= 1:
        raise ParameterError("a share of 0 to 1", got=str(rate), fix="Pass 0.03 for 3 %.", where="rate")
    return float(1 - (1 - rate) ** (to_days / from_days))


def churn_over(rate: float, low: float, high: float, *, from_days: float, to_days: float) -> Result:
    """Return churn carried over to another number of days, with its interval, labelled as the supposition that it is.

    The interval holds only the uncertainty of the rate, not that of the supposition: in most businesses those who have
    stayed longest leave least, and the figure is too high.
    """
    value, bottom, top = (constant_hazard(one, from_days=from_days, to_days=to_days) for one in (rate, low, high))
    text = (
        f"{percent(rate)} lost in {counted(from_days, 'day')} would be {percent(value)} in {counted(to_days, 'day')} "
        f"(95 % interval {interval(bottom, top)}), if the hazard were constant. Those who have stayed long mostly "
        "leave less, so expect fewer."
    )
    table = pd.DataFrame(
        {"days": [from_days, to_days], "churn": [rate, value], "low": [low, bottom], "high": [high, top]}
    )
    return Result("churn-over", "table", "Churn over another horizon, if the hazard were constant", text, table=table)
