"""New customers beside the spend that won them: whole months in which both are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kpikit.cells import ALL_CHANNELS, PAID_CHANNELS
from kpikit.errors import ContractError, listed
from kpikit.kpis.suppression import hidden
from kpikit.periods import LONGEST_CLOSING_DAYS, Period
from kpikit.results import Result

EACH = ("customer_id", "acquired_on", "channel", "age_days", "margin", "discounted", "within")
SPENT = ("month", "channel", "media", "overhead", "begins", "ends")
ENOUGH_TO_DROP_THE_FIRST = 4
ALL, PAID = ALL_CHANNELS, PAID_CHANNELS
SMALL = "small channels"  # put together, since each alone has too few customers
NO_SPEND = (
    "It needs acquisition spend: the table spend in kpikit.yaml (spent_on, amount; channel and kind where they are "
    "known)."
)
TOO_SHORT = "No month has both spend and orders from its first day to its last yet."


@dataclass(frozen=True)
class Matched:
    """Customers won in whole months, and the spend of those months.

    ``customers`` has the rows of :func:`kpikit.metrics.margins.customer_margins`, ``channels`` one row per channel
    with ``customers``, ``media`` and ``paid`` (True where it has media of its own). ``shared_media`` and ``overhead``
    belong to no channel: every new customer bears an equal part. ``paid_apart`` is False where the small channels that
    were put together are partly paid: a sum of the paid ones would take them apart again.
    """

    customers: pd.DataFrame
    channels: pd.DataFrame
    shared_media: float
    overhead: float
    months: tuple[pd.Timestamp, ...]
    first_left_out: bool
    has_spend: bool
    paid_apart: bool = True

    @property
    def known(self) -> bool:
        """Say whether there is a month to speak of."""
        return bool(self.months)

    @property
    def why_not(self) -> str:
        """Say why nothing is known."""
        return TOO_SHORT if self.has_spend else NO_SPEND

    @property
    def media(self) -> float:
        """All media spend."""
        return float(self.channels.media.sum()) + self.shared_media

    @property
    def span(self) -> str:
        """The months in words."""
        unit = Period("month")
        first, last = (unit.label(month.date()) for month in (self.months[0], self.months[-1]))
        return first if first == last else f"{first} to {last}"

    @property
    def note(self) -> str:
        """What was left out or put together, or nothing."""
        said = ""
        if self.first_left_out:
            said = " The first month is left out: it may hold customers from before the data begin, who only look new."
        if SMALL in set(self.channels.channel):
            said += " Channels with too few customers to be shown, and the next smallest where need be, are one."
        return said


def absent(name: str, title: str, why: str, columns: list[str], **facts: Any) -> Result:
    """Return the result of what cannot be said yet: an empty table and the reason."""
    table = pd.DataFrame({column: pd.Series(dtype=float) for column in columns})
    return Result(name, "table", title, why, table=table, facts=facts)


def matched(
    each: pd.DataFrame,
    spent: pd.DataFrame,
    *,
    lag_months: int = 0,
    min_age_days: int = 0,
    months: tuple[pd.Timestamp, ...] | None = None,
    min_cell: int = 1,
) -> Matched:
    """Return the customers of each whole month with known spend, and that spend.

    Parameters
    ----------
    each, spent
        From ``metrics.margins.customer_margins`` and ``metrics.costs.monthly_spend``.
    lag_months
        Spend counts for the customers of that many months later.
    min_age_days
        Only months whose youngest possible customer is that old.
    months
        Only these months of acquisition.
    min_cell
        Channels with fewer customers are put together as ``small channels``, so that the totals hold.
    """
    _checked(each, EACH, "each")
    _checked(spent, SPENT, "spent")
    customers = each.assign(month=pd.to_datetime(each.acquired_on).dt.to_period("M").dt.to_timestamp())
    costs = spent.assign(month=pd.to_datetime(spent.month) + pd.DateOffset(months=lag_months)) if len(spent) else spent
    window, dropped = _window(customers, spent, lag_months, min_age_days)
    chosen = tuple(month for month in window if months is None or month in months)
    customers = customers[customers.month.isin(chosen)]
    costs = costs[costs.month.isin(chosen)]
    small, paid_apart = _small_channels(customers, costs, min_cell)
    customers, costs = (
        one.assign(channel=one.channel.mask(one.channel.isin(small), SMALL)) for one in (customers, costs)
    )
    return Matched(
        customers=customers,
        channels=_by_channel(customers, costs),
        shared_media=float(costs[costs.channel.isna()].media.sum()),
        overhead=float(costs.overhead.sum()),
        months=chosen,
        first_left_out=dropped,
        has_spend=len(spent) > 0,
        paid_apart=paid_apart,
    )


def _small_channels(customers: pd.DataFrame, costs: pd.DataFrame, min_cell: int) -> tuple[list[str], bool]:
    """Return the channels to put together, and whether they are all paid or all not."""
    each = _by_channel(customers, costs)
    small = each[hidden(each.customers.to_numpy(), min_cell)]
    return list(small.channel), small.paid.nunique() < 2


def _window(
    customers: pd.DataFrame, spent: pd.DataFrame, lag_months: int, min_age_days: int
) -> tuple[list[pd.Timestamp], bool]:
    """Return the months that spend and orders cover from the first day to the last, and whether the first was dropped.

    The first month of orders is, among four or more: its customers may have come before the data begin.
    """
    if spent.empty or customers.empty:
        return [], False
    lag = pd.DateOffset(months=lag_months)
    known_to = _known_to(customers)
    begins = pd.to_datetime(spent.begins).min() + lag
    ends = pd.to_datetime(spent.ends).max()
    ends = (known_to if (known_to - ends).days <= LONGEST_CLOSING_DAYS else ends) + lag
    last = min(known_to - pd.Timedelta(days=min_age_days), ends)
    oldest = customers.month.min()
    first = max(oldest, (begins - pd.Timedelta(days=LONGEST_CLOSING_DAYS)).to_period("M").to_timestamp())
    months = [month for month in pd.date_range(first, last, freq="MS") if month + pd.DateOffset(months=1) <= last]
    late = pd.Timedelta(days=LONGEST_CLOSING_DAYS)
    months = [month for month in months if month + late >= begins]
    if len(months) >= ENOUGH_TO_DROP_THE_FIRST and months[0] == oldest:
        return months[1:], True
    return months, False


def _known_to(customers: pd.DataFrame) -> pd.Timestamp:
    """Return the first day that is not known, from a customer's first day and age."""
    row = customers.iloc[0]
    return pd.Timestamp(row.acquired_on) + pd.Timedelta(days=int(row.age_days) + 1)


def _by_channel(customers: pd.DataFrame, costs: pd.DataFrame) -> pd.DataFrame:
    """Return customers and media of their own by channel, most customers first."""
    media = costs[costs.channel.notna()].groupby("channel").media.sum()
    media = media[media != 0]
    table = pd.DataFrame({"customers": customers.groupby("channel").size(), "media": media})
    table = table.astype(float).fillna(0.0).rename_axis("channel").reset_index()
    table["paid"] = table.media > 0
    return table.sort_values(["customers", "channel"], ascending=[False, True], ignore_index=True)


def cost_rows(found: Matched) -> pd.DataFrame:
    """Return what was spent on whom: one row for all channels, for the paid ones, and for each.

    Returns
    -------
    DataFrame
        ``channel``, ``customers``, ``media`` (own, and its customers' part of what has no channel), ``overhead``
        (their part), ``total``. All media count for the paid channels together.
    """
    own, everybody = found.channels, float(found.channels.customers.sum())
    share = own.customers / everybody if everybody else own.customers * 0.0
    rows = pd.DataFrame(
        {
            "channel": own.channel,
            "customers": own.customers,
            "media": own.media + share * found.shared_media,
            "overhead": share * found.overhead,
        }
    )
    whole = pd.DataFrame(
        [{"channel": ALL, "customers": everybody, "media": found.media, "overhead": found.overhead}]
    )  # fmt: skip
    parts = [whole]
    if found.paid_apart and 0 < own.paid.sum() < len(own):
        paid = float(own.customers[own.paid].sum())
        overhead = found.overhead * paid / everybody if everybody else np.nan
        parts.append(
            pd.DataFrame([{"channel": PAID, "customers": paid, "media": found.media, "overhead": overhead}])
        )  # fmt: skip
    table = pd.concat([*parts, rows] if len(rows) > 1 else parts, ignore_index=True)
    return table.assign(total=table.media + table.overhead)


def _checked(table: Any, needed: tuple[str, ...], where: str) -> None:
    missing = [name for name in needed if name not in table.columns]
    if missing:
        fix = "Pass what metrics.margins.customer_margins and metrics.costs.monthly_spend return, as DataFrames."
        raise ContractError(f"columns {missing}", got=f"[{listed(table.columns)}]", fix=fix, where=where)
