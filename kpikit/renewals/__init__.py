"""Contracts and their renewals: how long they last, who renews, what is left later, and whether that can be trusted.

Reads the small tables of ``features.subscription_lengths`` and ``metrics.subscriptions.mrr_waterfall`` (as DataFrames).
"""

from kpikit.renewals.acting import actions
from kpikit.renewals.foretelling import forecasts, what_came
from kpikit.renewals.histories import with_renewals
from kpikit.renewals.projection import held_out, outlook, projection
from kpikit.renewals.reading import ends_known, lasting, plans_compared, recurring_bridge, renewal_table

__all__ = [
    "actions",
    "ends_known",
    "forecasts",
    "held_out",
    "lasting",
    "outlook",
    "plans_compared",
    "projection",
    "recurring_bridge",
    "renewal_table",
    "what_came",
    "with_renewals",
]
