"""What the numbers of growth rest on: assumptions that are given, not measured."""

from __future__ import annotations

import numpy as np
import pandas as pd

from kpikit.formatting import number, percent
from kpikit.results import Result


def assumptions(
    each: pd.DataFrame,
    *,
    margin_fraction: float,
    annual_discount_rate: float,
    horizon_days: float,
    within_days: int,
    lifespan_years: float,
) -> Result:
    """Return what was assumed: one row per assumption.

    Parameters
    ----------
    each
        From ``metrics.margins.customer_margins``, to see whether a margin is known at all.

    Returns
    -------
    Result
        ``table``: ``assumption``, ``value`` (text).
    """
    amounts = bool(len(each)) and np.allclose(each.margin.astype(float), each.amount.astype(float))
    stated = "amounts in full: no margin is known" if amounts else f"{percent(margin_fraction, 0)}, or an order's own"
    table = pd.DataFrame(
        [
            ("Margin", stated),
            ("Discount rate, a year", percent(annual_discount_rate, 0)),
            ("Value ahead", f"{number(horizon_days)} days"),
            ("Return counted", f"{number(within_days)} days after the first order"),
            ("Lifespan of the simple value", f"{number(lifespan_years, 1)} years"),
        ],
        columns=["assumption", "value"],
    )
    text = "These are given, not measured: other values give other ratios."
    if amounts:
        text += (
            " No margin is known, so amounts count as margin in full and every ratio looks better than it is: set "
            "economics.margin_fraction in kpikit.yaml, or map orders.margin."
        )
    return Result("assumptions", "table", "What these numbers assume", text, table=table)
