"""Surveys, feedback and support cases, as SELECTs over the customers."""

from __future__ import annotations

from kpikit.datasets.buying import END, customer_id, logarithm, per_segment
from kpikit.datasets.comments import written
from kpikit.datasets.drawing import DAY, HOUR, Draws, at_counter, chosen, counted, moment, named, numbered, one_of
from kpikit.datasets.parameters import SEGMENTS, Parameters
from kpikit.periods import DAYS_PER_UNIT, DAYS_PER_WEEK
from kpikit.sources.engine import text

MONTH = round(DAYS_PER_UNIT["month"] * DAY)  # seconds
SLOTS = 16  # numbers kept for the invitations of one customer
TOPICS = ("delivery", "billing", "quality", "app", "subscription", "store")
AGENTS = ("Ana", "Bruno", "Carla", "Duarte", "Eva")
CONTACT_DAYS = 10  # a detractor who is called, is so within so many days
REPEATS = 4  # a case comes back so many times at most
TOUCHPOINTS = {"nps": ("relationship",), "csat": ("order", "support"), "ces": ("checkout", "support")}
SCALES = {"nps": (0, 10), "csat": (1, 5), "ces": (1, 7)}
HAPPY_FROM, CONTENT_FROM = {"nps": 9, "csat": 4, "ces": 6}, {"nps": 7, "csat": 3, "ces": 4}


def invitations(draw: Draws, true: Parameters) -> str:
    """Return one row per invitation: ``key``, ``kind``, ``sent``, ``bounced``, ``mood`` (uniform), ``answered``.

    ``answered`` (seconds) is null without an answer. The k-th of n lies in the k-th n-th of the customer's time.
    """
    size = f"floor(({END} - joined) / {MONTH} * {true.invites_per_month!r} + {draw.uniform('invitations', 'i')})"
    size = f"least({SLOTS}, {size})::BIGINT"
    place = draw.uniform("sent", "key")
    own = f"CASE WHEN {draw.uniform('follows mood', 'key')} < {true.kappa!r}"
    return f"""
        SELECT *, CASE WHEN answers AND replied < {END} THEN replied END AS answered
        FROM (SELECT *, sent + 60 + floor({DAYS_PER_WEEK * DAY} * pow({draw.uniform("answer after", "key")}, 3))::BIGINT
                AS replied,
            NOT bounced AND {draw.uniform("answers", "key")} < {per_segment(true.response)} AS answers
        FROM (SELECT i, g, key, {at_counter(f"(joined + floor((k + {place}) / n * ({END} - joined))::BIGINT)", 9, 21)}
                AS planned, greatest(planned, joined + {HOUR}) AS sent,
            {chosen(draw.uniform("kind", "key"), true.kinds)} AS kind,
            {draw.uniform("bounced", "key")} < {true.bounced!r} AS bounced,
            {own} THEN {draw.uniform("mood", "i")} ELSE {draw.uniform("whim", "key")} END AS mood
        FROM (SELECT *, i * {SLOTS} + k AS key
        FROM (SELECT *, unnest(range(n)) AS k
        FROM (SELECT i, g, joined, {size} AS n FROM people)))) WHERE sent < {END})"""


def survey_invites() -> str:
    """Return the table ``survey_invites``."""
    return f"""
        SELECT 'I' || key AS invite_id, {moment("sent")} AS sent_at, {customer_id("i")} AS customer_id,
            CASE WHEN answered IS NOT NULL THEN 'A' || key END AS response_id, {moment("answered")} AS responded_at,
            {numbered("g", map(text, SEGMENTS))} AS segment, kind, bounced
        FROM invitations"""


def survey_responses(draw: Draws, true: Parameters) -> str:
    """Return the table ``survey_responses``."""
    shares = {"nps": true.nps_shares, "csat": true.csat_shares, "ces": true.ces_shares}
    score = named(
        "kind",
        {
            kind: numbered("g", [counted("mood", each[name], SCALES[kind][0]) for name in SEGMENTS])
            for kind, each in shares.items()
        },
    )
    place = draw.uniform("touchpoint", "key")
    touchpoint = named("kind", {kind: one_of(place, names) for kind, names in TOUCHPOINTS.items()})
    happy, content = named("kind", HAPPY_FROM), named("kind", CONTENT_FROM)
    mood = f"CASE WHEN score >= {happy} THEN 1 WHEN score >= {content} THEN 0 ELSE -1 END"
    text_of = written(mood, draw.uniform("theme", "key"), draw.uniform("greeting", "key"))
    called = f"answered + {HOUR} + floor({draw.uniform('called after', 'key')} * {CONTACT_DAYS * DAY - HOUR})::BIGINT"
    is_called = f"kind = 'nps' AND score <= 6 AND {draw.uniform('called', 'key')} < {true.contacted!r}"
    return f"""
        SELECT {moment("answered")} AS responded_at, kind, score::DOUBLE AS score, 'A' || key AS response_id,
            {customer_id("i")} AS customer_id, low::DOUBLE AS scale_min, high::DOUBLE AS scale_max,
            CASE WHEN {draw.uniform("comments", "key")} < 0.4 THEN {text_of} END AS comment,
            {one_of(draw.uniform("survey channel", "key"), ("email", "email", "app", "sms"))} AS channel,
            {numbered("g", map(text, SEGMENTS))} AS segment, {touchpoint} AS touchpoint,
            CASE WHEN {is_called} AND {called} < {END} THEN {moment(called)} END AS contacted_at
        FROM (SELECT *, {score} AS score, {named("kind", {kind: low for kind, (low, _) in SCALES.items()})} AS low,
            {named("kind", {kind: high for kind, (_, high) in SCALES.items()})} AS high
            FROM invitations WHERE answered IS NOT NULL)"""


def feedback(draw: Draws, true: Parameters) -> str:
    """Return the table ``feedback``: a review, form or post of one customer in ten."""
    place = draw.uniform("feedback at", "i")
    mood = "CASE WHEN score >= 4 THEN 1 WHEN score = 3 THEN 0 ELSE -1 END"
    text_of = written(mood, draw.uniform("feedback theme", "i"), draw.uniform("feedback greeting", "i"))
    return f"""
        SELECT {moment("wrote")} AS written_at, {text_of} AS text, {customer_id("i")} AS customer_id,
            {one_of(draw.uniform("feedback source", "i"), ("review", "review", "form", "social"))} AS source,
            score::DOUBLE AS score, {chosen(draw.uniform("feedback product", "i"), true.products)} AS product
        FROM (SELECT i, joined + {HOUR} + floor({place} * ({END} - joined))::BIGINT AS wrote,
            {counted(draw.uniform("feedback score", "i"), true.ratings, 1)} AS score
            FROM people WHERE {draw.uniform("feedback", "i")} < 0.1) WHERE wrote < {END}"""


def first_cases(draw: Draws, true: Parameters) -> str:
    """Return one row per support case that repeats none: ``i``, ``key``, ``topic`` (number), ``opened`` (seconds).

    Their number is Poisson, cut at one per topic: no customer has two about one topic by accident.
    """
    mean = f"(({END} - joined) / {MONTH} * {true.cases_per_month!r})"
    value, term, below, steps = draw.uniform("cases", "i"), "exp(-mean)", "exp(-mean)", []
    for count in range(1, len(TOPICS) + 1):
        steps.append(f"(u >= {below})::INTEGER")
        term = f"{term} * mean / {count}"
        below = f"{below} + {term}"
    return f"""
        SELECT i, key, (i + k) % {len(TOPICS)} AS topic,
            joined + {HOUR} + floor({draw.uniform("opened", "key")} * ({END} - joined - {HOUR}))::BIGINT AS opened
        FROM (SELECT *, i * {len(TOPICS)} + k AS key
        FROM (SELECT *, unnest(range({" + ".join(steps)})) AS k
        FROM (SELECT i, joined, {mean} AS mean, {value} AS u FROM people)))"""


def worked(draw: Draws, true: Parameters, opened: str, turn: int) -> str:
    """Return the cases of ``opened`` with ``first`` and ``solved`` (seconds; null: never). ``turn`` counts repeats."""
    hours = (
        f"exp({logarithm(true.first_response_hours)!r} + {true.first_response_sigma!r} "
        f"* {draw.normal('first response', 'key', str(turn))})"
    )
    ratio = (
        f"greatest(1, exp({logarithm(true.resolution_ratio)!r} + {true.resolution_sigma!r} "
        f"* {draw.normal('resolution', 'key', str(turn))}))"
    )
    answered = f"{draw.uniform('forgotten', 'key', str(turn))} >= {true.forgotten!r}"
    return f"""
        SELECT i, key, topic, {turn} AS turn, opened,
            CASE WHEN {answered} THEN opened + ceil(hours * {HOUR})::BIGINT END AS first,
            CASE WHEN {answered} THEN opened + ceil(hours * ratio * {HOUR})::BIGINT END AS solved
        FROM (SELECT *, {hours} AS hours, {ratio} AS ratio FROM ({opened})) WHERE opened < {END}"""


def repeated(draw: Draws, true: Parameters, turn: int) -> str:
    """Return the cases that come back for the ``turn``-th time, within seven days of the last solution."""
    back = f"solved + {HOUR} + floor({draw.uniform('back after', 'key', str(turn))} * {6 * DAY})::BIGINT"
    comes = f"{draw.uniform('comes back', 'key', str(turn))} < {true.repeated!r}"
    return f"SELECT i, key, topic, {back} AS opened FROM cases WHERE turn = {turn - 1} AND solved < {END} AND {comes}"


def tickets(draw: Draws, true: Parameters) -> str:
    """Return the table ``tickets``."""
    one = f"{draw.uniform('one contact', 'key', 'turn')} < {true.one_contact!r}"
    more = f"2 + least(4, floor(-ln({draw.uniform('contacts', 'key', 'turn')})))::BIGINT"
    solved, first = f"solved < {END}", f"first < {END}"
    agents = draw.uniform("agent", "key", "turn")
    return f"""
        SELECT 'T' || (key * {REPEATS + 1} + turn) AS ticket_id, {moment("opened")} AS opened_at,
            {customer_id("i")} AS customer_id, CASE WHEN {first} THEN {moment("first")} END AS first_response_at,
            CASE WHEN {solved} THEN {moment("solved")} END AS resolved_at,
            CASE WHEN {solved} THEN CASE WHEN {one} THEN 1 ELSE {more} END END AS contacts,
            CASE WHEN {solved} THEN {draw.uniform("reopened", "key", "turn")} < {true.reopened!r} END AS reopened,
            {one_of(draw.uniform("case channel", "key", "turn"), ("email", "email", "phone", "chat"))} AS channel,
            {numbered("topic", map(text, TOPICS))} AS topic,
            CASE WHEN {first} THEN {one_of(agents, AGENTS)} END AS agent
        FROM cases"""
