"""Results drawn: figures, tiles, cards and accessible tables. A table in, HTML (or an Axes) out."""

from kpikit.plots import churn, growth, performance, renewals
from kpikit.plots.clv import (
    calibration,
    concentration,
    customers_table,
    holdout_table,
    models_table,
    month_table,
    origins_table,
    tracking,
    value_table,
)
from kpikit.plots.cohorts import cohort_heatmap, newer_against_older, retention_curve, revenue_bridge, spending_curve
from kpikit.plots.equity import customer_equity
from kpikit.plots.html import actions, definitions, quality, set_aside, show, summary, table, table_html
from kpikit.plots.ledger import earlier_forecasts, forecasts
from kpikit.plots.scorecard import changes, control_charts, status_line, status_list
from kpikit.plots.support import backlog, bottlenecks, first_contact, wait_curve, waits_by_hour
from kpikit.plots.tiles import tiles
from kpikit.plots.voice import (
    comment_table,
    contact_table,
    off_scale_table,
    response_table,
    score_distribution,
    score_segments,
    survey_bias,
    touchpoint_table,
)

__all__ = [
    "actions",
    "backlog",
    "bottlenecks",
    "calibration",
    "changes",
    "churn",
    "cohort_heatmap",
    "comment_table",
    "concentration",
    "contact_table",
    "control_charts",
    "customer_equity",
    "customers_table",
    "definitions",
    "earlier_forecasts",
    "first_contact",
    "forecasts",
    "growth",
    "holdout_table",
    "models_table",
    "month_table",
    "newer_against_older",
    "off_scale_table",
    "origins_table",
    "performance",
    "quality",
    "renewals",
    "response_table",
    "retention_curve",
    "revenue_bridge",
    "score_distribution",
    "score_segments",
    "set_aside",
    "show",
    "spending_curve",
    "status_line",
    "status_list",
    "summary",
    "survey_bias",
    "table",
    "table_html",
    "tiles",
    "touchpoint_table",
    "tracking",
    "value_table",
    "wait_curve",
    "waits_by_hour",
]
