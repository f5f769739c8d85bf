"""One page's customers: snapshots of the business's own orders, or a ready table with a label column."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from kpikit.churn.sample import Sample, snapshot_sample, table_sample
from kpikit.churn.worth import with_purchase_models
from kpikit.errors import DataUnreachableError, ParameterError, listed
from kpikit.formatting import counted, number
from kpikit.results import Result

RIVALS = ("recency", "p_alive", "p_no_purchase")
ROW = "(row)"  # who a row is where no column says it
# What kpikit.features.snapshots makes: dated before the cutoff by construction, so that one which foretells on its own
# (recency, where customers come every week) is news and no leak. Columns taken over (last_<name>) are not among them.
SNAPSHOT_FEATURES = (
    "recency_days", "tenure_days", "purchase_days", "recent_purchase_days", "purchase_trend", "spend", "spend_per_day",
    "recent_spend", "spend_trend", "mean_gap_days", "longest_gap_days", "silence_in_gaps", "refunds", "tickets",
    "recent_tickets", "open_tickets", "reopened_tickets", "first_response_hours", "days_since_ticket", "answers",
    "last_nps", "last_csat", "last_ces", "days_since_answer",
)  # fmt: skip
# Sums of money differ in their last digits from run to run, since threads add them in no fixed order: a tree
# parts rows at such a digit, so amounts are rounded far below a cent before a model reads them.
AMOUNTS, AMOUNT_DECIMALS = ("spend", "spend_per_day", "recent_spend", "spend_trend", "monetary_value"), 6
READERS = {".csv": pd.read_csv, ".parquet": pd.read_parquet}


@dataclass(frozen=True)
class Case:
    """What a churn page is about: the customers learnt from, and those whose future is open.

    Attributes
    ----------
    sample
        Customers whose outcome is known.
    current
        Customers to watch: known at ``as_of``; of a ready table those who have not left.
    name
        What the page is about: the business, or the name of the ready table.
    value
        Column of ``current`` with what a customer is worth if kept; empty: none.
    """

    sample: Sample
    current: pd.DataFrame = field(repr=False)
    name: str
    value: str
    currency: str
    customer_id: str
    customer_ids: str
    as_of: str
    is_table: bool

    def page(self, data: Any) -> Result:
        """Return the page's head: that of the data, or one that names the ready table in place of the business."""
        head: Result = data.describe()
        if not self.is_table:
            return head
        title, rows = f"{self.name}: who will leave?", len(self.sample)
        text = f"{self.name}: {counted(rows, 'customer')}, of a ready table; nothing of the orders is used."
        facts = {**head.facts, "title": title, "business": self.name, "tables": {self.name: rows}, "origin": "table"}
        return replace(head, title=title, text=text, facts=facts)

    def quality(self, audit: Result) -> Result:
        """Return the data checks: the audit of the tables, or what the lint found in the ready table."""
        found = self.sample.found
        if not self.is_table:
            return audit
        rows = [("leaks", "PASS", "none found before fitting", "")]
        rows += [(row.column, "REVIEW", row.finding, "Look at it.") for row in found.table.itertuples()]
        table = pd.DataFrame(rows, columns=["check", "status", "seen", "do"]).assign(table=self.name)
        status = "REVIEW" if len(found.table) else "PASS"
        title = "Data checks passed" if status == "PASS" else "Data checks: some need a review"
        text = f"{self.name}: {number(len(self.sample))} rows came in, all were used. {found.text}"
        return Result(
            "data-quality", "quality", title, text, table=table[["table", "check", "status", "seen", "do"]],
            facts={"status": status, "counts": {}, "flags": []},
        )  # fmt: skip


def case(
    data: Any, snapshots: Any, current: Any, histories: Any, *, horizon_days: int, value_days: int = 365,
    ready: str = "", label: str = "", churned_is: str = "", customer_id: str = "", value: str = "",
    value_factor: float = 1.0,
) -> Case:  # fmt: skip
    """Return what a churn page is about: the business's orders, or the ready table where one is named.

    Parameters
    ----------
    data
        What ``kpikit.load`` returned.
    snapshots, current, histories
        Labelled snapshots at the cutoffs, snapshots at ``as_of``, and purchase histories at all of these days, from
        ``kpikit.features``. Not read where ``ready`` is named.
    horizon_days, value_days
        Horizon of the label, and how far ahead value counts, in days.
    ready
        Path of a CSV or Parquet file with one row per customer, relative to the configuration; empty: the orders.
    label, churned_is, customer_id, value
        Columns of the ready table, as in :func:`table_sample`. Those who have not left are the current customers.
    value_factor
        What the value column is multiplied by, above 0: 12 for a monthly amount and a year.
    """
    if ready:
        return _of_table(data, ready, label, churned_is, customer_id, value, value_factor)
    rates = {"margin_fraction": data.margin_fraction, "annual_discount_rate": data.annual_discount_rate}
    both = (_repeatable(snapshots.to_pandas()), _repeatable(current.to_pandas()))
    known = _repeatable(histories.to_pandas())
    past, now = (
        with_purchase_models(
            part, known[known.cutoff.isin(part.cutoff.unique())], horizon_days=horizon_days, value_days=value_days,
            **rates,
        ).assign(recency=lambda rows: rows.recency_days)
        for part in both
    )  # fmt: skip
    rivals = [name for name in RIVALS if past[name].notna().any()]  # without dropout there is no P(alive)
    has_value = bool(past.value.notna().any())
    sample = snapshot_sample(
        past.drop(columns=["value"] * (not has_value) + [name for name in RIVALS if name not in rivals]),
        horizon_days=horizon_days, value="value" if has_value else "", rivals=rivals, allow=SNAPSHOT_FEATURES,
    )  # fmt: skip
    return Case(sample, now, data.business, "value" if has_value else "", data.currency, "customer_id",
                data.customer_ids, f"{data.as_of:%Y-%m-%d}", is_table=False)  # fmt: skip


def _repeatable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose amounts are the same in every run on the same data."""
    return table.assign(**{name: table[name].round(AMOUNT_DECIMALS) for name in AMOUNTS if name in table.columns})


def _of_table(
    data: Any, ready: str, label: str, churned_is: str, customer_id: str, value: str, value_factor: float
) -> Case:
    if not value_factor > 0:
        raise ParameterError("more than 0", got=str(value_factor), fix="Pass 12 for a monthly amount.",
                             where="value_factor")  # fmt: skip
    if not label:
        raise ParameterError(
            "the label column of the ready table", got="no name", fix="Pass label=Churn, for example.", where="label"
        )
    path = data.config.resolve(ready)
    frame = read(path, text=customer_id)
    who = customer_id or ROW
    if not customer_id:
        frame = frame.assign(**{ROW: [f"row {number}" for number in range(1, len(frame) + 1)]})
    sample = table_sample(frame, label=label, churned_is=churned_is or None, customer_id=who, value=value)
    sample = replace(sample, value=sample.value * value_factor)
    current = frame[sample.churned == 0].reset_index(drop=True)
    worth = "value_if_kept" if value else ""
    if value:
        current = current.assign(value_if_kept=pd.to_numeric(current[value], errors="coerce") * value_factor)
    currency = "" if data.origin == "embedded" else data.currency  # the example shop's says nothing of this table
    shown = data.customer_ids if customer_id else "clear"  # the number of a row names nobody
    return Case(sample, current, path.stem, worth, currency, who, shown, f"{data.as_of:%Y-%m-%d}", is_table=True)


def read(path: Path, *, text: str = "") -> pd.DataFrame:
    """Return a CSV or Parquet file as a DataFrame; the column ``text`` is not read as a number (007 is a name).

    Raises
    ------
    DataUnreachableError
        When there is no such file, or it cannot be read.
    """
    reader: Any = READERS.get(path.suffix.casefold())
    if reader is None:
        raise ParameterError(f"a file that ends with {listed(READERS)}", got=path.name, where="ready")
    try:
        found: pd.DataFrame = reader(path, dtype={text: str}) if text and reader is pd.read_csv else reader(path)
    except FileNotFoundError:
        raise DataUnreachableError("a file", got="no such file", fix="Correct the path.", where=str(path)) from None
    except Exception as problem:  # pandas and pyarrow raise whatever they stumble on
        raise DataUnreachableError(
            "a readable table", got=f"{type(problem).__name__}: {str(problem).splitlines()[0][:150]}",
            fix="Open it and look.", where=str(path),
        ) from None  # fmt: skip
    return found
