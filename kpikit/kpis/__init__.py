"""Many KPIs over periods and segments, what changed, and how it is shown."""

from kpikit.kpis.available import available, missing
from kpikit.kpis.changes import changes, latest
from kpikit.kpis.computing import COLUMNS, compute, with_interval
from kpikit.kpis.showing import definitions, records, scores
from kpikit.kpis.suppression import protected, suppressed
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
    "protected",
    "records",
    "scores",
    "suppressed",
    "with_interval",
]
