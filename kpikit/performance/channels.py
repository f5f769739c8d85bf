"""Whether customers get the same in every channel: the spread of KPIs, net of what chance alone would spread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from kpikit import intervals
from kpikit.cells import SUPPRESSED
from kpikit.formatting import counted, difference, joined, styled
from kpikit.kpis import available, compute
from kpikit.kpis.showing import cards_of, sentence_case
from kpikit.results import Result

UNKNOWN = "unknown"
DIFFER, ALIKE = "channels differ", "no clear difference"
CLEAR = 0.05
COLUMNS = [
    "kpi", "title", "segment", "value", "low", "high", "n", "style", "spread", "sd_net", "p_adjusted", "verdict",
]  # fmt: skip


def consistency(data: Any, kpis: Sequence[str], *, by: str = "channel", as_of: Any = None) -> Result:
    """Return how far KPIs differ between channels.

    Parameters
    ----------
    data
        Tables by name, or what :func:`kpikit.load` returned.
    kpis
        Ids of KPIs that are a share or a mean; those that cannot be split by ``by`` are left out.
    by
        A column: ``channel``, ``device`` or any other.

    Returns
    -------
    Result
        ``table``, one row per KPI and channel over all that is known: ``kpi``, ``title``, ``segment``, ``value``,
        ``low``, ``high``, ``n``, ``style``; and of the KPI ``spread`` (highest minus lowest), ``sd_net`` (standard
        deviation between channels without their sampling noise), ``p_adjusted`` (of equal channels, for the number of
        KPIs), ``verdict``. Rows without a channel are left out, and those without both limits of an interval or with
        equal ones: nothing says how far they may differ by chance; the text and ``facts`` (``left_out``) name them.

    Notes
    -----
    The variance between channels is DerSimonian and Laird's; the test is Cochran's Q. A customer of several channels
    counts in each, which makes the test rather cautious.

    References
    ----------
    DerSimonian, R. and Laird, N. (1986), "Meta-analysis in clinical trials", Controlled Clinical Trials 7.
    """
    fed = available(data, kpis, by=by)
    values = compute(data, fed, by=by, as_of=as_of) if fed else pd.DataFrame()
    return spread(values, by=by, data=data)


def spread(values: pd.DataFrame, *, by: str = "channel", data: Any = None) -> Result:
    """Return the spread of computed KPIs between their segments; see :func:`consistency`."""
    name, cards = f"consistency-{by}", cards_of(data)
    named = values[values.value.notna() & (values.segment != UNKNOWN)] if len(values) else values
    few = _too_few(values, by)
    known, left_out = _with_an_error(named) if len(named) else (named, [])
    facts = {"by": by, "left_out": left_out}
    groups = [group for _, group in known.groupby("kpi", sort=False) if len(group) > 1] if len(known) else []
    if not groups:
        title = f"No figure here can be compared between {by}s"
        text = f"That takes a column {by} with two values or more.{_without(left_out)}{few}"
        return Result(name, "table", title, text, table=pd.DataFrame(columns=COLUMNS), facts=facts)
    found = [_facts(group) for group in groups]
    adjusted = intervals.benjamini_hochberg([p for *_, p in found])
    shown = []
    for group, (width, net, _), p in zip(groups, found, adjusted, strict=True):
        its = cards[str(group.kpi.iloc[0])]
        shown.append(group.assign(title=its.title, style=its.style, spread=width, sd_net=net, p_adjusted=p,
                                  verdict=DIFFER if p < CLEAR else ALIKE))  # fmt: skip
    shown.sort(key=lambda group: float(group.p_adjusted.iloc[0]))  # the surest difference first
    table = pd.concat(shown, ignore_index=True)[COLUMNS]
    clear = table[table.verdict == DIFFER]
    sentences = [_sentence(group, by) for _, group in table.groupby("kpi", sort=False)]
    text = " ".join(sentences) + _without(left_out) + few
    return Result(name, "table", _title(clear, by), text, _headline(clear, by), table=table, facts=facts)


def _with_an_error(values: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the values whose interval has two different ends, and the segments of the others."""
    has_one = values.low.notna() & values.high.notna() & (values.high > values.low)
    return values[has_one], list(dict.fromkeys(map(str, values.segment[~has_one])))


def _without(left_out: list[str]) -> str:
    return f" Without an interval in some figure, and left out of it: {joined(left_out)}." if left_out else ""


def _too_few(values: pd.DataFrame, by: str) -> str:
    """Return how many segments are suppressed in some figure, as a sentence; nothing where none is."""
    count = int(values[values.status == SUPPRESSED].segment.nunique()) if len(values) else 0
    return f" Of too few people in some figure, and left out of it: {counted(count, by)}." if count else ""


def _facts(group: pd.DataFrame) -> tuple[float, float, float]:
    """Return highest minus lowest, standard deviation net of noise, p-value of equal channels."""
    value = group.value.to_numpy(dtype=float)
    error = (group.high - group.low).to_numpy(dtype=float) / 2 / intervals.normal_quantile(intervals.CONFIDENCE)
    weight = error**-2
    mean = (weight * value).sum() / weight.sum()
    q, freedom = float((weight * (value - mean) ** 2).sum()), len(value) - 1
    scale = weight.sum() - (weight**2).sum() / weight.sum()
    between = max(0.0, (q - freedom) / scale)
    return float(value.max() - value.min()), float(np.sqrt(between)), float(stats.chi2.sf(q, freedom))


def ends(group: pd.DataFrame) -> tuple[Any, Any]:
    """Return the rows of the lowest and the highest value of one KPI."""
    ordered = group.sort_values("value")
    return ordered.iloc[0], ordered.iloc[-1]


def _sentence(group: pd.DataFrame, by: str) -> str:
    low, high = ends(group)
    net = difference(low.sd_net, low["style"]).lstrip("+")
    if low.verdict == ALIKE:
        lowest, highest = styled(low.value, low["style"]), styled(high.value, high["style"])
        return f"{low.title}: {lowest} ({low.segment}) to {highest} ({high.segment}), no clear difference."
    return (
        f"{low.title}: from {styled(low.value, low['style'])} ({low.segment}) to {styled(high.value, high['style'])} "
        f"({high.segment}); {by}s differ by {net} (standard deviation, net of chance)."
    )


def _title(clear: pd.DataFrame, by: str) -> str:
    if clear.empty:
        return f"No clear difference between {by}s"
    return f"{by.capitalize()}s differ in {joined(sentence_case(title) for title in clear.title.unique())}"


def _headline(clear: pd.DataFrame, by: str) -> str:
    if clear.empty:
        return ""
    low, high = ends(clear[clear.kpi == clear.kpi.iloc[0]])
    return (
        f"{low.title} is not the same in every {by}: {styled(low.value, low['style'])} ({low.segment}) to "
        f"{styled(high.value, high['style'])} ({high.segment})."
    )
