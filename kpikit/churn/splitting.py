"""Who learns, who calibrates, who tests: by time and customer for snapshots, by shuffled folds for a ready table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from kpikit.churn.sample import Sample
from kpikit.errors import ParameterError

Rows = NDArray[np.int64]
FOLDS, SEED = 5, 20260101


@dataclass(frozen=True)
class Split:
    """Row numbers of one split. ``later`` is empty where calibration is cross-fitted within ``fit``."""

    fit: Rows
    later: Rows
    test: Rows
    repeat: int
    fold: int


def splits_of(sample: Sample, *, folds: int = FOLDS, repeats: int = 1, seed: int = SEED) -> list[Split]:
    """Return the splits of a sample: temporal and by customer for snapshots, else shuffled, stratified and repeated."""
    for name, value, least in (("folds", folds, 2), ("repeats", repeats, 1)):
        if value < least:
            raise ParameterError(f"{least} or more", got=str(value), where=name)
    if sample.cutoff is None:
        return list(_shuffled(sample, folds, repeats, seed))
    return list(_temporal(sample, sample.cutoff, folds, seed))


def days_in(cutoff: pd.Series) -> list[pd.Timestamp]:
    """Return the different cutoffs, in order."""
    return sorted(pd.Timestamp(day) for day in pd.unique(cutoff))


def training_days(cutoff: pd.Series, horizon_days: int) -> tuple[list[pd.Timestamp], list[pd.Timestamp], pd.Timestamp]:
    """Return the cutoffs to fit on, the one to calibrate on (or none) and the one to test on.

    The last is the test; of the earlier ones those whose horizon is over by then may train. The last of these
    calibrates where another one's horizon is over before it.
    """
    days = days_in(cutoff)
    horizon = pd.Timedelta(days=horizon_days)
    train = [day for day in days[:-1] if day + horizon <= days[-1]]
    if not train:
        raise ParameterError(
            f"an earlier cutoff whose {horizon_days} days are over when the last one begins ({days[-1]:%Y-%m-%d})",
            got=", ".join(f"{day:%Y-%m-%d}" for day in days),
            fix="Make snapshots at cutoffs that lie a horizon apart: kpikit.churn.cutoffs(…).", where="cutoffs",
        )  # fmt: skip
    fit = [day for day in train[:-1] if day + horizon <= train[-1]]
    return (fit, [train[-1]], days[-1]) if fit else (train, [], days[-1])


def _temporal(sample: Sample, cutoff: pd.Series, folds: int, seed: int) -> Iterator[Split]:
    fit, later, test = training_days(cutoff, sample.horizon_days)
    fold = customer_folds(sample.customers, folds, seed)
    for number in range(folds):
        others = fold != number
        fit_rows, later_rows = (np.flatnonzero(cutoff.isin(days) & others) for days in (fit, later))
        yield Split(fit_rows, later_rows, np.flatnonzero((cutoff == test) & ~others), repeat=0, fold=number)


def customer_folds(customers: pd.Series, folds: int, seed: int) -> Any:
    """Return the fold of each row's customer: all rows of a customer are in one, whatever the order of the rows."""
    number, names = pd.factorize(customers.astype(str), sort=True)
    drawn = np.random.default_rng(seed).permutation(len(names)) % folds
    return drawn[number]


def _shuffled(sample: Sample, folds: int, repeats: int, seed: int) -> Iterator[Split]:
    """Yield stratified folds of distinct rows: those that equal each other are in one fold."""
    same = pd.util.hash_pandas_object(sample.features.assign(**{"(label)": sample.churned}), index=False)
    group, first = np.unique(same.to_numpy(), return_index=True)
    member = np.searchsorted(group, same.to_numpy())
    label = sample.churned[first]
    for repeat in range(repeats):
        folder = StratifiedKFold(folds, shuffle=True, random_state=seed + repeat)
        for number, (_, chosen) in enumerate(folder.split(np.zeros(len(group)), label)):
            test = np.isin(member, chosen)
            yield Split(np.flatnonzero(~test), np.array([], dtype=np.int64), np.flatnonzero(test), repeat, number)
