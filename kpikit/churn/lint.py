"""What gives an answer away: columns that would not be there, or mean nothing, when a forecast is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from kpikit.churn.columns import is_number, times_of
from kpikit.errors import ContractError
from kpikit.formatting import counted, joined, number, percent
from kpikit.results import Result

CEILING = 0.95  # a single feature with a higher AUC, either way, knows what happened
ID_NAME = r"(?i)(?:^|_|\b)(?:id|uuid|guid|key|no|nr|number|index|email|phone)$|(?<=[a-z])(?:ID|Id|Nr|No)$"
ID_SHARE = 0.5  # texts of which so many are different name a customer
UNIQUE_SHARE = 0.98
FEWEST_LEVELS = 20
REPEATED_SHARE = 0.05
SMOOTHING = 10.0
LEAK, NOTE = "leak", "note"
ALLOWED = "; allowed as known before the cutoff"
ADVICE = {
    "date": "Leave it out, or take the days up to the cutoff in its place.",
    "identifier": "Leave it out, or name it as customer_id.",
    "auc": "Leave it out, or find out when it becomes known; if it is known before, pass allow=[…].",
    "repeated": "Split before resampling: leave out the copies.",
}


def lint(
    features: pd.DataFrame, churned: Any, cutoff: pd.Series | None = None, *, label: str = "churned",
    allow: Sequence[str] = (),
) -> tuple[Result, list[str]]:  # fmt: skip
    """Look for leaks before anything is fitted; return what was found, and the columns that a model may read.

    Parameters
    ----------
    features
        One row per customer (and cutoff): the candidate columns, without label and keys.
    churned
        1 where lost.
    cutoff
        First unknown day of each row, where there is one.
    allow
        Columns that are no leak, whatever is found: a finding is a note and no error.

    Returns
    -------
    Result
        ``table``: ``column``, ``severity`` (``leak`` or ``note``), ``finding``. Constant columns and dates before the
        cutoff are notes: they are left out.
    list
        Names of the columns that may be used, in their order.

    Raises
    ------
    ContractError
        When a column is dated at or after the cutoff, identifies customers, or tells on its own who was lost (AUC above
        .95), or many rows are copies of another: it names each.
    """
    y = np.asarray(churned, dtype=float)
    rows = [row for name in features.columns for row in _column(str(name), features[name], y, cutoff)]
    rows += _repeated(features, y, dated=cutoff is not None)
    table = pd.DataFrame(rows, columns=["column", "severity", "finding", "kind"])
    excused = table.column.isin(list(allow)) & (table.severity == LEAK)
    table.loc[excused, "severity"] = NOTE
    table.loc[excused, "finding"] += ALLOWED
    leaks = table[table.severity == LEAK]
    if len(leaks):
        raise ContractError(
            "features that were known at the cutoff and say something of the customer",
            got="; ".join(f"{row.column}: {row.finding}" for row in leaks.itertuples()),
            fix=ADVICE[str(leaks.kind.iloc[0])], where=str(leaks.column.iloc[0]),
        )  # fmt: skip
    out = set(table.column[table.kind.isin(["constant", "date"])])
    kept = [str(name) for name in features.columns if str(name) not in out]
    strong = [str(name).replace("_", " ") for name in table.column[excused]]
    title = "No leak was found before fitting" + (f", but look at {joined(strong)}" if strong else "")
    text = (
        f"{counted(len(kept), 'feature')} of {counted(len(y), 'row')} looked through for dates after the cutoff, "
        f"identifiers, single columns that know the label (AUC above {number(CEILING, 2)}) and copied rows: "
        f"{'none but what is noted' if strong else 'none'}."
    )
    if len(table):
        notes = joined(f"{row.column} ({row.finding})" for row in table.itertuples())
        text += f" To note: {notes}."
    facts = {"label": label, "features": kept}
    return Result("leak-lint", "table", title, text, table=table.drop(columns="kind"), facts=facts), kept


def _column(name: str, column: pd.Series, y: Any, cutoff: pd.Series | None) -> Iterator[tuple[str, str, str, str]]:
    if len(pd.unique(column)) <= 1:
        yield name, NOTE, "constant: left out", "constant"
        return
    times = times_of(column)
    if times is not None:
        yield _date(name, times, cutoff)
        return
    if _identifies(name, column):
        share = column.nunique() / max(1, column.notna().sum())
        finding = f"an identifier ({percent(share, 0)} of its values are different)"
        yield name, LEAK, finding, "identifier"
        return
    alone = single_auc(column, y)
    if alone > CEILING:
        yield name, LEAK, f"knows the answer on its own (AUC {number(alone, 3)})", "auc"


def _date(name: str, times: pd.Series, cutoff: pd.Series | None) -> tuple[str, str, str, str]:
    late = int((times >= cutoff).sum()) if cutoff is not None else 0
    if late:
        return name, LEAK, f"{counted(late, 'date')} at or after the cutoff", "date"
    if cutoff is None and times.isna().any():
        return name, LEAK, "a date that some customers lack, and no known_before to judge it by", "date"
    return name, NOTE, "a date: left out; its age at the cutoff would be a feature", "date"


def _identifies(name: str, column: pd.Series) -> bool:
    """Say whether a column names customers: texts that differ, or whole numbers that are names or row numbers."""
    there = column.dropna()
    if there.nunique() <= FEWEST_LEVELS:
        return False
    share = there.nunique() / len(there)
    if not is_number(column):
        return share > ID_SHARE
    numbers = pd.to_numeric(there, errors="coerce").dropna()
    if share < UNIQUE_SHARE or not (numbers == np.floor(numbers)).all():
        return False
    is_row_number = numbers.max() - numbers.min() + 1 <= 2 * len(numbers)
    was_text = not pd.api.types.is_numeric_dtype(column)
    return bool(is_row_number or was_text or pd.Series([name]).str.contains(ID_NAME, regex=True).iloc[0])


def single_auc(column: pd.Series, y: Any) -> float:
    """Return how well one column tells the lost from the others, either way: AUC of 0.5 to 1, the larger of both ways.

    A text counts by the share lost among the *other* half of the customers with it, so that rare texts know nothing;
    that a value is missing is a column of its own.
    """
    found = [0.5]
    if column.isna().any() and column.notna().any():
        found.append(_auc(column.isna().to_numpy(float), y))
    if is_number(column):
        values = pd.to_numeric(column, errors="coerce").astype(float)
        found.append(_auc(values.fillna(values.median()).to_numpy(), y))
    else:
        texts, half = column.astype(object).where(column.notna(), "").astype(str).to_numpy(), np.arange(len(y)) % 2
        found.append(_auc(_rates(texts, y, half), y, either_way=False))
    return max(found)


def _rates(texts: Any, y: Any, half: Any) -> Any:
    score = np.empty(len(y))
    for side in (0, 1):
        others = pd.DataFrame({"text": texts[half != side], "lost": y[half != side]})
        sums = others.groupby("text").lost.agg(["sum", "size"])
        mean = float(others.lost.mean())
        rates = (sums["sum"] + SMOOTHING * mean) / (sums["size"] + SMOOTHING)
        score[half == side] = pd.Series(texts[half == side]).map(rates).fillna(mean).to_numpy(float)
    return score


def _auc(score: Any, y: Any, *, either_way: bool = True) -> float:
    area = float(roc_auc_score(y, score))
    return max(area, 1 - area) if either_way else area


def _repeated(features: pd.DataFrame, y: Any, *, dated: bool) -> list[tuple[str, str, str, str]]:
    """Return how many rows equal another in all columns, label included."""
    if dated or features.shape[1] < 2:  # snapshots are split by customer: who looks alike is somebody else
        return []
    is_copy = features.assign(**{"(label)": y}).astype(str).duplicated()
    copies = int(is_copy.sum())
    share = copies / len(y)
    if not copies:
        return []
    distinct = features[~is_copy]
    fine = [name for name in features.columns if distinct[name].nunique() > ID_SHARE * len(distinct)]
    finding = f"{counted(copies, 'row')} ({percent(share)}) equal another in every column"
    if share > REPEATED_SHARE and fine:  # a column so fine does not repeat by chance
        return [("rows", LEAK, f"{finding}: copied before the split", "repeated")]
    return [("rows", NOTE, f"{finding}: kept on one side of every split", "repeated")]
