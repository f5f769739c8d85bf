"""What a fitted purchase model says of itself, in plain words made from its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kpikit.clv.fitting import NO_CHURN, TOO_LITTLE
from kpikit.clv.formulas import TITLES
from kpikit.formatting import number
from kpikit.periods import DAYS_PER_YEAR

if TYPE_CHECKING:
    from kpikit.clv.model import Fit

CAVEATS = {
    "bg_nbd": (
        "BG/NBD lets nobody leave before the first repeat purchase: every one-time buyer has P(alive) = 1. "
        "Take P(alive) from MBG/NBD."
    ),
    "nbd": "Without dropout in the model there is no P(alive).",
}


def verdict_text(found: Fit) -> str:
    """Return what the data support: the model asked for, or what stands in for it and why."""
    title, n = TITLES[found.model], number(found.n_customers)
    if found.verdict == TOO_LITTLE:
        start = f"Too little data for {title}: {number(found.n_repeat_buyers)} of {n} customers came back."
        if not found.fitted:
            return f"{start} No time has passed since the first purchases, so nothing is forecast."
        return f"{start} Everyone is forecast near the common rate, without dropout."
    if found.verdict == NO_CHURN:
        gain = f"dropout adds {number(max(found.gain or 0.0, 0.0), 2)} to the log-likelihood of {n} customers, below 2"
        return (
            f"No churn signal: {gain}. The histories do not tell customers who left from customers who pause, so "
            "forecasts come from NBD, which lets nobody leave, and they hold only as long as customers go on buying."
        )
    year = float(found.new_customer_purchases(found.in_unit(DAYS_PER_YEAR)))
    gain = f", {number(found.gain, 1)} better than without dropout" if found.gain is not None else ""
    return (
        f"{title} is fitted to {n} customers, {number(found.n_repeat_buyers)} of whom came back (log-likelihood "
        f"{number(found.log_likelihood, 1)}{gain}). A new customer is expected to come back {number(year, 2)} times in "
        "the first year."
    )
