"""What a cohort table says: pooled curves, newer against older cohorts, and what it is worth.

Reads the small tables of ``kpikit.cohorts`` (as DataFrames) and returns results with a table and a paragraph.
"""

from kpikit.retention.acting import actions
from kpikit.retention.comparison import newer_against_older
from kpikit.retention.curves import cohort_table, pooled_curve
from kpikit.retention.inactivity import churn_by_threshold, churn_over, constant_hazard, inactivity_threshold
from kpikit.retention.worth import bridge, spending_curve

__all__ = [
    "actions",
    "bridge",
    "churn_by_threshold",
    "churn_over",
    "cohort_table",
    "constant_hazard",
    "inactivity_threshold",
    "newer_against_older",
    "pooled_curve",
    "spending_curve",
]
