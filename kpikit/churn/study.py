"""A study: every customer's risk as foretold by models that saw neither them nor the days of the test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from kpikit.churn.modelling import (
    MODELS,
    TITLES,
    Calibrated,
    all_calibrated,
    best_of,
    calibrated,
    known_in,
    log_loss,
    pipeline,
)
from kpikit.churn.sample import Sample, current_rows
from kpikit.churn.splitting import FOLDS, SEED, Split, days_in, splits_of, training_days
from kpikit.errors import ContractError

Array = NDArray[np.float64]
CHOSEN = "chosen"
FEWEST_IN_TRAINING = 5


@dataclass(frozen=True)
class Fitted:
    """One split with its models, the one chosen on the calibration rows, and the risks of these rows."""

    split: Split
    models: dict[str, Calibrated] = field(repr=False)
    chosen: str
    rows: Any = field(repr=False)
    calibration: dict[str, Array] = field(repr=False)
    training_rate: float


@dataclass(frozen=True)
class Study:
    """Risks of the test customers: one row per customer, from models that never saw them.

    Attributes
    ----------
    sample
        What was learnt from.
    rows
        Row numbers of the test customers in the sample.
    risks
        Predictor → risks, one row per repeat and one column per test customer. ``chosen`` is, in each split, the model
        with the least log loss on the calibration rows: nobody looked at the test.
    fold
        Which fold foretold whom, as ``risks``.
    base
        The share lost among the rows that a split learnt from, as ``risks``: what one would say without a model.
    fitted
        The splits with their models.
    """

    sample: Sample
    rows: Any = field(repr=False)
    risks: dict[str, Array] = field(repr=False)
    fold: Array = field(repr=False)
    base: Array = field(repr=False)
    fitted: tuple[Fitted, ...] = field(repr=False)
    seed: int = SEED

    @property
    def churned(self) -> Array:
        """Whether each test customer was lost (1) or not (0)."""
        found: Array = self.sample.churned[self.rows]
        return found

    @property
    def value(self) -> Array:
        """What each test customer is worth if kept; NaN where it was not given."""
        found: Array = self.sample.value[self.rows]
        return found

    @property
    def rivals(self) -> list[str]:
        """Names of the rivals."""
        return [str(name) for name in self.sample.rivals.columns]

    @property
    def chosen(self) -> str:
        """The model chosen in most splits."""
        names = [one.chosen for one in self.fitted]
        return max(MODELS, key=names.count)

    @property
    def design(self) -> str:
        """How it was tested, in words."""
        folds = len({one.split.fold for one in self.fitted})
        sample = self.sample
        if sample.cutoff is None:
            repeats = self.fold.shape[0]
            times = f", {repeats} times over" if repeats > 1 else ""
            return (
                f"{folds} shuffled stratified folds{times}: each customer is foretold by models fitted without them, "
                "calibrated on predictions for customers left out within the training rows"
            )
        fit, later, test = training_days(sample.cutoff, sample.horizon_days)
        fit_days = " and ".join(f"{day:%Y-%m-%d}" for day in fit)
        line = f", calibrated on that of {later[0]:%Y-%m-%d}" if later else ", calibrated within these"
        return (
            f"fitted on the snapshots of {fit_days}{line}, tested on that of {test:%Y-%m-%d}; in {folds} "
            "folds of customers, so that nobody tested was seen in training"
        )

    def title(self, name: str) -> str:
        """Return a predictor's name for readers."""
        if name == CHOSEN:
            return f"chosen model ({TITLES[self.chosen]})"
        return TITLES.get(name, RIVALS.get(name, name.replace("_", " ")))


RIVALS = {
    "recency_days": "days since the last order",
    "recency": "days since the last order",
    "p_alive": "P(alive)",
    "p_no_purchase": "P(no purchase) of the purchase model",
}


def study(sample: Sample, *, folds: int = FOLDS, repeats: int = 1, seed: int = SEED) -> Study:
    """Fit, calibrate and test: one sample → the risk of every test customer by models that never saw them.

    Parameters
    ----------
    sample
        From :func:`snapshot_sample` (temporal test: the last cutoff, in folds of customers) or :func:`table_sample`
        (shuffled stratified folds).
    folds
        Number of folds, 2 or more.
    repeats
        How often the folds of a ready table are drawn anew; snapshots are split by time once.
    seed
        Of the folds and of the boosting.

    Returns
    -------
    Study
        For :func:`performance`, :func:`reliability`, :func:`lift`, :func:`profit`, :func:`rivals` and
        :func:`importance`.

    Raises
    ------
    ParameterError
        When no earlier cutoff's horizon is over at the last one.
    """
    splits = splits_of(sample, folds=folds, repeats=repeats, seed=seed)
    fitted = tuple(_fit(sample, split, seed) for split in splits)
    tested = np.unique(np.concatenate([split.test for split in splits]))
    names = [*MODELS, *map(str, sample.rivals.columns), CHOSEN]
    shape = (max(split.repeat for split in splits) + 1, len(tested))
    risks = {name: np.full(shape, np.nan) for name in names}
    fold, base = np.full(shape, np.nan), np.full(shape, np.nan)
    for one in fitted:
        at = np.searchsorted(tested, one.split.test)
        for name, model in one.models.items():
            source = sample.features if name in MODELS else sample.rivals[[name]]
            risks[name][one.split.repeat, at] = model.risk(source.iloc[one.split.test])
        risks[CHOSEN][one.split.repeat, at] = risks[one.chosen][one.split.repeat, at]
        fold[one.split.repeat, at] = one.split.fold
        base[one.split.repeat, at] = one.training_rate
    return Study(sample, tested, risks, fold, base, fitted, seed)


def _fit(sample: Sample, split: Split, seed: int) -> Fitted:
    for rows in (split.fit, split.later):
        lost = int(sample.churned[rows].sum())
        if len(rows) and min(lost, len(rows) - lost) < FEWEST_IN_TRAINING:
            raise ContractError(
                f"at least {FEWEST_IN_TRAINING} customers lost and {FEWEST_IN_TRAINING} kept wherever a model learns",
                got=f"{lost} lost of {len(rows)} rows",
                fix="Take another horizon, fewer folds, or more customers.", where="sample",
            )  # fmt: skip
    found = all_calibrated(
        sample.features, sample.kinds, sample.rivals, sample.churned, split.fit, split.later, seed=seed + split.repeat
    )
    rows = next(iter(found.values()))[1]
    y = sample.churned[rows]
    calibration = {name: risk for name, (_, _, risk) in found.items()}
    chosen = best_of({name: float(log_loss(calibration[name], y).mean()) for name in MODELS})
    models = {name: model for name, (model, _, _) in found.items()}
    return Fitted(split, models, chosen, rows, calibration, float(y.mean()))


@dataclass(frozen=True)
class Model:
    """The chosen model fitted to the whole sample, for customers whose future is open."""

    name: str
    sample: Sample
    fitted: Calibrated = field(repr=False)

    def risk(self, table: Any) -> Array:
        """Return the risk of each row of a table with the sample's features, above 0 and below 1."""
        return self.fitted.risk(current_rows(self.sample, table))


def final_model(found: Study) -> Model:
    """Return the model chosen in most splits, fitted to all customers: the last snapshot calibrates it."""
    sample = found.sample
    fit, later = np.arange(len(sample)), np.array([], dtype=np.int64)
    if sample.cutoff is not None:
        days = days_in(sample.cutoff)
        horizon = pd.Timedelta(days=sample.horizon_days)
        fit = np.flatnonzero(sample.cutoff <= days[-1] - horizon)
        later = np.flatnonzero(sample.cutoff == days[-1])
    name = found.chosen
    kinds = known_in(sample.kinds, sample.features.iloc[fit])
    unfitted = pipeline(name, kinds, found.seed)
    model, _, _ = calibrated(unfitted, name, sample.features, sample.churned, fit, later, seed=found.seed)
    return Model(name, sample, model)
