"""How long customers wait: the Kaplan–Meier curve in words, and the geometric mean where nothing is censored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from kpikit.errors import ParameterError, one_of
from kpikit.formatting import agreed, counted, number, percent
from kpikit.intervals import CONFIDENCE, normal_quantile
from kpikit.kpis.computing import Inputs
from kpikit.results import Result
from kpikit.support.rest import OVER, UNITS

OF_ALL = "all"
CLOCK = ("hours", "schedule", "holidays", "timezone")
SHOWN_AFTER_HOURS = 24


def clock(data: Any, kpi: str = "first_response_time") -> dict[str, Any]:
    """Return which hours count for a KPI in these data: ``hours``, ``schedule``, ``holidays`` and ``timezone``.

    Parameters
    ----------
    data
        What ``kpikit.load`` returns, or tables by name.
    """
    settings = Inputs.of(data).kpis[kpi].settings
    return {name: settings[name] for name in CLOCK}


def asked(data: Any, event: str = "first_response_at") -> tuple[Any, str]:
    """Return the cases of these data and what ends a wait in them.

    Parameters
    ----------
    data
        What ``kpikit.load`` returns, or tables by name.
    event
        What should end a wait, ``first_response_at`` or ``resolved_at``. Where ``tickets`` lacks that column, it is
        the other one; where it lacks both, no wait is known and there are no cases.

    Returns
    -------
    tickets, event
    """
    one_of("event", event, tuple(OVER))
    tickets = Inputs.of(data).tables["tickets"]
    for name in (event, *OVER):
        if name in tickets.columns:
            return tickets, name
    return tickets.mutate(**{event: tickets.opened_at}).limit(0), event


def wait_curve(curve: pd.DataFrame, *, event: str = "first_response_at", hours: str = "calendar") -> Result:
    """Return who still waits after how many hours, with its limits, and what that says.

    Parameters
    ----------
    curve
        As ``metrics.waiting.wait_curve`` gives it.
    event, hours
        What ends a wait (``first_response_at`` or ``resolved_at``), and which hours were counted (``calendar`` or
        ``business``).

    Returns
    -------
    Result
        ``table``: ``segment``, ``duration`` (hours), ``survival``, ``low``, ``high`` (log(−log) limits by Greenwood,
        widened for repeated customers; missing where nobody is left), ``at_risk``. ``facts``: ``hours``, ``median``
        and, of all cases together, ``cases``, ``waiting``.
    """
    each = curve.groupby("segment", sort=False).first()
    table = curve.drop(columns=["low", "high"])
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = np.log(table.survival.to_numpy(dtype=float))
        spread = normal_quantile(CONFIDENCE) * np.sqrt((table.design_effect * table.greenwood).astype(float)) / -kept
        low, high = np.exp(kept * np.exp(spread)), np.exp(kept * np.exp(-spread))
    untouched = table.survival == 1  # nothing has happened yet
    table = table.assign(low=np.where(untouched, 1.0, low), high=np.where(untouched, 1.0, high))
    unit, over = UNITS[hours], OVER[event]
    cases, waiting = int(each["cases"].sum()), int(each["cases"].sum() - each.observed.sum())
    medians = {str(name): float(value) for name, value in each["median"].astype(float).items()}
    facts = {"hours": hours, "event": event, "cases": cases, "waiting": waiting, "median": medians}
    shown = table[["segment", "duration", "survival", "low", "high", "at_risk"]]
    if table.empty:
        title = "How long customers wait cannot be told: no case is known"
        return Result("wait-curve", "table", title, table=shown, facts=facts)
    title = _title(medians, unit, over)
    said = [_in_words(str(name), row, table[table.segment == name], unit, over) for name, row in each.iterrows()]
    if waiting:
        verb = agreed(waiting, "is", "are")
        said.append(f"{counted(waiting, 'case')} not {over} yet {verb} counted as waiting longer, not left out.")
    return Result("wait-curve", "table", title, " ".join(said), f"{title}.", table=shown, facts=facts)


def _title(medians: dict[str, float], unit: str, over: str) -> str:
    known = {name: value for name, value in medians.items() if not np.isnan(value)}
    if not known:
        return f"Fewer than half of the cases are {over} yet: the usual wait cannot be told"
    fast, slow = min(known, key=lambda name: known[name]), max(known, key=lambda name: known[name])
    if len(medians) == 1:
        return f"Half of the cases are {over} within {number(known[fast], 1)} {unit}"
    return (
        f"Half of the cases are {over} within {number(known[fast], 1)} ({fast}) to {number(known[slow], 1)} {unit} "
        f"({slow})"
    )


def _in_words(name: str, row: pd.Series, steps: pd.DataFrame, unit: str, over: str) -> str:
    """Return what one segment's curve says."""
    of = "" if name == OF_ALL else f"{name}: "
    size = f"{counted(row['cases'], 'case')} of {counted(row.customers, 'customer')}"
    if np.isnan(row["median"]):
        return f"{of}Fewer than half of {size} are {over}: the median cannot be estimated."
    said = f"{of}Half of {size} are {over} within {number(row['median'], 1)} {unit} ({_held(row.low, row.high, unit)})"
    reached = steps[steps.duration <= SHOWN_AFTER_HOURS]
    if len(reached) and steps.duration.max() > SHOWN_AFTER_HOURS:
        said += f"; after {SHOWN_AFTER_HOURS} {unit} about {percent(reached.survival.iloc[-1], 0)} still wait"
    if not np.isnan(row.log_sum):
        mean, low, high = _from_sums(row["cases"], row.log_sum, row.log_squares)
        said += f". None is open, so there is a geometric mean too: {number(mean, 1)} {unit} ({_held(low, high, unit)})"
    return f"{said}."


def _held(low: float, high: float, unit: str) -> str:
    """Return an interval of hours; an end may not be estimable."""
    if np.isnan(low):
        return "too few for an interval"
    if np.isnan(high):
        return f"95 % interval from {number(low, 1)} {unit}, upper end not estimable"
    return f"95 % interval {number(low, 1)} to {number(high, 1)}"


def geometric_mean(durations: ArrayLike, *, confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """Return the geometric mean of durations with its interval: Student's t on the logarithms.

    Only where nothing is censored: a case that still waits has no duration yet.

    Returns
    -------
    value, low, high
        In the unit of the durations; a single one gives no interval (NaN).

    Raises
    ------
    ParameterError
        When a duration is missing, 0 or negative.

    References
    ----------
    Sauro, J. and Lewis, J. R. (2012), Quantifying the User Experience, chapter 3: task times.

    >>> [round(value, 2) for value in geometric_mean([55, 65, 75, 62, 45, 135])]
    [68.24, 46.01, 101.22]
    """
    values = np.asarray(durations, dtype=float)
    if values.size == 0 or not np.all(values > 0):
        raise ParameterError(
            "durations above 0, none missing", got=f"{int(np.sum(~(values > 0)))} of {values.size} are not",
            fix="Use the Kaplan–Meier median where cases still wait.", where="durations",
        )  # fmt: skip
    logs = np.log(values)
    return _from_sums(values.size, logs.sum(), (logs**2).sum(), confidence)


def _from_sums(n: float, total: float, squares: float, confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    normal_quantile(confidence)
    mean = total / n
    if n < 2:
        return float(np.exp(mean)), float("nan"), float("nan")
    error = np.sqrt(max(squares - n * mean**2, 0.0) / (n - 1) / n)
    half = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * error
    return float(np.exp(mean)), float(np.exp(mean - half)), float(np.exp(mean + half))
