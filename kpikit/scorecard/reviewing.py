"""Which KPIs still earn their place: does it move, can somebody act on it, does another say the same?"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

if TYPE_CHECKING:
    from kpikit.kpis.measuring import Measured

FEWEST_CHANGES = 8
SAME_STORY = 0.9  # rank correlation of changes, either way round
MOVES = 0.05
KEEP, GIVE_AN_OWNER, DROP_ONE, RARELY = (
    "keep",
    "give it an owner or leave it out",
    "one of the two is enough",
    "look less often",
)
REVIEW = ["kpi", "periods", "moves", "p_moves", "is_actionable", "twin", "twin_correlation", "twin_changes", "verdict"]


def review(measured: Mapping[str, Measured], *, actionable: Collection[str]) -> pd.DataFrame:
    """Return which KPIs earn their place: one row per KPI.

    Parameters
    ----------
    actionable
        KPIs that have a goal with an owner, or an action.

    Returns
    -------
    DataFrame
        ``periods`` (complete ones), ``moves`` (missing below 9 periods): whether they vary more than chance explains,
        ``p_moves``, ``is_actionable``, ``twin`` (the KPI whose changes from period to period follow this one's, rank
        correlation above .9 or below −.9), ``twin_correlation``, ``twin_changes`` (n), ``verdict``.
    """
    series = {name: one.complete.set_index("number") for name, one in measured.items()}
    rows = []
    for name, table in series.items():
        p = _p_of_moving(table)
        twin, correlation, changes = _twin(name, series)
        moves = None if np.isnan(p) else bool(p < MOVES)
        is_actionable = name in actionable
        rows.append(
            (
                name,
                len(table),
                moves,
                p,
                is_actionable,
                twin,
                correlation,
                changes,
                _verdict(moves, is_actionable, twin),
            )
        )
    return pd.DataFrame(rows, columns=REVIEW)


def _p_of_moving(table: pd.DataFrame) -> float:
    """Return the p-value of "one value in all periods, and chance": Cochran's Q."""
    known = table[(table.error > 0) & table.value.notna()]
    if len(known) <= FEWEST_CHANGES:
        return float("nan")
    weights = 1 / known.error.to_numpy(dtype=float) ** 2
    value = known.value.to_numpy(dtype=float)
    center = float((weights * value).sum() / weights.sum())
    return float(stats.chi2.sf(float((weights * (value - center) ** 2).sum()), len(known) - 1))


def _twin(name: str, series: Mapping[str, pd.DataFrame]) -> tuple[str, float, int]:
    """Return the KPI that tells the same story, the rank correlation of their changes, and how many there are."""
    best: tuple[str, float, int] = ("", float("nan"), 0)
    own = series[name].value.astype(float).diff()
    for other, table in series.items():
        both = pd.concat([own, table.value.astype(float).diff()], axis=1, keys=["a", "b"]).dropna()
        if other == name or len(both) < FEWEST_CHANGES or both.nunique().min() < 2:
            continue
        found = float(stats.spearmanr(both.a, both.b).statistic)
        if abs(found) > SAME_STORY and not abs(found) <= abs(best[1]):
            best = (other, found, len(both))
    return best


def _verdict(moves: bool | None, is_actionable: bool, twin: str) -> str:
    if twin and not is_actionable:
        return DROP_ONE
    if not is_actionable:
        return GIVE_AN_OWNER
    return RARELY if moves is False else KEEP
