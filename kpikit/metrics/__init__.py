"""The KPIs, each a function from a table to a table, with its definition card beside it."""

from kpikit.metrics import retention, sales
from kpikit.metrics.cards import CARDS, FUNCTIONS, Card, card

__all__ = ["CARDS", "FUNCTIONS", "Card", "card", "retention", "sales"]
