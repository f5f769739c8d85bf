"""Which customers earn the money: segments with small ones drawn to the mean, and segments by RFM."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import optimize

from kpikit import intervals
from kpikit.cells import left_out, left_out_text
from kpikit.errors import ContractError, listed
from kpikit.formatting import counted, interval, money, number, percent
from kpikit.growth.matching import absent
from kpikit.kpis.suppression import hidden
from kpikit.results import Result

Array = NDArray[np.float64]
SUMS = ("segment", "customers", "orders", "amount", "margin", "sum_xx")
COLUMNS = [
    "segment", "customers", "orders", "margin", "share_of_margin", "per_customer", "low", "high", "shrunk",
    "shrunk_low", "shrunk_high", "own_weight",
]  # fmt: skip
FEWEST_TO_SHRINK = 3
ENOUGH_FOR_OWN_VARIANCE = 30
RFM_COLUMNS = [
    "segment", "customers", "share_of_customers", "orders", "recency_days", "margin", "share_of_margin",
    "per_customer", "low", "high",
]  # fmt: skip
# name: lowest and highest score of recency and of frequency, the first that fits
RFM_SEGMENTS = {
    "champions": ((4, 5), (4, 5)),
    "loyal": ((3, 5), (3, 5)),
    "at risk": ((1, 2), (3, 5)),
    "new or rare, recent": ((4, 5), (1, 2)),
    "cooling down": ((3, 3), (1, 2)),
    "gone quiet": ((1, 2), (1, 2)),
}
SMALL = "small groups"


def segment_profitability(sums: pd.DataFrame, *, currency: str = "") -> Result:
    """Return margin per customer by segment, with small segments drawn towards the mean: one row per segment.

    Parameters
    ----------
    sums
        From ``metrics.margins.segment_margins``, whole or through ``kk.protected``.

    Returns
    -------
    Result
        ``table``: ``segment``, ``customers``, ``orders``, ``margin``, ``share_of_margin``, ``per_customer`` with its
        interval (Student's t), ``shrunk`` with its interval (empirical Bayes: the segment's own mean and that of all
        segments, each weighted by how sure it is), ``own_weight`` (0 to 1); most margin first. With fewer than three
        segments nothing is shrunk.

    References
    ----------
    Morris, C. N. (1983), "Parametric empirical Bayes inference", JASA 78; Paule, R. C. and Mandel, J. (1982),
    "Consensus values and weighting factors", Journal of Research of the National Bureau of Standards 87.
    """
    missing = [name for name in SUMS if name not in sums.columns]
    if missing:
        fix = "Pass metrics.margins.segment_margins(tables).to_pandas()."
        raise ContractError(f"columns {missing}", got=f"[{listed(sums.columns)}]", fix=fix, where="sums")
    name, facts = "segment-profitability", {"currency": currency}
    gone = left_out(sums)
    if sums.empty:
        why = "Every segment is too small to be shown." if gone else "Nobody has ordered yet."
        return absent(name, "No customers to compare", why, COLUMNS, **facts)
    table = sums.astype({"customers": float, "orders": float, "margin": float, "sum_xx": float})
    n, mean = table.customers.to_numpy(), (table.margin / table.customers).to_numpy()
    low, high = intervals.clustered_mean(table.margin, n, table.sum_xx, n, table.margin, n)
    shrunk, error, weight = shrunken(mean, _variances(table))
    half = intervals.normal_quantile(intervals.CONFIDENCE) * error
    total = table.margin.sum()
    table = table.assign(
        per_customer=mean, low=low, high=high, shrunk=shrunk, shrunk_low=shrunk - half, shrunk_high=shrunk + half,
        own_weight=weight, share_of_margin=table.margin / total if total > 0 else np.nan,
    )  # fmt: skip
    table = table.sort_values(["margin", "segment"], ascending=[False, True], ignore_index=True)[COLUMNS]
    title, text = _in_words(table, currency, gone)
    text += left_out_text(gone, "segment")
    return Result(name, "table", title, text, f"{title}." if len(table) > 1 else "", table=table, facts=facts)


def _variances(table: pd.DataFrame) -> Array:
    """Return the variance of each segment's mean: from its own spread, in a small segment from that of all."""
    n = table.customers.to_numpy()
    squares = np.maximum(table.sum_xx.to_numpy() - table.margin.to_numpy() ** 2 / n, 0.0)
    freedom = max(float((n - 1).sum()), 1.0)
    pooled = squares.sum() / freedom
    own = squares / np.maximum(n - 1, 1)
    return np.asarray(np.where(n >= ENOUGH_FOR_OWN_VARIANCE, own, pooled) / n)


def shrunken(means: Array, variances: Array) -> tuple[Array, Array, Array]:
    """Return means drawn towards their common mean, their standard errors, and the weight that each own mean keeps.

    The variance between segments is Paule and Mandel's; Morris' correction adds what the common mean is unsure of.
    """
    k = len(means)
    if k < FEWEST_TO_SHRINK or not np.all(variances > 0):
        return means, np.sqrt(variances), np.ones(k)
    between = _between(means, variances)
    precision = 1 / (variances + between)
    common = float((precision * means).sum() / precision.sum())
    back = (k - 3) / (k - 1) * variances * precision if k > FEWEST_TO_SHRINK else 0.5 * variances * precision
    back = np.minimum(back, variances * precision)
    of_common = 1 / precision.sum()
    # the weight is itself estimated: Morris' last term, by the squared distance from the common mean
    unsure = 2 * back**2 * (means - common) ** 2 / max(k - 3, 1)
    error = np.sqrt(variances * (1 - back) + back**2 * of_common + unsure)
    return (1 - back) * means + back * common, error, 1 - back


def _between(means: Array, variances: Array) -> float:
    """Return the variance between segments that makes their weighted squares what they should be on average."""

    def excess(between: float) -> float:
        weight = 1 / (variances + between)
        common = (weight * means).sum() / weight.sum()
        return float((weight * (means - common) ** 2).sum() - (len(means) - 1))

    if excess(0.0) <= 0:
        return 0.0
    top = float(np.sum((means - means.mean()) ** 2)) + float(variances.max())
    return float(optimize.brentq(excess, 0.0, top))


def _in_words(table: pd.DataFrame, currency: str, gone: int) -> tuple[str, str]:
    first = table.iloc[0]
    if len(table) == 1 and first.segment == "unknown" and not gone:
        text = "It needs a segment for each customer: customers.segment, or orders.segment."
        return "No segments are known", text
    if len(table) == 1:
        title = f"All customers are of one segment: {first.segment}"
        title = f"One segment is large enough to be shown: {first.segment}" if gone else title
        return title, f"{counted(first.customers, 'customer')} brought {money(first.per_customer, currency)} each."
    of_all = "the margin of the segments shown" if gone else "the margin"
    title = f"{first.segment} brings {percent(first.share_of_margin, 0)} of {of_all}"
    best, worst = table.iloc[int(table.shrunk.argmax())], table.iloc[int(table.shrunk.argmin())]
    apart = best.shrunk_low > worst.shrunk_high
    text = (
        f"{counted(first.customers, 'customer')} of {number(table.customers.sum())} are of {first.segment}. Per "
        f"customer the margin is highest in {best.segment}, {_each(best, currency)}, and lowest in {worst.segment}, "
        f"{_each(worst, currency)}{'' if apart else '; the two intervals touch'}."
    )
    drawn = table[table.own_weight < 0.9]
    if len(drawn):
        text += f" Drawn clearly towards the mean, since few: {', '.join(map(str, drawn.segment))}."
    return title, text


def _each(row: pd.Series, currency: str) -> str:
    held = interval(row.shrunk_low, row.shrunk_high, "money", currency)
    return f"{money(row.shrunk, currency)} (interval {held}; n = {number(row.customers)})"


def rfm_segments(scores: pd.DataFrame, each: pd.DataFrame, *, currency: str = "", min_cell: int = 1) -> Result:
    """Return customers and margin by RFM segment: one row per segment.

    Parameters
    ----------
    scores
        From ``customers.rfm_scores`` with five bins.
    each
        From ``metrics.margins.customer_margins``.
    min_cell
        Segments of fewer customers are put together (``small groups``), and with the next smallest where need be.

    Returns
    -------
    Result
        ``table``: ``segment``, ``customers``, ``share_of_customers``, ``orders`` (mean), ``recency_days`` (median),
        ``margin``, ``share_of_margin``, ``per_customer`` with its interval. The names are ours: they cut recency and
        frequency scores, money is only counted.
    """
    name, facts = "rfm-segments", {"currency": currency}
    if scores.empty:
        return absent(name, "No customers to sort", "Nobody has ordered yet.", RFM_COLUMNS, **facts)
    named = scores.assign(segment=_named(scores.r_score, scores.f_score))
    sizes = named.segment.value_counts()
    small = set(sizes.index[hidden(sizes.to_numpy(), min_cell)])
    named["segment"] = named.segment.mask(named.segment.isin(small), SMALL)
    both = named[["customer_id", "segment", "orders", "recency_days"]].merge(
        each[["customer_id", "margin"]], on="customer_id", how="left"
    )
    both = both.assign(margin=both.margin.astype(float).fillna(0.0)).assign(square=lambda t: t.margin**2)
    table = both.groupby("segment", as_index=False).agg(
        customers=("margin", "size"), orders=("orders", "mean"), recency_days=("recency_days", "median"),
        margin=("margin", "sum"), square=("square", "sum"),
    )  # fmt: skip
    n, total = table.customers, table.margin.sum()
    low, high = intervals.clustered_mean(table.margin, n, table.square, n, table.margin, n)
    table = table.assign(
        share_of_customers=n / n.sum(), share_of_margin=table.margin / total if total > 0 else np.nan,
        per_customer=table.margin / n, low=low, high=high,
    )  # fmt: skip
    order = {segment: place for place, segment in enumerate([*RFM_SEGMENTS, SMALL])}
    table = table.sort_values("segment", key=lambda column: column.map(order), ignore_index=True)[RFM_COLUMNS]
    best = table.iloc[int(table.margin.argmax())]
    title = (
        f"{percent(best.share_of_customers, 0)} of customers, the {best.segment}, brought "
        f"{percent(best.share_of_margin, 0)} of the margin"
    )
    text = f"{counted(len(scores), 'customer')} by how lately and how often they ordered."
    text += " Groups of too few customers to be shown, and the next smallest where need be, are one." if small else ""
    risk: list[Any] = list(table[table.segment == "at risk"].itertuples())
    if risk:
        row = risk[0]
        text += (
            f" At risk, once frequent and now quiet: {counted(row.customers, 'customer')} who brought "
            f"{money(row.margin, currency, 0)}, last seen {number(row.recency_days)} days ago (median)."
        )
    return Result(name, "table", title, text, table=table, facts=facts)


def _named(recency: pd.Series, frequency: pd.Series) -> Array:
    cases = [recency.between(*r) & frequency.between(*f) for r, f in RFM_SEGMENTS.values()]
    return np.select(cases, list(RFM_SEGMENTS), default="gone quiet")
