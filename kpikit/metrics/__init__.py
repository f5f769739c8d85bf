"""The KPIs, each a function from a table to a table, with its definition card beside it."""

from kpikit.metrics import (
    acquisition,
    answers,
    churn,
    costs,
    engagement,
    lifetime,
    margins,
    performance,
    products,
    retention,
    sales,
    subscriptions,
    support,
    surveys,
    waiting,
)
from kpikit.metrics.cards import KPIS, Card, Kpi, card, find

__all__ = [
    "KPIS",
    "Card",
    "Kpi",
    "acquisition",
    "answers",
    "card",
    "churn",
    "costs",
    "engagement",
    "find",
    "lifetime",
    "margins",
    "performance",
    "products",
    "retention",
    "sales",
    "subscriptions",
    "support",
    "surveys",
    "waiting",
]
