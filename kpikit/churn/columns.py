"""The kinds of a table's columns, read from its values: numbers, texts, times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

NUMERIC_SHARE = 0.95  # of the values that are there: a text column that is nearly all numbers is a number with blanks
MOST_LEVELS = 200
MISSING = "(missing)"


@dataclass(frozen=True)
class Kinds:
    """Names of the numbers and of the texts among the features, and the values that each text has."""

    numbers: tuple[str, ...]
    texts: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...] = ()


def kinds_of(frame: pd.DataFrame) -> Kinds:
    """Return which columns are numbers (texts that are nearly all numbers too) and which are texts."""
    numbers = [str(name) for name in frame.columns if is_number(frame[name])]
    texts = [str(name) for name in frame.columns if name not in numbers]
    return Kinds(tuple(numbers), tuple(texts), tuple(tuple(sorted(pd.unique(as_text(frame[name])))) for name in texts))


def as_text(column: pd.Series) -> pd.Series:
    """Return a column as texts, a missing one by its own word."""
    return column.astype(object).where(column.notna(), MISSING).astype(str).astype(object)


def is_number(column: pd.Series) -> bool:
    """Say whether a column holds numbers, be it as text with a few blanks."""
    if pd.api.types.is_numeric_dtype(column):
        return True
    if is_time(column):
        return False
    there = column.dropna().astype(str).str.strip()
    there = there[there != ""]
    return bool(len(there)) and bool(pd.to_numeric(there, errors="coerce").notna().mean() >= NUMERIC_SHARE)


def is_time(column: pd.Series) -> bool:
    """Say whether a column holds timestamps or dates."""
    return pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.infer_dtype(column, skipna=True) in {
        "date", "datetime",
    }  # fmt: skip


def times_of(column: pd.Series) -> pd.Series | None:
    """Return a column of times, or of texts that are ISO dates, as timestamps without a zone; None for any other."""
    if is_time(column):
        times = pd.to_datetime(column, errors="coerce")
        return times.dt.tz_localize(None) if times.dt.tz is not None else times
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return None
    there = column.dropna().astype(str)
    if there.empty or not there.head(50).str.match(r"^\s*\d{4}-\d\d-\d\d").all():
        return None
    times = pd.to_datetime(column.astype(str).str.slice(0, 10), format="%Y-%m-%d", errors="coerce")
    return times if times.notna().sum() >= NUMERIC_SHARE * len(there) else None


def as_features(frame: pd.DataFrame, kinds: Kinds) -> pd.DataFrame:
    """Return features as the models read them: numbers as floats (NaN: missing), texts as texts."""
    made = {}
    for name in frame.columns:
        column = frame[name]
        if name in kinds.numbers:
            numbers = pd.to_numeric(column.astype(object).where(column.notna(), np.nan), errors="coerce")
            made[name] = numbers.astype(float).replace([np.inf, -np.inf], np.nan)
        else:
            made[name] = as_text(column)
    return pd.DataFrame(made, index=frame.index)


def coded(features: pd.DataFrame, kinds: Kinds) -> pd.DataFrame:
    """Return features with numbers in place of texts (−1: never seen): encoders take many times as long over texts."""
    made = {name: features[name].to_numpy(float) for name in kinds.numbers}
    for name, levels in zip(kinds.texts, kinds.levels, strict=True):
        made[name] = pd.Index(levels, dtype=object).get_indexer(pd.Index(features[name])).astype(float)
    return pd.DataFrame(made, index=features.index)
