"""The KPIs of one business: those that come with kpikit with its settings, its own questions and its indicators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kpikit.config import Config, PerformanceIndicator
from kpikit.config.translating import check_condition, columns_read
from kpikit.contracts import CONTRACTS
from kpikit.errors import ConfigError, ParameterError, listed, nearest
from kpikit.metrics import performance, surveys
from kpikit.metrics.cards import KPIS, Card, Function, Kpi, find

HOURS = ("schedule", "holidays", "timezone")  # settings of a KPI that counts hours, from business: in kpikit.yaml
OWN_FAMILY = "performance"  # the family whose KPIs an indicator of the same id replaces
QUESTION = ("kind", "statistic", "title", "question", "scale", "survey")
MEASURES = {
    "top_two_box": ("share of the top boxes by scale length (2→1, 3→1, 4→2, 5→2, 6→3, 7→3)", "share of answers"),
    "top_box": ("share of the highest point of the scale", "share of answers"),
    "mean": ("mean score", "points of the scale"),
    "net": ("100 · (top boxes − as many bottom boxes) / answers", "points, −100 to 100"),
}


def configured(config: Config | None) -> dict[str, Kpi]:
    """Return every KPI of a business by its id: with its settings, its opening hours, its questions and indicators.

    Without a configuration they are those that come with kpikit. An entry of ``kpis:`` with a ``kind`` is a survey
    question of its own. An indicator with the id of a KPI of the customer's own view (``on_time_delivery``) replaces
    it; any other id must be new.

    Raises
    ------
    ConfigError
        When ``kpis``, ``goals``, ``benchmarks`` or ``interventions`` name a KPI that does not exist, or a setting that
        a KPI does not have (the message names the nearest), when ids collide, or when a condition is wrong as far as
        that is known before the data are loaded.
    """
    if config is None:
        return dict(KPIS)
    known = {name: _with_economics(_with_hours(its, config), config) for name, its in KPIS.items()}
    for place, one in enumerate(config.performance_indicators):
        _refuse_taken(one, place, known, config)
        known[one.id] = _indicator(one, place, config)
    for name, settings in config.kpis.items():
        if "kind" in settings and not _is_known(name, known):
            known[name] = _question(name, settings, config)
            continue
        its = _named(name, known, config, "kpis", name)
        known[its.template.id] = its.using(**_checked(its, settings, config, name))
    for section in ("goals", "benchmarks", "interventions"):
        for place, entry in enumerate(getattr(config, section)):
            _named(entry.kpi, known, config, section, place, "kpi")
    return known


def _is_known(name: str, known: Mapping[str, Kpi]) -> bool:
    return name in known or any(name in its.template.aliases for its in known.values())


def _named(name: str, known: Mapping[str, Kpi], config: Config, *keys: str | int) -> Kpi:
    try:
        return find(name, known)
    except ParameterError as error:
        raise config.error(*keys, expected=error.expected, got=error.got, fix=error.fix) from None


def _checked(its: Kpi, settings: Mapping[str, Any], config: Config, name: str) -> dict[str, Any]:
    """Return the settings when the KPI has them and they are of the kind of their defaults."""
    for key, value in settings.items():
        if key not in its.settings or key in HOURS:
            valid = [one for one in its.settings if one not in HOURS]
            hint = nearest(key, valid)
            fix = f"Did you mean {hint!r}?" if hint else "Remove it."
            if key in HOURS:
                fix = f"Write it under business: {'hours' if key == 'schedule' else key}."
            expected = f"one of {listed(valid)}" if valid else f"no settings: {its.template.id} has none"
            raise config.error("kpis", name, key, expected=expected, got=repr(key), fix=fix)
        default = its.settings[key]
        allowed = (int, float) if isinstance(default, float) else type(default)
        if default is not None and (isinstance(value, bool) or not isinstance(value, allowed)):
            kind = {int: "a whole number", float: "a number", str: "a text"}.get(type(default), "such a value")
            raise config.error(
                "kpis", name, key, expected=f"{kind} such as {default!r}", got=repr(value), fix="Write it so."
            )
        choices = list(dict.fromkeys([default, *its.variants.get(key, ())]))
        if key in its.variants and value not in choices:
            hint = nearest(str(value), map(str, choices))
            fix = f"Did you mean {hint!r}?" if hint else "Write one of these."
            raise config.error("kpis", name, key, expected=f"one of {listed(choices)}", got=repr(value), fix=fix)
    return dict(settings)


def _with_hours(its: Kpi, config: Config) -> Kpi:
    """Return a KPI that counts hours with the business's opening hours, holidays and time zone."""
    business = config.business
    if "schedule" not in its.settings:
        return its
    if business.hours and not business.opening_hours:
        raise config.error(
            "business", "hours",
            expected="opening hours on at least one weekday", got="a schedule without open hours",
            fix='Write them as {mon-fri: "09:00-18:00"}, or leave hours out.',
        )  # fmt: skip
    own = {"schedule": business.opening_hours or None, "holidays": business.holidays, "timezone": business.timezone}
    return its.using(**{name: value for name, value in own.items() if name in its.settings})


def _with_economics(its: Kpi, config: Config) -> Kpi:
    """Return a KPI that counts money with the margin and the discount rate under ``economics:``, where it has them."""
    stated = {name: value for name, value in config.economics.model_dump().items() if value is not None}
    return its.using(**{name: float(value) for name, value in stated.items() if name in its.settings})


def _refuse_taken(one: PerformanceIndicator, place: int, known: Mapping[str, Kpi], config: Config) -> None:
    keys = ("performance_indicators", place, "id")
    if one.id in [other.id for other in config.performance_indicators[:place]]:
        raise config.error(*keys, expected="indicators with different ids", got=repr(one.id), fix="Rename one of them.")
    if _is_known(one.id, known):
        its = find(one.id, known).template
        if its.family != OWN_FAMILY or its.id != one.id:
            raise config.error(
                *keys,
                expected="an id of its own", got=f"{one.id!r}, which is kpikit's {its.title.lower()}",
                fix="Rename it: other pages count on that KPI.",
            )  # fmt: skip


def _indicator(one: PerformanceIndicator, place: int, config: Config) -> Kpi:
    """Return an indicator as a KPI; its conditions are checked as far as that is possible without the data."""
    for key in ("eligible", "success"):
        try:
            check_condition(getattr(one, key), one.table)
        except ConfigError as error:
            raise _placed(error, config, "performance_indicators", place, key) from None
    optional = [column.name for column in CONTRACTS[one.table].columns if not column.needed]
    read = [name for sql in (one.eligible, one.success) for name in columns_read(sql, optional)]
    columns = tuple(dict.fromkeys(f"{one.table}.{name}" for name in read if name in optional))
    return Kpi(_indicator_card(one, columns), _indicator_function(one, place, config), {})


def _indicator_card(one: PerformanceIndicator, columns: tuple[str, ...]) -> Card:
    theirs = "It replaces the definition that comes with kpikit. " if one.id in KPIS else ""
    target = f" Target: {one.target:g}{f', {one.owner}' if one.owner else ''}." if one.target is not None else ""
    return Card(
        id=one.id,
        title=one.title,
        question=f"How many {one.table.replace('_', ' ')} are a success by our own measure: {one.title.lower()}?",
        formula=f"of these, those with {one.success} / {one.table}"
        + ("" if one.eligible == "true" else f" with {one.eligible}"),
        grain=f"period ({CONTRACTS[one.table].time}) and segment",
        unit=f"share of eligible {one.table.replace('_', ' ')}",
        style="percent",
        direction="up" if one.better == "higher" else "down",
        needs=(one.table,),
        interval="clustered_wilson",
        caveat=f"{theirs}A row for which success is not known counts as none. Rows that were not yet eligible may "
        f"change a period after its end.{target}",
        source="kpikit.yaml",
        family=OWN_FAMILY,
        columns=columns,
    )


def _indicator_function(one: PerformanceIndicator, place: int, config: Config) -> Function:
    def counted(table: Any, **options: Any) -> Any:
        try:
            return performance.indicator(
                table, table_name=one.table, success=one.success, eligible=one.eligible, **options
            )
        except ConfigError as error:
            raise _placed(error, config, "performance_indicators", place) from None

    return counted


def _placed(error: ConfigError, config: Config, *keys: str | int) -> ConfigError:
    return config.error(*keys, expected=error.expected, got=error.got, fix=error.fix)


def _question(name: str, settings: Mapping[str, Any], config: Config) -> Kpi:
    """Return a survey question of the business's own as a KPI."""
    for key, value in settings.items():
        if key not in QUESTION:
            hint = nearest(key, QUESTION)
            raise config.error(
                "kpis", name, key, expected=f"one of {listed(QUESTION)}", got=repr(key),
                fix=f"Did you mean {hint!r}?" if hint else "Remove it.",
            )  # fmt: skip
        is_scale = isinstance(value, list) and len(value) == 2 and all(type(end) is int for end in value)
        if not (is_scale if key == "scale" else isinstance(value, str)):
            kind = "two whole numbers such as [1, 5]" if key == "scale" else "a text"
            raise config.error("kpis", name, key, expected=kind, got=repr(value), fix="Write it so.")
    statistic = settings.get("statistic", "top_two_box")
    if statistic not in MEASURES:
        raise config.error("kpis", name, "statistic", expected=f"one of {listed(MEASURES)}", got=repr(statistic),
                           fix=f"Did you mean {nearest(statistic, MEASURES) or 'top_two_box'!r}?")  # fmt: skip
    asked = {key: tuple(value) if key == "scale" else value for key, value in settings.items()}
    asked = {"statistic": statistic} | {key: asked[key] for key in asked if key not in ("title", "question")}

    def counted(responses: Any, **options: Any) -> Any:
        return surveys.question(responses, **asked, **options)

    return Kpi(_question_card(name, settings, statistic), counted, {})


def _question_card(name: str, settings: Mapping[str, Any], statistic: str) -> Card:
    title = settings.get("title", name.replace("_", " ").capitalize())
    formula, unit = MEASURES[statistic]
    style, interval = {"mean": ("decimal", "clustered_mean"), "net": ("points", "nps")}.get(
        statistic, ("percent", "clustered_wilson")
    )
    return Card(
        id=name,
        title=title,
        question=settings.get("question", f"What do customers answer to our own question: {title.lower()}?"),
        formula=f"{formula} of the answers of kind {settings['kind']!r}",
        grain="period and segment of the answer",
        unit=unit,
        style=style,
        direction="up",
        needs=("survey_responses",),
        interval=interval,
        caveat="Who answers is no random sample of the customers. Scores off the scale are set aside, never clipped.",
        source="kpikit.yaml",
        family="surveys",
    )
