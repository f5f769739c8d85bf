"""What the customer gets, against what was promised to reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from kpikit.config import Config, Goal
from kpikit.formatting import agreed, counted, interval, joined, number, styled
from kpikit.intervals import CONFIDENCE, normal_quantile
from kpikit.kpis import latest
from kpikit.kpis.changes import withheld
from kpikit.kpis.computing import Inputs, kpi_ids
from kpikit.kpis.showing import cards_of, records, sentence_case
from kpikit.periods import Period, as_date
from kpikit.results import Result

MET, MISSED, OPEN, NONE = "met", "missed", "cannot be told", "no target"
COLUMNS = [
    "kpi", "title", "period", "value", "low", "high", "n", "previous", "change", "verdict", "style", "direction",
    "target", "owner", "target_verdict",
]  # fmt: skip


def experience(values: pd.DataFrame, *, period: str, data: Any = None) -> Result:
    """Return what customers got in the last complete period, each figure against its target.

    Parameters
    ----------
    values
        As :func:`kpikit.compute` returns it, with ``period`` and without ``by``.
    data
        What :func:`kpikit.load` returned: its indicators' targets count, and where a KPI has none its next goal that
        is not for one segment.

    Returns
    -------
    Result
        ``table``, one row per KPI: ``kpi``, ``title``, ``period``, ``value``, ``low``, ``high``, ``n``, ``previous``,
        ``change``, ``verdict`` (against the period before), ``style``, ``direction``, ``target``, ``owner``,
        ``target_verdict``: ``met`` or ``missed`` where the whole interval, widened for the number of targets
        (Bonferroni), lies on that side of the target, else ``cannot be told``; ``no target``.
    """
    cards, unit, goals = cards_of(data), Period.parse(period), _targets(data)
    found = latest(values)
    facts = [
        (cards[name].title, cards[name].style, cards[name].direction, *goals.get(name, (np.nan, "", "")))
        for name in map(str, found.kpi)
    ]
    shown = pd.DataFrame(facts, columns=["title", "style", "direction", "target", "owner", "way"], index=found.index)
    table = pd.concat([found, shown], axis=1)
    table["target_verdict"] = _against_targets(table)
    facts_of_page = {"period": period}
    gone: list[Any] = list(withheld(values).itertuples())
    few = [f"{cards[row.kpi].title}, {unit.label(row.period)}: too few people to be shown." for row in gone]
    if table.empty:
        title = "Too few people to be shown" if gone else "No period is over yet"
        return Result(
            "experience", "table", title, " ".join(few) or "Nothing can be said.",
            table=table.reindex(columns=COLUMNS), facts=facts_of_page,
        )  # fmt: skip
    told = table if table.target.isna().all() else table[table.target.notna()]
    missed, met = (table[table.target_verdict == verdict] for verdict in (MISSED, MET))
    aimed = table.target.notna().sum()
    title = (
        f"{len(missed)} of {counted(aimed, 'target')} clearly missed, {len(met)} clearly met"
        if aimed
        else "What customers got in the last complete period"
    )
    text = " ".join([*(_sentence(row, unit) for row in told.itertuples()), *few])
    text += " Met and missed take intervals that are widened for the number of targets." if aimed > 1 else ""
    return Result(
        "experience", "table", title, text, _headline(missed, met, unit), table=table[COLUMNS],
        kpis=records(values, cards), facts=facts_of_page,
    )  # fmt: skip


def _targets(data: Any) -> dict[str, tuple[float | None, str, str]]:
    """Return KPI → target, owner, and ``least`` or ``most``; an indicator's own target comes before a goal."""
    config = getattr(data, "config", None)
    if config is None:
        return {}
    found: dict[str, tuple[float | None, str, str]] = {}
    for name, goal in _goals(config, getattr(data, "as_of", None)).items():
        least = goal.at_least is not None
        found[name] = (goal.at_least if least else goal.at_most, goal.owner, "least" if least else "most")
    for one in config.performance_indicators:
        if one.target is not None:
            found[one.id] = (one.target, one.owner, "least" if one.better == "higher" else "most")
    return found


def _goals(config: Config, as_of: Any) -> dict[str, Goal]:
    """Return KPI → its goal for all customers: the next one due, where none is ahead the last.

    A goal for one segment says nothing of all, and a goal may name its KPI by another name.
    """
    of_all = [goal for goal in config.goals if not goal.segment]
    whole = list(zip(kpi_ids([goal.kpi for goal in of_all], config), of_all, strict=True))
    ahead = [one for one in whole if as_of is None or one[1].by >= as_date(as_of)]
    past = [one for one in whole if one not in ahead]
    soonest_last = sorted(ahead, key=lambda one: one[1].by, reverse=True)
    return dict([*sorted(past, key=lambda one: one[1].by), *soonest_last])


def _against_targets(table: pd.DataFrame) -> list[str]:
    """Return the verdict of each row; with several targets, intervals are widened so that few verdicts are chance."""
    aimed = max(int((table.target.notna() & table.low.notna()).sum()), 1)
    wider = normal_quantile(1 - (1 - CONFIDENCE) / aimed) / normal_quantile(CONFIDENCE)  # Bonferroni
    return [_against_target(row, wider) for row in table.itertuples()]


def _against_target(row: Any, wider: float) -> str:
    if pd.isna(row.target):
        return NONE
    if pd.isna(row.low):
        return OPEN
    low, high = row.value - wider * (row.value - row.low), row.value + wider * (row.high - row.value)
    if row.way == "least":
        return MET if low >= row.target else MISSED if high < row.target else OPEN
    return MET if high <= row.target else MISSED if low > row.target else OPEN


def _sentence(row: Any, unit: Period) -> str:
    value = styled(row.value, row.style)
    limits = f"95 % interval {interval(row.low, row.high, row.style)}; " if pd.notna([row.low, row.high]).all() else ""
    target = styled(row.target, row.style)
    against = {
        MET: f"; its target of {target} is met",
        MISSED: f"; its target of {target} is missed",
        OPEN: f"; whether its target of {target} is met cannot be told from so few",
    }.get(row.target_verdict, "")
    return f"{row.title}, {unit.label(row.period)}: {value} ({limits}n = {number(row.n)}){against}."


def _headline(missed: pd.DataFrame, met: pd.DataFrame, unit: Period) -> str:
    if len(missed):
        worst: list[Any] = list(missed.itertuples())[:2]
        told = joined(
            f"{sentence_case(row.title)} at {styled(row.value, row.style)} (target {styled(row.target, row.style)})"
            for row in worst
        )
        return f"In {unit.label(worst[0].period)} customers got clearly less than the target: {told}."
    if met.empty:
        return ""
    are = agreed(len(met), "is", "are")
    return f"{counted(len(met), 'target')} of what customers get {are} clearly met, none is clearly missed."


def asked(data: Any, *kpis: str) -> list[str]:
    """Return the ids of KPIs and then those of the business's own indicators, each once."""
    config = getattr(data, "config", None)
    own = [one.id for one in config.performance_indicators] if config else []
    return list(dict.fromkeys([*kpis, *own]))


def unmeasured(data: Any, kpis: Sequence[str]) -> Result:
    """Return which of these KPIs the data cannot feed, and the tables or columns that each needs.

    Returns
    -------
    Result
        ``table``: ``kpi``, ``title``, ``lacks`` (``orders.promised_at``); empty where none lacks anything.
    """
    inputs = Inputs.of(data)
    cards = [inputs.card(name) for name in kpis]
    rows = [(one.id, one.title, ", ".join(inputs.lacks(one))) for one in cards if inputs.lacks(one)]
    table = pd.DataFrame(rows, columns=["kpi", "title", "lacks"])
    if table.empty:
        return Result("unmeasured", "table", "Everything that this page asks for is measured", table=table)
    return Result(
        "unmeasured",
        "table",
        f"Not measured: {joined(sentence_case(title) for title in table.title)}",
        "Map these tables and columns in kpikit.yaml, and the page shows them.",
        table=table,
    )
