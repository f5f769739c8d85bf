"""Goals of kpikit.yaml: whether each is met, on the way, or complete as a goal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import stats

from kpikit.intervals import CONFIDENCE
from kpikit.kpis.scales import RATIO, SHARE, misfit, scale_of
from kpikit.periods import Period

if TYPE_CHECKING:
    from kpikit.config import Config
    from kpikit.metrics import Card

ON_TARGET, AT_RISK, OFF_TARGET, UNKNOWN = STATUSES = ("on target", "at risk", "off target", "unknown")
LIKELY, OPEN, UNLIKELY = "likely", "open", "unlikely"
FEWEST_PERIODS, MOST_PERIODS = 6, 12  # that a projection is made from
MOST_SILENT_PERIODS = 2  # a value with more periods of silence after it says nothing of today
LIKELY_CHANCE, EVEN_CHANCE = 0.8, 0.5
GOALS = [
    "kpi", "segment", "period", "value", "low", "high", "goal", "is_at_least", "by", "owner", "baseline", "beyond",
    "progress", "projected", "projected_low", "projected_high", "chance", "on_the_way", "is_over", "silent", "lacks",
    "status",
]  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A goal, from ``goals`` or from the target of an indicator; ``by`` is None where no date was stated."""

    kpi: str
    value: float
    is_at_least: bool
    by: date | None = None
    owner: str = ""
    baseline: float | None = None
    segment: str = ""

    @property
    def lacks(self) -> tuple[str, ...]:
        """What a complete goal has beside its value and this has not: date, owner, baseline."""
        facts = {"a date": self.by, "an owner": self.owner or None, "a baseline": self.baseline}
        return tuple(name for name, fact in facts.items() if fact is None)

    def beyond(self, value: float) -> float:
        """Return how far a value is beyond the goal, in the good direction; below 0 it misses."""
        return value - self.value if self.is_at_least else self.value - value


@dataclass(frozen=True)
class Projection:
    """Where a KPI will stand: expected value, 95 % prediction interval, and the chance that the goal is met."""

    value: float = np.nan
    low: float = np.nan
    high: float = np.nan
    chance: float = np.nan

    @property
    def on_the_way(self) -> str:
        """``likely`` (a chance of 80 % or more), ``unlikely`` (20 % or less), ``open`` between, or ``unknown``."""
        if np.isnan(self.chance):
            return UNKNOWN
        if self.chance >= LIKELY_CHANCE:
            return LIKELY
        return UNLIKELY if self.chance <= 1 - LIKELY_CHANCE else OPEN


def targets(config: Config, card_of: Callable[[str], Card]) -> list[Target]:
    """Return the goals of a configuration, those of its indicators too.

    Raises
    ------
    ConfigError
        When a goal is not on the scale of its KPI: a rate is 0 to 1, a net score −100 to 100.
    """
    found = []
    for place, goal in enumerate(config.goals):
        its = card_of(goal.kpi)
        name = "at_least" if goal.at_least is not None else "at_most"
        value = float(getattr(goal, name))
        _on_scale(config, its, value, "goals", place, name)
        if goal.baseline is not None:
            _on_scale(config, its, goal.baseline, "goals", place, "baseline")
        found.append(Target(its.id, value, name == "at_least", goal.by, goal.owner, goal.baseline, goal.segment))
    stated = {target.kpi for target in found}
    for indicator in config.performance_indicators:
        if indicator.target is not None and indicator.id not in stated:
            found.append(Target(indicator.id, indicator.target, indicator.better == "higher", owner=indicator.owner))
    return found


def benchmarks(config: Config, card_of: Callable[[str], Card]) -> Mapping[str, tuple[float, str, str]]:
    """Return the first benchmark of each KPI: value, kind and source; :func:`targets` says what is raised."""
    found: dict[str, tuple[float, str, str]] = {}
    for place, one in enumerate(config.benchmarks):
        its = card_of(one.kpi)
        _on_scale(config, its, one.value, "benchmarks", place, "value")
        found.setdefault(its.id, (one.value, one.kind, one.source))
    return found


def _on_scale(config: Config, its: Card, value: float, section: str, place: int, name: str) -> None:
    found = misfit(value, scale_of(its))
    if found is None or found.scale == RATIO:  # a ratio may exceed any limit; the audit asks whether it does
        return
    expected, fix = f"points for {its.id}, −100 to 100", "Write it as 44."
    if found.scale == SHARE:
        expected = f"a rate for {its.id}, 0 to 1"
        fix = "Write a rate such as 0.88." if found.meant is None else f"Write {found.meant:g}."
    raise config.error(section, place, name, expected=expected, got=f"{value:g}", fix=fix)


def goal_period(by: date, period: Period) -> int:
    """Return the number of the last period that is over on the goal's date, that day included."""
    return period.index(by + timedelta(days=1)) - 1


def projection(history: pd.DataFrame, target: Target, number: int) -> Projection:
    """Return where a KPI will stand in period ``number``: the trend of its last complete periods.

    Parameters
    ----------
    history
        ``number`` and ``value`` of complete periods, oldest first; the last 12 are used, at least 6 are needed.

    Notes
    -----
    A least-squares line with the prediction interval of one further value. Seasons are not taken out. It looks no
    further ahead than the periods it is made from.
    """
    last = history.tail(MOST_PERIODS)
    x, y = last.number.to_numpy(dtype=float), last.value.to_numpy(dtype=float)
    ahead = number - x[-1] if len(x) else 0
    if len(x) < FEWEST_PERIODS or not 0 < ahead <= len(x):
        return Projection()
    fit = stats.linregress(x, y)
    expected = fit.intercept + fit.slope * number
    noise = float(np.sqrt(((y - fit.intercept - fit.slope * x) ** 2).sum() / (len(x) - 2)))
    spread = float(((x - x.mean()) ** 2).sum())
    error = noise * np.sqrt(1 + 1 / len(x) + (number - x.mean()) ** 2 / spread)
    if error <= 0:
        return Projection(expected, expected, expected, float(target.beyond(expected) >= 0))
    half = float(stats.t.ppf((1 + CONFIDENCE) / 2, len(x) - 2)) * error
    chance = float(stats.t.cdf(target.beyond(expected) / error, len(x) - 2))
    return Projection(float(expected), float(expected - half), float(expected + half), chance)


def judged(target: Target, latest: Any, projected: Projection, *, is_over: bool) -> str:
    """Return the status of a goal in words.

    ``on target``: the latest complete period meets the goal. ``at risk``: it misses it, but its interval reaches the
    goal, or the trend is more likely than not to meet it at the date. ``off target``: its whole interval misses the
    goal and the trend does not meet it; or the date is over and the goal is missed. ``unknown``: no complete period, or
    none of late.

    Parameters
    ----------
    latest
        ``value``, ``low``, ``high`` of the last complete period, or None.
    """
    if latest is None or np.isnan(latest.value):
        return UNKNOWN
    if target.beyond(latest.value) >= 0:
        return ON_TARGET
    if is_over:
        return OFF_TARGET
    best = max((target.beyond(end) for end in (latest.low, latest.high) if not np.isnan(end)), default=-np.inf)
    return AT_RISK if best >= 0 or projected.chance >= EVEN_CHANCE else OFF_TARGET


def goal_rows(
    found: list[Target], measured: Mapping[tuple[str, str], Any], period: Period, newest: Mapping[str, int]
) -> Iterator[dict[str, Any]]:
    """Return one row per goal: what was reached, the way to go, and the status.

    Parameters
    ----------
    measured
        (KPI, segment or ``all``) → its complete periods, oldest first.
    newest
        KPI → number of the last period that could be complete: that of ``as_of``, less the time that it waits. A goal
        whose value is followed by more than two silent periods is ``unknown``.
    """
    for target in found:
        history = measured.get((target.kpi, target.segment or "all"))
        history = pd.DataFrame(columns=["number", "value", "low", "high"]) if history is None else history
        number = goal_period(target.by, period) if target.by else None
        seen = history if number is None else history[history.number <= number]
        latest = seen.iloc[-1] if len(seen) else None
        last = -1 if history.empty else int(history.number.iloc[-1])
        is_over = number is not None and max(last, newest.get(target.kpi, -1)) >= number
        projected = projection(seen, target, number) if number is not None and not is_over else Projection()
        value = np.nan if latest is None else float(latest.value)
        until = newest.get(target.kpi, -1) if number is None else min(newest.get(target.kpi, -1), number)
        silent = 0 if latest is None or last >= until else max(until - int(latest.number), 0)
        judging = latest if silent <= (0 if is_over else MOST_SILENT_PERIODS) else None
        way = target.value - target.baseline if target.baseline is not None else np.nan
        yield {
            "kpi": target.kpi,
            "segment": target.segment or "all",
            "period": pd.NaT if latest is None else latest.period,
            "value": value,
            "low": np.nan if latest is None else latest.low,
            "high": np.nan if latest is None else latest.high,
            "goal": target.value,
            "is_at_least": target.is_at_least,
            "by": pd.Timestamp(target.by) if target.by else pd.NaT,
            "owner": target.owner,
            "baseline": np.nan if target.baseline is None else target.baseline,
            "beyond": target.beyond(value),
            "progress": (value - (target.baseline or 0.0)) / way if way else np.nan,
            "projected": projected.value,
            "projected_low": projected.low,
            "projected_high": projected.high,
            "chance": projected.chance,
            "on_the_way": projected.on_the_way,
            "is_over": is_over,
            "silent": silent if judging is None else 0,
            "lacks": ", ".join(target.lacks),
            "status": judged(target, judging, projected, is_over=is_over),
        }
