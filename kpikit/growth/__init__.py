"""What growth costs and brings: acquisition cost, value against cost, payback, return, segments, concentration.

Reads small tables of ``kpikit.metrics`` (as DataFrames) and returns results with a table and a paragraph. Where a table
is missing the result has no rows and says what would add it.
"""

from kpikit.growth.acting import actions
from kpikit.growth.assuming import assumptions
from kpikit.growth.concentration import concentration
from kpikit.growth.costs import acquisition_costs, lag_sensitivity
from kpikit.growth.funnels import funnel
from kpikit.growth.payback import payback_curve, payback_months
from kpikit.growth.returns import ltv_to_cac, roi
from kpikit.growth.segments import rfm_segments, segment_profitability
from kpikit.growth.values import simple_and_model

__all__ = [
    "acquisition_costs",
    "actions",
    "assumptions",
    "concentration",
    "funnel",
    "lag_sensitivity",
    "ltv_to_cac",
    "payback_curve",
    "payback_months",
    "rfm_segments",
    "roi",
    "segment_profitability",
    "simple_and_model",
]
