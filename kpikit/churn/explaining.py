"""What the risks hang on: importance on the test, the course over one feature, and each customer's reasons."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kpikit.churn.columns import MISSING
from kpikit.churn.modelling import log_odds
from kpikit.churn.resampling import Array, Ranking, once
from kpikit.churn.sample import current_rows
from kpikit.churn.study import Model, Study
from kpikit.errors import ParameterError, one_of
from kpikit.formatting import MISSING as DASH
from kpikit.formatting import counted, joined, number, percent
from kpikit.results import Result

SHUFFLES = 3
MOST_TEST_ROWS = 4000  # a split is judged on a sample above it
GRID = 12
MOST_LEVELS_SHOWN = 12
BACKGROUND = 40
REASONS = 3
LEAST_REASON = 0.05  # log-odds: less is no reason


def importance(found: Study) -> Result:
    """Return how much the ranking of the test customers loses when a feature is shuffled: one row per feature.

    Returns
    -------
    Result
        ``table``: ``feature``, ``auc_loss`` (mean over splits and shuffles), ``low``, ``high`` (smallest and largest
        over the splits), ``share_of_splits`` (in which it helped). Features that say the same share their importance:
        a small loss does not mean that the feature says nothing.

    References
    ----------
    Breiman, L. (2001), "Random forests", Machine Learning 45.
    """
    sample, random = found.sample, np.random.default_rng(found.seed)
    names = [str(name) for name in sample.features.columns]
    losses: dict[str, list[float]] = {name: [] for name in names}
    for one in (split for split in found.fitted if split.split.repeat == 0):
        rows = one.split.test
        rows = random.choice(rows, MOST_TEST_ROWS, replace=False) if len(rows) > MOST_TEST_ROWS else rows
        y, model = sample.churned[rows], one.models[one.chosen]
        if not 0 < y.sum() < len(y):
            continue
        x = sample.features.iloc[rows].reset_index(drop=True)
        whole = _auc(model.risk(x), y)
        stacked = pd.concat([_shuffled(x, name, random) for name in names for _ in range(SHUFFLES)], ignore_index=True)
        areas = [_auc(part, y) for part in np.split(model.risk(stacked), len(names) * SHUFFLES)]
        for name, part in zip(names, np.split(np.array(areas), len(names)), strict=True):
            losses[name].append(whole - float(part.mean()))
    table = pd.DataFrame(
        [{"feature": name, "auc_loss": np.mean(lost), "low": min(lost), "high": max(lost),
          "share_of_splits": np.mean([one > 0 for one in lost])} for name, lost in losses.items() if lost]
    ).sort_values("auc_loss", ascending=False, ignore_index=True)  # fmt: skip
    first = table.iloc[0]
    title = f"The risk hangs most on {_words(first.feature)}"
    second = f", then {joined(_words(name) for name in table.feature[1:3])}" if len(table) > 2 else ""
    text = (
        f"Shuffled among the test customers, {_words(first.feature)} costs {number(first.auc_loss, 3)} of AUC "
        f"({number(first.low, 3)} to {number(first.high, 3)} over {counted(len(losses[first.feature]), 'split')})"
        f"{second}. Importance says what the model reads, not what makes customers leave."
    )
    return Result("churn-importance", "table", title, text, table=table)


def _shuffled(x: pd.DataFrame, name: str, random: np.random.Generator) -> pd.DataFrame:
    return x.assign(**{name: x[name].to_numpy()[random.permutation(len(x))]})


def _auc(score: Array, y: Array) -> float:
    return float(Ranking(score, y).auc(once(len(y)))[0])


def dependence(model: Model, feature: str) -> Result:
    """Return the mean risk if every customer had a value of one feature, all else theirs: one row per value.

    Returns
    -------
    Result
        ``table``: ``value`` (quantiles of a number, or the commonest texts), ``risk`` (mean), ``low``, ``high`` (the
        middle half of the customers), ``customers`` (of a text; of a number, up to the next value).

    References
    ----------
    Friedman, J. H. (2001), "Greedy function approximation: a gradient boosting machine", Annals of Statistics 29.
    """
    x = model.sample.features
    one_of("feature", feature, [str(name) for name in x.columns])
    rows = x if len(x) <= 500 else x.sample(500, random_state=0)
    values = _grid(x[feature], is_number=feature in model.sample.kinds.numbers)
    risks = [model.fitted.risk(rows.assign(**{feature: value})) for value in values]
    table = pd.DataFrame(
        {"value": values, "risk": [one.mean() for one in risks], "low": [np.quantile(one, 0.25) for one in risks],
         "high": [np.quantile(one, 0.75) for one in risks]}
    )  # fmt: skip
    top, bottom = table.iloc[int(table.risk.argmax())], table.iloc[int(table.risk.argmin())]
    title = f"The mean risk runs from {percent(bottom.risk, 0)} to {percent(top.risk, 0)} over {_words(feature)}"
    text = (
        f"Lowest at {_value(bottom.value)} ({percent(bottom.risk)}), highest at {_value(top.value)} "
        f"({percent(top.risk)}), all other features as they are. It is what the model says, not what would happen if "
        "the feature were changed."
    )
    return Result(f"churn-dependence-{feature}", "table", title, text, table=table, facts={"feature": feature})


def _grid(column: pd.Series, *, is_number: bool) -> list[Any]:
    if not is_number:
        return column.value_counts().index[:MOST_LEVELS_SHOWN].tolist()
    known = column.dropna()
    if known.empty:
        raise ParameterError("a feature with values", got="none", where=str(column.name))
    return [float(value) for value in np.unique(np.quantile(known, np.linspace(0.02, 0.98, GRID)))]


def reasons(model: Model, table: Any, *, most: int = REASONS, seed: int = 0) -> list[str]:
    """Return in words what raises each customer's risk most: one text per row.

    Each feature's pull is the customer's log-odds less their mean if the feature had the values of other customers
    (drawn from the sample), all else theirs; the largest that raise the risk are named.
    """
    x = current_rows(model.sample, table).reset_index(drop=True)
    others = model.sample.features.sample(BACKGROUND, replace=True, random_state=seed)
    own = log_odds(model.fitted.risk(x))
    pulls = {}
    for name in x.columns:
        values = others[name].to_numpy()
        repeated = x.loc[np.repeat(x.index, BACKGROUND)].assign(**{str(name): np.tile(values, len(x))})
        pulls[str(name)] = own - log_odds(model.fitted.risk(repeated)).reshape(len(x), BACKGROUND).mean(axis=1)
    pull = pd.DataFrame(pulls)
    typical = {
        name: x_all.median() if name in model.sample.kinds.numbers else x_all.mode().iloc[0]
        for name, x_all in model.sample.features.items()
    }  # fmt: skip
    return [_reasons(x.iloc[row], pull.iloc[row], typical, most) for row in range(len(x))]


def _reasons(values: pd.Series, pull: pd.Series, typical: dict[Any, Any], most: int) -> str:
    largest = pull.sort_values(ascending=False).head(most)
    named = [
        f"{_words(name)} {_value(values[name])} (typical {_value(typical[name])})"
        for name, size in zip(map(str, largest.index), largest, strict=True) if size > LEAST_REASON
    ]  # fmt: skip
    return "; ".join(named) or "nothing stands out"


def _words(name: Any) -> str:
    return str(name).replace("_", " ")


def _value(value: Any) -> str:
    if isinstance(value, str):
        return "missing" if value == MISSING else value
    if value is None or not np.isfinite(value):
        return f"missing ({DASH})"
    return number(value, 0 if float(value).is_integer() or abs(value) >= 100 else 2)
