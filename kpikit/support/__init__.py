"""What support cases say: how long customers wait, where and when the time is lost, what one contact solves.

Reads the small tables of ``kpikit.metrics.waiting`` and ``kpikit.compute`` (as DataFrames) and returns results with a
table and a paragraph.
"""

from kpikit.support.acting import actions
from kpikit.support.contacts import first_contact
from kpikit.support.places import bottlenecks, by_hour
from kpikit.support.rest import against_rest
from kpikit.support.stock import backlog
from kpikit.support.waits import asked, clock, geometric_mean, wait_curve

__all__ = [
    "actions",
    "against_rest",
    "asked",
    "backlog",
    "bottlenecks",
    "by_hour",
    "clock",
    "first_contact",
    "geometric_mean",
    "wait_curve",
]
