"""Where dated goals' figures are expected to stand, kept to be judged; and where they came to stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from kpikit import ledger
from kpikit.forecasts import COLUMNS, KEY
from kpikit.intervals import CONFIDENCE
from kpikit.periods import Period, as_date
from kpikit.results import Result
from kpikit.scorecard.goals import goal_period
from kpikit.scorecard.wording import rows_of

if TYPE_CHECKING:
    from kpikit.metrics import Card
    from kpikit.scorecard.building import Figures

ALL = "all"
MODEL = "trend of the last complete periods"


def forecasts(found: Figures) -> Result:
    """Return the projections of the goals whose date is to come: one row per goal, due when its last period is over."""
    unit, as_of = Period.parse(found.period), found.as_of.isoformat()
    rows = []
    for row in rows_of(found.goals[found.goals.projected.notna()]):
        its, number = found.card(row.kpi), goal_period(row.by.date(), unit)
        rows.append(
            {
                "kpi": row.kpi, "title": f"{its.title} in {unit.label(unit.start(number))}",
                "by": "" if row.segment == ALL else "segment", "segment": row.segment, "as_of": as_of,
                "ends": unit.start(number + 1).isoformat(), "value": row.projected, "low": row.projected_low,
                "high": row.projected_high, "confidence": CONFIDENCE, "style": its.style, "n": np.nan, "model": MODEL,
            }
        )  # fmt: skip
    table = pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "definition"])
    definitions = {name: definition(its, unit) for name, its in found.cards.items()}
    return ledger.forecasts(table.drop_duplicates(list(KEY)), definitions=definitions, currency=found.currency)


def what_came(found: Figures, due: ledger.Due) -> pd.DataFrame:
    """Return the values of the periods that earlier projections were about: one row per forecast that has come due.

    Missing where the period is not complete, is suppressed, or the figure is not measured any more.
    """
    unit = Period.parse(found.period)
    rows = due.table[list(KEY)]
    came = [found.value(row.kpi, row.segment, unit.index(as_date(row.ends)) - 1) for row in rows_of(rows)]
    return rows.assign(came=np.array(came, dtype=float))


def definition(its: Card, unit: Period) -> str:
    """Return what a figure is, as far as a change of it would make two values another thing."""
    settings = "".join(f"; {name}: {value}" for name, value in its.settings.items())
    return f"{its.formula}, by {unit}{settings} (version {its.version})"
