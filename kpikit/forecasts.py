"""The form of a forecast that is kept until it can be judged: one row, wherever it is made, stored, handed or read.

Who makes forecasts shows them as a result of the kind :data:`KIND`. The runner keeps its rows in ``kpis.json`` and
hands those of earlier runs to a later one as a file, which the environment variable :data:`VARIABLE` names.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kpikit.errors import ContractError

KIND = "forecasts"
VARIABLE = "KPIKIT_EARLIER_FORECASTS"
SCHEMA_VERSION = 1
COLUMNS = {
    "kpi": "what is forecast: its name",
    "title": "what it is called",
    "by": "what the segments split by; empty for the whole",
    "segment": "of whom; all for the whole",
    "as_of": "first day that was not known (ISO text); the horizon begins with it",
    "ends": "first day after the horizon (ISO text): known up to it, what came can be counted",
    "value": "the forecast",
    "low": "lower end of its interval; None where there is none",
    "high": "upper end of its interval",
    "confidence": "how often the interval says that it holds, 0 to 1",
    "style": "how the value is written: percent, money, count, points, hours, days, months or decimal",
    "n": "how many people it is about; None where they are not known beforehand",
    "model": "what made it",
    "definition": "what exactly is forecast, with its settings: forecasts whose texts differ are not compared",
}
KEY = ("kpi", "by", "segment", "as_of", "ends")  # what no two forecasts of a run share


def written(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the text of the file that hands earlier forecasts to a notebook.

    Parameters
    ----------
    rows
        With :data:`COLUMNS`, ``run_id`` and ``business``, in the order in which they were made.
    """
    return json.dumps({"schema_version": SCHEMA_VERSION, "forecasts": [dict(row) for row in rows]}, indent=1) + "\n"


def handed() -> list[dict[str, Any]] | None:
    """Return the forecasts of earlier runs that the runner hands to this kernel; None where there is no runner.

    Raises
    ------
    ContractError
        When the file that :data:`VARIABLE` names is not there, or is none of the runner's.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    try:
        content = json.loads(Path(named).read_text(encoding="utf-8"))
        if content["schema_version"] != SCHEMA_VERSION:
            raise ValueError
        return [{name: row[name] for name in (*COLUMNS, "run_id", "business")} for row in content["forecasts"]]
    except (OSError, ValueError, KeyError, TypeError):
        raise ContractError(
            f"the forecasts of earlier runs (schema {SCHEMA_VERSION}) in the file that {VARIABLE} names",
            got="no such file, or another content",
            fix=f"Run the notebook with kpikit run, which writes it; or unset {VARIABLE} to run by hand.",
            where=VARIABLE,
        ) from None
