"""What every reading of a cohort table asks first: its columns, and which cohort to set apart."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kpikit.cells import SUPPRESSED, left_out_text
from kpikit.errors import ContractError, listed

NEEDED = ("cohort", "age", "cohort_size", "active", "retention", "status")
ENOUGH_TO_DROP_THE_FIRST = 4


def checked(cohorts: pd.DataFrame) -> pd.DataFrame:
    """Return a cohort table with its counts as floats; an error where it is none, or where it holds segments."""
    missing = [name for name in NEEDED if name not in cohorts.columns]
    if missing:
        raise ContractError(
            f"columns {missing}", got=f"[{listed(cohorts.columns)}]",
            fix="Pass cohorts.cohort_retention(orders).to_pandas().", where="cohorts",
        )  # fmt: skip
    if cohorts.duplicated(["cohort", "age"]).any():
        raise ContractError("one row per cohort and age", got="several", fix="Pass one segment.", where="cohorts")
    return cohorts.astype({"active": "float64", "retention": "float64"})


def small_cohorts_text(table: pd.DataFrame) -> str:
    """Return the sentence that says how many cohorts are suppressed; nothing where none is."""
    return left_out_text(int(table[table.status == SUPPRESSED].cohort.nunique()), "cohort")


def maybe_truncated(table: pd.DataFrame) -> list[Any]:
    """Return the first cohort, where enough others remain: its customers may have bought before the data begin.

    It is the first of all, suppressed or not: the second is no first because the first is not shown.
    """
    dates = sorted(table[(table.cohort_size > 0) | (table.status == SUPPRESSED)].cohort.unique())
    return dates[:1] if len(dates) >= ENOUGH_TO_DROP_THE_FIRST else []
