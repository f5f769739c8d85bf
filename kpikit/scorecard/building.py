"""The numbers of a scorecard: every KPI measured, compared, and set beside its goal, its history and others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from kpikit.config import Config
from kpikit.errors import KpikitError
from kpikit.kpis.available import available
from kpikit.kpis.changes import compared
from kpikit.kpis.computing import Inputs
from kpikit.kpis.measuring import Measured, measured
from kpikit.kpis.scales import MOST_POINTS
from kpikit.periods import next_review
from kpikit.scorecard.acting import SINCE, under_way
from kpikit.scorecard.control import Control, control
from kpikit.scorecard.goals import GOALS, benchmarks, goal_rows, targets
from kpikit.scorecard.power import detectable_change, detectable_share
from kpikit.scorecard.reviewing import review

if TYPE_CHECKING:
    from kpikit.metrics import Card

# What a page shows beside the KPIs that the configuration names, where the data can feed it.
HEADLINES = (
    "revenue", "active_customers", "new_customers", "retention_rate", "repeat_purchase_rate", "average_order_value",
    "net_revenue_retention", "nps", "csat", "ces", "first_response_time", "first_contact_resolution", "perfect_order",
    "conversion_rate", "cac",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """Everything that a scorecard says, as tables.

    Attributes
    ----------
    cards
        Every KPI of the business → its card.
    measured
        KPI → its periods, not split by segment.
    changes
        As :func:`kpikit.kpis.changes` returns them.
    goals
        One row per goal, see :func:`kpikit.scorecard.goals.goal_rows`.
    actions
        One row per action, see :func:`kpikit.scorecard.acting.under_way`.
    others
        KPI → a value of somebody else: the value, its kind and its source.
    complete
        (KPI, segment or ``all``) → its complete periods, oldest first.
    """

    config: Config
    as_of: date
    period: str
    cards: Mapping[str, Card]
    measured: Mapping[str, Measured]
    changes: pd.DataFrame
    goals: pd.DataFrame
    actions: pd.DataFrame
    others: Mapping[str, tuple[float, str, str]]
    complete: Mapping[tuple[str, str], pd.DataFrame]

    @property
    def currency(self) -> str:
        """The currency of amounts, or empty."""
        return self.config.business.currency

    def card(self, kpi: str) -> Card:
        """Return the card of a KPI."""
        return self.cards[kpi]

    def value(self, kpi: str, segment: str, number: int) -> float:
        """Return the value of a numbered period; NaN where it is not complete, or not known."""
        history = self.complete.get((kpi, segment))
        values = [] if history is None else history[history.number == number].value.to_list()
        return float(values[0]) if values else float("nan")

    @cached_property
    def controls(self) -> dict[str, Control]:
        """KPI → its complete periods between their control limits."""
        return {name: _control(one) for name, one in self.measured.items()}

    @cached_property
    def review(self) -> pd.DataFrame:
        """One row per KPI: does it earn its place?"""
        owned = self.goals[self.goals.owner != ""]
        return review(self.measured, actionable={*owned.kpi, *self.actions.kpi})

    @property
    def next_review(self) -> date:
        """The day on which the KPIs are to be reviewed."""
        return next_review(self.as_of, self.config.report.review_every)

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row per KPI whose last complete period is shown: value, changes, history, benchmark, signal."""
        rows = [self._row(name) for name, one in self.measured.items() if len(one.current)]
        return pd.DataFrame(rows)

    def _row(self, name: str) -> dict[str, Any]:
        one = self.measured[name]
        done = one.current
        last = done.iloc[-1]
        its = one.card
        value, kind, source = self.others.get(name, (np.nan, "", ""))
        return {
            "kpi": name, "title": its.title, "family": its.family, "unit": its.unit, "direction": its.direction,
            "period": last.period, "value": last.value, "low": last.low, "high": last.high, "n": last.n,
            **_change(self.changes, name, "previous", ""), **_change(self.changes, name, "year ago", "year_"),
            **own_history(done, its.direction),
            "benchmark": value, "benchmark_kind": kind, "benchmark_source": source,
            "detectable": detectable(last, its), "signal": self.controls[name].signal,
        }  # fmt: skip


def figures(data: Any, *, period: str, kpis: Sequence[str] | None) -> Figures:
    """Return the figures of a scorecard from loaded data."""
    config = getattr(data, "config", None) or Config()
    inputs = Inputs.of(data)
    goals, others = targets(config, inputs.card), benchmarks(config, inputs.card)
    acted = _actions(inputs)
    if kpis is None:
        asked = [goal.kpi for goal in goals] + list(others) + [_id(inputs, name) for name in acted.kpi]
        names = available(data, [name for name in dict.fromkeys([*asked, *HEADLINES]) if name in inputs.kpis])
    else:
        names = [inputs.card(name).id for name in kpis]
    kpis_measured = {one.card.id: one for one in measured(inputs.chosen(names), inputs, period)}
    done = {(name, "all"): one.current for name, one in kpis_measured.items()}
    done |= _by_segment(data, [goal.kpi for goal in goals if goal.segment], period)
    cards = {name: its.card for name, its in inputs.kpis.items()}
    unit = next(iter(kpis_measured.values())).period
    shown = [goal for goal in goals if goal.kpi in kpis_measured or kpis is None]
    newest = {name: unit.index(inputs.as_of - timedelta(one.lag_days)) - 1 for name, one in kpis_measured.items()}
    rows = pd.DataFrame(list(goal_rows(shown, done, unit, newest)), columns=GOALS)
    actions = under_way(acted, kpis_measured, as_of=inputs.as_of, kpi_of=lambda name: _id(inputs, name))
    return Figures(
        config, inputs.as_of, period, cards, kpis_measured, compared(kpis_measured.values()), rows, actions, others,
        done,
    )  # fmt: skip


def _control(one: Measured) -> Control:
    """Return a KPI between limits that keep to its scale: shares 0 to 1, scores to ±100, amounts not below 0."""
    done = one.current
    lowest, highest = (0.0 if (done.value >= 0).all() else -np.inf), np.inf
    if one.card.style == "points":
        lowest, highest = -MOST_POINTS, MOST_POINTS
    if one.card.is_share:
        highest = 1.0
    if one.card.interval not in ("poisson", "compound_poisson"):
        done = done.assign(size=done.denominator.astype(float))
    return control(done, unit=one.period.unit, lowest=lowest, highest=highest)


def own_history(done: pd.DataFrame, direction: str) -> dict[str, Any]:
    """Return where the last complete period lies among all: median, quartiles, best, and its rank (1 is the best).

    The best is the one whose interval is best at its worse end: one answer of one is not the best month.
    """
    values = done.value.astype(float)
    low, middle, high = (float(values.quantile(share)) for share in (0.25, 0.5, 0.75))
    is_down = direction == "down"
    sure = (-done.high if is_down else done.low).astype(float).fillna(-values if is_down else values)
    best = (
        float("nan") if direction == "neutral" else float(values.to_numpy()[int(np.argmax(sure.to_numpy(dtype=float)))])
    )
    rank = float("nan") if direction == "neutral" else float(values.rank(ascending=is_down, method="min").iloc[-1])
    return {
        "periods": len(values), "median": middle, "quartile_low": low, "quartile_high": high, "best": best,
        "rank": rank,
    }  # fmt: skip


def detectable(last: Any, its: Card) -> float:
    """Return the smallest change against an equal period that is found (80 % power, two-sided 5 %).

    Shares count whole customers: their effective number of answers is p (1 − p) / error².
    """
    if its.is_share and last.error > 0:
        answers = last.value * (1 - last.value) / last.error**2
        upwards = (its.direction != "down") == (last.value < 1)
        return detectable_share(float(last.value), float(answers), upwards=upwards)
    return detectable_change(float(last.error)) if last.error > 0 else float("nan")


def _change(changes: pd.DataFrame, name: str, comparison: str, prefix: str) -> dict[str, Any]:
    found = changes[(changes.kpi == name) & (changes.segment == "all") & (changes.comparison == comparison)]
    names = ("previous_period", "previous", "change", "change_low", "change_high", "verdict")
    if found.empty:
        return {f"{prefix}{one}": None if one == "verdict" else np.nan for one in names} | {
            f"{prefix}previous_period": pd.NaT
        }
    return {f"{prefix}{one}": found.iloc[0][one] for one in names}


def _actions(inputs: Inputs) -> pd.DataFrame:
    columns = (
        [name for name in SINCE[:6] if name in inputs.tables["actions"].columns] if "actions" in inputs.tables else []
    )
    if not columns:
        return pd.DataFrame(columns=SINCE[:6])
    table = inputs.tables["actions"]
    known = table.filter(table.started_on < pd.Timestamp(inputs.as_of))
    return pd.DataFrame(known.select(*columns).to_pandas())


def _id(inputs: Inputs, name: str) -> str:
    """Return a KPI's id by any of its names, or the name itself where there is no such KPI."""
    try:
        return inputs.card(name).id
    except KpikitError:
        return name


def _by_segment(data: Any, names: Sequence[str], period: str) -> dict[tuple[str, str], pd.DataFrame]:
    """Return (KPI, segment) → complete periods, for KPIs whose goals are for one segment."""
    can = available(data, list(dict.fromkeys(names)), by="segment") if names else []
    if not can:
        return {}
    inputs = Inputs.of(data, by="segment")
    found = {one.card.id: one.current for one in measured(inputs.chosen(can), inputs, period)}
    return {(name, str(segment)): rows for name, table in found.items() for segment, rows in table.groupby("segment")}
