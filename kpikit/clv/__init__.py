"""Probabilistic customer lifetime value: purchase models with a verdict, forecasts with intervals, and their proof."""

from kpikit.clv.artificial import simulate
from kpikit.clv.calibration import calibration_by_decile, calibration_by_frequency, tracking
from kpikit.clv.comparing import compare
from kpikit.clv.equity import customer_equity
from kpikit.clv.fitter import fit, fits, fits_by, load
from kpikit.clv.foretelling import forecasts, what_came
from kpikit.clv.model import Fit
from kpikit.clv.models import MODELS
from kpikit.clv.month_effect import in_season, month_effect
from kpikit.clv.movements import equity_by_customer
from kpikit.clv.origins import rolling
from kpikit.clv.proof import holdout
from kpikit.clv.reading import actions, key_values, model_in_words, top_customers, value_by_purchases
from kpikit.clv.renewals import renewal_histories
from kpikit.clv.season import Season
from kpikit.clv.spend import Spend
from kpikit.clv.uncertainty import Shock, parameter_draws, parameter_intervals
from kpikit.clv.value import base_total, concentration

__all__ = [
    "MODELS",
    "Fit",
    "Season",
    "Shock",
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
    "fits",
    "fits_by",
    "forecasts",
    "holdout",
    "in_season",
    "key_values",
    "load",
    "model_in_words",
    "month_effect",
    "parameter_draws",
    "parameter_intervals",
    "renewal_histories",
    "rolling",
    "simulate",
    "top_customers",
    "tracking",
    "value_by_purchases",
    "what_came",
]
