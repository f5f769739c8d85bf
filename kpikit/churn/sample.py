"""Customers to learn from: features and what became of them, looked through for leaks before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.churn.columns import Kinds, as_features, kinds_of
from kpikit.churn.lint import lint
from kpikit.errors import ContractError, ParameterError, listed, nearest
from kpikit.results import Result

Array = NDArray[np.float64]
FEWEST_ROWS, FEWEST_EACH = 100, 20
YES = frozenset({"yes", "y", "true", "1", "churned", "lost"})
NO = frozenset({"no", "n", "false", "0", "stayed", "kept"})


@dataclass(frozen=True)
class Sample:
    """Customers with features and a label: one row per customer, or per customer and cutoff.

    Attributes
    ----------
    features
        What a model may read: numbers (NaN: missing) and texts.
    churned
        1: lost, 0: not.
    customers
        Whose row it is.
    cutoff
        First unknown day of each row; None for a ready table.
    value
        What a customer is worth if kept; NaN where it was not given.
    rivals
        Scores to compare with, which no model reads; a one-variable curve is fitted to each.
    horizon_days
        Length of the label's horizon; 0 for a ready table.
    found
        What the lint found.
    """

    features: pd.DataFrame
    churned: Array
    customers: pd.Series
    cutoff: pd.Series | None
    value: Array
    rivals: pd.DataFrame
    kinds: Kinds
    horizon_days: int
    found: Result = field(repr=False)

    def __len__(self) -> int:
        return len(self.features)

    @property
    def base_rate(self) -> float:
        """Share of the rows that churned."""
        return float(self.churned.mean())


def snapshot_sample(
    table: Any, *, horizon_days: int, label: str = "churned", value: str = "", rivals: Sequence[str] = (),
    allow: Sequence[str] = (),
) -> Sample:  # fmt: skip
    """Return labelled snapshots as a sample: one row per customer and cutoff.

    Parameters
    ----------
    table
        What ``kpikit.features.labelled`` gives, as a DataFrame or an Ibis table: ``customer_id``, ``cutoff``, features,
        ``churned``.
    horizon_days
        Length of the label's horizon in days.
    label
        Column that says who was lost.
    value
        Column of what a customer is worth if kept; empty: none.
    rivals
        Columns that are scores to compare with and no features.
    allow
        Columns that the lint found and that are no leak all the same.

    Raises
    ------
    ContractError
        When a column is missing, a customer stands twice at a cutoff, there is too little to learn from, or the lint
        finds a leak: it names the column.
    """
    frame = _frame(table)
    _has(frame, ["customer_id", "cutoff"], label)
    cutoff = pd.to_datetime(frame["cutoff"])
    keys = frame[["customer_id", "cutoff"]]
    if keys.duplicated().any():
        raise _repeated(int(keys.duplicated().sum()), "customer and cutoff")
    unread = ("customer_id", "cutoff", *([value] if value else []))  # the value comes from a model of its own
    return _sample(frame, unread, label, None, frame["customer_id"], cutoff, value, rivals, allow, horizon_days)


def table_sample(
    table: Any, *, label: str, churned_is: Any = None, customer_id: str = "", value: str = "",
    rivals: Sequence[str] = (), known_before: Any = None, allow: Sequence[str] = (),
) -> Sample:  # fmt: skip
    """Return a ready table with a label column as a sample: one row per customer.

    Parameters
    ----------
    table
        DataFrame or Ibis table.
    label
        Column that says who was lost: two values.
    churned_is
        The value of ``label`` that means lost, as it is or as text ("2"); None: yes, true, 1, churned or lost.
    customer_id
        Column that says who a row is, which no model reads; empty: each row is a customer.
    value, rivals, allow
        As in :func:`snapshot_sample`; ``value`` stays a feature.
    known_before
        Day from which on nothing was known when the features were taken; dates from then on are leaks.

    Raises
    ------
    ContractError
        As in :func:`snapshot_sample`.
    """
    frame = _frame(table)
    _has(frame, [customer_id] if customer_id else [], label)
    who = frame[customer_id] if customer_id else pd.Series(np.arange(len(frame)), index=frame.index)
    if who.duplicated().any():
        raise _repeated(int(who.duplicated().sum()), f"customer ({customer_id})")
    cutoff = None if known_before is None else pd.Series(pd.Timestamp(known_before), index=frame.index)
    keys = (customer_id,) if customer_id else ()
    made = _sample(frame, keys, label, churned_is, who, cutoff, value, rivals, allow, 0)
    return Sample(**{**vars(made), "cutoff": None})


def current_rows(sample: Sample, table: Any) -> pd.DataFrame:
    """Return a table without labels as the features of a sample, for :meth:`Model.risk`: rows in the order given.

    Raises
    ------
    ContractError
        When a feature is missing.
    """
    frame = _frame(table)
    _has(frame, list(sample.features.columns), "")
    return as_features(frame[list(sample.features.columns)], sample.kinds)


def _sample(
    frame: pd.DataFrame, keys: tuple[str, ...], label: str, churned_is: Any, who: pd.Series, cutoff: pd.Series | None,
    value: str, rivals: Sequence[str], allow: Sequence[str], horizon_days: int,
) -> Sample:  # fmt: skip
    _has(frame, [*([value] if value else []), *rivals], "")
    churned = _labels(frame[label], churned_is)
    _enough(churned, label)
    candidates = frame.drop(columns=list({*keys, label, *rivals}))
    found, kept = lint(candidates, churned, cutoff, label=label, allow=allow)
    if not kept:
        raise ContractError(
            "at least one feature that differs between customers",
            got=f"constant: {listed(candidates.columns)}" if len(candidates.columns) else "no other column",
            fix="Add columns that say something of the customer.", where="features",
        )  # fmt: skip
    kinds = kinds_of(candidates[kept])
    worth = pd.to_numeric(frame[value], errors="coerce").to_numpy(float) if value else np.full(len(frame), np.nan)
    scores = frame[list(rivals)].apply(pd.to_numeric, errors="coerce").astype(float)
    return Sample(
        features=as_features(candidates[kept], kinds).reset_index(drop=True),
        churned=churned,
        customers=who.reset_index(drop=True),
        cutoff=None if cutoff is None else cutoff.reset_index(drop=True),
        value=worth,
        rivals=scores.reset_index(drop=True),
        kinds=kinds,
        horizon_days=horizon_days,
        found=found,
    )


def _frame(table: Any) -> pd.DataFrame:
    found: pd.DataFrame = table if isinstance(table, pd.DataFrame) else table.to_pandas()
    return found.reset_index(drop=True)


def _has(frame: pd.DataFrame, needed: list[str], label: str) -> None:
    missing = [name for name in [*needed, *([label] if label else [])] if name not in frame.columns]
    if not missing:
        return
    hint = nearest(missing[0], [str(name) for name in frame.columns])
    is_label = missing == [label]
    raise ContractError(
        f"the label column {label!r}" if is_label else f"columns {missing}",
        got=f"[{listed(frame.columns)}]",
        fix=f"Did you mean {hint!r}?" if hint else "Name the column that says who was lost."
        if is_label else "Pass the table that the features were made into.",
        where="label" if is_label else "table",
    )  # fmt: skip


def _labels(column: pd.Series, churned_is: Any) -> Array:
    """Return the label as 1 (lost) and 0; an error where it is missing, of one kind only, or of more than two."""
    name = str(column.name)
    if column.isna().any():
        raise ContractError(
            f"a label in every row of {name}", got=f"{int(column.isna().sum())} rows without one",
            fix="Leave these rows out, or find out what became of the customers.", where=name,
        )  # fmt: skip
    kinds = list(pd.unique(column))
    if len(kinds) == 1:
        raise ContractError(
            f"customers who were lost and customers who stayed in {name}",
            got=f"one class only: {kinds[0]!r} in all {len(column)} rows",
            fix="Take another cutoff or horizon, or look at how the label was made.", where=name,
        )  # fmt: skip
    if churned_is is None:
        said = {kind: _said(kind) for kind in kinds}
        lost = [kind for kind in kinds if said[kind] in YES]
        if len(lost) != 1 or not all(said[kind] in YES | NO for kind in kinds):
            raise ContractError(
                f"yes and no in {name}", got=f"the values {listed(kinds)}",
                fix="Say which one means lost: churned_is=…", where=name,
            )  # fmt: skip
        churned_is = lost[0]
    elif churned_is not in kinds:
        alike = [kind for kind in kinds if _said(kind) == _said(churned_is)]  # a parameter of a run is a text
        if len(alike) != 1:
            raise ParameterError(f"one of the values {listed(kinds)}", got=repr(churned_is), where="churned_is")
        churned_is = alike[0]
    if len(kinds) > 2:
        raise ContractError(f"two values in {name}", got=f"{len(kinds)}: {listed(kinds)}", where=name)
    lost_ones: Array = (column == churned_is).to_numpy(float)
    return lost_ones


def _said(value: object) -> str:
    return str(value).strip().casefold().removesuffix(".0")


def _enough(churned: Array, label: str) -> None:
    n, lost = len(churned), int(churned.sum())
    if n < FEWEST_ROWS or min(lost, n - lost) < FEWEST_EACH:
        raise ContractError(
            f"at least {FEWEST_ROWS} rows, {FEWEST_EACH} of them lost and {FEWEST_EACH} not",
            got=f"{n} rows, {lost} of them lost",
            fix="With so few a model would learn chance: add customers or cutoffs.", where=label,
        )  # fmt: skip


def _repeated(number: int, grain: str) -> ContractError:
    return ContractError(
        f"one row per {grain}", got=f"{number} rows that are there already",
        fix="Remove them: a row that stands on both sides of a split is a leak. Never resample before the split.",
        where="table",
    )  # fmt: skip
