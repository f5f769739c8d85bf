"""The models: a logistic floor and gradient boosting, each calibrated on customers that it has not seen."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from kpikit.churn.columns import MOST_LEVELS, Kinds, coded
from kpikit.errors import one_of

Array = NDArray[np.float64]
TITLES = {"logistic": "logistic regression", "boosting": "gradient boosting"}
MODELS = tuple(TITLES)
INNER_FOLDS = 3
EDGE = 1e-6  # no customer is certain
RAREST_LEVEL = 10  # rows of a text that is a level of its own
FEWEST_KNOWN = 10  # rows in which a number must be there to be read
NOTHING_LEARNT = 1e-3  # a slope of calibration below it: the ranking is chance or worse


@dataclass(frozen=True)
class Calibrated:
    """A fitted pipeline and the straight line on the log-odds that makes its risks true."""

    name: str
    pipeline: Any = field(repr=False)
    intercept: float
    slope: float

    def risk(self, features: pd.DataFrame) -> Array:
        """Return the risk of each row, above 0 and below 1."""
        return recalibrated(raw_risk(self.pipeline, features), self.intercept, self.slope)


def pipeline(name: str, kinds: Kinds, seed: int) -> Pipeline:
    """Return an unfitted pipeline; its settings are fixed beforehand, since tuning them would need rows of its own."""
    one_of("model", name, MODELS)
    numbers, texts = list(kinds.numbers), list(kinds.texts)
    read = FunctionTransformer(coded, kw_args={"kinds": kinds})
    if name == "logistic":
        scaled = Pipeline(
            [
                ("fill", SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)),
                ("scale", StandardScaler()),
            ]
        )
        one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RAREST_LEVEL)
        prepared = ColumnTransformer([("numbers", scaled, numbers), ("texts", one_hot, texts)])
        return Pipeline([("read", read), ("prepare", prepared), ("fit", LogisticRegression(max_iter=5000))])
    levels = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, min_frequency=RAREST_LEVEL, max_categories=MOST_LEVELS
    )
    prepared = ColumnTransformer([("texts", levels, texts), ("numbers", "passthrough", numbers)])
    boosting = HistGradientBoostingClassifier(
        learning_rate=0.1, max_iter=100, max_leaf_nodes=4, min_samples_leaf=30, l2_regularization=1.0,
        categorical_features=list(range(len(texts))) or None, early_stopping=False, random_state=seed,
    )  # fmt: skip
    return Pipeline([("read", read), ("prepare", prepared), ("fit", boosting)])


def rival_pipeline() -> Pipeline:
    """Return a logistic curve over one score: it keeps the score's order, and learns which end is the risky one."""
    filled = SimpleImputer(strategy="median", keep_empty_features=True)
    return Pipeline([("fill", filled), ("scale", StandardScaler()), ("fit", LogisticRegression())])


def known_in(kinds: Kinds, features: pd.DataFrame) -> Kinds:
    """Return the features that enough rows have: a support table that begins later is empty in early snapshots."""
    numbers = [name for name in kinds.numbers if features[name].notna().sum() >= FEWEST_KNOWN]
    return Kinds(tuple(numbers), kinds.texts, kinds.levels)


def raw_risk(fitted: Any, features: pd.DataFrame) -> Array:
    """Return what a fitted pipeline says, before calibration."""
    with threadpool_limits(1):
        said: Array = fitted.predict_proba(features)[:, 1]
    return said


def calibrated(
    model: Pipeline, name: str, features: pd.DataFrame, churned: Array, fit: Any, later: Any, *, seed: int
) -> tuple[Calibrated, Any, Array]:
    """Return a pipeline fitted on the rows ``fit`` and calibrated on others, these rows, and their calibrated risk.

    With ``later`` rows the pipeline is calibrated on them. Without, each row of ``fit`` is foretold by a pipeline
    fitted on the others (three folds), and the line through these makes the one fitted on all of them true.
    """
    x, y = features.iloc[fit], churned[fit]
    if len(later):
        fitted, rows = _fitted(model, x, y), later
        said = raw_risk(fitted, features.iloc[later])
    else:
        rows, said = fit, np.empty(len(fit))
        for inner, held in StratifiedKFold(INNER_FOLDS, shuffle=True, random_state=seed).split(x, y):
            said[held] = raw_risk(_fitted(model, x.iloc[inner], y[inner]), x.iloc[held])
        fitted = _fitted(model, x, y)
    intercept, slope = calibration_line(said, churned[rows])
    return Calibrated(name, fitted, intercept, slope), rows, recalibrated(said, intercept, slope)


def _fitted(model: Pipeline, features: pd.DataFrame, churned: Array) -> Any:
    # threads that wait for each other on a busy machine take twenty times as long as one that works
    with threadpool_limits(1), warnings.catch_warnings():
        # a logistic fit that stops early is still calibrated and tested on other customers
        warnings.simplefilter("ignore", ConvergenceWarning)
        return clone(model).fit(features, churned)


def log_odds(risk: Any) -> Array:
    """Return the log-odds of risks, kept off 0 and 1."""
    odds: Array = logit(np.clip(np.asarray(risk, dtype=float), EDGE, 1 - EDGE))
    return odds


def recalibrated(risk: Any, intercept: float, slope: float) -> Array:
    """Return risks moved by a line on their log-odds."""
    said: Array = np.clip(expit(intercept + slope * log_odds(risk)), EDGE, 1 - EDGE)
    return said


def calibration_line(risk: Any, churned: Any) -> tuple[float, float]:
    """Return intercept and slope that make risks true (Platt); slope 0, the base rate for all, where they say nothing.

    References
    ----------
    Platt, J. (1999), "Probabilistic outputs for support vector machines", Advances in Large Margin Classifiers.
    """
    y = np.asarray(churned, dtype=float)
    base = float(log_odds((y.sum() + 1) / (len(y) + 2)))
    if min(y.sum(), len(y) - y.sum()) < 1:
        return base, 0.0
    line, _ = logistic_line(risk, churned)
    return (float(line[0]), float(line[1])) if line[1] > NOTHING_LEARNT else (base, 0.0)


def logistic_line(risk: Any, churned: Any) -> tuple[Any, Any]:
    """Return intercept and slope of the outcome on the log-odds of the risk, and their covariance (Newton's method)."""
    x, y = log_odds(risk), np.asarray(churned, dtype=float)
    design = np.column_stack([np.ones_like(x), x])

    def misfit(line: Array) -> float:
        eta = design @ line
        return float((np.logaddexp(0, eta) - y * eta).sum())

    found, information = np.zeros(2), np.eye(2)
    for _ in range(100):
        said = expit(design @ found)
        information = design.T @ (design * (said * (1 - said))[:, None]) + 1e-9 * np.eye(2)
        step = np.linalg.solve(information, design.T @ (y - said))
        before, size = misfit(found), 1.0
        while misfit(found + size * step) > before and size > 1e-6:  # a full step may overshoot
            size /= 2
        found = found + size * step
        if np.abs(size * step).max() < 1e-9:
            break
    return found, np.linalg.inv(information)


def all_calibrated(
    features: pd.DataFrame, kinds: Kinds, rivals: pd.DataFrame, churned: Array, fit: Any, later: Any, *, seed: int
) -> dict[str, tuple[Calibrated, Any, Array]]:
    """Return each model and each rival's curve: fitted, calibrated, with the calibration rows and their risk."""
    known = known_in(kinds, features.iloc[fit])
    found = {
        name: calibrated(pipeline(name, known, seed), name, features, churned, fit, later, seed=seed)
        for name in MODELS
    }  # fmt: skip
    for name in rivals.columns:
        found[str(name)] = calibrated(
            rival_pipeline(), str(name), rivals[[name]], churned, fit, later, seed=seed
        )  # fmt: skip
    return found


def log_loss(risk: Any, churned: Any) -> Array:
    """Return each row's log loss."""
    p, y = np.clip(np.asarray(risk, dtype=float), EDGE, 1 - EDGE), np.asarray(churned, dtype=float)
    loss: Array = -(y * np.log(p) + (1 - y) * np.log1p(-p))
    return loss


def best_of(losses: Mapping[str, float]) -> str:
    """Return the model with the least loss; the simpler one where they are equal."""
    return min(MODELS, key=lambda name: losses[name])
