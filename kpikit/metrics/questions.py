"""Answers to a survey question: of one kind, on their scale, from surveys that may be counted together.

A missing score is no answer; a score off its scale is set aside, never clipped; relational surveys (how is it with us
all in all?) and transactional ones (how was this purchase, this call?) are told apart by ``touchpoint``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.config.questions import (
    CES,
    CSAT,
    EFFORT_SCALE,
    NPS,
    SCALES,
    by_id,
    is_first_effort,
    kinds_declared,
    plain,
    scales_declared,
)
from kpikit.contracts import as_table, missing_columns
from kpikit.errors import ContractError, ParameterError, listed, one_of
from kpikit.metrics.cards import KPIS, find
from kpikit.metrics.grid import KEYS, located
from kpikit.timeline import days, one_if, whole

__all__ = [
    "CES",
    "CSAT",
    "DETRACTORS_TO",
    "EFFORT_SCALE",
    "NPS",
    "PROMOTERS_FROM",
    "SCALES",
    "STATISTICS",
    "answers",
    "at_least_one_day",
    "classed",
    "declared",
    "in_time",
    "kinds_of",
    "measured",
    "named",
    "of_kind",
    "off_scale",
    "on_scale",
    "responses_table",
    "setting",
    "survey_of",
    "tables_of",
]

RELATIONAL = ("", "relational", "relationship")  # touchpoints that are none
PROMOTERS_FROM, DETRACTORS_TO = 9, 6
MOST_TOP_BOXES = 3
STATISTICS = ("top_two_box", "top_box", "mean", "net")


def declared(data: Any, kind: str) -> tuple[tuple[int, int] | None, bool]:
    """Return the scale of a kind, and whether lower is better, as the configuration of loaded data says it.

    None and False where it does not, or where ``data`` is a mapping of tables without a configuration.
    """
    own = _configured(data)
    return scales_declared(own).get(plain(kind)), plain(kind) == CES and is_first_effort(own)


def survey_of(data: Any, kind: str) -> str:
    """Return which surveys count for a kind as its KPI counts them: as configured, else relational ones for NPS."""
    own = _configured(data)
    asked = [one["survey"] for name, one in own.items() if plain(one.get("kind", name)) == plain(kind)
             and "survey" in one]  # fmt: skip
    return str(asked[0]) if asked else "relational" if plain(kind) == NPS else "all"


def kinds_of(data: Any) -> tuple[str, ...]:
    """Return the kinds of question that are counted: kpikit's own, and those that the configuration declares."""
    return kinds_declared(_configured(data))


def setting(data: Any, kpi: str, name: str) -> Any:
    """Return what a KPI's setting is for loaded data: as configured, else as it comes with kpikit."""
    its = find(kpi)
    return _configured(data).get(its.template.id, {}).get(name, its.settings[name])


def tables_of(data: Any) -> Mapping[str, Any]:
    """Return the tables of loaded data; a mapping of tables is returned as it is."""
    return getattr(data, "tables", data)  # type: ignore[no-any-return]  # loaded data have them


def _configured(data: Any) -> dict[str, dict[str, Any]]:
    """Return what the configuration of loaded data says of KPIs, by their ids; nothing where there is none."""
    config = getattr(data, "config", None)
    ids = {alias: its.template.id for its in KPIS.values() for alias in its.template.aliases}
    return {} if config is None else by_id(config.kpis, lambda name: ids.get(name, name))


def responses_table(responses: Any, by: str | None = None) -> ir.Table:
    """Return survey responses as a table with ``customer_id`` (null where the table has none)."""
    table = as_table("survey_responses", responses, also=(by,) if by else ())
    if "customer_id" not in table.columns:
        table = table.mutate(customer_id=ibis.null("string"))
    return table


def of_kind(table: ir.Table, kind: str, survey: str = "all") -> ir.Table:
    """Return the answers of one kind (case and blanks around it do not matter), from the surveys asked for.

    Parameters
    ----------
    survey
        ``relational`` (no touchpoint, or one of that name), ``transactional`` (any other), the name of a touchpoint,
        or ``all``.
    """
    found = table.filter(named(table.kind) == plain(kind))
    wanted = plain(survey)
    if wanted == "all" or (wanted == "relational" and "touchpoint" not in table.columns):
        return found
    if "touchpoint" not in table.columns:
        raise missing_columns("survey_responses", ["touchpoint"], table.columns)
    touchpoint = named(found.touchpoint).fill_null("")
    is_relational = touchpoint.isin(RELATIONAL)
    asked = {"relational": is_relational, "transactional": ~is_relational}
    return found.filter(asked.get(wanted, touchpoint == wanted))


def answers(
    table: ir.Table,
    kind: str,
    *,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
    scale: tuple[int, int] | None = None,
    lower_is_better: bool = False,
) -> ir.Table:
    """Return the answers that count: known before ``as_of``, with a score on its scale.

    Parameters
    ----------
    table
        Answers of one kind, as :func:`of_kind` returns them.
    scale
        Lowest and highest point where the table does not say (``scale_min``, ``scale_max``); None: as usual for the
        kind (NPS 0–10, CSAT 1–5, CES 1–7).
    lower_is_better
        The lowest points are the best ones, as in version 1 of the effort question.

    Returns
    -------
    Table
        The columns of ``table`` and ``day``, ``period``, ``segment`` as ``located`` gives them, ``score`` (float),
        ``low`` and ``high`` (ends of the scale), ``is_top`` and ``is_bottom``: promoters and detractors, or the boxes
        above and below the middle, three at most (scale length 2→1, 3→1, 4→2, 5→2, 6→3, 7→3); the better ones are top.

    Raises
    ------
    ContractError
        When the kind is one of the business's own and the table has no ``scale_min`` and ``scale_max``.
    """
    usual = scale or SCALES.get(plain(kind))
    lacking = [name for name in ("scale_min", "scale_max") if name not in table.columns]
    if usual is None and lacking:
        raise _without_scale(kind, lacking)
    rows = on_scale(table, kind, usual)
    rows = rows.filter(rows.score.notnull(), rows.is_on_scale)
    found = classed(located(rows, "responded_at", period=period, by=by, as_of=as_of), kind)
    return found.mutate(is_top=found.is_bottom, is_bottom=found.is_top) if lower_is_better else found


def on_scale(table: ir.Table, kind: str, usual: tuple[int, int] | None) -> ir.Table:
    """Return answers with ``score``, ``low`` and ``high`` as floats and ``is_on_scale`` (false: the scale is unknown).

    Net Promoter Scores are on a scale of 0 (or 1) to 10: other scales have no promoters.
    """
    low, high = (_end(table, name, usual, place) for place, name in enumerate(("scale_min", "scale_max")))
    score = table.score.cast("float64")
    valid = (score >= low) & (score <= high) & (high > low)
    if plain(kind) == NPS:
        valid = valid & (high == 10) & (low <= 1)
    return table.mutate(score=score, low=low, high=high, is_on_scale=valid.fill_null(False))


def _end(table: ir.Table, name: str, usual: tuple[int, int] | None, place: int) -> ir.FloatingValue:
    default = ibis.null("float64") if usual is None else ibis.literal(float(usual[place]))
    return ibis.coalesce(table[name].cast("float64"), default) if name in table.columns else default


def classed(rows: ir.Table, kind: str) -> ir.Table:
    """Return answers with ``is_top`` and ``is_bottom``."""
    if plain(kind) == NPS:
        return rows.mutate(is_top=rows.score >= PROMOTERS_FROM, is_bottom=rows.score <= DETRACTORS_TO)
    boxes = ibis.least(whole(rows.high - rows.low + 1, 2), ibis.literal(MOST_TOP_BOXES, type="int64"))
    return rows.mutate(is_top=rows.score > rows.high - boxes, is_bottom=rows.score < rows.low + boxes)


def measured(rows: ir.Table, statistic: str) -> ir.Table:
    """Return answers as single contributions: ``customer_id``, ``period``, ``segment``, ``x``, ``y``, ``w``."""
    one_of("statistic", statistic, STATISTICS)
    top, bottom = one_if(rows.is_top), one_if(rows.is_bottom)
    x = {"top_two_box": top, "top_box": one_if(rows.score >= rows.high), "mean": rows.score, "net": top - bottom}
    return rows.select(*KEYS, x=x[statistic], y=ibis.literal(1), w=top + bottom)


def in_time(rows: ir.Table, asked: str, done: str, within_days: int, end: ir.Value) -> ir.BooleanValue:
    """Say of rows with ``day`` (the day of ``asked``) which were done within so many times 24 hours, before ``end``.

    What is dated on the day itself is in time, since a date without its time lies before any hour of it.
    """
    latest = rows[asked] + ibis.interval(days=within_days)
    on_day = days(rows[done])
    return ((on_day >= rows.day) & (rows[done] <= latest) & (on_day < end)).fill_null(False)


def off_scale(data: Any, *, as_of: Any = None) -> ir.Table:
    """Return how many answers of each kind are set aside: one row per answer → one row per kind.

    Parameters
    ----------
    data
        What ``kpikit.load`` returns (its configuration says the scales of the business's own questions, and which
        version of the effort question is asked), a mapping of tables, or the table ``survey_responses`` itself.

    Returns
    -------
    Table
        ``kind`` (lower case), ``rows`` (scores off their scale, or on a scale that is not known), ``missing`` (no
        score), ``used``.
    """
    source, scales = data, dict(SCALES)
    if isinstance(tables_of(data), Mapping):  # a table may have a column of the name "tables", or "config"
        if "survey_responses" not in tables_of(data):
            raise ContractError("survey_responses", got=f"[{listed(tables_of(data))}]", fix="Map it.", where="tables")
        source, scales = tables_of(data)["survey_responses"], scales | scales_declared(_configured(data))
    table = located(responses_table(source), "responded_at", as_of=as_of)
    table = table.mutate(kind=named(table.kind).fill_null("unknown"))
    known = [on_scale(table.filter(table.kind == kind), kind, scale) for kind, scale in scales.items()]
    others = on_scale(table.filter(table.kind.notin(list(scales))), "", None)
    names = ("kind", "score", "is_on_scale")
    every = ibis.union(others.select(*names), *(one.select(*names) for one in known))
    has_score = every.score.notnull()
    counts = every.group_by("kind").aggregate(
        rows=one_if(has_score & ~every.is_on_scale).sum(),
        missing=one_if(~has_score).sum(),
        used=one_if(has_score & every.is_on_scale).sum(),
    )
    return counts.order_by("kind")


def named(column: ir.Value) -> ir.StringValue:
    """Return a name in lower case, without blanks around it."""
    return column.cast("string").strip().lower()


def at_least_one_day(name: str, value: int) -> None:
    """Raise :class:`ParameterError` unless a number of days is 1 or more."""
    if value < 1:
        raise ParameterError("1 day or more", got=str(value), fix="Pass 7.", where=name)


def _without_scale(kind: str, lacking: list[str]) -> ContractError:
    return ContractError(
        f"{listed(lacking)} for answers of kind {kind!r}",
        got="no such column",
        fix="Map the ends of the scale in kpikit.yaml: tables.survey_responses.columns.scale_min: 1, scale_max: 5.",
        where="survey_responses",
    )
