"""What to do about what customers get, each with the number behind it."""

from __future__ import annotations

from typing import Any

import pandas as pd

from kpikit.formatting import number, percent, styled
from kpikit.kpis.showing import sentence_case
from kpikit.performance.channels import DIFFER, ends
from kpikit.performance.experience import MISSED
from kpikit.performance.products import MORE
from kpikit.results import Result

Action = tuple[str, str]


def actions(experience: Result, products: Result, consistency: Result) -> Result:
    """Return things to do: targets missed, products that come back, channels that lag; none without a clear finding.

    Returns
    -------
    Result
        ``table``: ``action``, ``reason``.
    """
    found = [*_missed(experience.table), *_returned(products.table), *_lagging(consistency.table)]
    return Result("what-to-do", "actions", "What to do", table=pd.DataFrame(found, columns=["action", "reason"]))


def _missed(table: pd.DataFrame) -> list[Action]:
    found = []
    rows: list[Any] = list(table[table.target_verdict == MISSED].itertuples())
    for row in rows:
        owner = f" {row.owner} owns it." if row.owner else ""
        reason = (
            f"{styled(row.value, row.style)} against {styled(row.target, row.style)}; the whole interval misses it "
            f"(n = {number(row.n)}).{owner} Split it by channel, product and weekday before you change anything."
        )
        found.append((f"Find out why customers get less: {sentence_case(row.title)}", reason))
    return found


def _returned(table: pd.DataFrame) -> list[Action]:
    if "verdict" not in table.columns:
        return []
    worse = table[table.verdict == MORE].sort_values("returned", ascending=False)
    return [
        (
            f"Look into the returns of {row['product']}",
            f"{percent(row.return_rate)} of its lines come back ({number(row.returned)} of "
            f"{number(row.lines_old_enough)}), clearly more than of the others. Read what customers say when they "
            "return it.",
        )
        for _, row in worse.head(2).iterrows()
    ]


def _lagging(table: pd.DataFrame) -> list[Action]:
    clear = table[table.verdict == DIFFER]
    found = []
    for _, group in clear.groupby("kpi", sort=False):
        low, high = ends(group)
        reason = (
            f"From {styled(low.value, low['style'])} ({low.segment}) to {styled(high.value, high['style'])} "
            f"({high.segment}), more than chance. Other customers choose other channels: compare like with like first."
        )
        found.append((f"Learn from the best channel: {sentence_case(low.title)}", reason))
    return found[:2]
