"""Intervals for proportions, differences, counts, totals and ratios of clustered data.

All take counts or sums, so that the engine can do the counting. All are vectorised; where there is nothing to
estimate (n = 0) both ends are NaN.
"""

from kpikit.intervals.clusters import (
    cluster_bootstrap,
    clustered_mean,
    clustered_ratio,
    clustered_wilson,
    effective_rows,
    net_score,
    residual_squares,
)
from kpikit.intervals.confidence import CONFIDENCE, normal_quantile
from kpikit.intervals.proportions import mover, newcombe, two_proportions_p, wilson
from kpikit.intervals.retained import retained_share
from kpikit.intervals.totals import benjamini_hochberg, compound_poisson, per_count, poisson

__all__ = [
    "CONFIDENCE",
    "benjamini_hochberg",
    "cluster_bootstrap",
    "clustered_mean",
    "clustered_ratio",
    "clustered_wilson",
    "compound_poisson",
    "effective_rows",
    "mover",
    "net_score",
    "newcombe",
    "normal_quantile",
    "per_count",
    "poisson",
    "residual_squares",
    "retained_share",
    "two_proportions_p",
    "wilson",
]
