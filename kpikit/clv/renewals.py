"""Contracts: survivors per renewal as histories."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from kpikit.errors import ContractError, ParameterError

FIX = "Pass those there at the start, after the first renewal, after the second, and so on."


def renewal_histories(survivors: Iterable[float], *, n_customers: float | None = None) -> pd.DataFrame:
    """Return a cohort's survivors as distinct histories for ``fit(…, model="sbg")``: one row per way it went.

    Cohorts of different age are put below one another with ``pandas.concat``.

    Parameters
    ----------
    survivors
        Customers at the start, after the first renewal, after the second, …: counts, or shares (or percentages) of the
        first number where ``n_customers`` is given.
    n_customers
        Size of the cohort at the start, above 0; None where ``survivors`` are counts.

    Returns
    -------
    DataFrame
        ``frequency`` (renewals made), ``recency`` (the same), ``T`` (renewals that came up), ``n_customers``.

    Raises
    ------
    ContractError
        When there are fewer than two numbers, or they rise.
    ParameterError
        When ``n_customers`` is not above 0, or shares are given without it.

    >>> renewal_histories([100, 63, 47]).n_customers.tolist()
    [37.0, 16.0, 47.0]
    """
    there = np.array(list(survivors), dtype=float)
    if len(there) < 2 or not np.isfinite(there).all() or there[0] <= 0 or there[-1] < 0 or (np.diff(there) > 0).any():
        expected = "two or more numbers of 0 or more that never rise"
        raise ContractError(expected, got=str(there.tolist()), fix=FIX, where="survivors")
    if n_customers is None and there[0] <= 1:
        fix = "Pass n_customers with shares: how sure they are depends on it."
        raise ParameterError("n_customers with shares", got="None", fix=fix, where="n_customers")
    if n_customers is not None:
        if not 0 < n_customers < np.inf:
            raise ParameterError("more than 0 customers", got=str(n_customers), where="n_customers")
        there = there / there[0] * n_customers
    made, came_up = np.arange(len(there), dtype=float), float(len(there) - 1)
    lost = np.append(-np.diff(there), there[-1])
    table = pd.DataFrame({"frequency": made, "recency": made, "T": came_up, "n_customers": lost})
    return table[table["n_customers"] > 0].reset_index(drop=True)
