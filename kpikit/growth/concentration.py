"""How concentrated revenue is on few customers, with an interval."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.errors import ParameterError
from kpikit.formatting import counted, interval, number, percent
from kpikit.growth.bootstrap import SEED, ends
from kpikit.growth.matching import absent
from kpikit.results import Result

Array = NDArray[np.float64]
RESAMPLES = 1000
MOST_CLASSES = 4000  # more customers are put into classes of neighbours, the highest amounts singly
SINGLY = 2000
TOP_SHARE = 0.10


def concentration(amounts: Any, *, top: float = TOP_SHARE, currency: str = "", seed: int = SEED) -> Result:
    """Return the share of revenue that the top customers hold, and the Gini coefficient, with intervals.

    Parameters
    ----------
    amounts
        Net amount of each customer (a column of ``customers.rfm_scores``). Below zero counts as zero.
    top
        Share of the customers, above 0, at most 1.

    Returns
    -------
    Result
        ``table`` of 101 rows: ``customer_share`` and ``revenue_share`` (0 to 1, highest amounts first). ``facts``:
        ``top``, ``top_share``, ``top_low``, ``top_high``, ``gini``, ``gini_low``, ``gini_high``, ``n_customers``.
        Intervals by a bootstrap of whole customers. No rows where the top is less than one customer.
    """
    if not 0 < top <= 1:
        raise ParameterError("a share above 0, at most 1", got=str(top), fix="Write 10 % as 0.10.", where="top")
    given = np.asarray(amounts, dtype=float)
    given = given[np.isfinite(given)]
    x = np.sort(np.maximum(given, 0.0))[::-1]
    n, below = len(x), int((given < 0).sum())
    name, columns = "revenue-concentration", ["customer_share", "revenue_share"]
    if n == 0 or x.sum() <= 0:
        why = "No customer has a positive net amount."
        return absent(name, "No revenue to concentrate", why, columns, top=top, n_customers=n, currency=currency)
    if n * top < 1 - 1e-9:
        title = f"Who the top {percent(top, 0)} of customers are cannot be told yet"
        why = f"{percent(top, 0)} of {counted(n, 'customer')} is less than one customer."
        return absent(name, title, why, columns, top=top, n_customers=n, currency=currency)
    curve = np.concatenate([[0.0], np.cumsum(x) / x.sum()])
    shares = np.linspace(0, 1, 101)
    table = pd.DataFrame({"customer_share": shares, "revenue_share": np.interp(shares, np.arange(n + 1) / n, curve)})
    (share,), (gini,) = shares_and_ginis(x, np.ones((1, n)), top)
    tops, ginis = _drawn(x, top, seed)
    facts: dict[str, Any] = {"top": top, "top_share": float(share), "gini": float(gini), "n_customers": n}
    facts["top_low"], facts["top_high"] = ends(tops, n)
    facts["gini_low"], facts["gini_high"] = ends(ginis, n)
    title = f"The top {percent(top, 0)} of customers bring {percent(share, 0)} of revenue"
    text = (
        f"Of {counted(n, 'customer')} the {percent(top, 0)} who spent most brought {percent(share)} of all net revenue "
        f"so far (interval {interval(facts['top_low'], facts['top_high'])}); Gini {number(gini, 2)} (interval "
        f"{interval(facts['gini_low'], facts['gini_high'], 'decimal')}; 0 is equal shares, 1 is one customer with "
        "everything). Customers of longer standing have had more time to spend: part of it is age."
    )
    text += f" {counted(below, 'customer')} with more refunds than orders count as zero." if below else ""
    facts["currency"] = currency
    return Result(name, "table", title, text, f"{title}.", table=table, facts=facts)


def shares_and_ginis(x: Array, weights: Array, top: float) -> tuple[Array, Array]:
    """Return the top share and the Gini coefficient for each row of weights; ``x`` sorted, highest first.

    >>> [round(float(value[0]), 6) for value in shares_and_ginis(np.array([70.0, 10, 10, 10]), np.ones((1, 4)), 0.25)]
    [0.7, 0.45]
    """
    people = np.cumsum(weights, axis=1)
    money = np.cumsum(weights * x, axis=1)
    count, total = people[:, -1:], money[:, -1:]
    before = people - weights
    taken = np.clip(top * count - before, 0.0, weights)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (taken * x).sum(axis=1) / total[:, 0]
        area = (weights * (2 * money - weights * x)).sum(axis=1) / (count * total)[:, 0]
    return share, area - 1


def _drawn(x: Array, top: float, seed: int) -> tuple[Array, Array]:
    """Return top shares and Gini coefficients of resamples of whole customers."""
    random = np.random.default_rng(seed)
    values, sizes = _classes(x)
    n = len(x)
    tops, ginis, batch = [], [], max(1, 2_000_000 // len(values))
    for start in range(0, RESAMPLES, batch):
        weights = random.multinomial(n, sizes / n, size=min(batch, RESAMPLES - start)).astype(float)
        share, gini = shares_and_ginis(values, weights, top)
        tops.append(share)
        ginis.append(gini)
    return np.concatenate(tops), np.concatenate(ginis)


def _classes(x: Array) -> tuple[Array, Array]:
    """Return amounts and numbers of customers: each customer, or in a large base classes of neighbours in amount.

    How often a class is drawn is multinomial as the sum of its customers'; only the small differences within a class
    are lost. The highest amounts, which carry the noise, stay single.
    """
    if len(x) <= MOST_CLASSES:
        return x, np.ones(len(x))
    tail = np.array_split(x[SINGLY:], MOST_CLASSES - SINGLY)
    values = np.concatenate([x[:SINGLY], [part.mean() for part in tail]])
    return values, np.concatenate([np.ones(SINGLY), [float(len(part)) for part in tail]])
