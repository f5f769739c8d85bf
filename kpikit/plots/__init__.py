"""Results drawn: figures, tiles, cards and accessible tables. A table in, HTML (or an Axes) out."""

from kpikit.plots.clv import (
    calibration,
    concentration,
    customers_table,
    holdout_table,
    models_table,
    tracking,
    value_table,
)
from kpikit.plots.cohorts import cohort_heatmap, newer_against_older, retention_curve, revenue_bridge, spending_curve
from kpikit.plots.html import actions, definitions, quality, set_aside, show, summary, table_html
from kpikit.plots.tiles import tiles

__all__ = [
    "actions",
    "calibration",
    "cohort_heatmap",
    "concentration",
    "customers_table",
    "definitions",
    "holdout_table",
    "models_table",
    "newer_against_older",
    "quality",
    "retention_curve",
    "revenue_bridge",
    "set_aside",
    "show",
    "spending_curve",
    "summary",
    "table_html",
    "tiles",
    "tracking",
    "value_table",
]
