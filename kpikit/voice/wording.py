"""How scores of different questions are named and written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from kpikit.errors import ContractError, listed
from kpikit.formatting import MINUS, interval, number, percent, points
from kpikit.results import Result

NPS = "nps"
NAMES = {NPS: "Net Promoter Score", "csat": "satisfaction", "ces": "ease"}
CLASSES = {"top": "top boxes", "middle": "middle", "bottom": "bottom boxes"}
NPS_CLASSES = {"top": "promoters", "middle": "passives", "bottom": "detractors"}


def is_net(kind: str) -> bool:
    """Say whether a kind's score is a net one (promoters minus detractors), else it is a share of top boxes."""
    return kind.strip().lower() == NPS


def name_of(kind: str) -> str:
    """Return what a kind's score is called in a sentence."""
    return NAMES.get(kind.strip().lower(), kind.strip())


def classes_of(kind: str) -> dict[str, str]:
    """Return the names of the three classes of score."""
    return NPS_CLASSES if is_net(kind) else CLASSES


def score_text(value: float, kind: str) -> str:
    """Return a score (−1 to 1) in words: net scores in points, shares in percent."""
    return number(100 * value, 1) if is_net(kind) else percent(value)


def interval_text(low: float, high: float, kind: str) -> str:
    """Return the interval of a score, both ends −1 to 1, in the words of :func:`score_text`."""
    return interval(100 * low, 100 * high, "points") if is_net(kind) else interval(low, high)


def difference_text(value: float, kind: str) -> str:
    """Return the difference of two scores, with its sign."""
    if not is_net(kind):
        return points(value)
    text = number(100 * value, 1)
    return f"{text if text.startswith(MINUS) else '+' + text} points"


def rows_of(table: pd.DataFrame) -> list[Any]:
    """Return a table's rows as tuples whose fields have the columns' names."""
    return list(table.itertuples())


def checked(table: pd.DataFrame, needed: Iterable[str], maker: str) -> pd.DataFrame:
    """Return a table when it has the columns of what makes it, else raise :class:`ContractError`."""
    lacking = [name for name in needed if name not in table.columns]
    if lacking:
        raise ContractError(
            f"columns {lacking}", got=f"[{listed(table.columns)}]", fix=f"Pass {maker}(…).to_pandas().", where=maker
        )
    return table


def nothing_known(name: str, title: str, text: str, columns: Iterable[str], **facts: Any) -> Result:
    """Return a result that says what is not known and why."""
    return Result(name, "table", title, text, table=pd.DataFrame(columns=list(columns)), facts=facts)
