"""The page for Monday: each KPI beside its goal, its past and its noise, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from kpikit.formatting import agreed, counted, joined, number
from kpikit.kpis.showing import definitions, sentence_case
from kpikit.ledger import Due
from kpikit.periods import Period
from kpikit.results import Result
from kpikit.scorecard import foretelling
from kpikit.scorecard import tiles as key_figures
from kpikit.scorecard.acting import OVERDUE
from kpikit.scorecard.building import Figures, figures
from kpikit.scorecard.control import FALSE_ALARMS, Control, control
from kpikit.scorecard.goals import OFF_TARGET, STATUSES
from kpikit.scorecard.power import answers_needed, answers_needed_arcsine, detectable_change, detectable_share
from kpikit.scorecard.ranking import what_to_do
from kpikit.scorecard.sections import action_rows, change_rows, charts, review_rows, status_rows
from kpikit.scorecard.wording import alarm_sentence, changes_headline, reached_text, rows_of, status_title

__all__ = [
    "Control",
    "Scorecard",
    "answers_needed",
    "answers_needed_arcsine",
    "control",
    "detectable_change",
    "detectable_share",
    "scorecard",
]


def scorecard(data: Any, *, period: str = "month", kpis: Sequence[str] | None = None) -> Scorecard:
    """Return the scorecard of a business.

    Parameters
    ----------
    data
        What :func:`kpikit.load` returned: its tables, and the goals, benchmarks and indicators of its configuration.
    period
        ``week``, ``month``, ``quarter`` or ``year``.
    kpis
        Ids; None means those with a goal, a benchmark or an action, and the usual ones that the tables can feed.

    Raises
    ------
    ConfigError
        When a goal or a benchmark is not on the scale of its KPI (a rate is 0 to 1, a net score −100 to 100).
    """
    return Scorecard(figures(data, period=period, kpis=kpis))


@dataclass(frozen=True)
class Scorecard:
    """A scorecard: its numbers, and the parts of its page as results.

    Attributes
    ----------
    figures
        The numbers: ``table`` (one row per KPI), ``goals``, ``changes``, ``actions``, ``review``, ``controls``.
    """

    figures: Figures

    @cached_property
    def status(self) -> Result:
        """How many goals are on target, at risk and off target; what is provisional."""
        goals = self.figures.goals
        title = status_title(goals.status)
        counts = {status: int((goals.status == status).sum()) for status in STATUSES} if len(goals) else {}
        text = self._provisional() if len(goals) else f"{title}. {self._provisional()}".strip()
        return Result("goal-status", "status", title, text, facts={"goals": counts})

    @cached_property
    def tiles(self) -> Result:
        """The key figures, as :func:`kpikit.plots.tiles` draws them."""
        return key_figures.tiles(self.figures)

    @cached_property
    def goals(self) -> Result:
        """Every goal with its status in words, and the KPIs without one: one row per goal or KPI."""
        rows = status_rows(self.figures)
        goals = self.figures.goals
        off = list(rows_of(goals[goals.status == OFF_TARGET]))
        names = [sentence_case(self.figures.card(row.kpi).title) for row in off]
        said = joined(f"{name} ({reached_text(row, self.figures)})" for name, row in zip(names, off, strict=True))
        headline = f"{status_title(goals.status)}{f': {said}' if off else ''}."
        title = f"Off target: {joined(names)}" if names else status_title(goals.status)
        return Result("status-list", "table", title, "", headline if len(goals) else "", table=rows)

    @cached_property
    def changes(self) -> Result:
        """What changed clearly against the period before and a year ago: one row per KPI and comparison."""
        found = self.figures
        clear = found.changes[found.changes.verdict.isin(["up", "down"])].sort_values("p", kind="stable")
        tested = int(found.changes.p.notna().sum())
        names = [f"{sentence_case(found.card(row.kpi).title)} {row.verdict}" for row in rows_of(clear)]
        title = "No figure changed clearly"
        if names:
            title = f"{counted(len(set(clear.kpi)), 'figure')} of {number(found.changes.kpi.nunique())} changed clearly"
        text = (
            f"{counted(tested, 'comparison')} judged together, with the period before and with a year ago: intervals "
            "are widened so that of the changes called clear one in 20 is false on average. They take account of the "
            "customers whom two periods share."
        )
        headline = changes_headline(clear, found) if names else f"{title} against the period before or a year ago."
        return Result("what-changed", "table", title, text, headline if tested else "", table=change_rows(found))

    @cached_property
    def control(self) -> Result:
        """Control charts of the KPIs with a signal or a goal; ``facts["charts"]`` says how each is drawn."""
        drawn, table = charts(self.figures)
        out = [one for one in drawn if one["signal"]]
        last = [sentence_case(self.figures.card(one["kpi"]).title) for one in out]
        title = "No figure is outside its control limits" if not last else f"Outside its control limits: {joined(last)}"
        text = alarm_sentence(len(table), FALSE_ALARMS) if len(table) else "Control limits need 8 complete periods."
        headline = f"Unusual beyond trend and chance: {joined(one['title'] for one in out)}." if out else ""
        facts = {"charts": drawn, "currency": self.figures.currency}
        return Result("control-charts", "figure", title, text, headline, table=table, facts=facts)

    @cached_property
    def actions(self) -> Result:
        """What is being done, by whom, until when, and what the KPI did since: one row per action."""
        rows = action_rows(self.figures)
        counts = [
            f"{int((self.figures.actions.state == state).sum())} {state}" for state in ("overdue", "under way", "done")
        ]
        title = f"{counted(len(rows), 'action')}: {joined(counts)}" if len(rows) else "No actions are recorded"
        text = "What a figure did since an action began is not what the action did: other things changed too."
        if not len(rows):
            text = "A table actions (title, kpi, started_on, owner, due_on, done_on) in kpikit.yaml puts them here."
        late = list(rows_of(self.figures.actions[self.figures.actions.state == OVERDUE]))
        named = joined(f"{row.title}{f' ({row.owner})' if row.owner else ''}" for row in late)
        share = f"{number(len(late))} of {counted(len(rows), 'action')} {agreed(len(late), 'is', 'are')} overdue"
        headline = f"{share}: {named}." if late else ""
        return Result("actions-under-way", "table", title, text, headline, table=rows)

    @cached_property
    def todo(self) -> Result:
        """What to do, most pressing first."""
        return what_to_do(self.figures)

    @cached_property
    def review(self) -> Result:
        """Which KPIs earn their place, for the review date: one row per KPI."""
        rows = review_rows(self.figures)
        day = self.figures.next_review
        found = self.figures.review
        counts = found.verdict.value_counts()
        said = joined(f"{number(size)}: {verdict}" for verdict, size in counts.items())
        title = f"Next review of these figures: {day:%Y-%m-%d}"
        text = (
            "A figure earns its place when it moves more than chance, when somebody can act on it, and when no other "
            f"figure tells the same story. Of {counted(len(found), 'figure')}, {said}."
        )
        return Result("kpi-review", "table", title, text, table=rows, facts={"next_review": day.isoformat()})

    @cached_property
    def definitions(self) -> Result:
        """The definition cards of the figures on the page."""
        return definitions(*(one.card for one in self.figures.measured.values()))

    @cached_property
    def forecasts(self) -> Result:
        """Where the figures of dated goals are expected to stand, as :func:`kpikit.ledger.due` takes it."""
        return foretelling.forecasts(self.figures)

    def what_came(self, due: Due) -> pd.DataFrame:
        """Return where figures that earlier runs had projected came to stand, for :func:`kpikit.ledger.scored`."""
        return foretelling.what_came(self.figures, due)

    def _provisional(self) -> str:
        """Return which period is not over, where one is."""
        unit = Period.parse(self.figures.period)
        rows = pd.concat([one.computed for one in self.figures.measured.values()])
        running = rows[(rows.status == "partial")].period.dropna()
        if running.empty or unit.index(running.max().date()) < unit.index(self.figures.as_of):
            return ""
        return f"{unit.label(running.max())} is not over: it is not compared with anything here."
