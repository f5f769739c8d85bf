"""Which KPIs the data can feed, and what further tables would add."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from kpikit.contracts import CONTRACTS
from kpikit.errors import one_of
from kpikit.formatting import joined
from kpikit.kpis.computing import Inputs
from kpikit.kpis.showing import sentence_case
from kpikit.results import Result

BESIDE_KPIS = {
    "customers": "segments, channels and countries to split every figure by",
    "survey_responses": "comments, and satisfaction beside what customers do",
    "feedback": "what customers say elsewhere",
    "actions": "what is being done about each figure, by whom and until when",
    "spend": "what a customer costs beside what a customer brings",
}


def available(tables: Any, kpis: Sequence[str] | None = None, *, by: str | None = None) -> list[str]:
    """Return those of the KPIs that the tables can feed, in the order given; None asks about all.

    >>> import kpikit as kk
    >>> available({"orders": kk.datasets.cdnow(sample=True)}, ["revenue", "nps"])
    ['revenue']
    """
    inputs = Inputs.of(tables, by)
    for name in kpis or ():
        inputs.card(name)  # raises for an unknown one
    names = list(inputs.kpis) if kpis is None else list(kpis)
    return [name for name in names if not inputs.lacks(inputs.card(name)) and inputs.splits(inputs.card(name))]


def missing(data: Any, *, wants: Sequence[str]) -> Result:
    """Return which of the wanted tables are not there, and what each would add to the page.

    Returns
    -------
    Result
        ``table``: ``table``, ``needs`` (columns), ``adds``; empty where every table is there.
    """
    for name in wants:
        one_of("wants", name, CONTRACTS)
    inputs = Inputs.of(data)
    absent = [name for name in wants if name not in inputs.tables]
    rows = [(name, ", ".join(CONTRACTS[name].needed), _adds(name, inputs)) for name in absent]
    table = pd.DataFrame(rows, columns=["table", "needs", "adds"])
    if not absent:
        return Result("missing-tables", "table", "Every table that this page can use is there", table=table)
    names = joined(name.replace("_", " ") for name in absent)
    text = "Add them to kpikit.yaml under tables; kpikit init DATA proposes the mapping."
    return Result("missing-tables", "table", f"Not on this page: what {names} would add", text, table=table)


def _adds(name: str, inputs: Inputs) -> str:
    """Return what a table would add: the KPIs that need it and no other absent one, and what else it is good for."""
    cards = [its.card for its in inputs.kpis.values()]
    titles = [one.title for one in cards if name in one.needs and set(one.needs) <= {name, *inputs.tables}]
    listed = joined(map(sentence_case, titles))
    return "; ".join(text for text in (listed, BESIDE_KPIS.get(name, "")) if text)
