"""What a fitted purchase model says of itself, in plain words made from its numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from kpikit.clv.covariates import DROPOUT, PURCHASE
from kpikit.clv.fitting import NO_CHURN, TOO_LITTLE
from kpikit.clv.models import NAMES, TITLES, new_customer_purchases
from kpikit.formatting import joined, number, percent
from kpikit.periods import DAYS_PER_YEAR

if TYPE_CHECKING:
    from kpikit.clv.model import Fit

CAVEATS = {
    "bg_nbd": (
        "BG/NBD lets nobody leave before the first repeat purchase: every one-time buyer has P(alive) = 1. "
        "Take P(alive) from MBG/NBD or Pareto/NBD."
    ),
    "nbd": "Without dropout in the model there is no P(alive).",
    "bb": "Without dropout in the model there is no P(alive).",
}


def verdict_text(found: Fit) -> str:
    """Return what the data support: the model asked for, or what stands in for it and why."""
    title, n = TITLES[found.model], number(found.n_customers)
    if found.model == "sbg":
        return _renewals_text(found)
    if found.verdict == TOO_LITTLE:
        start = f"Too little data for {title}: {number(found.n_repeat_buyers)} of {n} customers came back."
        if not found.fitted:
            return f"{start} No time has passed since the first purchases, so nothing is forecast."
        return f"{start} Everyone is forecast near the common rate, without dropout."
    if found.verdict == NO_CHURN:
        gain = f"dropout adds {number(max(found.gain or 0.0, 0.0), 2)} to the log-likelihood of {n} customers, below 2"
        return (
            f"No churn signal: {gain}. The histories do not tell customers who left from customers who pause, so "
            f"forecasts come from {TITLES[found.used]}, which lets nobody leave, and they hold only as long as "
            "customers go on buying."
        )
    year = float(new_customer_purchases(found.used, found.params, found.in_unit(DAYS_PER_YEAR)))
    who = "A customer whose covariates are all 0" if found.coefficients else "A new customer"
    gain = f", {number(found.gain, 1)} better than without dropout" if found.gain is not None else ""
    return (
        f"{title} is fitted to {n} customers, {number(found.n_repeat_buyers)} of whom came back (log-likelihood "
        f"{number(found.log_likelihood, 1)}{gain}). {who} is expected to come back {number(year, 2)} times in "
        "the first year."
    )


def covariates_text(found: Fit) -> str:
    """Return what each covariate goes with, with its interval; nothing without covariates."""
    said = [f"{joined(found.left_out)}: the same for all customers, and left out."] if found.left_out else []
    sd = [math.nan] * len(found.coefficients)
    if found.covariance is not None:
        sd = [math.sqrt(row[place]) for place, row in enumerate(found.covariance)][len(NAMES[found.used]) :]
    rate = {PURCHASE: "the purchase rate", DROPOUT: "the rate of leaving"}
    for (label, value), error in zip(found.coefficients.items(), sd, strict=True):
        process, column = label.split(":", 1)
        low, high = (math.exp(value + side * 1.96 * error) for side in (-1, 1))
        what = rate[process] if process == PURCHASE or found.used == "pareto_nbd" else "a and b of dropout"
        within = f" ({number(low, 2)} to {number(high, 2)})" if math.isfinite(low) else ", its noise is not known"
        said.append(f"One more of {column} multiplies {what} by {number(math.exp(value), 2)}{within}.")
    if said and found.coefficients:
        said.append("What goes together need not be cause and effect.")
    return " ".join(said)


def season_text(found: Fit) -> str:
    """Return that ages and horizons are in season time, or nothing."""
    return f"Ages and horizons are counted in season time, by {found.season.source} factors." if found.season else ""


def _renewals_text(found: Fit) -> str:
    """Return what sBG says of renewals: the first, and what is left after a few."""
    n = number(found.n_customers)
    if not found.fitted:
        return f"Too little data for sBG: none of the {n} customers has had a renewal to decide on."
    first, later = (float(found.p_alive(0, 0, 0, later=renewals)) for renewals in (1, 5))
    said = f"{percent(first)} of new customers renew the first time, {percent(later)} are there after five renewals."
    if found.verdict == TOO_LITTLE:
        return f"Too little data for sBG in {n} customers: one common rate stands in. {said}"
    return f"sBG is fitted to {n} customers (log-likelihood {number(found.log_likelihood, 1)}). {said}"
