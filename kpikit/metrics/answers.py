"""Counts of answers for reading: by score, by segment, by how soon they came, and what unhappy customers did next.

Small tables for ``kpikit.voice``. They take what ``kpikit.load`` returns (its configuration says the scales of the
business's own questions, and which version of the effort question is asked) or a mapping of tables. ``survey`` is
``relational``, ``transactional``, a touchpoint or ``all``; empty: as the KPI of that kind counts, relational for NPS.
Where a table or column is absent they come back empty, so that a page can say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table
from kpikit.metrics.grid import Contributions, clustered, sums
from kpikit.metrics.questions import (
    NPS,
    SCALES,
    answers,
    at_least_one_day,
    declared,
    in_time,
    kinds_of,
    measured,
    named,
    of_kind,
    responses_table,
    setting,
    survey_of,
    tables_of,
)
from kpikit.metrics.surveys import CONTACT_WITHIN_DAYS, delivered
from kpikit.timeline import activity, days, end_of_data, one_if, segment_of

EARLY_DAYS = 1  # an answer on the day of the invitation or the next is an early one
FOLLOW_DAYS = 90
DISTRIBUTION = {"score": "float64", "score_class": "string", "low": "float64", "high": "float64", "answers": "int64"}
SPLIT = {
    "kind": "string", "statistic": "string", "segment": "string", "numerator": "float64", "denominator": "float64",
    "n": "int64", "sum_xx": "float64", "sum_yy": "float64", "sum_xy": "float64", "sum_ww": "float64",
}  # fmt: skip
FOLLOWED = {"group": "string", "customers": "int64", "bought": "int64"}
SPOKEN = {"score_class": "string", "answers": "int64", "with_comment": "int64"}


def distribution(data: Any, *, kind: str = NPS, survey: str = "", as_of: Any = None) -> ir.Table:
    """Return how many answers gave each score: one row per answer → one row per score that was given.

    Returns
    -------
    Table
        ``score``, ``score_class`` (``top``, ``middle``, ``bottom``: promoters, passives, detractors where ``kind`` is
        nps), ``low`` and ``high`` (ends of the scale), ``answers``.
    """
    rows = _classes(data, kind, survey, as_of)
    if rows is None:
        return nothing(DISTRIBUTION)
    keys = ["score", "score_class", "low", "high"]
    return rows.group_by(keys).aggregate(answers=rows.count()).order_by(keys)


def spoken(data: Any, *, kind: str = NPS, survey: str = "", as_of: Any = None) -> ir.Table:
    """Return how many answers came with a comment: one row per answer → one row per class of score.

    Returns
    -------
    Table
        ``score_class``, ``answers``, ``with_comment``; empty where there is no column ``comment``.
    """
    rows = _classes(data, kind, survey, as_of)
    if rows is None or "comment" not in rows.columns:
        return nothing(SPOKEN)
    has_comment = (rows.comment.cast("string").strip() != "").fill_null(False)
    counts = rows.group_by("score_class").aggregate(answers=rows.count(), with_comment=one_if(has_comment).sum())
    return counts.order_by("score_class")


def split(
    data: Any,
    *,
    by: str,
    kinds: Sequence[str] | None = None,
    survey: str = "",
    as_of: Any = None,
) -> ir.Table:
    """Return scores by segment with what their intervals need: one row per answer → one row per kind and segment.

    Parameters
    ----------
    data
        With ``survey_responses``, and ``customers`` where the answers lack the column ``by``.
    by
        Column to split by, for example ``segment`` or ``touchpoint``; where it is nowhere the table comes back empty.
    kinds
        Which questions; None means all that are declared.

    Returns
    -------
    Table
        ``kind``, ``statistic`` (``net`` for nps, else ``top_two_box``), ``segment``, ``numerator``, ``denominator``,
        ``n`` (customers), ``sum_xx``, ``sum_yy``, ``sum_xy``, ``sum_ww``.
    """
    tables = tables_of(data)
    source = tables.get("survey_responses")
    if source is None:
        return nothing(SPLIT)
    table, found = _with_columns(responses_table(source), tables.get("customers"), (by,))
    asked = kinds_of(data) if kinds is None else kinds
    each = [_answers(data, table, kind, survey, as_of, by=by) for kind in asked] if found else []
    counts = [_split_one(rows, kind) for rows, kind in zip(each, asked, strict=False) if rows is not None]
    return ibis.union(*counts).order_by("kind", "segment") if counts else nothing(SPLIT)


def _split_one(rows: ir.Table, kind: str) -> ir.Table:
    statistic = "net" if kind.strip().lower() == NPS else "top_two_box"
    counts = sums(Contributions(clustered(measured(rows, statistic)), rows))
    shown = counts.mutate(kind=ibis.literal(kind), statistic=ibis.literal(statistic))
    return shown.select(**{name: shown[name].cast(kind_of) for name, kind_of in SPLIT.items()})


def invited(
    data: Any,
    *,
    by: Sequence[str] = ("segment",),
    kind: str = NPS,
    survey: str = "",
    within_days: int | None = None,
    early_days: int = EARLY_DAYS,
    as_of: Any = None,
) -> ir.Table:
    """Return who was asked, who answered, how soon and what: one row per invitation → one row per cell.

    Parameters
    ----------
    data
        With ``survey_invites`` and ``survey_responses``, linked by ``response_id``; ``customers`` for columns of ``by``
        that the invitations lack. Columns that are nowhere are left out; without a link the table comes back empty.
    kind
        The answers to count; invitations of other kinds are left out where the invitations say their ``kind``.
    within_days
        An answer counts within so many days; younger invitations are not yet counted. None: as ``response_rate``
        counts, which the configuration may set.
    early_days
        An answer is early within so many days of its invitation, else late.

    Returns
    -------
    Table
        The columns of ``by``, ``pace`` (``early``, ``late``, ``none``: no answer), ``score_class`` (``top``,
        ``middle``, ``bottom``; ``none``: no answer of this kind on its scale), ``invitations``.
    """
    tables, cells = tables_of(data), {"pace": "string", "score_class": "string", "invitations": "int64"}
    if tables.get("survey_invites") is None:
        return nothing(cells)
    asked, scores = as_table("survey_invites", tables["survey_invites"]), _classes(data, kind, survey, as_of)
    linked = {"response_id", "responded_at"} <= set(asked.columns)
    if scores is None or not linked or "response_id" not in scores.columns:
        return nothing(cells)
    if "kind" in asked.columns:
        asked = asked.filter(named(asked.kind) == kind.strip().lower())
    asked, found = _with_columns(asked, tables.get("customers"), tuple(by))
    kept = {f"margin_{place}": segment_of(asked, name) for place, name in enumerate(found)}  # under names of its own
    allowed = days_allowed(data, "response_rate") if within_days is None else within_days
    sent, _ = delivered(asked.mutate(**kept), within_days=allowed, as_of=as_of)
    soon = days(sent.responded_at) <= sent.day + early_days
    rows = sent.select(
        **{name: sent[f"margin_{place}"] for place, name in enumerate(found)},
        pace=ibis.cases((sent.is_answered & soon, "early"), (sent.is_answered, "late"), else_="none"),
        link=sent.is_answered.ifelse(sent.response_id.cast("string"), ibis.null("string")),
    )
    both = rows.left_join(_given(scores), rows.link == _given(scores).answer)
    every = both.select(*found, "pace", score_class=both.given.fill_null("none"))
    keys = [*found, "pace", "score_class"]
    return every.group_by(keys).aggregate(invitations=every.count()).order_by(keys)


def _given(scores: ir.Table) -> ir.Table:
    """Return the class of score by the id of the answer."""
    ids = scores.select("score_class", answer=scores.response_id.cast("string"))
    known = ids.filter(ids.answer.notnull())
    return known.group_by("answer").aggregate(given=known.score_class.max())


def days_allowed(data: Any, kpi: str) -> int:
    """Return the days that ``response_rate`` or ``closed_loop`` allows (``within_days``), as the configuration says.

    >>> days_allowed({}, "closed_loop")
    7
    """
    return int(setting(data, kpi, "within_days"))


def after_contact(
    responses: Any,
    orders: Any,
    *,
    within_days: int = CONTACT_WITHIN_DAYS,
    follow_days: int = FOLLOW_DAYS,
    as_of: Any = None,
) -> ir.Table:
    """Return what detractors did next, contacted or not: one row per answer and order → one row per group.

    Both groups are watched from the same moment, ``within_days`` after the answer, whoever was contacted when: a
    customer who buys at once cannot look as if the contact had done it. The first detractor's answer of a customer
    counts; those watched for less than ``follow_days`` are not yet eligible.

    Returns
    -------
    Table
        ``group`` (``contacted``, ``not contacted``), ``customers``, ``bought`` (an order within ``follow_days`` of that
        moment). Empty where ``orders``, ``contacted_at`` or ``customer_id`` is not there.

    References
    ----------
    Anderson, J. R., Cain, K. C. and Gelber, R. D. (1983), "Analysis of survival by tumor response", Journal of Clinical
    Oncology 1 (the landmark method).
    """
    at_least_one_day("within_days", within_days)
    at_least_one_day("follow_days", follow_days)
    if orders is None or responses is None or "contacted_at" not in responses.columns:
        return nothing(FOLLOWED)
    table, bought = responses_table(responses), as_table("orders", orders)
    last = ibis.least(days(end_of_data(table, as_of, "responded_at")), days(end_of_data(bought, as_of)))
    rows = answers(of_kind(table, NPS), NPS, as_of=as_of)
    rows = rows.filter(rows.is_bottom, rows.customer_id.notnull())
    rows = rows.mutate(is_contacted=one_if(in_time(rows, "responded_at", "contacted_at", within_days, last)))
    first = rows.group_by("customer_id").aggregate(day=rows.day.min())
    at_first = rows.inner_join(first, ["customer_id", "day"])
    each = at_first.group_by("customer_id", "day").aggregate(is_contacted=at_first.is_contacted.max())
    watched = each.filter(each.day + within_days + follow_days < last)
    visits = activity(bought, as_of)
    visits = visits.select("customer_id", bought_on=days(visits.ordered_at))
    joined = watched.left_join(visits, "customer_id")
    since = joined.bought_on - joined.day - within_days
    seen = joined.group_by("customer_id", "is_contacted").aggregate(
        bought=one_if(((since > 0) & (since <= follow_days)).fill_null(False)).max()
    )
    named_group = seen.mutate(group=(seen.is_contacted == 1).ifelse("contacted", "not contacted"))
    counts = named_group.group_by("group").aggregate(customers=named_group.count(), bought=named_group.bought.sum())
    return counts.order_by("group")


def _answers(
    data: Any, table: ir.Table, kind: str, survey: str, as_of: Any, *, by: str | None = None
) -> ir.Table | None:
    """Return the answers of a kind; None where its scale is not known."""
    scale, lower_is_better = declared(data, kind)
    has_scale = scale is not None or {"scale_min", "scale_max"} <= set(table.columns)
    if kind.strip().lower() not in SCALES and not has_scale:
        return None
    asked = (survey or survey_of(data, kind)) if "touchpoint" in table.columns else "all"
    found = of_kind(table, kind, asked)
    return answers(found, kind, by=by, as_of=as_of, scale=scale, lower_is_better=lower_is_better)


def _classes(data: Any, kind: str, survey: str, as_of: Any) -> ir.Table | None:
    """Return the answers of a kind with ``score_class``; None where the table, or the kind's scale, is not there."""
    source = tables_of(data).get("survey_responses")
    rows = None if source is None else _answers(data, responses_table(source), kind, survey, as_of)
    if rows is None:
        return None
    return rows.mutate(score_class=ibis.cases((rows.is_top, "top"), (rows.is_bottom, "bottom"), else_="middle"))


def _with_columns(table: ir.Table, customers: Any, names: tuple[str, ...]) -> tuple[ir.Table, list[str]]:
    """Return a table with those of the columns that it or ``customers`` has, and their names."""
    lacking = [name for name in names if name not in table.columns]
    source = None if customers is None or "customer_id" not in table.columns else as_table("customers", customers)
    found = [name for name in lacking if source is not None and name in source.columns]
    if source is not None and found:
        own = source.group_by("customer_id").aggregate(**{name: source[name].cast("string").max() for name in found})
        joined = table.left_join(own, "customer_id")
        table = joined.select(*(table[name] for name in table.columns), *(own[name] for name in found))
    return table, [name for name in names if name in table.columns]


def nothing(columns: Mapping[str, str]) -> ir.Table:
    """Return a table without rows."""
    return ibis.memtable([], schema=ibis.schema(dict(columns)))
