"""Probabilistic customer lifetime value: purchase models with a verdict, forecasts with intervals, and their proof."""

from kpikit.clv.calibration import calibration_by_decile, calibration_by_frequency, tracking
from kpikit.clv.comparing import compare
from kpikit.clv.fitter import fit, fits, load
from kpikit.clv.model import Fit
from kpikit.clv.models import MODELS
from kpikit.clv.proof import holdout
from kpikit.clv.reading import actions, key_values, model_in_words, top_customers, value_by_purchases
from kpikit.clv.renewals import renewal_histories
from kpikit.clv.spend import Spend
from kpikit.clv.value import base_total, concentration

__all__ = [
    "MODELS",
    "Fit",
    "Spend",
    "actions",
    "base_total",
    "calibration_by_decile",
    "calibration_by_frequency",
    "compare",
    "concentration",
    "fit",
    "fits",
    "holdout",
    "key_values",
    "load",
    "model_in_words",
    "renewal_histories",
    "top_customers",
    "tracking",
    "value_by_purchases",
]
