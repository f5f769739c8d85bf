"""Probabilistic customer lifetime value: purchase models with a verdict, forecasts with intervals, and their proof."""

from kpikit.clv.calibration import calibration_by_decile, calibration_by_frequency, tracking
from kpikit.clv.equity import customer_equity
from kpikit.clv.model import Fit, fit, load
from kpikit.clv.movements import equity_by_customer
from kpikit.clv.proof import holdout
from kpikit.clv.reading import actions, key_values, model_in_words, top_customers, value_by_purchases
from kpikit.clv.spend import Spend
from kpikit.clv.value import base_total, compare, concentration

__all__ = [
    "Fit",
    "Spend",
    "actions",
    "base_total",
    "calibration_by_decile",
    "calibration_by_frequency",
    "compare",
    "concentration",
    "customer_equity",
    "equity_by_customer",
    "fit",
    "holdout",
    "key_values",
    "load",
    "model_in_words",
    "top_customers",
    "tracking",
    "value_by_purchases",
]
