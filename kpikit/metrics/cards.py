"""Definition cards: what a KPI means, said once, beside the function that computes it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import ibis.expr.types as ir

from kpikit.errors import ParameterError, nearest, one_of
from kpikit.metrics.grid import Contributions, summed

INTERVALS = {
    "wilson": "Wilson score interval; a customer counts once",
    "clustered_wilson": "Wilson score interval of the effective number of rows, whole customers as clusters",
    "clustered_mean": "Student's t over whole customers as clusters",
    "clustered_ratio": "linearised ratio with whole customers as clusters, Student's t on the log scale",
    "retained_share": "Wilson score interval of the share lost, on the effective number of customers; gains are added",
    "nps": "adjusted Wald interval of the effective number of answers, whole customers as clusters",
    "poisson": "exact Poisson interval: how far an equal period may come out by chance",
    "compound_poisson": "compound Poisson: the number of customers and their amounts both vary; customers are clusters",
    "poisson_denominator": "exact Poisson interval of the count in the denominator; the spend is known",
    "kaplan_meier": "Kaplan–Meier quantile, log-log limits by Greenwood, widened for repeated customers",
    "none": "counted, not estimated",
}
SHARES = ("wilson", "clustered_wilson")  # intervals of what runs from 0 to 1; other percentages may exceed it
STYLES = ("percent", "money", "count", "decimal", "points", "hours", "days", "months")
DIRECTIONS = ("up", "down", "neutral")
COMMON = ("period", "by", "as_of")
Function = Callable[..., Any]


@dataclass(frozen=True)
class Card:
    """The definition of one KPI.

    ``style`` is how a value is written (one of :data:`STYLES`); ``direction`` is ``up``, ``down`` or ``neutral``: which
    way is good. ``needs`` names tables, ``wants`` those that it uses where they are there (after the others, else
    None), ``columns`` what is needed beyond the contracts (``tickets.resolved_at``). ``settings`` are what kpikit.yaml
    may set, with their values here. ``splits_by_any``: the column to split by may be in any of the tables, not in each.
    ``counts`` says whom n counts. ``version`` changes when the definition does.
    """

    id: str
    title: str
    question: str
    formula: str
    grain: str
    unit: str
    style: str
    direction: str
    needs: tuple[str, ...]
    interval: str
    caveat: str
    source: str
    family: str = ""
    wants: tuple[str, ...] = ()
    splits_by_any: bool = False
    counts: str = "customer"
    columns: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    version: int = 1

    def __post_init__(self) -> None:
        one_of("interval", self.interval, INTERVALS)
        one_of("direction", self.direction, DIRECTIONS)
        one_of("style", self.style, STYLES)

    @property
    def is_share(self) -> bool:
        """Whether its values run from 0 to 1: so many of so many."""
        return self.interval in SHARES


@dataclass(frozen=True)
class Kpi:
    """One KPI: its card, and the function from tables to what each customer contributes.

    ``variants`` says which facts of the card change with a setting: setting → value → facts.
    """

    template: Card
    contributions: Function
    settings: Mapping[str, Any]
    variants: Mapping[str, Mapping[Any, Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def card(self) -> Card:
        """The card, with the settings' values in its texts."""
        facts: dict[str, Any] = {"settings": dict(self.settings)}
        for name, values in self.variants.items():
            facts |= values.get(self.settings.get(name), {})
        card = replace(self.template, **facts)
        if not self.settings:
            return card
        texts = {name: getattr(card, name) for name in ("title", "question", "formula", "caveat")}
        return replace(card, **{name: text.format_map(self.settings) for name, text in texts.items()})

    def contributed(
        self, *tables: Any, period: str | None = None, by: str | None = None, as_of: Any = None
    ) -> Contributions | ir.Table:
        """Return what each customer contributes, or the table of counts itself where the KPI is no sum."""
        return self.contributions(*tables, period=period, by=by, as_of=as_of, **self.settings)

    def counts(self, *tables: Any, period: str | None = None, by: str | None = None, as_of: Any = None) -> ir.Table:
        """Return counts and sums per period and segment, as :func:`kpikit.metrics.grid.summed` does."""
        found = self.contributed(*tables, period=period, by=by, as_of=as_of)
        return summed(found, period=period, by=by) if isinstance(found, Contributions) else found

    def using(self, **settings: Any) -> Kpi:
        """Return the same KPI with other settings."""
        for name in settings:
            one_of("setting", name, self.settings)
        return replace(self, settings={**self.settings, **settings})


KPIS: dict[str, Kpi] = {}


def kpi(*, variants: Mapping[str, Mapping[Any, Mapping[str, Any]]] | None = None, **facts: Any) -> Function:
    """Register a function as a KPI with its card; the function's name is the KPI's id.

    The function returns :class:`~kpikit.metrics.grid.Contributions` (or a table with the columns of ``summed``); what
    replaces it under its name returns the table of counts. Its keyword parameters beside ``period``, ``by`` and
    ``as_of`` are the KPI's settings.
    """

    def register(function: Function) -> Function:
        name = function.__name__
        parameters = inspect.signature(function).parameters.values()
        settings = {one.name: one.default for one in parameters if one.kind is one.KEYWORD_ONLY}
        settings = {key: value for key, value in settings.items() if key not in COMMON}
        family = function.__module__.rpartition(".")[2]
        KPIS[name] = Kpi(Card(id=name, **{"family": family, **facts}), function, settings, variants or {})

        @functools.wraps(function)
        def counts(*tables: Any, **options: Any) -> ir.Table:
            common = {key: options.pop(key) for key in COMMON if key in options}
            return replace(KPIS[name], settings=options).counts(*tables, **common)

        return counts

    return register


def find(name: str, kpis: Mapping[str, Kpi] = KPIS) -> Kpi:
    """Return a KPI by its id, or by another name for it.

    Raises
    ------
    ParameterError
        When there is no such KPI; the message names the nearest.
    """
    if name in kpis:
        return kpis[name]
    named = {alias: one for one in kpis.values() for alias in one.template.aliases}
    if name in named:
        return named[name]
    hint = nearest(name, [*kpis, *named])
    raise ParameterError(
        "the id of a KPI",
        got=repr(name),
        fix=f"Did you mean {hint!r}?" if hint else f"There are: {', '.join(sorted(kpis))}.",
        where="kpi",
    )


def card(name: str) -> Card:
    """Return the card of a KPI that comes with kpikit; :func:`find` says what is raised."""
    return find(name).card


def described(card: Card) -> dict[str, str]:
    """Return a card's facts as texts, in the order in which a reader wants them."""
    facts = {
        "id": f"{card.id}, definition version {card.version}",
        "formula": card.formula,
        "grain": card.grain,
        "unit": card.unit,
        "good direction": card.direction,
        "needs": ", ".join([*card.needs, *card.columns]),
        "interval": INTERVALS[card.interval],
        "settings": ", ".join(f"{name}: {value}" for name, value in card.settings.items() if _is_short(value)),
        "caveat": card.caveat,
        "source": card.source,
    }
    return {name: text for name, text in facts.items() if text}


def _is_short(value: object) -> bool:
    """Say whether a setting is worth a reader's time: a number or a word, not a calendar of opening hours."""
    return isinstance(value, (int, float)) or (isinstance(value, str) and value != "")


def dictionary() -> str:
    """Return the KPI dictionary, ``docs/kpis.md``, as Markdown: every card, by family and title."""
    lines = [
        "# The KPI dictionary",
        "",
        "Made from the definition cards in `kpikit/metrics/`; a test keeps it equal to them. Rates are 0 to 1 in",
        "tables and percentages on pages. A denominator of 0 gives a missing value. Intervals are at 95 %.",
        "What stands under *settings* may be set in `kpikit.yaml`: `kpis: {repeat_purchase_rate: {within_days: 60}}`.",
    ]
    cards = [one.card for one in KPIS.values()]
    for family in sorted({its.family for its in cards}):
        lines += ["", f"## {family.capitalize()}"]
        for its in sorted((one for one in cards if one.family == family), key=lambda one: one.title):
            rows = [f"| {name} | {text} |" for name, text in described(its).items()]
            lines += ["", f"### {its.title}", "", its.question, "", "| | |", "| --- | --- |", *rows]
    return "\n".join(lines) + "\n"
