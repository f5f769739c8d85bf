"""Who will leave, how sure that is, whom to watch, and what contacting them changed.

A risk is a forecast and no effect: what a contact changes is measured against a control arm, never read off a model.
"""

from kpikit.churn.case import Case, case
from kpikit.churn.explaining import dependence, importance, reasons
from kpikit.churn.foretelling import forecasts, what_came
from kpikit.churn.profit import Economics, profit
from kpikit.churn.reading import actions, contact_effect, expected_losses, kept_list, key_values, listed_on
from kpikit.churn.rivals import rivals
from kpikit.churn.sample import Sample, snapshot_sample, table_sample
from kpikit.churn.scoring import lift, performance, reliability
from kpikit.churn.study import Model, Study, final_model, study
from kpikit.churn.watching import measure, watch_list, write_csv
from kpikit.churn.worth import cutoffs, with_purchase_models

__all__ = [
    "Case",
    "Economics",
    "Model",
    "Sample",
    "Study",
    "actions",
    "case",
    "contact_effect",
    "cutoffs",
    "dependence",
    "expected_losses",
    "final_model",
    "forecasts",
    "importance",
    "kept_list",
    "key_values",
    "lift",
    "listed_on",
    "measure",
    "performance",
    "profit",
    "reasons",
    "reliability",
    "rivals",
    "snapshot_sample",
    "study",
    "table_sample",
    "watch_list",
    "what_came",
    "with_purchase_models",
    "write_csv",
]
