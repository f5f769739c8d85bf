"""Products side by side: which come back more than the rest, with small ones drawn to the mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from kpikit import intervals
from kpikit.cells import left_out, left_out_text
from kpikit.formatting import counted, interval, joined, money, number, percent
from kpikit.results import Result

FEWEST_LINES = 30
FEWEST_EXPECTED = 5  # below that in a cell of the two by two, Fisher's exact test
CLEAR = 0.05
MORE, LESS, UNCLEAR, TOO_FEW = "more returns", "fewer returns", "no clear difference", "too few lines"
RETURNS = ("return_xx", "return_yy", "return_xy", "return_customers")
RATINGS = ("rating_xx", "rating_yy", "rating_xy", "raters")
SUMS = ("rating_sum", *RETURNS, *RATINGS)  # for intervals, not for a reader
KPI_RETURNS = ("lines_old_enough", "returned", *RETURNS)
KPI_RATINGS = ("ratings", "rating_sum", *RATINGS)
KPI_BACK = ("began", "came_back")
Floats = NDArray[np.float64]


def products(table: pd.DataFrame, *, currency: str = "", fewest_lines: int = FEWEST_LINES, min_cell: int = 1) -> Result:
    """Return the products with their intervals, and which clearly come back more or less often than the others.

    Parameters
    ----------
    table
        As ``kpikit.metrics.products.product_performance`` returns it, as a DataFrame, whole or
        through ``kk.protected``.
    fewest_lines
        Products with fewer lines old enough are marked and not judged.
    min_cell
        Fewest people that a figure may rest on. Returns, ratings and coming back have their own: those whose lines are
        old enough, who rated, who began with the product. A figure of fewer is missing.

    Returns
    -------
    Result
        ``table``, one row per product, by revenue: ``product``, ``customers``, ``revenue``, ``share_of_revenue``,
        ``orders``,
        ``units``, ``lines_old_enough``, ``returned``, ``return_rate``, ``return_low``, ``return_high``,
        ``return_shrunk`` (drawn to the mean of all products, the more the fewer lines), ``p_adjusted`` (against the
        rest), ``verdict``, ``ratings``, ``rating``, ``rating_low``, ``rating_high``, ``began``, ``came_back_rate``,
        ``came_back_low``, ``came_back_high``.

    Notes
    -----
    One customer's lines come back together: intervals of returns and ratings take whole customers, and returns are
    compared by the number of independent lines that a product's lines are worth. Intervals are Wilson's; p-values are
    of two proportions, exact where few returns are expected, adjusted for the number of products (Benjamini and
    Hochberg).
    """
    facts = {"currency": currency}
    gone = left_out(table)
    if table.empty:
        title = "Products are not shown" if gone else "Products are not known"
        text = (
            "Order lines with the ids of their orders would say what each product brings and how often it comes back."
        )
        text = "Each product was bought by too few people to be shown." if gone else text
        return Result("products", "table", title, text, table=table, facts=facts)
    shown = _enough(table.astype({name: float for name in table.columns if name != "product"}), min_cell)
    total = shown.revenue.sum()
    shown["share_of_revenue"] = shown.revenue / total if total else np.nan
    shown = _with_shares(_with_returns(shown, fewest_lines))
    clear = shown[shown.verdict.isin([MORE, LESS])]
    title = _title(shown, clear, was_known=bool(table.lines_old_enough.notna().any()))
    text = _text(shown, clear, currency) + left_out_text(gone, "product")
    return Result("products", "table", title, text, _headline(clear), table=shown.drop(columns=list(SUMS)), facts=facts)


def _enough(table: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Return the counts without those that rest on too few people."""
    shown = table.reset_index(drop=True)
    for people, names in (("return_customers", KPI_RETURNS), ("raters", KPI_RATINGS), ("began", KPI_BACK)):
        few = shown[people].between(0, min_cell, inclusive="neither")
        shown[list(names)] = shown[list(names)].mask(few)
    return shown


def _with_returns(shown: pd.DataFrame, fewest: int) -> pd.DataFrame:
    x, n = shown.returned.to_numpy(dtype=float), shown.lines_old_enough.to_numpy(dtype=float)
    clusters = [shown[name].fillna(0.0).to_numpy(dtype=float) for name in RETURNS]
    low, high = intervals.clustered_wilson(np.nan_to_num(x), np.nan_to_num(n), *clusters)
    worth = intervals.effective_rows(np.nan_to_num(x), np.nan_to_num(n), *clusters)
    with np.errstate(invalid="ignore", divide="ignore"):
        independent_x = np.where(n > 0, x / n * worth, 0.0)
    enough = n >= fewest
    p = np.where(enough, against_the_rest(independent_x, worth), np.nan)
    adjusted = intervals.benjamini_hochberg(p)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = x / n
        others = (np.nansum(x) - x) / (np.nansum(n) - n)
    verdict = np.select(
        [~enough, (adjusted < CLEAR) & (rate > others), (adjusted < CLEAR) & (rate < others)],
        [TOO_FEW, MORE, LESS],
        UNCLEAR,
    )
    return shown.assign(
        return_rate=rate, return_low=low, return_high=high, return_shrunk=shrunk(independent_x, worth),
        p_adjusted=adjusted, verdict=verdict,
    )  # fmt: skip


def _with_shares(shown: pd.DataFrame) -> pd.DataFrame:
    ratings, sums = shown.ratings, shown.rating_sum
    rating_low, rating_high = intervals.clustered_mean(sums, ratings, *(shown[name] for name in RATINGS))
    back_low, back_high = intervals.wilson(shown.came_back.fillna(0), shown.began.fillna(0))
    return shown.assign(
        rating=(sums / ratings).where(ratings > 0), rating_low=rating_low, rating_high=rating_high,
        came_back_rate=(shown.came_back / shown.began).where(shown.began > 0),
        came_back_low=back_low, came_back_high=back_high,
    )  # fmt: skip


def against_the_rest(returned: Floats, lines: Floats) -> Floats:
    """Return the two-sided p-value of each product's share against that of all others together."""
    x, n = np.nan_to_num(returned), np.nan_to_num(lines)
    rest_x, rest_n = x.sum() - x, n.sum() - n
    p = intervals.two_proportions_p(x, n, rest_x, rest_n)
    pooled = x.sum() / n.sum() if n.sum() else 0.0
    few = np.minimum(n, rest_n) * min(pooled, 1 - pooled) < FEWEST_EXPECTED
    for i in np.flatnonzero(few & (n > 0) & (rest_n > 0)):
        table = [[x[i], n[i] - x[i]], [rest_x[i], rest_n[i] - rest_x[i]]]
        p[i] = stats.fisher_exact(np.rint(table).astype(int))[1]
    return p


def shrunk(successes: Floats, n: Floats) -> Floats:
    """Return shares drawn to their common mean as far as chance explains their differences.

    References
    ----------
    Kleinman, J. C. (1973), "Proportions with extraneous variance: single and independent samples", JASA 68.

    >>> shrunk(np.array([0.0, 50.0]), np.array([1.0, 100.0])).round(3).tolist()
    [0.495, 0.495]
    """
    x, size = np.nan_to_num(successes), np.nan_to_num(n)
    known = size > 0
    if known.sum() < 2:
        return np.where(known, x / np.where(known, size, 1), np.nan)
    total = size.sum()
    mean = x.sum() / total
    spread = (size[known] * (x[known] / size[known] - mean) ** 2).sum()
    groups = known.sum() - 1
    between = (spread - groups * mean * (1 - mean)) / (total - (size**2).sum() / total - groups)
    if between <= 0:  # no more than chance
        return np.where(known, mean, np.nan)
    prior = max(mean * (1 - mean) / between - 1, 0.0)  # lines that the common mean is worth
    return np.where(known, (x + prior * mean) / np.where(known, size + prior, 1), np.nan)


def _title(shown: pd.DataFrame, clear: pd.DataFrame, *, was_known: bool) -> str:
    if shown.lines_old_enough.isna().all():
        why = "too few people bought each to say what came back" if was_known else "when lines came back is not known"
        return f"{counted(len(shown), 'product')}; {why}"
    if clear.empty:
        return "No product clearly comes back more or less often than the others"
    more, less = (clear[clear.verdict == verdict]["product"].tolist() for verdict in (MORE, LESS))
    parts = [f"{joined(more[:3])} more often" if more else "", f"{joined(less[:3])} less often" if less else ""]
    return f"Come back clearly: {joined(part for part in parts if part)} than other products"


def _text(shown: pd.DataFrame, clear: pd.DataFrame, currency: str) -> str:
    best: Any = shown.sort_values("revenue").iloc[-1]
    judged: list[Any] = list(clear.itertuples())
    said = [
        f"{best['product']} brings most: {money(best.revenue, currency)}, {percent(best.share_of_revenue, 0)} of "
        f"the revenue of {counted(len(shown), 'product')}."
    ]
    said += [
        f"{row.product} comes back in {percent(row.return_rate)} of lines (95 % interval "
        f"{interval(row.return_low, row.return_high)}; n = {number(row.lines_old_enough)})."
        for row in judged[:4]
    ]
    few = (shown.verdict == TOO_FEW).sum() if shown.lines_old_enough.notna().any() else 0
    said += [f"Too few lines to be judged: {counted(few, 'product')}, drawn to the mean."] if few else []
    said += ["That a product's first buyers come back does not mean that it made them: other people choose it."]
    return " ".join(said)


def _headline(clear: pd.DataFrame) -> str:
    worse = clear[clear.verdict == MORE]
    if worse.empty:
        return ""
    row: Any = worse.sort_values("returned", ascending=False).iloc[0]
    return f"{row['product']} comes back clearly more often than other products: {percent(row.return_rate)} of lines."
