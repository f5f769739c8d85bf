"""Definition cards: what a KPI means, said once, beside the function that computes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ibis.expr.types as ir

from kpikit.errors import ParameterError, nearest, one_of

INTERVALS = {
    "wilson": "Wilson score interval; a customer counts once",
    "clustered_ratio": "linearised ratio with whole customers as clusters, Student's t",
    "poisson": "exact Poisson interval: how far an equal period may come out by chance",
    "compound_poisson": "compound Poisson: the number of customers and their amounts both vary; customers are clusters",
}
Kpi = Callable[..., ir.Table]


@dataclass(frozen=True)
class Card:
    """The definition of one KPI.

    ``style`` is how a value is written (``percent``, ``money``, ``count``, ``decimal``); ``direction`` is ``up``,
    ``down`` or ``neutral``: which way is good. ``version`` changes when the definition does.
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
    version: int = 1

    def __post_init__(self) -> None:
        one_of("interval", self.interval, INTERVALS)
        one_of("direction", self.direction, ("up", "down", "neutral"))


CARDS: dict[str, Card] = {}
FUNCTIONS: dict[str, Kpi] = {}


def kpi(**facts: Any) -> Callable[[Kpi], Kpi]:
    """Register a function as a KPI with its card; the function's name is the KPI's id."""

    def register(function: Kpi) -> Kpi:
        name = function.__name__
        CARDS[name] = Card(id=name, **facts)
        FUNCTIONS[name] = function
        return function

    return register


def card(name: str) -> Card:
    """Return the card of a KPI.

    Raises
    ------
    ParameterError
        When there is no such KPI; the message names the nearest.
    """
    if name in CARDS:
        return CARDS[name]
    hint = nearest(name, CARDS)
    raise ParameterError(
        "the id of a KPI",
        got=repr(name),
        fix=f"Did you mean {hint!r}?" if hint else f"There are: {', '.join(sorted(CARDS))}.",
        where="kpi",
    )


def dictionary() -> str:
    """Return the KPI dictionary, ``docs/kpis.md``, as Markdown: every card, by title."""
    lines = [
        "# The KPI dictionary",
        "",
        "Made from the definition cards in `kpikit/metrics/`; a test keeps it equal to them. Rates are 0 to 1 in",
        "tables and percentages on pages. A denominator of 0 gives a missing value. Intervals are at 95 %.",
    ]
    for its in sorted(CARDS.values(), key=lambda one: one.title):
        facts = {
            "id": f"`{its.id}`, definition version {its.version}",
            "formula": its.formula,
            "grain": its.grain,
            "unit": its.unit,
            "good direction": its.direction,
            "needs": ", ".join(its.needs),
            "interval": INTERVALS[its.interval],
            "caveat": its.caveat,
            "source": its.source,
        }
        rows = [f"| {name} | {text} |" for name, text in facts.items()]
        lines += ["", f"## {its.title}", "", its.question, "", "| | |", "| --- | --- |", *rows]
    return "\n".join(lines) + "\n"
