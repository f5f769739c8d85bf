"""The ledger of forecasts: what a run forecasts, and how earlier forecasts whose horizon has passed turned out.

A notebook says what it forecasts (:func:`forecasts`), asks which earlier ones have come due (:func:`due`), counts from
the data what came in their horizons, and has them judged (:func:`scored`).
"""

from kpikit.ledger.judging import scored
from kpikit.ledger.keeping import Due, due, forecasts

__all__ = ["Due", "due", "forecasts", "scored"]
