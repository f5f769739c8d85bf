"""Many KPIs over periods and segments, what changed, and how it is shown."""

from kpikit.kpis.available import available, missing
from kpikit.kpis.changes import changes, latest
from kpikit.kpis.computing import COLUMNS, compute, with_interval
from kpikit.kpis.showing import definitions, records, scores
from kpikit.metrics.cards import INTERVALS

__all__ = [
    "COLUMNS",
    "INTERVALS",
    "available",
    "changes",
    "compute",
    "definitions",
    "latest",
    "missing",
    "records",
    "scores",
    "with_interval",
]
