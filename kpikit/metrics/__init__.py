"""The KPIs, each a function from a table to a table, with its definition card beside it."""

from kpikit.metrics import retention, sales
from kpikit.metrics.cards import KPIS, Card, Kpi, card, find

__all__ = ["KPIS", "Card", "Kpi", "card", "find", "retention", "sales"]
