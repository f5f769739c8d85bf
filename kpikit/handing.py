"""DataFrames handed to the engine: what is missing is null there, whatever pandas holds in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir


def in_engine(data: Any, kinds: Mapping[str, str] | None = None) -> ir.Table:
    """Return an Ibis table as it is, and a DataFrame as one whose missing values are null on every engine.

    Left alone, Spark would be handed NaN: a number to it, and the text "NaN" in a column of texts. A column that is
    missing altogether gets its type from ``kinds`` (else text), since no engine can tell.
    """
    if isinstance(data, ir.Table):
        return data
    if not hasattr(data, "iloc"):  # Arrow knows null
        return ibis.memtable(data)
    frame, empty = data.copy(deep=False), {}
    for name in frame.columns:
        dtype = frame[name].dtype
        if str(dtype).startswith("datetime64[ns"):  # the engines count microseconds
            frame[name] = frame[name].dt.as_unit("us")
        if str(dtype).startswith("float") or dtype.kind in "mM":  # NaN is made null below, NaT is null
            continue
        hole = frame[name].isna()
        if hole.any() and not hole.all():
            frame[name] = frame[name].astype(object).mask(hole, None)
        elif hole.any():
            empty[name] = ibis.null((kinds or {}).get(name, "string"))
    if len(empty) == frame.shape[1]:
        empty.pop(next(iter(empty)), None)  # a table needs a column of its own to have rows
    table = ibis.memtable(frame.drop(columns=list(empty))).mutate(**empty).select(*map(str, frame.columns))
    numbers = [name for name in table.columns if table[name].type().is_floating()]
    return table.mutate([table[name].isnan().ifelse(ibis.null("float64"), table[name]).name(name) for name in numbers])


def len_or_none(data: Any) -> int | None:
    """Return the number of rows where it is known without a query (a DataFrame)."""
    return None if isinstance(data, ir.Table) else len(data)
