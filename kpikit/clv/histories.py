"""Customers' histories as the models read them: checked, and grouped to distinct histories with counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from kpikit.errors import ContractError, ParameterError, listed
from kpikit.periods import DAYS_PER_UNIT

KEYS = ["frequency", "recency", "T"]
MOST_WHOLE_WEEKS = 104
MOST_CODES, MOST_PACKED = 2**31, 2**62  # whole numbers that leave room for one more factor of 2**31, and for none
FIX = "Build it with kpikit.customers.histories(orders, as_of=…, unit='week')."


def is_expression(data: Any) -> bool:
    """Say whether ``data`` is a lazy table (Ibis), whose engine does the grouping."""
    return hasattr(data, "to_pandas") and hasattr(data, "aggregate") and not isinstance(data, pd.DataFrame)


def require_columns(data: Any, columns: list[str]) -> None:
    """Raise unless the table has the columns."""
    missing = [column for column in columns if column not in data.columns]
    if missing:
        raise ContractError(f"columns {missing}", got=f"[{listed(data.columns)}]", fix=FIX, where="histories")


def customers_of(data: Any, covariates: Sequence[str] = ()) -> pd.DataFrame:
    """Return histories as a DataFrame: one row per customer, checked.

    Columns ``customer_id`` (the row number where there is none), ``frequency``, ``recency``, ``T`` and
    ``monetary_value`` (NaN where there is none), and the covariates as numbers.
    """
    require_columns(data, KEYS)
    wanted = [column for column in ("customer_id", *KEYS, "monetary_value") if column in data.columns]
    wanted += require_numbers(data, covariates)
    frame = data.select(wanted).to_pandas() if is_expression(data) else data[wanted].reset_index(drop=True)
    frame = _checked(frame)
    if "customer_id" not in frame.columns:
        frame.insert(0, "customer_id", np.arange(len(frame)))
    elif frame["customer_id"].duplicated().any():
        raise ContractError(
            "one row per customer",
            got=f"{int(frame['customer_id'].duplicated().sum())} rows of customers that are there already",
            fix=FIX,
            where="histories",
        )
    frame = numbers_in(frame, covariates)
    spend = frame["monetary_value"] if "monetary_value" in frame.columns else np.nan
    return frame.assign(monetary_value=pd.Series(spend, index=frame.index).astype(float))


def distinct(data: Any, covariates: Sequence[str] = ()) -> pd.DataFrame:
    """Return distinct histories: one row per ``frequency``, ``recency``, ``T`` and covariates, with ``n_customers``.

    A lazy table is grouped by its engine. A table that has ``n_customers`` already is summed. The rows are sorted.
    """
    require_columns(data, KEYS)
    keys = [*KEYS, *require_numbers(data, covariates)]
    counted = "n_customers" in data.columns
    if is_expression(data):
        count = data.n_customers.sum() if counted else data.count()
        data, counted = data.group_by(keys).aggregate(n_customers=count).to_pandas(), True
    frame = numbers_in(_checked(data[[*keys, "n_customers"] if counted else keys].reset_index(drop=True)), covariates)
    index, groups = codes(frame, keys)
    weights = frame["n_customers"].to_numpy(dtype=float) if counted else None
    return groups.assign(n_customers=np.bincount(index, weights, len(groups)).astype(float))


def require_numbers(data: Any, covariates: Sequence[str]) -> list[str]:
    """Return the covariates unless a column is not there, or is one of the history itself."""
    own = [name for name in covariates if name in (*KEYS, "monetary_value", "customer_id", "n_customers")]
    if own:
        fix = "A covariate is something known of a customer beside the purchases, such as a channel."
        raise ContractError("covariates that are not part of the history", got=f"{own}", fix=fix, where="covariates")
    missing = [name for name in covariates if name not in data.columns]
    if missing:
        fix = "Add them to the histories, one value per customer."
        raise ContractError(f"columns {missing}", got=f"[{listed(data.columns)}]", fix=fix, where="covariates")
    return list(covariates)


def numbers_in(frame: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """Return the frame with its covariates as numbers; raise where one is no number or not known."""
    for name in covariates:
        values = frame[name]
        if not (pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values)):
            fix = "Make columns of 0 and 1: pandas.get_dummies(…, drop_first=True)."
            raise ContractError(f"numbers in {name}", got=f"{values.iloc[0]!r}", fix=fix, where="covariates")
        number = values.astype(float)
        if not np.isfinite(number).all():
            unknown = int((~np.isfinite(number)).sum())
            fix = "Fill them with a value that is true, or leave the customers out."
            raise ContractError(
                f"a number in {name} for every customer", got=f"{unknown} without one", fix=fix, where="covariates"
            )
        frame = frame.assign(**{name: number})
    return frame


def require_chances(groups: pd.DataFrame, models: tuple[str, ...], unit: str) -> None:
    """Raise unless distinct histories count opportunities, and the time between two of them is given."""
    if not unit:
        raise ParameterError(
            "the time from one opportunity to the next: day, week, month or year",
            got="none",
            fix="Pass unit='year' where customers can buy, or renew, once a year.",
            where="unit",
        )
    x, tx, T = (groups[key].to_numpy() for key in KEYS)
    problems = {
        "whole opportunities in recency and T": (tx != np.floor(tx)) | (np.floor(T) != T),
        "at most one purchase at each opportunity, the last at recency": (x > tx) | ((x == 0) != (tx == 0)),
    }
    if "sbg" in models:
        problems["every opportunity up to recency used (a contract renewed each time)"] = x != tx
    for expected, wrong in problems.items():
        if wrong.any():
            row = groups.loc[int(np.argmax(wrong)), KEYS].to_dict()
            fix = "Count opportunities (gift years, renewals), not days; or pass model='mbg_nbd'."
            got = f"{int(wrong.sum())} distinct histories that are not so, first {row}"
            raise ContractError(expected, got=got, fix=fix, where="histories")


def unit_of(groups: pd.DataFrame) -> str:
    """Return the unit that ``recency`` and ``T`` are in, read from the numbers: histories count whole days.

    Whole numbers beyond two years of weeks are days; sevenths are weeks; then months and years are
    tried. Anything else (rounded weeks, simulated ages) is taken for weeks, the unit of the papers.
    """
    ages = np.unique(groups[["recency", "T"]].to_numpy(dtype=float))
    if len(ages) and ages.max() > MOST_WHOLE_WEEKS and _whole(ages):
        return "day"
    found = [unit for unit in ("week", "month", "year") if _whole(ages * DAYS_PER_UNIT[unit])]
    return found[0] if found else "week"


def _whole(values: np.ndarray[Any, Any]) -> bool:
    return bool(np.allclose(values, np.round(values), rtol=0, atol=1e-6))


def segments_of(customers: pd.DataFrame, by: Any) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the number of each customer's segment, and the sorted names; customers without one are ``unknown``.

    ``by`` is a Series by ``customer_id`` (where its index holds those), or one value per row.
    """
    ids = customers["customer_id"] if "customer_id" in customers.columns else customers.index.to_series()
    by_id = isinstance(by, pd.Series) and by.index.is_unique and by.index.isin(ids).any()
    values = by.reindex(ids).to_numpy() if by_id else np.asarray(by)
    if values.ndim != 1 or len(values) != len(customers):
        raise ContractError(
            f"a segment for each of {len(customers)} customers",
            got=f"{values.size}",
            fix="Pass a Series indexed by customer_id.",
            where="by",
        )
    names = pd.Series(values).astype(object)
    part, labels = pd.factorize(names.where(names.notna(), "unknown").astype(str), sort=True)
    return np.asarray(part), np.asarray(labels)


def repeat_spend(data: Any) -> pd.DataFrame | None:
    """Return ``frequency`` and ``monetary_value`` of the repeat buyers, sorted; None where no spend is given."""
    if "monetary_value" not in data.columns:
        return None
    columns = ["frequency", "monetary_value"]
    if is_expression(data):
        frame: pd.DataFrame = data.filter(data.frequency > 0).select(columns).to_pandas()
    else:
        frame = data.loc[data["frequency"] > 0, columns]
    frame = frame.astype(float).dropna()
    by_spend = np.argsort(frame["monetary_value"].to_numpy())
    frequency = frame["frequency"].to_numpy()[by_spend]
    by_both = np.argsort(frequency.astype(np.uint16 if frequency.max(initial=0) < 2**16 else float), kind="stable")
    return frame.take(by_spend[by_both]).reset_index(drop=True)


def codes(frame: pd.DataFrame, keys: list[str]) -> tuple[np.ndarray[Any, Any], pd.DataFrame]:
    """Return for each row the number of its group, and the sorted groups.

    The ranks of the columns become one whole number per row, the row's number is put behind it, and the sum is sorted:
    numpy sorts plain whole numbers many times faster than pandas groups by three columns.
    """
    rows, one, n = len(frame), np.zeros(len(frame), dtype=np.int64), 1
    for key in keys:
        if n > MOST_CODES:  # before the next column could overflow
            one, seen = ranks(one)
            n = len(seen)
        rank, levels = ranks(frame[key].to_numpy())
        one = one * len(levels) + rank
        n *= len(levels)
    if n * rows > MOST_PACKED:
        one, seen = ranks(one)
    packed = np.sort(one * rows + np.arange(rows))
    one, order = np.divmod(packed, rows)
    is_new = np.diff(one, prepend=-1) > 0
    index = np.empty(rows, dtype=np.int64)
    index[order] = np.cumsum(is_new) - 1
    return index, frame[keys].take(order[is_new]).reset_index(drop=True)


def ranks(values: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the rank of each value among the distinct values (0 is the smallest), and the sorted distinct values."""
    index, levels = pd.factorize(values, sort=True)
    return np.asarray(index), np.asarray(levels)


def _checked(frame: pd.DataFrame) -> pd.DataFrame:
    if frame.empty:
        raise ContractError(
            "at least one customer", got="no rows", fix="Check as_of and the filters of the orders.", where="histories"
        )
    frame = frame.astype(dict.fromkeys(KEYS, float))
    x, tx, T = (frame[key].to_numpy() for key in KEYS)
    problems = {
        "a number in frequency, recency and T": ~np.isfinite(x + tx + T),
        "whole frequencies of 0 or more": (x < 0) | (x != np.floor(x)),
        "recency between 0 and T": (tx < 0) | (tx > T * (1 + 1e-9)),
        "recency 0 where frequency is 0": (x == 0) & (tx != 0),
    }
    for expected, wrong in problems.items():
        if wrong.any():
            row = frame.loc[int(np.argmax(wrong)), KEYS].to_dict()
            raise ContractError(
                expected, got=f"{int(wrong.sum())} rows that are not so, first {row}", fix=FIX, where="histories"
            )
    return frame.assign(recency=np.minimum(tx, T))
