"""Each KPI's last complete period beside earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from kpikit.cells import SUPPRESSED
from kpikit.errors import ParameterError
from kpikit.intervals import CONFIDENCE, mover, normal_quantile
from kpikit.kpis.computing import Inputs
from kpikit.kpis.differences import correlation, judged
from kpikit.kpis.measuring import SHARED, Measured, measured
from kpikit.metrics import Kpi
from kpikit.metrics.cards import Card

PREVIOUS, YEAR_AGO = "previous", "year ago"
PERIODS_PER_YEAR = {"day": 364, "week": 52, "month": 12, "quarter": 4}  # whole weeks, so that weekdays are alike
CHANGES = [
    "kpi", "segment", "comparison", "period", "value", "low", "high", "n", "previous_period", "previous", "change",
    "change_low", "change_high", "correlation", "p", "p_adjusted", "verdict",
]  # fmt: skip
Pair = tuple[int, int]


def changes(
    tables: Mapping[str, Any],
    kpis: Sequence[str | Kpi] | str | None = None,
    *,
    period: str,
    by: str | None = None,
    as_of: Any = None,
) -> pd.DataFrame:
    """Return each KPI's last complete period beside the one before and beside the same one a year ago.

    Grain: one row per KPI, segment and comparison. Partial periods are never compared.

    Parameters
    ----------
    tables, kpis, period, by, as_of
        As :func:`kpikit.compute` takes them.

    Returns
    -------
    DataFrame
        ``kpi``, ``segment``, ``comparison`` (``previous``, ``year ago``), ``period``, ``value``, ``low``, ``high``,
        ``n``, ``previous_period``, ``previous``, ``change`` (in the KPI's unit), ``change_low``, ``change_high``,
        ``correlation`` (of the two estimates), ``p``, ``p_adjusted``, ``verdict`` (``up``, ``down``,
        ``no clear change``; ``not tested`` where there is no interval; ``no comparison`` where there is no earlier
        value). A KPI whose last period that is over is suppressed has no row: an earlier one is not the last.

    Notes
    -----
    Customers are in both periods, and their values are alike: the interval of the change takes account of it, see
    :func:`kpikit.kpis.differences.correlation`. How many changes are judged at once is taken into account by
    :func:`kpikit.kpis.differences.judged`. A year of weeks is 52 weeks.
    """
    if period is None:
        raise ParameterError("a period such as month", got="None", fix="Pass period='month'.", where="period")
    inputs = Inputs.of(tables, by, as_of)
    return compared(measured(inputs.chosen(kpis), inputs, period))


def compared(kpis: Iterable[Measured]) -> pd.DataFrame:
    """Return the changes of measured KPIs, judged together."""
    found = [difference(one, last_and_before(one)) for one in kpis]
    return judged(pd.concat(found, ignore_index=True))[CHANGES]


def last_and_before(its: Measured) -> pd.DataFrame:
    """Return which periods to compare: ``segment``, ``comparison``, ``now``, ``then`` (numbers; −1: there is none)."""
    rows = []
    year = PERIODS_PER_YEAR.get(its.period.unit)
    for segment, group in its.current.groupby("segment", sort=False):
        numbers = list(group.number)
        rows.append((segment, PREVIOUS, numbers[-1], numbers[-2] if len(numbers) > 1 else -1))
        if year:
            rows.append((segment, YEAR_AGO, numbers[-1], numbers[-1] - year if numbers[-1] - year in numbers else -1))
    return pd.DataFrame(rows, columns=["segment", "comparison", "now", "then"])


def difference(its: Measured, asked: pd.DataFrame) -> pd.DataFrame:
    """Return later minus earlier value with its 95 % interval: one row per row of ``asked`` (see above), unjudged."""
    cells = its.table.set_index(["segment", "number"])
    cells = cells[~cells.index.duplicated()]
    now, then = (_at(cells, asked.segment, asked[name]) for name in ("now", "then"))
    pairs = [pair for pair in zip(asked.now, asked.then, strict=True) if pair[1] >= 0]
    shared = its.shared(pairs).set_index(["segment", "now", "then"]).reindex(
        pd.MultiIndex.from_frame(asked[["segment", "now", "then"]])
    )[list(SHARED)].astype(float).fillna(0.0)  # fmt: skip
    alike = correlation(now, then, shared, its.card)
    low, high = mover(now.value, *_ends(now, its.card), then.value, *_ends(then, its.card), alike)
    facts = {"kpi": its.card.id, "segment": asked.segment.to_numpy(), "comparison": asked.comparison.to_numpy()}
    return pd.DataFrame(
        facts
        | {name: now[name].to_numpy() for name in ("period", "value", "low", "high", "n")}
        | {"previous_period": then.period.to_numpy(), "previous": then.value.to_numpy()}
        | {"change": (now.value.to_numpy() - then.value.to_numpy()).astype(float), "change_low": low}
        | {"change_high": high, "correlation": np.where(then.value.isna(), np.nan, alike)}
    )


def _ends(rows: pd.DataFrame, card: Card) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Return the interval that a period brings to a difference: a total's skew is in both periods and cancels."""
    if card.interval != "compound_poisson":
        return rows.low, rows.high
    half = normal_quantile(CONFIDENCE) * rows.error
    return rows.value - half, rows.value + half


def _at(cells: pd.DataFrame, segments: pd.Series[Any], numbers: pd.Series[Any]) -> pd.DataFrame:
    found = cells.reindex(pd.MultiIndex.from_arrays([segments, numbers], names=["segment", "number"]))
    return found.reset_index(drop=True).astype({"value": float, "low": float, "high": float})


def latest(values: pd.DataFrame, *, claims: int | None = None) -> pd.DataFrame:
    """Return each KPI's last complete period beside the one before: one row per KPI, period and segment → per KPI.

    Parameters
    ----------
    values
        As :func:`compute` returns it, with a period. From the tables, :func:`changes` can do better: it knows which
        customers two periods share.
    claims
        Number of changes judged on the page; None means as many as there are rows. Intervals of the changes are
        widened so that all of them hold together (Bonferroni).

    Returns
    -------
    DataFrame
        The columns of ``values`` and ``previous_period``, ``previous``, ``change``, ``change_low``, ``change_high``,
        ``verdict`` (``up``, ``down``, ``no clear change``, ``no comparison``). Partial periods are never compared.
        A KPI whose last period that is over is suppressed has no row (:func:`withheld`): no earlier one is the last.

    Notes
    -----
    The interval of a difference recovers the two variances from the two intervals (MOVER; Zou and Donner, 2008), taking
    the periods as independent: since they share customers, whose values are alike, it is rather too wide.
    """
    done = values[(values.status == "complete") & values.value.notna()].sort_values("period")
    gone = withheld(values).set_index(["kpi", "segment"]).index
    done = done[~done.set_index(["kpi", "segment"]).index.isin(gone)]
    groups = done.groupby(["kpi", "segment"], sort=False)
    last = groups.nth(-1).set_index(["kpi", "segment"])
    before = groups.nth(-2).set_index(["kpi", "segment"]).reindex(last.index)
    widen = float(stats.norm.ppf(1 - 0.025 / max(claims or len(last), 1)) / stats.norm.ppf(0.975))
    change = last.value - before.value
    ends = mover(last.value, last.low, last.high, before.value, before.low, before.high)
    low, high = (change + widen * (end - change) for end in ends)
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


def withheld(values: pd.DataFrame) -> pd.DataFrame:
    """Return the KPIs whose last period that is over is suppressed: ``kpi``, ``segment``, ``period``."""
    over = values[(values.status == SUPPRESSED) | ((values.status == "complete") & values.value.notna())]
    last = over.sort_values("period", kind="stable").groupby(["kpi", "segment"], sort=False).tail(1)
    return last.loc[last.status == SUPPRESSED, ["kpi", "segment", "period"]].reset_index(drop=True)
