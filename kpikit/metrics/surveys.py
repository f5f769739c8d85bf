"""Loyalty and the customer's voice: net promoters, satisfaction, effort, response, advocacy, closing the loop.

All KPIs take a table (Ibis table or DataFrame), ``period`` (None: one row over all), ``by`` (a column) and ``as_of``
(first unknown day; None: the day after the newest row), and return the table of :func:`kpikit.metrics.grid.summed`.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

from kpikit.contracts import as_table, missing_columns
from kpikit.errors import one_of
from kpikit.metrics.cards import kpi
from kpikit.metrics.grid import KEYS, Contributions, bounds, clustered, located
from kpikit.metrics.questions import (
    CES,
    CSAT,
    EFFORT_SCALE,
    NPS,
    STATISTICS,
    answers,
    at_least_one_day,
    in_time,
    measured,
    of_kind,
    off_scale,
    responses_table,
)
from kpikit.periods import as_date
from kpikit.timeline import before, one_if

__all__ = ["advocacy", "ces", "closed_loop", "csat", "delivered", "nps", "off_scale", "question", "response_rate"]

CONTACT_WITHIN_DAYS = 7
ANSWER_WITHIN_DAYS = 14
SHARE = "share of answers"
NET = {"style": "points", "interval": "nps", "unit": "points, −100 to 100"}
MEAN = {"style": "decimal", "interval": "clustered_mean", "unit": "points of the scale"}


def question(
    responses: Any,
    *,
    kind: str,
    statistic: str = "top_two_box",
    survey: str = "all",
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
    scale: tuple[int, int] | None = None,
) -> Contributions:
    """Return what each customer adds to a score of any kind, the business's own included.

    Parameters
    ----------
    responses
        Ibis table or DataFrame, one row per answer.
    kind
        Which question: ``nps``, ``csat``, ``ces`` or one of your own; case and blanks around it do not matter.
    statistic
        ``top_two_box`` (share of the boxes above the middle, by scale length 2→1, 3→1, 4→2, 5→2, 6→3 and longer→3),
        ``top_box`` (share of the highest point), ``mean``, or ``net`` (top boxes minus as many bottom boxes).
    survey
        ``relational``, ``transactional``, a touchpoint, or ``all``.
    scale
        Lowest and highest point where the table does not say; a kind of your own needs it, or ``scale_min`` and
        ``scale_max`` in the table.

    Raises
    ------
    ContractError
        When the scale of a kind is not known.
    """
    one_of("statistic", statistic, STATISTICS)
    found = of_kind(responses_table(responses, by), kind, survey)
    rows = answers(found, kind, period=period, by=by, as_of=as_of, scale=scale)
    return Contributions(clustered(measured(rows, statistic)), bounds(found, period, as_of, time="responded_at"))


@kpi(
    title="Net Promoter Score",
    question="How many more customers would recommend us than advise against us?",
    formula="100 · (answers of 9–10 − answers of 0–6) / answers on the scale of 0–10",
    grain="period and segment of the answer",
    unit=NET["unit"],
    style=NET["style"],
    direction="up",
    needs=("survey_responses",),
    interval=NET["interval"],
    caveat="Surveys counted: {survey}. Answers with a touchpoint (after a purchase, a call) are transactional and are "
    "not mixed with relational ones. Those who answer are no random sample. A missing score is not a passive.",
    source="Reichheld, The One Number You Need to Grow, Harvard Business Review, 2003",
    aliases=("net_promoter_score",),
)
def nps(
    responses: Any,
    *,
    survey: str = "relational",
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return promoters minus detractors; ``survey``: ``relational``, ``transactional``, a touchpoint, or ``all``."""
    return question(responses, kind=NPS, statistic="net", survey=survey, period=period, by=by, as_of=as_of)


@kpi(
    title="Satisfied customers (CSAT)",
    question="How many answers are satisfied?",
    formula="answers in the top two boxes (4–5 of 1–5; other scales: those above the middle, three at most) / answers",
    grain="period and segment of the answer",
    unit=SHARE,
    style="percent",
    direction="up",
    needs=("survey_responses",),
    interval="clustered_wilson",
    caveat="Surveys counted: {survey}. Variant: {variant}. The same answers give other numbers in other variants: "
    "compare like with like. Scores off their scale are set aside. Those who answer are no random sample.",
    source="Farris et al., Marketing Metrics, 4th ed., 2020",
    aliases=("customer_satisfaction",),
    variants={
        "variant": {
            "top_box": {
                "title": "Very satisfied customers (CSAT, top box)",
                "question": "How many answers are very satisfied?",
                "formula": "answers at the highest point of the scale / answers",
            },
            "mean": {
                **MEAN,
                "title": "Mean satisfaction (CSAT)",
                "question": "How satisfied are answers on average?",
                "formula": "Σ score / answers; only for answers on one scale",
            },
            "net": {
                **NET,
                "title": "Net satisfaction (CSAT)",
                "question": "How many more answers are satisfied than dissatisfied?",
                "formula": "100 · (answers in the top boxes − answers in as many bottom boxes) / answers",
            },
        }
    },
)
def csat(
    responses: Any,
    *,
    variant: str = "top_two_box",
    survey: str = "all",
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return satisfaction; ``variant``: ``top_two_box``, ``top_box``, ``mean`` or ``net``."""
    return question(responses, kind=CSAT, statistic=variant, survey=survey, period=period, by=by, as_of=as_of)


@kpi(
    title="Ease (CES)",
    question="How easy was it, on a scale of 1 (hard) to 7 (easy)?",
    formula="Σ score / answers",
    grain="period and segment of the answer",
    unit=MEAN["unit"],
    style=MEAN["style"],
    direction="up",
    needs=("survey_responses",),
    interval=MEAN["interval"],
    caveat="Surveys counted: {survey}. Version {version} of the question: the first (effort, 1–5, lower is easier) and "
    "the second (made it easy, 1–7, higher is easier) point opposite ways and are not comparable.",
    source="Dixon, Freeman and Toman, Stop Trying to Delight Your Customers, Harvard Business Review, 2010; "
    "version 2: Dixon, Toman and DeLisi, The Effortless Experience, 2013",
    aliases=("customer_effort_score",),
    variants={
        "version": {
            1: {
                "title": "Effort (CES)",
                "question": "How much effort did it take, on a scale of 1 (little) to 5 (much)?",
                "direction": "down",
            }
        },
        "statistic": {
            "share": {
                "title": "Easy for the customer (CES)",
                "question": "How many answers say that it was easy?",
                "formula": "answers of 5–7 (version 2), of 1–2 (version 1) / answers",
                "unit": SHARE,
                "style": "percent",
                "interval": "clustered_wilson",
                "direction": "up",
            }
        },
    },
)
def ces(
    responses: Any,
    *,
    version: int = 2,
    statistic: str = "mean",
    survey: str = "all",
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return the customer's effort; ``version``: 2 (1–7, higher is easier) or 1 (1–5, lower is easier)."""
    one_of("version", str(version), ("1", "2"))
    one_of("statistic", statistic, ("mean", "share"))
    found = of_kind(responses_table(responses, by), CES, survey)
    first = version == 1
    scale = EFFORT_SCALE if first else None
    rows = answers(found, CES, period=period, by=by, as_of=as_of, scale=scale, lower_is_better=first)
    each = rows.select(*KEYS, x=rows.score if statistic == "mean" else one_if(rows.is_top), y=ibis.literal(1))
    return Contributions(clustered(each), bounds(found, period, as_of, time="responded_at"))


def delivered(
    invites: Any, *, within_days: int, period: str | None = None, by: str | None = None, as_of: Any = None
) -> tuple[ir.Table, ir.Table]:
    """Return delivered invitations whose time to answer is over, with ``is_answered``; and the span of their table."""
    at_least_one_day("within_days", within_days)
    table = as_table("survey_invites", invites, also=("responded_at", by) if by else ("responded_at",))
    if "customer_id" not in table.columns:
        table = table.mutate(customer_id=ibis.null("string"))
    span = bounds(table, period, as_of, time="sent_at")
    rows = located(table, "sent_at", period=period, by=by, as_of=as_of)
    if "bounced" in rows.columns:
        rows = rows.filter(~rows.bounced.cast("boolean").fill_null(False))
    rows = rows.cross_join(span.select(first_unknown="end"))
    rows = rows.filter(rows.day + within_days < rows.first_unknown)
    is_answered = in_time(rows, "sent_at", "responded_at", within_days, rows.first_unknown)
    return rows.mutate(is_answered=is_answered), span


@kpi(
    title="Survey response rate",
    question="How many of those who were asked answer within {within_days} days?",
    formula="invitations answered within {within_days} days / delivered invitations sent ≥ {within_days} days ago",
    grain="period and segment of the invitation",
    unit="share of delivered invitations",
    style="percent",
    direction="up",
    needs=("survey_invites",),
    columns=("survey_invites.responded_at",),
    interval="clustered_wilson",
    caveat="Bounced invitations (column bounced) are not delivered. Invitations younger than {within_days} days are in "
    "neither count. A high rate is no proof that those who answer are like the others.",
    source="AAPOR, Standard Definitions, 10th ed., 2023 (completed / eligible)",
)
def response_rate(
    invites: Any,
    *,
    within_days: int = ANSWER_WITHIN_DAYS,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return answers per delivered invitation whose ``within_days`` are over."""
    rows, span = delivered(invites, within_days=within_days, period=period, by=by, as_of=as_of)
    each = rows.select(*KEYS, x=one_if(rows.is_answered), y=ibis.literal(1))
    return Contributions(clustered(each), span, lag_days=within_days)


@kpi(
    title="New customers referred by customers",
    question="How many new customers were brought by another customer?",
    formula="new customers whose referred_by is another known customer / new customers",
    grain="period and segment of acquisition",
    unit="share of new customers",
    style="percent",
    direction="up",
    needs=("customers",),
    columns=("customers.acquired_at", "customers.referred_by"),
    interval="wilson",
    caveat="Tracked referrals only: an intention to recommend, or a name that is no customer's id, is none.",
    source="Kumar, Petersen and Leone, How Valuable Is Word of Mouth?, Harvard Business Review, 2007",
)
def advocacy(customers: Any, *, period: str | None = None, by: str | None = None, as_of: Any = None) -> Contributions:
    """Return the share of new customers whom another customer referred."""
    needed = ("acquired_at", "referred_by")
    table = as_table("customers", customers, also=(*needed, by) if by else needed)
    rows = located(table, "acquired_at", period=period, by=by, as_of=as_of)
    others = table if as_of is None else table.filter(
        table.acquired_at.isnull() | before(table.acquired_at, as_date(as_of))
    )  # fmt: skip
    known = others.select(referrer=others.customer_id.cast("string")).distinct()
    named = rows.select(*KEYS, referred_by=rows.referred_by.cast("string"))
    both = named.left_join(known, named.referred_by == known.referrer)
    is_referred = both.referrer.notnull() & (both.referrer != both.customer_id.cast("string"))
    each = both.group_by(list(KEYS)).aggregate(x=one_if(is_referred.fill_null(False)).max(), y=ibis.literal(1))
    return Contributions(each, bounds(table, period, as_of, time="acquired_at"))


@kpi(
    title="Detractors contacted within {within_days} days",
    question="How many unhappy customers hear from us within {within_days} days of their answer?",
    formula="detractors (0–6) contacted within {within_days} days / detractors who answered ≥ {within_days} days ago",
    grain="period and segment of the answer",
    unit="share of detractors' answers",
    style="percent",
    direction="up",
    needs=("survey_responses",),
    columns=("survey_responses.contacted_at",),
    interval="clustered_wilson",
    caveat="Answers younger than {within_days} days are not yet due: in neither count. A contact is no solution.",
    source="Markey, Reichheld and Dullweber, Closing the Customer Feedback Loop, Harvard Business Review, 2009",
)
def closed_loop(
    responses: Any,
    *,
    within_days: int = CONTACT_WITHIN_DAYS,
    period: str | None = None,
    by: str | None = None,
    as_of: Any = None,
) -> Contributions:
    """Return detractors contacted in time per detractor old enough, in NPS surveys of every kind."""
    at_least_one_day("within_days", within_days)
    table = responses_table(responses, by)
    if "contacted_at" not in table.columns:
        raise missing_columns("survey_responses", ["contacted_at"], table.columns)
    found = of_kind(table, NPS)
    span = bounds(found, period, as_of, time="responded_at")
    rows = answers(found, NPS, period=period, by=by, as_of=as_of)
    rows = rows.filter(rows.is_bottom).cross_join(span.select(first_unknown="end"))
    due = rows.filter(rows.day + within_days < rows.first_unknown)
    is_contacted = in_time(due, "responded_at", "contacted_at", within_days, due.first_unknown)
    each = due.select(*KEYS, x=one_if(is_contacted), y=ibis.literal(1))
    return Contributions(clustered(each), span, lag_days=within_days)
