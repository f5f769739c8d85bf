"""What purchase models say of each customer at each cutoff: rivals of the risk, and the value of one who is kept."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from kpikit.clv import fit
from kpikit.errors import ContractError, ParameterError, listed
from kpikit.periods import as_date

KEYS = ["customer_id", "cutoff"]
MOST_CUTOFFS = 4


def cutoffs(orders: Any, *, horizon_days: int, as_of: Any, most: int = MOST_CUTOFFS) -> list[date]:
    """Return cutoffs a horizon apart, the last a horizon before ``as_of``: the latest ones that the data allow.

    Parameters
    ----------
    orders
        Ibis table or DataFrame with ``ordered_at``: a cutoff has at least a horizon of orders before it.
    horizon_days
        Length of the label's horizon in days.
    as_of
        First day that is not known.
    most
        Largest number of cutoffs, 2 or more: the last tests, the one before calibrates, the others train.

    Raises
    ------
    ContractError
        When the data are too short for two.
    """
    if most < 2 or horizon_days < 1:
        raise ParameterError("2 or more cutoffs, 1 day or more apart", got=f"{most}, {horizon_days}", where="most")
    oldest: Any = orders.ordered_at.min()
    first = (oldest.to_pandas() if hasattr(oldest, "to_pandas") else oldest).date()
    end = as_date(as_of).toordinal()
    days = [end - place * horizon_days for place in range(1, most + 1)]
    found = sorted(date.fromordinal(day) for day in days if day - horizon_days >= first.toordinal())
    if len(found) < 2:
        raise ContractError(
            f"orders over at least {3 * horizon_days} days: before two cutoffs and after the last",
            got=f"{end - first.toordinal()} days", fix="Pass a shorter horizon_days, or load more history.",
            where="orders",
        )  # fmt: skip
    return found


def with_purchase_models(
    snapshots: Any, histories: Any, *, horizon_days: int, value_days: int = 365, margin_fraction: float = 1.0,
    annual_discount_rate: float = 0.10, model: str = "mbg_nbd",
) -> pd.DataFrame:  # fmt: skip
    """Return snapshots with what a purchase model knew at each cutoff: the columns given, and three more.

    The model is fitted anew at each cutoff, on the histories up to it.

    Parameters
    ----------
    snapshots
        One row per ``customer_id`` and ``cutoff``.
    histories
        ``kpikit.features.histories`` at the same cutoffs: of all customers, also those not in the snapshots.
    horizon_days
        Horizon of ``p_no_purchase``, in days.
    value_days
        How far ahead value counts, in days.
    margin_fraction, annual_discount_rate, model
        As in :func:`kpikit.clv.fit` and ``Fit.predict``.

    Returns
    -------
    DataFrame
        ``p_alive`` (0 to 1; missing where the data show no dropout), ``p_no_purchase`` (in the horizon), ``value``
        (expected discounted margin of ``value_days`` if still a customer: the forecast divided by P(alive)).
    """
    frame, known = (data if isinstance(data, pd.DataFrame) else data.to_pandas() for data in (snapshots, histories))
    missing = [name for name in [*KEYS, "frequency", "recency", "T", "monetary_value"] if name not in known.columns]
    if missing:
        raise ContractError(
            f"columns {missing}", got=f"[{listed(known.columns)}]", where="histories",
            fix="Pass kpikit.features.histories(orders, cutoffs=…).",
        )  # fmt: skip
    parts = []
    for _, at in known.groupby("cutoff", sort=True):
        found = fit(at, model)
        scores = found.predict(
            horizon_days=value_days, margin_fraction=margin_fraction, annual_discount_rate=annual_discount_rate
        )
        x, tx, T = (at[name].to_numpy(float) for name in ("frequency", "recency", "T"))
        alive = scores.p_alive.to_numpy(float)
        divisor = np.where(np.isfinite(alive) & (alive > 0), alive, 1.0)
        parts.append(
            at[KEYS].assign(
                p_alive=alive,
                p_no_purchase=found.probability_of_count(0, found.in_unit(horizon_days), x, tx, T),
                value=scores.clv.to_numpy(float) / divisor,
            )
        )
    more = pd.concat(parts, ignore_index=True)
    joined = frame.merge(more, on=KEYS, how="left", validate="one_to_one")
    if joined.value.isna().all():
        return joined
    return joined.assign(value=joined.value.fillna(joined.value.median()).clip(lower=0))
