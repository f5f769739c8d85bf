"""What was known of each customer at a cutoff, and whether they were lost afterwards: one row per customer and cutoff.

Features read only what is dated before the cutoff's first instant; labels read only what comes from it on. What came of
forecasts is counted by horizon, from what comes from its first day on.
"""

from kpikit.features.buying import snapshots
from kpikit.features.histories import histories
from kpikit.features.labels import inactivity_labels, labelled, subscription_labels
from kpikit.features.lasting import subscription_lengths
from kpikit.features.outcomes import lost_after, purchases_after
from kpikit.features.subscribing import subscriber_snapshots

__all__ = [
    "histories",
    "inactivity_labels",
    "labelled",
    "lost_after",
    "purchases_after",
    "snapshots",
    "subscriber_snapshots",
    "subscription_labels",
    "subscription_lengths",
]
