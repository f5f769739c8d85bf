"""The KPIs of one business: those that come with kpikit with its settings, its own questions and its indicators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kpikit.config import Config
from kpikit.errors import ParameterError, listed, nearest
from kpikit.metrics.cards import KPIS, Kpi, find


def configured(config: Config) -> dict[str, Kpi]:
    """Return every KPI of a business by its id, with the settings of ``kpis:`` in kpikit.yaml.

    Raises
    ------
    ConfigError
        When ``kpis``, ``goals``, ``benchmarks`` or ``interventions`` name a KPI that does not exist, or a setting that
        a KPI does not have; the message names the nearest.
    """
    known = dict(KPIS)
    for name, settings in config.kpis.items():
        its = _named(name, known, config, "kpis", name)
        known[its.template.id] = its.using(**_checked(its, settings, config, name))
    for section in ("goals", "benchmarks", "interventions"):
        for place, one in enumerate(getattr(config, section)):
            _named(one.kpi, known, config, section, place, "kpi")
    return known


def _named(name: str, known: Mapping[str, Kpi], config: Config, *keys: str | int) -> Kpi:
    try:
        return find(name, known)
    except ParameterError as error:
        raise config.error(*keys, expected=error.expected, got=error.got, fix=error.fix) from None


def _checked(its: Kpi, settings: Mapping[str, Any], config: Config, name: str) -> dict[str, Any]:
    """Return the settings when the KPI has them and they are of the kind of their defaults."""
    for key, value in settings.items():
        if key not in its.settings:
            hint = nearest(key, its.settings)
            fix = f"Did you mean {hint!r}?" if hint else "Remove it."
            valid = listed(its.settings) if its.settings else f"no settings: {its.template.id} has none"
            raise config.error("kpis", name, key, expected=f"one of {valid}", got=repr(key), fix=fix)
        default = its.settings[key]
        if default is not None and (isinstance(value, bool) or not isinstance(value, type(default))):
            kind = {int: "a whole number", float: "a number", str: "a text"}.get(type(default), "such a value")
            raise config.error(
                "kpis", name, key, expected=f"{kind} such as {default!r}", got=repr(value), fix="Write it so."
            )
    return dict(settings)
