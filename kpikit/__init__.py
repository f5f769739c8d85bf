"""kpikit: customer KPIs, cohort retention and lifetime value as case-study reports that can be trusted.

>>> import kpikit as kk
>>> orders = kk.datasets.cdnow(sample=True)
>>> rate = kk.compute({"orders": orders}, ["repeat_purchase_rate"]).iloc[0]
>>> f"{rate.numerator:.0f} of {rate.denominator:.0f} bought again within 90 days"
'687 of 2357 bought again within 90 days'
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "audit": "checks",
    "available": "kpis",
    "changes": "kpis",
    "compute": "kpis",
    "customer_equity": "clv",
    "definitions": "kpis",
    "load": "sources",
    "missing": "kpis",
    "protected": "kpis",
    "scores": "kpis",
    "set_aside_table": "checks",
    "summary": "summaries",
}
_MODULES = (
    "churn",
    "clv",
    "cohorts",
    "customers",
    "datasets",
    "features",
    "growth",
    "intervals",
    "ledger",
    "metrics",
    "performance",
    "plots",
    "privacy",
    "renewals",
    "retention",
    "scorecard",
    "support",
    "survival",
    "voice",
)

__all__ = [
    "audit",
    "available",
    "changes",
    "churn",
    "clv",
    "cohorts",
    "compute",
    "customer_equity",
    "customers",
    "datasets",
    "definitions",
    "features",
    "growth",
    "intervals",
    "ledger",
    "load",
    "metrics",
    "missing",
    "performance",
    "plots",
    "privacy",
    "protected",
    "renewals",
    "retention",
    "scorecard",
    "scores",
    "set_aside_table",
    "summary",
    "support",
    "survival",
    "voice",
]


def __getattr__(name: str) -> Any:
    # names are looked up when first used, so that `kpikit --help` does not wait for matplotlib
    if name in _MODULES:
        return import_module(f"kpikit.{name}")
    if name in _HOMES:
        return getattr(import_module(f"kpikit.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'kpikit' has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
