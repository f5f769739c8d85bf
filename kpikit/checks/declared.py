"""What kpikit.yaml and the table of actions say of KPIs: values on their scale, dates ahead, names that there are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kpikit.checks.grading import FAIL, PASS, REVIEW, Check, figures, graded, meant, records
from kpikit.config.translating import columns_read, condition
from kpikit.contracts import CONTRACTS
from kpikit.errors import ConfigError, ParameterError, listed
from kpikit.formatting import agreed, counted, number
from kpikit.kpis.computing import Inputs
from kpikit.kpis.scales import POINTS, RATIO, SHARE, misfit, scale_of
from kpikit.timeline import count_if

if TYPE_CHECKING:
    from kpikit.config import Config, PerformanceIndicator
    from kpikit.sources import Data

WHERE = "kpikit.yaml"


@dataclass(frozen=True)
class Stated:
    """A value that kpikit.yaml states for a KPI, where, and on which scale the KPI is measured."""

    place: str
    kpi: str
    value: float
    scale: str


def of_its_declarations(data: Data) -> Iterator[Check]:
    """Yield the checks of goals, benchmarks and indicators; one query for each table with indicators."""
    config = data.config
    inputs = Inputs.of(data)
    if stated := list(_stated(config, inputs)):
        yield _on_scale(stated)
    if config.goals:
        yield _ahead(data)
    if config.performance_indicators:
        yield from _indicators(data)


def of_its_actions(data: Data) -> Iterator[Check]:
    """Yield the check of the KPIs that actions are about; an action that is overdue is news, not an error."""
    inputs, table = Inputs.of(data), data.tables["actions"]
    unknown: dict[str, int] = {}
    for row in records(table.group_by("kpi").aggregate(rows=table.count())):
        try:
            inputs.card(row["kpi"])
        except ParameterError:
            unknown[row["kpi"]] = row["rows"]
    named = [f"{name!r} ({counted(unknown[name], 'row')})" for name in sorted(unknown)]
    seen = f"{counted(sum(unknown.values()), 'action')} for an unknown KPI{f': {listed(named, 5)}' if named else ''}"
    do = f"{meant(sorted(unknown), inputs.kpis)}All KPIs: kpikit list --kpis. "
    do += "Until then no figure stands beside such an action."
    yield graded("actions", "kpi", len(unknown), seen, do)


def _stated(config: Config, inputs: Inputs) -> Iterator[Stated]:
    for place, goal in enumerate(config.goals):
        for name in ("at_least", "at_most", "baseline"):
            if getattr(goal, name) is not None:
                where, scale = config.where("goals", place, name), scale_of(inputs.card(goal.kpi))
                yield Stated(where, goal.kpi, getattr(goal, name), scale)
    for place, benchmark in enumerate(config.benchmarks):
        where, scale = config.where("benchmarks", place, "value"), scale_of(inputs.card(benchmark.kpi))
        yield Stated(where, benchmark.kpi, benchmark.value, scale)
    for place, one in enumerate(config.performance_indicators):
        if one.target is not None:
            yield Stated(config.where("performance_indicators", place, "target"), one.id, one.target, SHARE)


def _on_scale(stated: list[Stated]) -> Check:
    """Judge whether values are written in their KPI's own unit."""
    judged = [(one, *_judged(one)) for one in stated]
    found = [(one, status, seen, do) for one, status, seen, do in judged if status != PASS]
    if not found:
        return Check(WHERE, "scale of goals", PASS, f"{counted(len(stated), 'value')} in the unit of their KPI")
    status = FAIL if any(status == FAIL for _, status, _, _ in found) else REVIEW
    seen = "; ".join(f"{one.place}: {seen}" for one, _, seen, _ in found)
    return Check(WHERE, "scale of goals", status, seen, " ".join(dict.fromkeys(do for *_, do in found)))


def _judged(one: Stated) -> tuple[str, str, str]:
    """Return the status of a value, what was seen and what to do."""
    found = misfit(one.value, one.scale)
    if found is None:
        return PASS, "", ""
    runs, range_of_it = {
        SHARE: ("which runs from 0 to 1", "0 to 1"),
        RATIO: ("where 1 is 100 %", ""),
        POINTS: ("which runs from -100 to 100 points", "-100 to 100"),
    }[found.scale]
    if found.meant is None:
        do = f"Write a number from {range_of_it}."
    elif found.scale == POINTS:
        do = f"Is {found.meant:g} meant?"
    else:
        do = f"Write {one.value:g} % as {found.meant:g}."
    return REVIEW if found.is_possible else FAIL, f"{one.value:g} for {one.kpi}, {runs}", do


def _ahead(data: Data) -> Check:
    """Judge the dates of goals by what is known: a report of the past has the goals of its time ahead."""
    config = data.config
    past = [(place, goal) for place, goal in enumerate(config.goals) if goal.by < data.as_of]
    found = [f"{config.where('goals', place, 'by')}: {goal.kpi}, due on {goal.by}" for place, goal in past]
    seen = f"{counted(len(past), 'goal')} with a date before {data.as_of}{f' ({listed(found, 3)})' if found else ''}"
    return graded(WHERE, "dates of goals", len(past), seen, "Set a new date, or remove the goal.")


def _indicators(data: Data) -> Iterator[Check]:
    """Yield one check per indicator: can it be computed, and is any row ever eligible, or a success?"""
    every = list(enumerate(data.config.performance_indicators))
    broken = {place: check for place, one in every if (check := _broken(data, place, one))}
    whole = [(place, one) for place, one in every if place not in broken]
    found: dict[str, Any] = {}
    for name in dict.fromkeys(one.table for _, one in whole):
        table = data.tables[name]
        holds: dict[str, Any] = {}
        for place, one in whole:
            if one.table == name:
                eligible, success = (condition(sql, table, data.as_of) for sql in (one.eligible, one.success))
                holds |= {f"eligible{place}": eligible, f"success{place}": eligible & success}
        rows = table.mutate(**holds)  # a condition may be no more than true: each row has it then
        found |= figures(rows, {name: count_if(rows[name]) for name in holds})
    for place, one in every:
        yield broken.get(place) or _counted(one, found[f"eligible{place}"], found[f"success{place}"])


def _broken(data: Data, place: int, one: PerformanceIndicator) -> Check | None:
    """Return why an indicator cannot be computed: REVIEW where something is not mapped, FAIL where its SQL is wrong."""
    check = f"indicator {one.id}"
    if one.table not in data.tables:
        do = f"Add tables.{one.table}, or remove the indicator. Until then it is not computed."
        return Check(WHERE, check, REVIEW, f"its table {one.table} is not there", do)
    table, known = data.tables[one.table], [column.name for column in CONTRACTS[one.table].columns]
    for part in ("eligible", "success"):
        sql = getattr(one, part)
        try:
            lacking = [name for name in columns_read(sql, [*table.columns, *known]) if name not in table.columns]
            if lacking and set(lacking) <= set(known):
                do = f"Map tables.{one.table}.columns.{lacking[0]}. Until then the indicator is not computed."
                return Check(WHERE, check, REVIEW, f"it reads {listed(lacking)}, which {one.table} has not", do)
            condition(sql, table, data.as_of)
        except ConfigError as error:
            place_of_it = data.config.where("performance_indicators", place, part)
            return Check(WHERE, check, FAIL, f"{place_of_it}: found {error.got}", _remedy(error))
    return None


def _remedy(error: ConfigError) -> str:
    return f"Expected {error.expected}. {error.fix}".strip()


def _counted(one: PerformanceIndicator, eligible: int, success: int) -> Check:
    check = f"indicator {one.id}"
    if not eligible:
        seen = f"no row of {one.table} is ever eligible: {one.eligible}"
        return Check(WHERE, check, REVIEW, seen, "Check eligible; without such rows the indicator has no value.")
    if not success:
        seen = f"success is never true in {counted(eligible, 'eligible row')}: {one.success}"
        return Check(WHERE, check, REVIEW, seen, "Check success: texts must be spelt as in the data.")
    seen = f"{number(success)} of {counted(eligible, 'eligible row')} {agreed(success, 'is', 'are')} a success"
    return Check(WHERE, check, PASS, seen)
