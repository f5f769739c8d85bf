"""What a run forecasts, in the form in which it is kept; and the earlier forecasts that have come due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd

from kpikit.errors import ContractError, listed
from kpikit.forecasts import COLUMNS, KEY, KIND, handed
from kpikit.formatting import agreed, counted
from kpikit.periods import as_date
from kpikit.results import Result

MADE = [*COLUMNS, "run_id", "business"]


def forecasts(rows: pd.DataFrame, *, definitions: Mapping[str, str], currency: str = "") -> Result:
    """Return forecasts in the form in which a run keeps them: one row per forecast.

    Parameters
    ----------
    rows
        With the columns of :data:`kpikit.forecasts.COLUMNS` but ``definition``. Rows without a value are left out:
        nothing was forecast.
    definitions
        What exactly each ``kpi`` of this study is, with its settings; of those too that are not forecast this time.
    currency
        Of the amounts.

    Raises
    ------
    ContractError
        When a column is missing, a forecast stands twice, its horizon has no day, its confidence is no share, or a
        ``kpi`` is not defined.
    """
    missing = [name for name in COLUMNS if name not in rows.columns and name != "definition"]
    if missing:
        raise ContractError(f"columns {missing}", got=f"[{listed(rows.columns)}]", where="forecasts")
    table = rows[rows.value.notna()].assign(definition=lambda made: made.kpi.map(definitions))[list(COLUMNS)]
    problems = {
        "a definition of each kpi": table.definition.isna(),
        "forecasts that differ in kpi, segment or horizon": table.duplicated(list(KEY)),
        "horizons that end after they begin": table.ends <= table.as_of,
        "a confidence above 0 and below 1": ~table.confidence.between(0, 1, inclusive="neither"),
    }
    for expected, wrong in problems.items():
        if wrong.any():
            raise ContractError(expected, got=str(table[wrong].iloc[0][list(KEY)].to_dict()), where="forecasts")
    days = sorted({last_day(ends) for ends in table.ends})
    title = f"This report makes {counted(len(table), 'forecast')} to be judged later"
    until = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}" if days else ""
    text = (
        f"{agreed(len(table), 'It is', 'They are')} kept with the run. When the data are known up to the end of "
        f"{agreed(len(days), 'the horizon', 'each horizon')} ({until}), a later run of this report counts what came."
    )
    if table.empty:
        title, text = "This report makes no forecast that could be judged later", ""
    facts = {"definitions": dict(definitions), "currency": currency}
    return Result("forecasts-made", KIND, title, text, table=table.reset_index(drop=True), facts=facts)


@dataclass(frozen=True)
class Due:
    """The earlier forecasts that have come due: their horizon is over by ``as_of``.

    Attributes
    ----------
    as_of
        First day that is not known now.
    table
        Those that are defined as today: one row per forecast, with :data:`kpikit.forecasts.COLUMNS` and ``run_id``.
        Of several runs that forecast the same, the one that was made first counts.
    redefined
        Those that are defined otherwise, in the same form, with ``now`` (the definition now; empty: none).
    has_runs
        Whether a runner says what earlier runs there are. A notebook run by hand has none beside it.
    currency
        Of the amounts.
    """

    as_of: date
    table: pd.DataFrame = field(repr=False)
    redefined: pd.DataFrame = field(repr=False)
    has_runs: bool
    currency: str = ""

    @property
    def windows(self) -> list[tuple[str, str]]:
        """The horizons, each once: first day and first day after (ISO text)."""
        return sorted(set(zip(self.table.as_of, self.table.ends, strict=True)))


def due(data: Any, made: Result) -> Due:
    """Return the forecasts of earlier runs of this study that have come due.

    Parameters
    ----------
    data
        What ``kpikit.load`` returned: its ``as_of`` says what is over, its business whose forecasts count.
    made
        What this run forecasts (:func:`forecasts`): its definitions say which earlier ones can be compared.

    Raises
    ------
    ContractError
        When ``made`` holds no definitions, or the runner's file cannot be read.
    """
    if "definitions" not in made.facts:
        raise ContractError("forecasts", got=made.name, fix="Pass kpikit.ledger.forecasts(…).", where="made")
    now: dict[str, str] = made.facts["definitions"]
    rows, end = handed(), as_date(data.as_of).isoformat()
    table = pd.DataFrame(rows or [], columns=MADE)
    over = table[(table.business == data.business) & (table.ends <= end)].drop(columns="business")
    over = over.assign(now=over.kpi.map(now).fillna("").astype(object))
    is_same = over.definition == over.now
    same = over[is_same].drop_duplicates(list(KEY)).drop(columns="now")
    return Due(
        as_date(data.as_of),
        same.sort_values(["as_of", "ends"], kind="stable").reset_index(drop=True),
        over[~is_same].drop_duplicates([*KEY, "definition"]).reset_index(drop=True),
        has_runs=rows is not None,
        currency=made.facts["currency"],
    )


def last_day(ends: str) -> str:
    """Return the last day of a horizon, as ISO text."""
    return (as_date(ends) - timedelta(days=1)).isoformat()
